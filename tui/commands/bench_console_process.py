"""The desk on a socket, for measuring: ``python -P -m tui.commands.bench_console_process SOCKET SPEED``."""

import sys
from pathlib import Path

from tui.terminal.environment import quiet

if __name__ == "__main__":
    quiet(slow_link=False)  # before Textual reads the environment
    from tui.run import run_desk

    sys.exit(run_desk(Path(sys.argv[1]), speed=float(sys.argv[2])))
