import sqlite3
from pathlib import Path

import pytest

from engine.domain.errors import InputError
from engine.store.copying import check_sound, read_ahead, reading, tally, tally_of
from engine.store.writer import SqliteStore
from tests.engine.store.released import ROWS, first_release


async def test_the_tally_of_a_store_is_that_of_its_file(store: SqliteStore, tmp_path: Path) -> None:
    await store.run(lambda tx: tx.execute("INSERT INTO audit VALUES (1, '{}', 'abc')"))
    told = await store.run(tally)
    assert (told.audit_size, told.audit_head, told.rows["slot"]) == (1, "abc", 10)
    with sqlite3.connect(tmp_path / "tracedesk.sqlite") as connection:
        assert tally_of(connection) == told


def test_a_tally_counts_every_table(tmp_path: Path) -> None:
    first_release(tmp_path / "s")
    connection = reading(tmp_path / "s")
    told = tally_of(connection)
    connection.close()
    assert {name: told.rows[name] for name in ROWS} == ROWS
    assert (told.schema, told.audit_size, told.audit_head) == (1, 7, "hash-6")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["s"]  # looking leaves nothing behind


def test_a_table_with_a_hostile_name_is_counted_and_not_obeyed(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "s")
    connection.execute("CREATE TABLE audit (seq INTEGER, hash TEXT)")
    connection.execute("""CREATE TABLE "a'; DROP TABLE audit; --""\" (x)""")
    assert tally_of(connection).rows == {"a'; DROP TABLE audit; --\"": 0, "audit": 0}
    connection.close()


def test_a_page_that_was_overwritten_is_found_and_restoring_is_the_mend(tmp_path: Path) -> None:
    path = tmp_path / "s"
    first_release(path)
    content = bytearray(path.read_bytes())
    for page in range(4096, len(content), 4096):
        content[page : page + 8] = b"\xff" * 8
    path.write_bytes(content)
    read_ahead(path)
    connection = sqlite3.connect(path)
    with pytest.raises(InputError, match=r"is damaged.*tracedesk restore"):
        check_sound(connection, path)
    connection.close()
