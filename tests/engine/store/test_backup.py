import asyncio
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from engine import failpoints
from engine.domain.errors import InputError
from engine.store.backup import DATABASE, MANIFEST, Manifest, backup, check_backup, read_manifest
from engine.store.durable import sha256_of
from engine.store.writer import SqliteStore
from engine.trace.context import Context
from tests.engine.fakes import NOW, SetClock, queued
from tests.engine.store.released import asked


@pytest.fixture(autouse=True)
def disarmed() -> Iterator[None]:
    yield
    failpoints.disarm()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "backups of the week" / "monday"


async def test_a_backup_is_a_folder_with_the_database_and_its_manifest(
    context: Context, folder: Path
) -> None:
    await queued(context)
    await context.store.run(lambda tx: tx.execute("INSERT INTO audit VALUES (1, '{}', 'head')"))
    manifest = await backup(context.store, folder, context.clock)
    place = folder / manifest.name
    assert manifest.name == f"tracedesk-{NOW:%Y%m%dT%H%M%SZ}"
    assert sorted(path.name for path in place.iterdir()) == [MANIFEST, DATABASE]
    assert (manifest.audit_size, manifest.audit_head, manifest.profile) == (1, "head", "rehearsal")
    assert manifest.rows["trace"] == manifest.rows["still"] == 1
    assert (manifest.size, manifest.sha256) == (
        (place / DATABASE).stat().st_size,
        sha256_of(place / DATABASE),
    )
    assert read_manifest(place) == manifest
    check_backup(place / DATABASE, manifest)
    assert [p.stat().st_mode & 0o777 for p in (place, place / MANIFEST, place / DATABASE)] == [
        0o700,
        0o600,
        0o600,
    ]
    assert names(folder) == [manifest.name]


async def test_a_backup_holds_every_acknowledged_row_of_its_moment(store: SqliteStore, folder: Path) -> None:
    """Fifty writers go on while ten backups are made."""
    clock, written, stop = SetClock(), 0, asyncio.Event()

    async def write(number: int) -> None:
        nonlocal written
        count = 0
        while not stop.is_set():
            key = f"{number} {count}"
            await store.run(lambda tx, k=key: tx.execute("INSERT INTO meta VALUES (?, ?)", (k, "x" * 3000)))
            written, count = written + 1, count + 1

    writers = [asyncio.create_task(write(n)) for n in range(50)]
    try:
        for _ in range(10):
            before = written
            clock.forward(1)
            manifest = await backup(store, folder, clock)
            found = asked(folder / manifest.name / DATABASE, "SELECT count(*) FROM meta WHERE key LIKE '% %'")
            assert before <= int(str(found[0][0])) <= written + 50
            shutil.rmtree(folder / manifest.name)
    finally:
        stop.set()
        await asyncio.gather(*writers)
    assert written > 100


async def test_two_backups_into_one_folder_at_once_are_not_written(store: SqliteStore, folder: Path) -> None:
    one, other = await asyncio.gather(
        backup(store, folder, SetClock()), backup(store, folder, SetClock()), return_exceptions=True
    )
    assert isinstance(one, Manifest)
    assert isinstance(other, InputError)
    assert "another backup is being written" in str(other)


async def test_a_backup_of_the_same_second_is_not_written_over(store: SqliteStore, folder: Path) -> None:
    manifest = await backup(store, folder, SetClock())
    with pytest.raises(InputError, match="is there already"):
        await backup(store, folder, SetClock())
    assert read_manifest(folder / manifest.name) == manifest


async def test_a_folder_that_cannot_be_written_is_named_and_the_engine_goes_on(
    store: SqliteStore, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"file: a backup cannot be written \(file exists\)"):
        await backup(store, tmp_path / "file", SetClock())
    assert await store.run(lambda tx: tx.execute("INSERT INTO meta VALUES ('a', '')")) == 1


@pytest.mark.parametrize("point", ["backup.copied", "backup.described", "backup.before_sync"])
async def test_a_disk_that_refuses_leaves_nothing_of_a_backup(
    store: SqliteStore, folder: Path, point: str
) -> None:
    def full() -> None:
        raise OSError(28, os.strerror(28))

    failpoints.arm(point, full)
    with pytest.raises(InputError, match="no space left on device"):
        await backup(store, folder, SetClock())
    assert names(folder) == []
    failpoints.disarm()
    await backup(store, folder, SetClock())


async def test_who_is_cancelled_leaves_a_whole_backup_or_none(store: SqliteStore, folder: Path) -> None:
    clock = SetClock()
    for turns in range(0, 60, 3):
        clock.forward(1)
        taking = asyncio.create_task(backup(store, folder, clock))
        for _ in range(turns):
            await asyncio.sleep(0)
        taking.cancel()
        await asyncio.gather(taking, return_exceptions=True)
    for name in names(folder):
        assert name.startswith("tracedesk-")
        check_backup(folder / name / DATABASE, read_manifest(folder / name))
    clock.forward(1)
    await backup(store, folder, clock)


async def test_what_a_killed_engine_left_is_taken_away_by_the_next_backup(
    store: SqliteStore, folder: Path
) -> None:
    left = folder / ".tracedesk-20260101T000000Z.partial"
    left.mkdir(parents=True)
    (left / DATABASE).write_bytes(b"half")
    manifest = await backup(store, folder, SetClock())
    assert names(folder) == [manifest.name]


async def test_a_copy_that_went_wrong_is_found_before_it_is_called_a_backup(
    store: SqliteStore, folder: Path
) -> None:
    """Something on the way changes a byte of the copy: of a page's head, so that its digest is right
    and only the check of the pages sees it."""
    await store.run(lambda tx: tx.execute("INSERT INTO meta VALUES ('a', '')"))

    def spoil() -> None:
        (copy,) = folder.glob(f".*.partial/{DATABASE}")
        with copy.open("r+b") as file:
            file.seek(4096)
            file.write(b"\xff" * 64)

    failpoints.arm("backup.copied", spoil)
    with pytest.raises(InputError, match=r"does not hold the tables|is damaged|does not open"):
        await backup(store, folder, SetClock())
    assert names(folder) == []


async def test_a_copy_of_another_moment_is_found_by_its_counts(store: SqliteStore, folder: Path) -> None:
    def lose() -> None:
        (copy,) = folder.glob(f".*.partial/{DATABASE}")
        asked(copy, "DELETE FROM meta WHERE key = 'a'")

    await store.run(lambda tx: tx.execute("INSERT INTO meta VALUES ('a', '')"))
    failpoints.arm("backup.copied", lose)
    with pytest.raises(InputError, match="does not hold what its manifest says"):
        await backup(store, folder, SetClock())


async def test_a_backup_that_was_changed_is_refused(store: SqliteStore, folder: Path) -> None:
    manifest = await backup(store, folder, SetClock())
    database = folder / manifest.name / DATABASE
    content = bytearray(database.read_bytes())
    content[-1] ^= 1
    database.write_bytes(content)
    with pytest.raises(InputError, match="is not what its manifest says"):
        check_backup(database, manifest)
    database.write_bytes(content[:-4096])
    with pytest.raises(InputError, match="is not what its manifest says"):
        check_backup(database, manifest)


def test_a_folder_without_a_manifest_is_no_backup(tmp_path: Path) -> None:
    for content in (None, b"{}", b"not json", msgspec.json.encode({"name": "x"})):
        if content is not None:
            (tmp_path / MANIFEST).write_bytes(content)
        with pytest.raises(InputError, match="holds no readable manifest"):
            read_manifest(tmp_path)
