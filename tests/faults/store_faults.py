"""Breaks a store in many ways and looks whether anything acknowledged is lost.

    python -m tests.faults.store_faults kill --rounds 1000
    python -m tests.faults.store_faults full --rounds 20
    python -m tests.faults.store_faults disk --rounds 60     (under LD_PRELOAD=failing_disk.so)
    python -m tests.faults.store_faults migrate --rounds 200

Prints one JSON object: rounds, what was acknowledged, how children ended, and what was wrong.
"""

import argparse
import asyncio
import contextlib
import json
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from engine.store.opening import prepare
from engine.store.schema import migrations
from tests.engine.store.released import ROWS, asked, counted, first_release
from tests.faults.forked import Ended, Say, in_child
from tests.faults.store_load import acked, load, lost

DATABASE = "tracedesk.sqlite"
ROUNDS_OF_A_STORE = 10
DISK_ROWS = 6  # a writer: some forty rows, one of which is long enough to write the log back


@dataclass
class Report:
    rounds: int = 0
    acknowledged: int = 0
    ended: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


def kill(folder: Path, rounds: int, chance: random.Random) -> Report:
    """kill -9 of a writing engine at any instant; a store goes on for some rounds, then a new one."""
    report, everything = Report(), set[str]()
    for number in range(rounds):
        if number % ROUNDS_OF_A_STORE == 0:
            everything = set()
            path = folder / f"{number}" / DATABASE
            path.parent.mkdir()
        ended = in_child(
            lambda say, p=path: asyncio.run(load(p, say)),  # type: ignore[misc]
            kill_after_s=chance.uniform(0.0, 0.02),
            since="ack",
            times=chance.randrange(1, 150),
        )
        report.acknowledged += len(acked(ended.said))
        everything |= acked(ended.said)
        _note(report, f"round {number}", ended, lost(path, everything), wanted=(-signal.SIGKILL,))
    return report


def full(folder: Path, rounds: int, chance: random.Random) -> Report:
    """A disk that is full at some length of any file (RLIMIT_FSIZE), and has room again afterwards."""
    report = Report()
    for number in range(rounds):
        path = folder / f"{number}" / DATABASE
        path.parent.mkdir()
        first = in_child(lambda say, p=path: asyncio.run(load(p, say, 2)))  # type: ignore[misc]
        limit = chance.randrange(path.stat().st_size, 9 << 20)
        ended = in_child(lambda say, p=path, n=limit: _limited(p, say, n))  # type: ignore[misc]
        keys = acked(first.said) | acked(ended.said)
        _note(report, f"limit {limit}", ended, lost(path, keys), wanted=(2, 3))
        report.acknowledged += len(keys)
        shutil.rmtree(path.parent)
    return report


def _limited(path: Path, say: Say, limit: int) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    asyncio.run(load(path, say))


def disk(folder: Path, rounds: int, chance: random.Random) -> Report:
    """The k-th sync or write of the store's files fails, once or from then on, for k from 1."""
    report = Report()
    for number in range(rounds):
        for call in ("sync", "write"):
            on = chance.choice("01")
            path = folder / f"{number}-{call}" / DATABASE
            path.parent.mkdir()
            first = in_child(lambda say, p=path: asyncio.run(load(p, say, 2)))  # type: ignore[misc]
            # syncs are few, writes many: every sync is met, of the writes a spread
            k = number + 1 if call == "sync" else 1 + number * 7 + chance.randrange(7)
            ended = in_child(lambda say, p=path, c=call, n=k, o=on: _failing(p, say, c, n, o))  # type: ignore[misc]
            keys = acked(first.said) | acked(ended.said)
            what = f"{call} {k}{' and after' if on == '1' else ''}"
            wrong = lost(path, keys)
            if "failed" in ended.said and not wrong:
                wrong = _went_on(ended)
            report.ended["failed" if "failed" in ended.said else "not reached"] += 1
            _note(report, what, ended, wrong, wanted=(0, 2, 3))
            report.acknowledged += len(keys)
            shutil.rmtree(path.parent)
    return report


def _failing(path: Path, say: Say, call: str, k: int, on: str) -> None:
    mark, told = os.pipe()  # the shim cannot call say: it gets a descriptor of its own
    os.environ.update(FAIL_CALL=call, FAIL_AT=str(k), FAIL_ON=on, FAIL_MARK=str(told))
    os.set_blocking(mark, False)
    failed = False

    def saying(line: str) -> None:
        nonlocal failed
        with contextlib.suppress(BlockingIOError):
            failed = failed or bool(os.read(mark, 100) and not say("failed"))
        say(line)

    try:
        asyncio.run(load(path, saying, DISK_ROWS * 4))
    finally:
        saying("ended")


def _went_on(ended: Ended) -> str:
    """A failure that came before the load was done has to end it."""
    failed = ended.said.index("failed")
    if "done" in ended.said[failed:] and "broken" not in ended.said:
        return "the disk failed, and the store went on"
    if any(line.startswith("ack late") for line in ended.said):
        return "acknowledged after it was broken"
    return ""


def migrate(folder: Path, rounds: int, chance: random.Random) -> Report:
    """kill -9 while a store of the first release is brought to this one's schema."""
    report, newest = Report(), len(migrations())
    origin = folder / "origin"
    first_release(origin)
    takes_s = min(_timed(origin, folder / "timed") for _ in range(3))  # the machine may have been busy
    for number in range(rounds):
        path = folder / f"{number}" / DATABASE
        path.parent.mkdir()
        shutil.copy(origin, path)
        ended = in_child(lambda say, p=path: _migrated(p), kill_after_s=chance.uniform(0, takes_s))  # type: ignore[misc]
        version = int(str(asked(path, "PRAGMA user_version")[0][0]))
        report.ended[f"schema {version}"] += 1
        wrong = "" if counted(path) == ROWS else "rows are gone"
        in_child(lambda _, p=path: _migrated(p))  # type: ignore[misc]
        if asked(path, "PRAGMA user_version") != [(newest,)] or counted(path) != ROWS:
            wrong = wrong or "the next start does not bring it to the newest schema"
        if asked(path, "PRAGMA integrity_check") != [("ok",)]:
            wrong = wrong or "is damaged"
        _note(report, f"round {number}", ended, wrong, wanted=(0, -signal.SIGKILL))
        shutil.rmtree(path.parent)
    return report


def _timed(origin: Path, copy: Path) -> float:
    """Seconds that a start with migration takes."""
    shutil.copy(origin, copy)
    began = time.monotonic()
    in_child(lambda _: _migrated(copy))
    return time.monotonic() - began


def _migrated(path: Path) -> None:
    prepare(path)


def _note(report: Report, what: str, ended: Ended, wrong: str, wanted: tuple[int, ...]) -> None:
    report.rounds += 1
    report.ended[str(ended.code)] += 1
    if ended.code not in wanted:
        wrong = wrong or f"ended with {ended.code}: {' '.join(ended.said[-2:])[-800:]}"
    if any(line.startswith("ack late") for line in ended.said):
        wrong = wrong or "acknowledged after it was broken"
    if wrong:
        report.wrong.append(f"{what}: {wrong}")


KINDS = {"kill": kill, "full": full, "disk": disk, "migrate": migrate}


def main() -> int:
    parser = argparse.ArgumentParser(description="Break a store.")
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tracedesk-", dir=given.folder) as folder:
        report = KINDS[given.kind](Path(folder), given.rounds, random.Random(given.seed))
    sys.stdout.write(json.dumps(vars(report), indent=1) + "\n")
    return 1 if report.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
