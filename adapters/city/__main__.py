"""Composition root of a process that makes a part of a town's footage.

Started as ``python -P -m adapters.city --seed 1 --folder SITE --part 1 --of 2``. Writes a line of JSON to
standard output for each file once it is whole. Whatever ends it, the next one goes on from there.
"""

import argparse
import ctypes
import os
import signal
import sys
from pathlib import Path

import cv2
import msgspec

from adapters.city.archive import stretches
from adapters.city.heads import Heads
from adapters.city.journal import Journal, made_for
from adapters.city.making import Stopped, make, only, part
from adapters.city.plan import SIZES, TOWN
from adapters.city.simulation import simulate

PR_SET_PDEATHSIG = 1
NICENESS = 5
STOPPED = 2  # exit code


def main(arguments: list[str] | None = None) -> int:
    asked = _parser().parse_args(arguments)
    if not 1 <= asked.part <= asked.of:
        print(f"--part: expected 1 to {asked.of}, got {asked.part}", file=sys.stderr)  # noqa: T201
        return STOPPED
    size = SIZES[asked.size]
    heads = Heads()
    city = simulate(asked.seed, size, asked.patients, len(heads))
    mine = part(city, only(stretches(city), asked.camera), asked.part - 1, asked.of)
    footage: Path = asked.folder / "footage"
    journal = Journal(footage, made_for(asked.seed, size, asked.patients))
    for report in make(city, heads, mine, footage, journal):
        sys.stdout.buffer.write(msgspec.json.encode(report) + b"\n")
        sys.stdout.buffer.flush()
        if isinstance(report, Stopped):
            return STOPPED
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="adapters.city", description="Makes a part of a town's footage.")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--size", choices=sorted(SIZES), default=TOWN.name)
    parser.add_argument("--patients", type=int, default=10)
    parser.add_argument("--folder", type=Path, required=True, help="holds footage/, which must exist")
    parser.add_argument("--part", type=int, default=1, help="from 1")
    parser.add_argument("--of", type=int, default=1)
    parser.add_argument("--camera", type=int, action="append", default=[], help="these only; may be repeated")
    return parser


def _stand_back() -> None:
    """Leave the processor to whoever needs it, and go when the parent goes or somebody presses Ctrl-C."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.nice(NICENESS)
    cv2.setNumThreads(1)  # the other cores have parts of their own


if __name__ == "__main__":
    _stand_back()
    sys.exit(main())
