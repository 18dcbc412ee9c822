"""What to run so that it passes through a failpoint, and what must be true after it broke there.

A new failpoint needs a scenario here, by its name or its prefix; ``test_failpoints.py`` says so. A
scenario is four functions over a folder:

``prepare``  makes the state before, unbroken;
``act``      passes through every point; says ``ack ...`` for what was acknowledged. The points are
             armed when it begins, or when it calls ``arm`` where it takes that;
``check``    after the break, in a process of its own: raises AssertionError unless the old or the new
             state is there and everything acknowledged is.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from engine import failpoints
from engine.domain.errors import InputError
from engine.store.backup import DATABASE, backup, check_backup, read_manifest
from engine.store.copying import tally
from engine.store.opening import prepare as opened
from engine.store.restoring import KEY_FILE, REPLACED, restore
from engine.store.writer import WAL_BYTES, SqliteStore
from tests.engine.fakes import NOW, SetClock
from tests.engine.store.released import ROWS, asked, counted, first_release
from tests.faults import scenarios_keys, scenarios_witness
from tests.faults.forked import Say

Act = Callable[[Path, Say, Callable[[], None]], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """``points``: names, or prefixes that end with a dot. ``arms_itself``: ``act`` calls ``arm``."""

    points: tuple[str, ...]
    act: Act
    check: Callable[[Path, set[str]], None]
    prepare: Callable[[Path], None] = lambda folder: None
    arms_itself: bool = False
    passages: int = 1
    """How often ``act`` passes at most where each passage is worth breaking."""

    def covers(self) -> list[str]:
        return sorted(
            name
            for name in failpoints.NAMES
            if any(name == point or (point.endswith(".") and name.startswith(point)) for point in self.points)
        )


# --- the writer ---------------------------------------------------------------------------------


def write(folder: Path, say: Say, arm: Callable[[], None]) -> None:
    async def run() -> None:
        async with SqliteStore(folder / DATABASE) as store:
            for number in range(8):
                if number == 3:
                    arm()
                key = f"row {number}"
                row = (key, "x" * (WAL_BYTES // 3))
                await store.run(lambda tx, r=row: tx.execute("INSERT INTO meta VALUES (?, ?)", r))  # type: ignore[misc]
                say(f"ack {key}")

    asyncio.run(run())


def written(folder: Path, acked: set[str]) -> None:
    opened(folder / DATABASE)
    found = {str(key) for (key,) in asked(folder / DATABASE, "SELECT key FROM meta WHERE key LIKE 'row %'")}
    assert acked <= found, f"acknowledged and gone: {acked - found}"
    assert len(found - acked) <= 1, f"more than was under way: {found - acked}"
    assert asked(folder / DATABASE, "PRAGMA integrity_check") == [("ok",)]


# --- opening a new store, and one of the first release ------------------------------------------


def open_it(folder: Path, say: Say, arm: Callable[[], None]) -> None:
    opened(folder / DATABASE, "server")
    say("ack open")


def opens(folder: Path, acked: set[str]) -> None:
    instance = opened(folder / DATABASE, "server")
    assert instance >= (2 if acked else 1)
    assert asked(folder / DATABASE, "SELECT value FROM meta WHERE key = 'profile'") == [("server",)]


def release_one(folder: Path) -> None:
    first_release(folder / DATABASE)


def bring_over(folder: Path, say: Say, arm: Callable[[], None]) -> None:
    opened(folder / DATABASE)
    say("ack open")


def came_over(folder: Path, acked: set[str]) -> None:
    assert counted(folder / DATABASE) == ROWS
    for copy in (folder / "backups").glob("*.sqlite"):
        assert counted(copy) == ROWS
    opened(folder / DATABASE)
    assert counted(folder / DATABASE) == ROWS
    # one copy; one more where the break came between two migrations
    assert len(list((folder / "backups").glob("*.sqlite"))) in (1, 2)


# --- backup and restore -------------------------------------------------------------------------


def with_rows(folder: Path, *keys: str) -> None:
    async def run() -> None:
        async with SqliteStore(folder / DATABASE) as store:
            for key in keys:
                await store.run(lambda tx, k=key: tx.execute("INSERT INTO meta VALUES (?, '')", (k,)))  # type: ignore[misc]

    asyncio.run(run())


def early(folder: Path) -> None:
    with_rows(folder, "early")


def take(folder: Path, say: Say, arm: Callable[[], None]) -> None:
    async def run() -> None:
        async with SqliteStore(folder / DATABASE) as store:
            manifest = await backup(store, folder / "taken", SetClock())
            say(f"ack {manifest.name}")

    asyncio.run(run())


def taken(folder: Path, acked: set[str]) -> None:
    whole = {path.name for path in (folder / "taken").glob("tracedesk-*")}
    assert acked <= whole, f"acknowledged and gone: {acked - whole}"
    for name in whole:
        check_backup(folder / "taken" / name / DATABASE, read_manifest(folder / "taken" / name))

    async def again() -> None:
        async with SqliteStore(folder / DATABASE) as store:
            assert "meta" in (await store.run(tally)).rows
            await backup(store, folder / "taken", SetClock(NOW + timedelta(minutes=1)))

    asyncio.run(again())
    assert len(list((folder / "taken").iterdir())) == len(whole) + 1


def backed_up(folder: Path) -> None:
    (folder / KEY_FILE).write_bytes(b"keys")
    early(folder)
    take(folder, lambda line: None, lambda: None)
    with_rows(folder, "late")
    live = sqlite3.connect(folder / DATABASE, isolation_level=None)  # as after kill -9: with a log
    live.execute("PRAGMA wal_autocheckpoint = 0")
    live.execute("INSERT INTO meta VALUES ('in the log', '')")
    pair = {ending: (folder / f"{DATABASE}{ending}").read_bytes() for ending in ("", "-wal")}
    live.close()
    for ending, content in pair.items():
        (folder / f"{DATABASE}{ending}").write_bytes(content)


def put_back(folder: Path, say: Say, arm: Callable[[], None]) -> None:
    (place,) = (folder / "taken").iterdir()
    restore(place, folder)
    say("ack restored")


def was_put_back(folder: Path, acked: set[str]) -> None:
    old, new = ["early", "in the log", "late"], ["early"]
    try:
        opened(folder / DATABASE)
    except InputError as refused:
        assert "a restore was broken off" in str(refused), str(refused)
        assert not acked
    else:
        found = rows(folder / DATABASE)
        assert found == new if acked else found in (old, new), found
    put_back(folder, lambda line: None, lambda: None)
    assert rows(folder / DATABASE) == new
    assert rows(folder / f"{DATABASE}{REPLACED}") in (old, new)


def rows(path: Path) -> list[str]:
    return [str(key) for (key,) in asked(path, "SELECT key FROM meta WHERE value = '' ORDER BY key")]


SCENARIOS: dict[str, Scenario] = {
    "a writing store": Scenario(points=("writer.",), act=write, check=written, arms_itself=True, passages=2),
    "a new store": Scenario(
        points=("opening.", "migration.before_commit", "migration.after_commit"),
        act=open_it,
        check=opens,
        passages=6,
    ),
    "a store of the first release": Scenario(
        points=("migration.", "migration_copy."),
        prepare=release_one,
        act=bring_over,
        check=came_over,
        passages=6,
    ),
    "a backup": Scenario(points=("backup.",), prepare=early, act=take, check=taken),
    "a restore": Scenario(points=("restore.",), prepare=backed_up, act=put_back, check=was_put_back),
    "the key files": Scenario(
        points=("keys.",),
        prepare=scenarios_keys.two_keys,
        act=scenarios_keys.destroy_one,
        check=scenarios_keys.whole,
        passages=4,
    ),
    "an erasure": Scenario(
        points=("sweep.",),
        prepare=scenarios_keys.two_cases,
        act=scenarios_keys.erase_one,
        check=scenarios_keys.erased_or_whole,
    ),
    "a certificate": Scenario(
        points=("certificate.",),
        act=scenarios_witness.make,
        check=scenarios_witness.made_or_not,
        passages=2,
    ),
    "a witness": Scenario(
        points=("book.", "ledger."),
        prepare=scenarios_witness.enrolled,
        act=scenarios_witness.tell,
        check=scenarios_witness.remembers,
        passages=3,
    ),
}
