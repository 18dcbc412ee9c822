"""Every table that comes is filled for two cases; one of them leaves no row behind."""

from typing import Any

import pytest

from engine.domain.errors import InputError
from engine.ports import Transaction
from engine.store import case_rows
from engine.store.case_rows import KEPT
from engine.store.sealing import case_key, face_key
from engine.trace.context import Context

IDS = {
    "case_id": "case",
    "trace_id": "trace",
    "candidate_id": "cand",
    "authorisation_id": "auth",
    "still_id": "still",
}


async def columns(tx: Transaction, table: str) -> list[Any]:
    return await tx.rows("SELECT name, type, pk FROM pragma_table_info(?)", (table,))


async def table_names(tx: Transaction) -> list[str]:
    rows = await tx.rows(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name"
    )
    return [row["name"] for row in rows]


async def parents(tx: Transaction, table: str) -> dict[str, str]:
    rows = await tx.rows('SELECT "from", "table" FROM pragma_foreign_key_list(?)', (table,))
    return {row["from"]: row["table"] for row in rows}


async def fill(context: Context, case: str, rows: int = 1) -> set[str]:
    """Rows for a case in every table that has anything to do with one; the names of these tables."""

    async def put(tx: Transaction) -> set[str]:
        await tx.execute("PRAGMA defer_foreign_keys = ON")
        filled = set()
        for table in await table_names(tx):
            found = await columns(tx, table)
            names = {column["name"] for column in found}
            linked = await parents(tx, table)
            if table in KEPT - {"case_file"} or not ({*IDS, "key_id"} & names):
                continue
            filled.add(table)
            for number in range(rows if table == "view" else 1):
                values = [
                    _value(context, table, column, linked, f"{case}{number or ''}", case) for column in found
                ]
                marks = ", ".join("?" for _ in values)
                await tx.execute(f"INSERT INTO {table} VALUES ({marks})", values)
        return filled

    return await context.store.run(put)


def _value(context: Context, table: str, column: Any, linked: dict[str, str], row: str, case: str) -> object:
    name = column["name"]
    if name == "state" and table == "case_file":
        return "open"
    if name == "key_id":
        return case_key(f"case-{case}")
    if name in IDS:
        return f"{IDS[name]}-{case}"
    if name in linked:
        return f"{linked[name].removesuffix('_file')}-{case}"
    if column["type"] == "BLOB":
        return context.sealer.vault.seal(face_key(f"case-{case}"), table, b"sealed")
    if name == "number" or name.endswith("_uid") or name == "uid":
        return sum(f"{table}{row}".encode())
    return f"{name} {row}" if column["type"] == "TEXT" else 0


async def rows_of(context: Context, table: str, case: str) -> int:
    async def count(tx: Transaction) -> int:
        found = await tx.rows(f"SELECT * FROM {table}")
        return sum(case in str(value) for row in found for value in tuple(row) if isinstance(value, str))

    return await context.store.run(count)


@pytest.fixture
async def filled(context: Context) -> set[str]:
    for case in ("ruby", "jade"):
        context.sealer.vault.ensure_all((case_key(f"case-{case}"), face_key(f"case-{case}")))
        found = await fill(context, case, rows=3)
    return found


async def test_the_tables_of_today_are_found_children_first(context: Context, filled: set[str]) -> None:
    found = [table.name for table in await context.store.run(case_rows.tables)]
    assert set(found) == filled - {"case_file"}
    assert {"record", "still", "candidate", "decision", "step", "receipt", "member", "notice"} <= set(found)
    for child, parent in (("decision", "candidate"), ("candidate", "trace"), ("trace", "authorisation")):
        assert found.index(child) < found.index(parent)


async def test_a_case_leaves_no_row_and_takes_none_of_another_along(
    context: Context, filled: set[str]
) -> None:
    known = await context.store.run(case_rows.tables)
    while await context.store.run(lambda tx: case_rows.delete_some(tx, known, "case-ruby")):
        pass
    await context.store.run(lambda tx: case_rows.blank(tx, "case-ruby"))
    for table in filled - {"case_file"}:
        assert await rows_of(context, table, "ruby") == 0, table
        assert await rows_of(context, table, "jade") > 0, table
    row = await context.store.run(
        lambda tx: tx.row("SELECT state, length(sealed) AS size FROM case_file WHERE case_id = 'case-ruby'")
    )
    assert row is not None
    assert tuple(row) == ("erased", 0)


async def test_a_table_of_a_later_release_is_emptied_as_well(context: Context, filled: set[str]) -> None:
    async def later(tx: Transaction) -> None:
        await tx.execute(
            "CREATE TABLE later (n INTEGER PRIMARY KEY, d TEXT REFERENCES decision, sealed BLOB)"
        )
        for case in ("ruby", "jade"):
            row = await tx.row("SELECT decision_id FROM decision WHERE candidate_id = ?", (f"cand-{case}",))
            assert row is not None
            await tx.execute("INSERT INTO later (d, sealed) VALUES (?, x'00')", (row["decision_id"],))

    await context.store.run(later)
    known = await context.store.run(case_rows.tables)
    while await context.store.run(lambda tx: case_rows.delete_some(tx, known, "case-ruby")):
        pass
    rows = await context.store.run(lambda tx: tx.rows("SELECT * FROM later"))
    assert len(rows) == 1


async def test_rows_go_in_portions(
    context: Context, filled: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(case_rows, "AT_ONCE", 2)
    known = await context.store.run(case_rows.tables)
    gone = []
    while some := await context.store.run(lambda tx: case_rows.delete_some(tx, known, "case-ruby")):
        gone.append(some)
    assert len(gone) > 5
    assert max(gone) <= 3


async def test_every_sealed_value_is_among_those_to_be_tried(context: Context, filled: set[str]) -> None:
    known = await context.store.run(case_rows.tables)
    page = await context.store.run(lambda tx: case_rows.sealed(tx, known, "case-ruby"))
    assert page.next is None
    found = page.values
    assert {table for table, _ in found} >= {"record", "still", "candidate", "step", "case_file", "receipt"}
    pictures = [start for table, start in found if table == "candidate"]
    assert len(pictures) == 2
    vault = context.sealer.vault
    assert {vault.open(face_key("case-ruby"), table, start) for table, start in found} == {b"sealed"}
    with pytest.raises(InputError):
        vault.open(face_key("case-jade"), *found[0])


@pytest.mark.parametrize("at_once", [1, 2, 3])
async def test_sealed_values_are_read_in_portions(
    context: Context, filled: set[str], monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    known = await context.store.run(case_rows.tables)
    whole = await context.store.run(lambda tx: case_rows.sealed(tx, known, "case-ruby"))
    monkeypatch.setattr(case_rows, "TRIED_AT_ONCE", at_once)
    place: tuple[int, int] | None = case_rows.FIRST
    found: list[tuple[str, bytes]] = []
    while place is not None:
        page = await context.store.run(lambda tx, p=place: case_rows.sealed(tx, known, "case-ruby", p))  # type: ignore[misc]
        assert len(page.values) <= at_once
        found += page.values
        place = page.next
    assert found == [*whole.values]
