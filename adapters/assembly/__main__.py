"""``python -P -m adapters.assembly``: the engine process."""

import sys

from adapters.assembly.process import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
