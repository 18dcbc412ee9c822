import os
import sqlite3
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import msgspec
import pytest

from engine import failpoints
from engine.domain.errors import InputError
from engine.store.backup import DATABASE, backup
from engine.store.opening import RESTORING, prepare
from engine.store.restoring import KEY_FILE, REPLACED, Restored, restore
from engine.store.schema import migrations
from engine.store.writer import SqliteStore, StoreBroken
from tests.engine.fakes import SetClock
from tests.engine.store.released import asked


async def put(store: SqliteStore, key: str) -> None:
    await store.run(lambda tx: tx.execute("INSERT INTO meta VALUES (?, '')", (key,)))


def rows(state: Path, database: str = DATABASE) -> list[str]:
    sql = "SELECT key FROM meta WHERE value = '' ORDER BY key"
    return [str(row[0]) for row in asked(state / database, sql)]


@pytest.fixture(autouse=True)
def disarmed() -> Iterator[None]:
    yield
    failpoints.disarm()


@pytest.fixture
def state(tmp_path: Path) -> Path:
    folder = tmp_path / "state"
    folder.mkdir()
    (folder / KEY_FILE).write_bytes(b"keys of today")
    return folder


@pytest.fixture
async def taken(state: Path, tmp_path: Path) -> AsyncIterator[Path]:
    """A backup in which ``early`` is; the store has ``late`` since."""
    async with SqliteStore(state / DATABASE) as store:
        await put(store, "early")
        await store.run(lambda tx: tx.execute("INSERT INTO audit VALUES (1, '{}', 'head')"))
        manifest = await backup(store, tmp_path / "backups", SetClock())
        await put(store, "late")
    yield tmp_path / "backups" / manifest.name


def test_the_store_is_as_of_the_backup_and_says_so(taken: Path, state: Path) -> None:
    manifest = restore(taken, state)
    assert rows(state) == ["early"]
    told = asked(state / DATABASE, "SELECT value FROM meta WHERE key = 'restored_from'")[0][0]
    assert msgspec.json.decode(str(told), type=Restored) == Restored(
        backup=taken.name,
        created_at=manifest.created_at.isoformat(),
        sha256=manifest.sha256,
        audit_size=1,
        audit_head="head",
    )
    assert (state / DATABASE).stat().st_mode & 0o777 == 0o600
    assert (state / KEY_FILE).read_bytes() == b"keys of today"
    prepare(state / DATABASE)


def test_what_was_there_stays_beside_it_and_opens(taken: Path, state: Path) -> None:
    restore(taken, state)
    assert rows(state, DATABASE + REPLACED) == ["early", "late"]


def test_an_empty_folder_gets_the_store(taken: Path, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / KEY_FILE).write_bytes(b"keys")
    restore(taken, tmp_path / "new")
    assert rows(tmp_path / "new") == ["early"]


def test_the_log_of_a_killed_engine_is_never_read_into_the_restored_store(taken: Path, state: Path) -> None:
    """Its pages would be laid over those of the backup."""
    live = sqlite3.connect(state / DATABASE, isolation_level=None)
    live.execute("PRAGMA wal_autocheckpoint = 0")
    live.execute("INSERT INTO meta VALUES ('in the log', '')")
    log = (state / f"{DATABASE}-wal").read_bytes()
    live.close()
    (state / f"{DATABASE}-wal").write_bytes(log)
    restore(taken, state)
    assert not (state / f"{DATABASE}-wal").exists()
    assert rows(state) == ["early"]
    assert asked(state / DATABASE, "PRAGMA integrity_check") == [("ok",)]


def test_a_damaged_store_is_replaced_and_kept(taken: Path, state: Path) -> None:
    (state / DATABASE).write_bytes(b"\xff" * 8192)
    restore(taken, state)
    assert rows(state) == ["early"]
    assert (state / f"{DATABASE}{REPLACED}").read_bytes() == b"\xff" * 8192


def test_a_restore_that_was_killed_between_two_renames_is_finished_by_the_next(
    taken: Path, state: Path
) -> None:
    """The database is aside already, its log not yet: an engine refuses to start, and both end as a pair."""
    live = sqlite3.connect(state / DATABASE, isolation_level=None)
    live.execute("PRAGMA wal_autocheckpoint = 0")
    live.execute("INSERT INTO meta VALUES ('in the log', '')")
    pair = {ending: (state / f"{DATABASE}{ending}").read_bytes() for ending in ("", "-wal")}
    live.close()
    (state / DATABASE).unlink()
    (state / f"{DATABASE}{REPLACED}").write_bytes(pair[""])
    (state / f"{DATABASE}-wal").write_bytes(pair["-wal"])
    with pytest.raises(InputError, match="a restore was broken off"):
        prepare(state / DATABASE)
    restore(taken, state)
    assert rows(state) == ["early"]
    assert rows(state, DATABASE + REPLACED) == ["early", "in the log", "late"]


async def test_a_running_engine_is_not_replaced(taken: Path, state: Path) -> None:
    async with SqliteStore(state / DATABASE) as store:
        with pytest.raises(InputError, match="another engine is using this state folder"):
            restore(taken, state)
        await put(store, "later still")
    assert rows(state) == ["early", "late", "later still"]


async def test_an_engine_whose_lock_was_deleted_acknowledges_nothing_after_the_restore(
    taken: Path, state: Path
) -> None:
    async with SqliteStore(state / DATABASE) as store:
        (state / DATABASE).with_suffix(".lock").unlink()
        restore(taken, state)
        with pytest.raises(StoreBroken):
            await put(store, "into the void")
    assert rows(state) == ["early"]
    assert rows(state, DATABASE + REPLACED) == ["early", "late"]


def test_without_a_key_file_every_case_would_be_lost_so_it_is_asked_for(taken: Path, state: Path) -> None:
    (state / KEY_FILE).rename(state.parent / "elsewhere")
    with pytest.raises(InputError, match=r"keys\.json: is not there.*put the key file in place first"):
        restore(taken, state)
    assert rows(state) == ["early", "late"]
    restore(taken, state, key_file=state.parent / "elsewhere")
    assert rows(state) == ["early"]


def test_a_changed_backup_and_one_without_a_manifest_leave_the_store_as_it_is(
    taken: Path, state: Path
) -> None:
    content = bytearray((taken / DATABASE).read_bytes())
    content[5000] ^= 1
    (taken / DATABASE).write_bytes(content)
    with pytest.raises(InputError, match="is not what its manifest says"):
        restore(taken, state)
    with pytest.raises(InputError, match="holds no readable manifest"):
        restore(state, state)
    assert rows(state) == ["early", "late"]


def test_a_backup_of_a_newer_release_is_refused_by_an_older_one(taken: Path, state: Path) -> None:
    with pytest.raises(InputError, match="newer tracedesk"):
        restore(taken, state, known=migrations()[:-1])
    assert rows(state) == ["early", "late"]


def test_a_network_file_system_is_refused(taken: Path, state: Path, tmp_path: Path) -> None:
    mountinfo = tmp_path / "mountinfo"
    mountinfo.write_text(f"30 21 0:30 / {state} rw - cifs server rw\n")
    with pytest.raises(InputError, match="network file system"):
        restore(taken, state, mountinfo=mountinfo)


@pytest.mark.parametrize("point", ["restore.old_aside", "restore.before_sync", "restore.after_sync"])
def test_a_disk_that_refuses_in_the_middle_brings_the_old_store_back(
    taken: Path, state: Path, point: str
) -> None:
    def fail() -> None:
        raise OSError(5, os.strerror(5))

    failpoints.arm(point, fail)
    with pytest.raises(InputError, match=r"cannot be put in place \(input/output error\)"):
        restore(taken, state)
    failpoints.disarm()
    assert rows(state) == ["early", "late"]
    prepare(state / DATABASE)
    restore(taken, state)
    assert rows(state) == ["early"]


def test_a_second_restore_keeps_only_the_last_old_store(taken: Path, state: Path) -> None:
    restore(taken, state)
    asked(state / DATABASE, "INSERT INTO meta VALUES ('between', '')")
    restore(taken, state)
    assert rows(state, DATABASE + REPLACED) == ["between", "early"]
    assert not (state / (DATABASE + RESTORING)).exists()
