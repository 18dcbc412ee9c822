import sqlite3
from pathlib import Path

import pytest

from engine.domain.errors import InputError
from engine.store.schema import check_sqlite, expected_shape, migrations, shape


def folder(tmp_path: Path, **files: str) -> Path:
    for name, text in files.items():
        (tmp_path / f"{name}.sql").write_text(text)
    return tmp_path


def test_the_migrations_of_this_release_follow_each_other_and_run() -> None:
    known = migrations()
    assert [m.number for m in known] == list(range(1, len(known) + 1))
    tables = expected_shape(known)
    assert {"meta", "audit", "case_file", "event", "audit_is_append_only"} <= tables.keys()


def test_a_missing_number_and_one_that_is_there_twice_are_named(tmp_path: Path) -> None:
    files = folder(tmp_path, **{"0001_a": "CREATE TABLE a (x);", "0003_c": "CREATE TABLE c (x);"})
    with pytest.raises(InputError, match=r"0003_c\.sql: does not follow migration 0001"):
        migrations(files)
    files = folder(tmp_path, **{"0001_b": "CREATE TABLE b (x);"})
    with pytest.raises(InputError, match=r"0001_.\.sql: does not follow migration 0001"):
        migrations(files)


def test_a_trigger_is_one_statement_and_a_file_that_breaks_off_is_refused(tmp_path: Path) -> None:
    trigger = "CREATE TRIGGER t BEFORE DELETE ON a\nBEGIN SELECT 1;\nSELECT 2;\nEND;\n"
    (found,) = migrations(folder(tmp_path, **{"0001_a": f"-- about a; b\nCREATE TABLE a (x);\n{trigger}"}))
    assert len(found.statements) == 2
    folder(tmp_path, **{"0001_a": "CREATE TABLE a (x);\nCREATE TABLE b (\n"})
    with pytest.raises(InputError, match="ends in the middle of a statement"):
        migrations(tmp_path)


def test_a_changed_byte_changes_the_digest(tmp_path: Path) -> None:
    (before,) = migrations(folder(tmp_path, **{"0001_a": "CREATE TABLE a (x);"}))
    (after,) = migrations(folder(tmp_path, **{"0001_a": "CREATE TABLE a  (x);"}))
    assert before.sha256 != after.sha256


def test_an_sqlite_without_strict_tables_is_refused() -> None:
    with pytest.raises(InputError, match=r"SQLite 3\.36\.0 is too old: 3\.37\.0"):
        check_sqlite((3, 36, 0))
    check_sqlite((3, 37, 0))
    check_sqlite()


def test_the_shape_sees_a_trigger_that_somebody_dropped_and_no_white_space() -> None:
    connection = sqlite3.connect(":memory:")
    for statement in migrations()[0].statements:
        connection.execute(statement.replace("(", "(\n  "))
    assert shape(connection) == expected_shape(migrations()[:1])
    connection.execute("DROP TRIGGER audit_keeps_everything")
    assert shape(connection) != expected_shape(migrations()[:1])
    connection.close()
