import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest

from engine.domain.errors import InputError
from engine.store.migrating import KEPT, migrate, version_of
from engine.store.opening import prepare
from engine.store.schema import Migration, migrations
from tests.engine.store.released import ROWS, asked, counted, first_release, later, made_up

NEWEST = len(migrations())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tracedesk.sqlite"


def refusal(path: Path, known: Sequence[Migration] | None = None) -> str:
    """The refusal's line; the file is as it was."""
    before = path.read_bytes()
    with pytest.raises(InputError) as refused:
        prepare(path, known=known)
    assert path.read_bytes() == before
    assert not (path.parent / "backups").exists()
    return str(refused.value)


def test_a_store_of_the_first_release_comes_over_with_all_its_rows(path: Path) -> None:
    first_release(path)
    prepare(path)
    assert counted(path) == ROWS
    assert asked(path, "PRAGMA user_version") == [(NEWEST,)]
    assert asked(path, "SELECT number, sha256 FROM migration ORDER BY number") == [
        (m.number, m.sha256) for m in migrations()
    ]
    assert asked(path, "SELECT version FROM case_file") == [(1,)] * ROWS["case_file"]
    assert asked(path, "PRAGMA foreign_key_check") == []
    assert asked(path, "PRAGMA integrity_check") == [("ok",)]


def test_a_new_store_has_the_same_tables_as_one_that_came_over(tmp_path: Path) -> None:
    first_release(tmp_path / "old")
    prepare(tmp_path / "old")
    prepare(tmp_path / "new")
    schema = (
        "SELECT type, name, replace(replace(sql, char(10), ''), ' ', '') FROM sqlite_schema ORDER BY name"
    )
    assert asked(tmp_path / "old", schema) == asked(tmp_path / "new", schema)


def test_opening_again_applies_nothing_and_copies_nothing(path: Path) -> None:
    first_release(path)
    prepare(path)
    ledger = asked(path, "SELECT * FROM migration")
    made = sorted(p.name for p in (path.parent / "backups").iterdir())
    prepare(path)
    assert asked(path, "SELECT * FROM migration") == ledger
    assert sorted(p.name for p in (path.parent / "backups").iterdir()) == made


def test_the_store_from_before_is_kept_as_a_copy_that_opens(path: Path) -> None:
    first_release(path)
    prepare(path)
    (copy,) = (path.parent / "backups").iterdir()
    assert copy.name == f"tracedesk-schema-0001-before-{NEWEST:04d}-00000000.sqlite"
    assert copy.stat().st_mode & 0o777 == 0o600
    assert copy.parent.stat().st_mode & 0o777 == 0o700
    assert counted(copy) == ROWS
    assert asked(copy, "PRAGMA user_version") == [(1,)]


def test_a_new_store_needs_no_copy(path: Path) -> None:
    prepare(path)
    assert not (path.parent / "backups").exists()


def test_the_last_three_copies_are_kept(path: Path) -> None:
    first_release(path)
    known = migrations()
    prepare(path)
    for number in range(KEPT + 1):
        known = (*known, made_up(len(known) + 1, f"CREATE TABLE extra_{number} (x INTEGER) STRICT"))
        prepare(path, known=known)
    assert len(list((path.parent / "backups").iterdir())) == KEPT
    last = max((path.parent / "backups").iterdir(), key=lambda p: p.stat().st_mtime_ns)
    assert asked(last, "PRAGMA user_version") == [(len(known) - 1,)]


def test_without_room_for_the_copy_nothing_is_changed(path: Path) -> None:
    first_release(path)
    (path.parent / "backups").write_text("no folder can be made here")
    with pytest.raises(InputError, match="copy before the migration cannot be written"):
        prepare(path)
    assert asked(path, "PRAGMA user_version") == [(1,)]
    assert counted(path) == ROWS


def test_a_migration_that_fails_in_the_middle_leaves_the_version_before(path: Path) -> None:
    prepare(path)
    with pytest.raises(InputError, match="no such table"):
        prepare(path, known=later("CREATE TABLE extra (x INTEGER) STRICT", "INSERT INTO nowhere VALUES (1)"))
    assert asked(path, "PRAGMA user_version") == [(NEWEST,)]
    assert asked(path, "SELECT count(*) FROM sqlite_schema WHERE name = 'extra'") == [(0,)]
    prepare(path)


def test_a_migration_that_leaves_rows_without_what_they_refer_to_is_taken_back(path: Path) -> None:
    first_release(path)
    prepare(path)
    with pytest.raises(InputError, match=r"made_up\.sql: leaves rows of \w+ without what they refer to"):
        prepare(path, known=later("DELETE FROM case_file WHERE case_id = 'case-0'"))
    assert counted(path) == ROWS


def test_a_store_of_a_newer_release_is_refused(path: Path) -> None:
    prepare(path, known=later("CREATE TABLE extra (x INTEGER) STRICT"))
    assert f"newer tracedesk (schema {NEWEST + 1}, this one knows {NEWEST})" in refusal(path)


def test_a_store_made_with_another_text_of_a_migration_is_refused(path: Path) -> None:
    prepare(path)
    asked(path, "UPDATE migration SET sha256 = 'f00' WHERE number = 2")
    assert f"was made with another {migrations()[1].name}" in refusal(path)


def test_a_gap_in_the_ledger_is_refused(path: Path) -> None:
    prepare(path)
    asked(path, "DELETE FROM migration WHERE number = 1")
    assert "has a gap" in refusal(path)


def test_a_later_store_without_a_ledger_is_refused(path: Path) -> None:
    prepare(path)
    asked(path, "DROP TABLE migration")
    assert "does not say how it was made" in refusal(path)


def test_another_programs_database_is_refused_whatever_version_it_claims(path: Path) -> None:
    asked(path, "CREATE TABLE bookmarks (x)")
    assert "does not hold the tables of schema 0 (bookmarks)" in refusal(path)
    asked(path, "PRAGMA user_version = 1")
    assert "does not hold the tables of schema 1" in refusal(path)


@pytest.mark.parametrize(
    "by_hand",
    [
        "DROP TRIGGER audit_is_append_only",
        "CREATE TRIGGER quiet AFTER INSERT ON audit BEGIN DELETE FROM event; END",
        "ALTER TABLE candidate ADD COLUMN template BLOB",
    ],
)
def test_tables_changed_by_hand_are_refused(path: Path, by_hand: str) -> None:
    prepare(path)
    asked(path, by_hand)
    assert f"does not hold the tables of schema {NEWEST}" in refusal(path)


def test_migrations_count_by_number_and_not_by_place_in_the_list(path: Path) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    migrate(connection, 0, migrations()[:1])
    assert version_of(connection, path, migrations()) == 1
    migrate(connection, 1, migrations())
    assert version_of(connection, path, migrations()) == NEWEST
    connection.close()
