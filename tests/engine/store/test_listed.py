from pathlib import Path

from engine.store.listed import listed
from engine.store.writer import SqliteStore


async def test_any_number_of_ids_is_one_parameter(tmp_path: Path) -> None:
    ids = [f"id '{number}\"" for number in range(40_000)]  # more than a statement may have parameters
    async with SqliteStore(tmp_path / "tracedesk.sqlite") as store:
        rows = await store.run(lambda tx: tx.rows("SELECT value FROM json_each(?)", (listed(ids),)))
    assert {row["value"] for row in rows} == {*ids}


async def test_no_id_finds_nothing(tmp_path: Path) -> None:
    async with SqliteStore(tmp_path / "tracedesk.sqlite") as store:
        found = await store.run(
            lambda tx: tx.rows("SELECT 1 WHERE 'x' IN (SELECT value FROM json_each(?))", (listed([]),))
        )
    assert found == []
