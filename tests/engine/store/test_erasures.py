import sqlite3
from datetime import datetime, timedelta

import pytest

from engine.store import erasures
from engine.store.erasures import ENGINE, Because, Erasure, ErasureState
from engine.store.writer import SqliteStore
from tests.engine.fakes import NOW

HOUR = timedelta(hours=1)


async def a_case(
    store: SqliteStore, case_id: str, *, state: str = "open", erase_due: datetime | None = None
) -> None:
    due = erase_due.isoformat() if erase_due else None
    await store.run(
        lambda tx: tx.execute(
            "INSERT INTO case_file (case_id, state, sealed, erase_due) VALUES (?, ?, x'00', ?)",
            (case_id, state, due),
        )
    )


def an_erasure(case_id: str, **given: object) -> Erasure:
    values: dict[str, object] = {
        "case_id": case_id,
        "state": ErasureState.INTENT,
        "because": Because.DUE,
        "asked_by": ENGINE,
        "due_at": NOW,
        "keys": 2,
    }
    return Erasure(**(values | given))  # type: ignore[arg-type]


async def put(store: SqliteStore, erasure: Erasure, *, four_eyes: bool = True) -> None:
    await store.run(lambda tx: erasures.put(tx, erasure, four_eyes=four_eyes))


async def test_closed_cases_and_those_whose_time_has_come_are_due(store: SqliteStore) -> None:
    korean = (NOW - HOUR).astimezone(tz=datetime.fromisoformat("2026-01-01T00:00:00+09:00").tzinfo)
    await a_case(store, "closed", state="closed")
    await a_case(store, "due now", erase_due=NOW)
    await a_case(store, "due in Seoul", erase_due=korean)
    await a_case(store, "due soon", erase_due=NOW + timedelta(microseconds=1))
    await a_case(store, "kept")
    await a_case(store, "erased", state="erased", erase_due=NOW - HOUR)
    found = await store.run(lambda tx: erasures.cases_due(tx, NOW))
    assert found == [
        ("closed", Because.CLOSED, NOW),
        ("due in Seoul", Because.DUE, NOW - HOUR),
        ("due now", Because.DUE, NOW),
    ]


async def test_what_was_begun_is_not_due_a_second_time(store: SqliteStore) -> None:
    await a_case(store, "A", state="closed")
    await put(store, an_erasure("A"))
    assert await store.run(lambda tx: erasures.cases_due(tx, NOW)) == []
    (found,) = await store.run(lambda tx: erasures.in_state(tx, ErasureState.INTENT))
    assert found == an_erasure("A")


async def test_a_case_that_waits_keeps_the_time_at_which_it_was_due(store: SqliteStore) -> None:
    await a_case(store, "A", state="closed")
    await put(store, an_erasure("A", state=ErasureState.WAITING, because=Because.CLOSED))
    found = await store.run(lambda tx: erasures.cases_due(tx, NOW + 9 * HOUR))
    assert found == [("A", Because.CLOSED, NOW)]


async def test_only_what_waits_is_confirmed_and_never_by_who_asked(store: SqliteStore) -> None:
    for case_id in ("A", "B"):
        await a_case(store, case_id)
    await put(store, an_erasure("A", state=ErasureState.WAITING, asked_by="kim"))
    await put(store, an_erasure("B"))
    assert not await store.run(lambda tx: erasures.confirm(tx, "B", "lee"))
    with pytest.raises(sqlite3.IntegrityError, match="second person"):
        await store.run(lambda tx: erasures.confirm(tx, "A", "kim"))
    assert await store.run(lambda tx: erasures.confirm(tx, "A", "lee"))
    found = await store.run(lambda tx: erasures.of(tx, "A"))
    assert found is not None
    assert found.confirmed_by == "lee"


async def test_in_a_rehearsal_one_hand_does_both(store: SqliteStore) -> None:
    await a_case(store, "A")
    waiting = an_erasure("A", state=ErasureState.WAITING, asked_by="kim")
    await put(store, waiting, four_eyes=False)
    assert await store.run(lambda tx: erasures.confirm(tx, "A", "kim"))


async def test_a_case_whose_time_was_moved_waits_no_longer(store: SqliteStore) -> None:
    for case_id in ("A", "B"):
        await a_case(store, case_id)
        await put(store, an_erasure(case_id, state=ErasureState.WAITING))
    await store.run(lambda tx: erasures.forget_waiting(tx, {"B"}))
    (left,) = await store.run(lambda tx: erasures.in_state(tx, ErasureState.WAITING))
    assert left.case_id == "B"


async def test_an_erasure_that_is_done_is_not_called_unfinished_again_by_mistake(store: SqliteStore) -> None:
    await a_case(store, "A")
    await put(store, an_erasure("A"))
    await store.run(lambda tx: erasures.done(tx, "A", NOW))
    with pytest.raises(sqlite3.IntegrityError, match="was erased"):
        await put(store, an_erasure("A", state=ErasureState.WAITING))


async def test_keys_that_went_lately_are_counted_by_either_clock(store: SqliteStore) -> None:
    begun = {  # when by the wall, when by the boot clock
        "today": (NOW - HOUR, 5_000.0),
        "long ago": (NOW - 48 * HOUR, 1.0),
        "long ago by a wall that was turned": (NOW - 9000 * HOUR, 999_000.0),
        "before the machine started": (NOW - 48 * HOUR, 2_000_000.0),
    }
    for case_id, (at, boot_s) in begun.items():
        await a_case(store, case_id)
        await put(store, an_erasure(case_id))
        await store.run(lambda tx, i=case_id, a=at, b=boot_s: erasures.begun(tx, i, a, b))  # type: ignore[misc]
    for case_id, asked_by in (("by a person", "kim"), ("confirmed", ENGINE)):
        await a_case(store, case_id)
        await put(store, an_erasure(case_id, state=ErasureState.WAITING, asked_by=asked_by))
        await store.run(lambda tx, i=case_id: erasures.begun(tx, i, NOW, 1_000_000.0))  # type: ignore[misc]
    await store.run(lambda tx: erasures.confirm(tx, "confirmed", "lee"))
    assert await store.run(lambda tx: erasures.keys_lately(tx, NOW, 1_000_000.0)) == 4
