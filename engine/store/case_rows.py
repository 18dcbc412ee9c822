"""Every row that belongs to a case, found by the foreign keys of the schema, so that a table which
comes with a later migration is emptied as well."""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.ports import Transaction
from engine.store.sealing import case_key, face_key

CASE = "case_file"
# these outlive a case, and name nobody; what was opened goes on counting against the caps (G4)
KEPT = frozenset({CASE, "audit", "event", "erasure", "slot", "usage", "usage_patient"})
AT_ONCE = 200  # rows a transaction: others wait for it
TRIED_AT_ONCE = 500
FIRST = (0, -(2**63))  # number of a sealed column, and the row after which to go on


@dataclass(frozen=True, slots=True)
class CaseTable:
    """``where`` picks a case's rows: ?1 is its id, ?2 and ?3 its keys. ``blobs`` are its sealed columns."""

    name: str
    where: str
    blobs: tuple[str, ...]
    has_rowid: bool


@dataclass(frozen=True, slots=True)
class Sealed:
    """Table and first bytes of some sealed values, and where the others begin (None: there are none)."""

    values: tuple[tuple[str, bytes], ...]
    next: tuple[int, int] | None


_CASE = CaseTable(CASE, "case_id = ?1", ("sealed",), has_rowid=True)


async def tables(tx: Transaction) -> tuple[CaseTable, ...]:
    """Tables with rows of cases, children before their parents."""
    found = {
        str(row["name"]): not row["wr"]
        for row in await tx.rows(
            "SELECT name, wr FROM pragma_table_list WHERE schema = 'main' AND type = 'table'"
        )
        if not str(row["name"]).startswith("sqlite_")
    }
    links = {name: await _links(tx, name) for name in found}
    order: list[str] = []
    wheres: dict[str, str] = {}
    for name in found:
        _place(name, links, wheres, order)
    return tuple(
        [
            CaseTable(name, wheres[name], await _blobs(tx, name), found[name])
            for name in reversed(order)
            if wheres[name] and name not in KEPT
        ]
    )


async def sealed(
    tx: Transaction, known: Sequence[CaseTable], case_id: str, place: tuple[int, int] = FIRST
) -> Sealed:
    """The next sealed values of a case, from a place on; no more of one is needed than its beginning to
    try a key."""
    columns = [(table, blob) for table in (*known, _CASE) for blob in table.blobs]
    number, after = place
    found: list[tuple[str, bytes]] = []
    while number < len(columns) and len(found) < TRIED_AT_ONCE:
        table, blob = columns[number]
        room = TRIED_AT_ONCE - len(found) if table.has_rowid else -1
        rowid = "rowid" if table.has_rowid else "0"
        rows = await tx.rows(
            f"SELECT {rowid} AS place, substr({blob}, 1, 64) AS start FROM {table.name}"  # noqa: S608
            f" WHERE ({table.where}) AND length({blob}) > 0 AND {rowid} > {after}"
            f" ORDER BY place LIMIT {room}",
            _bound(table.where, case_id),
        )
        found += [(table.name, bytes(row["start"])) for row in rows]
        number, after = (number, rows[-1]["place"]) if len(rows) == room else (number + 1, FIRST[1])
    return Sealed(tuple(found), (number, after) if number < len(columns) else None)


async def delete_some(tx: Transaction, known: Sequence[CaseTable], case_id: str) -> int:
    """Delete about ``AT_ONCE`` rows of the case; returns how many, 0 when none is left."""
    gone = 0
    for table in known:
        where = table.where
        if table.has_rowid:
            where = f"rowid IN (SELECT rowid FROM {table.name} WHERE {where} LIMIT {AT_ONCE})"  # noqa: S608
        bound = _bound(where, case_id)
        gone += await tx.execute(f"DELETE FROM {table.name} WHERE {where}", bound)  # noqa: S608
        if gone >= AT_ONCE:
            break
    return gone


async def blank(tx: Transaction, case_id: str) -> None:
    """Leave of the case itself its id and that it was erased."""
    await tx.execute(
        "UPDATE slot SET trace_id = NULL WHERE trace_id IN (SELECT trace_id FROM trace WHERE case_id = ?)",
        (case_id,),
    )
    await tx.execute(
        "UPDATE case_file SET state = 'erased', sealed = x'', version = version + 1 WHERE case_id = ?",
        (case_id,),
    )


async def _links(tx: Transaction, table: str) -> list[tuple[str, str, str]]:
    """(column, parent, column of the parent) for what a table refers to, and for its plain columns
    that say whose a row is."""
    found = []
    for row in await tx.rows('SELECT "from", "table", "to" FROM pragma_foreign_key_list(?)', (table,)):
        found.append(
            (str(row["from"]), str(row["table"]), str(row["to"] or await _primary(tx, row["table"])))
        )
    columns = {str(row["name"]) for row in await tx.rows("SELECT name FROM pragma_table_info(?)", (table,))}
    linked = {column for column, _, _ in found}
    if table != CASE and "case_id" in columns - linked:
        found.append(("case_id", CASE, "case_id"))
    if "key_id" in columns:
        found.append(("key_id", "", ""))
    return found


async def _primary(tx: Transaction, table: str) -> str:
    rows = await tx.rows("SELECT name FROM pragma_table_info(?) WHERE pk = 1", (table,))
    return str(rows[0]["name"])


async def _blobs(tx: Transaction, table: str) -> tuple[str, ...]:
    rows = await tx.rows("SELECT name FROM pragma_table_info(?) WHERE type = 'BLOB'", (table,))
    return tuple(str(row["name"]) for row in rows)


def _place(
    name: str, links: dict[str, list[tuple[str, str, str]]], wheres: dict[str, str], order: list[str]
) -> None:
    """Parents first into ``order``; ``wheres`` gets "" for a table that has nothing to do with cases."""
    if name in wheres:
        return
    wheres[name] = ""  # a table that refers to itself comes by here again
    parts = ["case_id = ?1"] if name == CASE else []
    for column, parent, key in links[name]:
        if not parent:
            parts.append(f"{column} IN (?2, ?3)")
        elif parent == CASE:
            parts.append(f"{column} = ?1")
        elif parent in links and parent != name:
            _place(parent, links, wheres, order)
            if wheres[parent]:
                parts.append(f"{column} IN (SELECT {key} FROM {parent} WHERE {wheres[parent]})")  # noqa: S608
    wheres[name] = " OR ".join(parts)
    order.append(name)


def _bound(where: str, case_id: str) -> tuple[str, ...]:
    """SQLite wants as many values as the statement names."""
    return (case_id, case_key(case_id), face_key(case_id))[: 3 if "?3" in where else 1]
