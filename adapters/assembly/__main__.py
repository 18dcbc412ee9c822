"""``python -P -m adapters.assembly``: the engine process."""

import sys

from adapters.assembly.process import main

sys.exit(main(sys.argv[1:]))
