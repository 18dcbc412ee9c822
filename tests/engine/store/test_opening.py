import sqlite3
import time
from pathlib import Path

import pytest

from engine.domain.errors import InputError
from engine.store.opening import RESTORING, prepare
from tests.engine.store.released import asked, counted, first_release


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tracedesk.sqlite"


def test_every_opening_has_a_higher_number_than_all_before(path: Path) -> None:
    assert [prepare(path) for _ in range(3)] == [1, 2, 3]


def test_a_new_store_is_its_owners_alone(path: Path) -> None:
    prepare(path)
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(("made", "other"), [("rehearsal", "server"), ("server", "rehearsal")])
def test_a_store_of_the_other_profile_is_refused_and_left_as_it_is(path: Path, made: str, other: str) -> None:
    prepare(path, made)
    before = path.read_bytes()
    with pytest.raises(InputError, match=rf"belongs to the {made} profile.*{other} profile \[G27\]"):
        prepare(path, other)
    assert path.read_bytes() == before
    assert prepare(path, made) == 2


def test_a_store_from_before_there_were_servers_is_a_rehearsals(path: Path) -> None:
    first_release(path)
    with pytest.raises(InputError, match="belongs to the rehearsal profile"):
        prepare(path, "server")
    assert asked(path, "PRAGMA user_version") == [(1,)]  # refused before it is changed
    prepare(path)
    assert asked(path, "SELECT value FROM meta WHERE key = 'profile'") == [("rehearsal",)]


def test_a_word_that_is_no_profile_is_a_fault_of_the_caller(path: Path) -> None:
    with pytest.raises(ValueError, match="laptop"):
        prepare(path, "laptop")


def test_a_file_that_is_no_store_is_named_and_left_as_it_is(path: Path) -> None:
    path.write_bytes(b"some other file " * 400)
    with pytest.raises(InputError, match=r"tracedesk\.sqlite: does not open as a store"):
        prepare(path)
    assert path.read_bytes() == b"some other file " * 400


def overwrite(path: Path, pages: range) -> bytes:
    content = bytearray(path.read_bytes())
    for page in pages:
        content[page * 4096 : page * 4096 + 8] = b"\xff" * 8
    path.write_bytes(content)
    return bytes(content)


def test_a_store_whose_list_of_tables_is_damaged_is_refused_and_restoring_is_the_mend(path: Path) -> None:
    prepare(path)
    content = overwrite(path, range(1, path.stat().st_size // 4096))
    with pytest.raises(InputError, match=r"is damaged.*tracedesk restore"):
        prepare(path)
    assert path.read_bytes() == content


def test_one_damaged_page_of_a_table_that_opening_does_not_read_is_found(path: Path) -> None:
    first_release(path)
    prepare(path)
    page = int(str(asked(path, "SELECT rootpage FROM sqlite_schema WHERE name = 'candidate'")[0][0]))
    content = overwrite(path, range(page - 1, page))
    with pytest.raises(InputError, match=r"is damaged.*tracedesk restore"):
        prepare(path)
    assert path.read_bytes() == content


def test_a_network_file_system_is_refused_before_a_file_is_made_there(tmp_path: Path) -> None:
    mountinfo = tmp_path / "mountinfo"
    mountinfo.write_text(f"30 21 0:30 / {tmp_path} rw - nfs4 server:/x rw\n")
    with pytest.raises(InputError, match="network file system"):
        prepare(tmp_path / "tracedesk.sqlite", mountinfo=mountinfo)
    assert not (tmp_path / "tracedesk.sqlite").exists()


@pytest.mark.parametrize("ending", [RESTORING, "-wal"])
def test_where_a_restore_was_broken_off_no_empty_store_is_made(path: Path, ending: str) -> None:
    path.with_name(path.name + ending).write_bytes(b"x")
    with pytest.raises(InputError, match="a restore was broken off; restore"):
        prepare(path)
    assert not path.exists()


def test_what_a_restore_prepared_and_did_not_put_in_place_goes(path: Path) -> None:
    prepare(path)
    path.with_name(path.name + RESTORING).write_bytes(b"x")
    assert prepare(path) == 2
    assert not path.with_name(path.name + RESTORING).exists()


def test_a_store_that_somebody_else_is_writing_is_refused(path: Path) -> None:
    prepare(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    began = time.monotonic()
    with pytest.raises(InputError, match="locked; end the other process"):
        prepare(path)
    assert time.monotonic() - began < 30
    other.close()


def test_what_a_killed_engine_left_in_the_log_is_there_after_opening(path: Path, tmp_path: Path) -> None:
    first_release(tmp_path / "origin")
    live = sqlite3.connect(tmp_path / "origin", isolation_level=None)
    live.execute("PRAGMA wal_autocheckpoint = 0")
    live.execute("INSERT INTO record VALUES ('late', 'case-0', 'card', x'00')")
    for ending in ("", "-wal"):
        path.with_name(path.name + ending).write_bytes((tmp_path / f"origin{ending}").read_bytes())
    live.close()
    prepare(path)
    assert counted(path)["record"] == 41
