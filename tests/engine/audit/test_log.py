import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.audit import log
from engine.audit.log import GENESIS, append, first_bad, leaf_hash, lines
from engine.store.writer import SqliteStore
from tests.engine.fakes import NOW


async def write(store: SqliteStore, *objects: str) -> None:
    for name in objects:
        await store.run(
            lambda tx, o=name: append(tx, at=NOW, person="kim", action="read", object_id=o, detail={"n": o})
        )


@pytest.fixture
async def opened(store: SqliteStore) -> AsyncIterator[SqliteStore]:
    """A store of which somebody took the guards: the triggers are gone, as an intruder would do it."""
    await write(store, *"abcde")
    for trigger in ("audit_grows_at_its_end", "audit_is_append_only", "audit_keeps_everything"):
        await store.run(lambda tx, t=trigger: tx.execute(f"DROP TRIGGER {t}"))
    assert await store.run(first_bad) is None
    yield store


async def test_lines_are_numbered_and_each_carries_the_hash_of_the_one_before(store: SqliteStore) -> None:
    await write(store, "a", "b", "c")
    found = await store.run(lines)
    assert [line.seq for line, _ in found] == [1, 2, 3]
    assert [line.previous for line, _ in found] == [GENESIS, found[0][1], found[1][1]]
    assert [line.object for line, _ in found] == ["a", "b", "c"]


async def test_lines_are_read_from_a_number_on_and_in_portions(store: SqliteStore) -> None:
    await write(store, *"abcde")
    found = await store.run(lambda tx: lines(tx, after=1, limit=2))
    assert [line.object for line, _ in found] == ["b", "c"]


async def test_the_hash_is_that_of_an_rfc_6962_leaf(store: SqliteStore) -> None:
    # RFC 6962, 2.1: MTH({d(0)}) = SHA-256(0x00 || d(0)); the value for no bytes is a published one
    assert leaf_hash(b"") == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    await write(store, "a")
    row = await store.run(lambda tx: tx.row("SELECT line, hash FROM audit"))
    assert row["hash"] == leaf_hash(row["line"].encode())  # type: ignore[index]


async def test_the_same_line_is_the_same_bytes_whatever_the_order_of_its_details(tmp_path: Path) -> None:
    found = []
    for number, detail in enumerate(({"a": "1", "b": "2"}, {"b": "2", "a": "1"})):
        async with SqliteStore(tmp_path / f"{number}.sqlite") as store:
            await store.run(
                lambda tx, d=detail: append(tx, at=NOW, person="kim", action="read", object_id="x", detail=d)
            )
            found.append((await store.run(lines))[0][1])
    assert found[0] == found[1]


async def test_a_change_and_its_line_commit_together_or_not_at_all(store: SqliteStore) -> None:
    async def half(tx: object) -> None:
        await append(tx, at=NOW, person="kim", action="erase", object_id="x")  # type: ignore[arg-type]
        raise ValueError

    with pytest.raises(ValueError):
        await store.run(half)
    await write(store, "a")
    assert [(line.seq, line.object) for line, _ in await store.run(lines)] == [(1, "a")]
    assert await store.run(first_bad) is None


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE audit SET line = replace(line, 'kim', 'lee')",
        "UPDATE audit SET hash = 'x' WHERE seq = 2",
        "UPDATE audit SET seq = seq + 100",
        "DELETE FROM audit WHERE seq = 3",
        "DELETE FROM audit",
        "INSERT OR REPLACE INTO audit (seq, line, hash) VALUES (2, '{}', 'x')",
        "INSERT INTO audit (seq, line, hash) VALUES (9, '{}', 'x')",
    ],
)
async def test_the_table_refuses_changes_and_deletions(store: SqliteStore, attack: str) -> None:
    await write(store, *"abc")
    before = await store.run(lines)
    with pytest.raises(sqlite3.IntegrityError, match="the audit can only grow"):
        await store.run(lambda tx: tx.execute(attack))
    assert await store.run(lines) == before


async def changed(store: SqliteStore, sql: str, *parameters: object) -> int | None:
    await store.run(lambda tx: tx.execute(sql, parameters))
    return await store.run(first_bad)


async def test_an_edited_line_is_found(opened: SqliteStore) -> None:
    assert await changed(opened, "UPDATE audit SET line = replace(line, 'kim', 'lee') WHERE seq = 3") == 3


async def test_an_edited_line_with_a_fresh_hash_is_found_by_its_place_in_the_tree(
    opened: SqliteStore,
) -> None:
    row = await opened.run(lambda tx: tx.row("SELECT line FROM audit WHERE seq = 3"))
    line = row["line"].replace("kim", "lee")  # type: ignore[index]
    bad = await changed(
        opened, "UPDATE audit SET line = ?, hash = ? WHERE seq = 3", line, leaf_hash(line.encode())
    )
    assert bad == 3


async def test_an_edited_line_with_a_fresh_hash_and_leaf_is_found_by_its_node(opened: SqliteStore) -> None:
    row = await opened.run(lambda tx: tx.row("SELECT line FROM audit WHERE seq = 3"))
    line = row["line"].replace("kim", "lee")  # type: ignore[index]
    digest = leaf_hash(line.encode())
    await opened.run(lambda tx: tx.execute("DROP TRIGGER audit_node_is_append_only"))
    await opened.run(
        lambda tx: tx.execute(
            "UPDATE audit_node SET hash = ? WHERE level = 0 AND number = 2", (bytes.fromhex(digest),)
        )
    )
    bad = await changed(opened, "UPDATE audit SET line = ?, hash = ? WHERE seq = 3", line, digest)
    assert bad == 4  # the line whose ``previous``, and whose node, tell of another line 3


async def test_lines_cut_off_at_the_end_are_missed_by_the_tree(opened: SqliteStore) -> None:
    assert await changed(opened, "DELETE FROM audit WHERE seq > 3") == 4
    assert await changed(opened, "DELETE FROM audit") == 1


async def test_two_lines_that_changed_places_are_found(opened: SqliteStore) -> None:
    for seq, to in ((2, 102), (3, 2), (102, 3)):
        bad = await changed(opened, "UPDATE audit SET seq = ? WHERE seq = ?", to, seq)
    assert bad == 2


async def test_a_line_taken_out_is_found_with_or_without_closing_the_gap(opened: SqliteStore) -> None:
    assert await changed(opened, "DELETE FROM audit WHERE seq = 2") == 2
    assert await changed(opened, "UPDATE audit SET seq = seq - 1 WHERE seq > 2") == 2


async def test_the_first_line_taken_out_is_found(opened: SqliteStore) -> None:
    assert await changed(opened, "DELETE FROM audit WHERE seq = 1") == 1


async def test_a_line_put_in_between_is_found(opened: SqliteStore) -> None:
    await opened.run(lambda tx: tx.execute("UPDATE audit SET seq = seq + 100 WHERE seq > 2"))
    await opened.run(lambda tx: tx.execute("UPDATE audit SET seq = seq - 99 WHERE seq > 100"))
    row = await opened.run(lambda tx: tx.row("SELECT line, hash FROM audit WHERE seq = 2"))
    bad = await changed(
        opened,
        "INSERT INTO audit VALUES (3, ?, ?)",
        row["line"],
        row["hash"],  # type: ignore[index]
    )
    assert bad == 3


@pytest.mark.parametrize("line", ["", "{}", "not json", '{"seq":1,"extra":2}'])
async def test_a_line_that_is_no_line_is_found_and_not_a_crash(opened: SqliteStore, line: str) -> None:
    assert await changed(opened, "UPDATE audit SET line = ? WHERE seq = 4", line) == 4


async def test_text_that_is_not_even_utf8_is_found_and_not_a_crash(opened: SqliteStore) -> None:
    assert await changed(opened, "UPDATE audit SET hash = CAST(x'ff00fe' AS TEXT) WHERE seq = 5") == 5
    assert await changed(opened, "UPDATE audit SET line = CAST(x'ff00fe' AS TEXT) WHERE seq = 4") == 4


async def test_the_login_of_whoever_did_it_is_kept(store: SqliteStore) -> None:
    await store.run(lambda tx: append(tx, at=NOW, person="root", login=1001, action="read", object_id="x"))
    assert [line.login for line, _ in await store.run(lines)] == [1001]


@given(st.text(), st.text(), st.dictionaries(st.text(), st.text()))
def test_whatever_stands_in_a_line_stays_one_line(person: str, name: str, detail: dict[str, str]) -> None:
    made = log.AuditLine(
        seq=1, at=NOW, person=person, action="a", object=name, outcome="o", detail=detail, previous=GENESIS
    )
    encoded = msgspec.json.Encoder(order="deterministic").encode(made)
    assert b"\n" not in encoded
    assert msgspec.json.decode(encoded, type=log.AuditLine) == made
