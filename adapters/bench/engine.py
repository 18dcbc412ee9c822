"""The engine as it is, with workers that need no face models: what the bench and the fault tests start.

Started as ``python -P -m adapters.bench.engine --window-s S [--busy] [--many] ...`` with the arguments
of ``adapters.assembly`` after them. Store, vault, audit, slots, pool and service are the real ones.
"""

import argparse
import sys
from collections.abc import Sequence

from adapters.assembly.engine import Limits, StandIn
from adapters.assembly.process import main as run_engine

MANY = Limits(requests_per_s=10_000.0, burst=10_000, connections=128, streams=64)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="adapters.bench.engine")
    parser.add_argument("--window-s", type=float, default=0.2, help="how long a window takes")
    parser.add_argument("--busy", action="store_true", help="decode footage meanwhile")
    parser.add_argument("--many", action="store_true", help="one user stands for many: no limits")
    given, rest = parser.parse_known_args(arguments)
    command = (
        sys.executable,
        "-P",
        "-m",
        "adapters.bench.worker",
        f"{given.window_s:g}",
        "1" if given.busy else "0",
    )
    limits = MANY if given.many else None
    return run_engine(rest, StandIn(worker_command=command, limits=limits))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
