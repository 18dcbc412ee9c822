"""Counts made from lines, stored as they come, the same as counted anew."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from engine.audit import counts, log
from engine.audit.counts import ALL_DAYS, NAMES, Tally, as_stored
from engine.audit.line import AuditLine
from engine.domain.errors import Refused
from engine.ports import Transaction
from engine.store.writer import SqliteStore
from tests.engine.audit.intruder import take_guards_out

MONDAY = datetime(2026, 3, 2, 23, 0, tzinfo=UTC)
TUESDAY = MONDAY + timedelta(hours=2)


async def add(
    store: SqliteStore,
    action: str,
    outcome: str = "done",
    at: datetime = MONDAY,
    object_id: str = "t1",
    **detail: str,
) -> None:
    await store.run(
        lambda tx: log.append(
            tx, at=at, person="kim", action=action, object_id=object_id, outcome=outcome, detail=detail
        )
    )


async def counted(store: SqliteStore) -> dict[str, dict[str, int]]:
    while await store.run(counts.catch_up):
        pass
    return await store.run(counts.read)


def only(**given: int) -> dict[str, int]:
    return dict.fromkeys(NAMES, 0) | given


async def test_an_empty_log_counts_nothing(store: SqliteStore) -> None:
    assert await counted(store) == {ALL_DAYS: only()}


async def test_searches_count_traces_and_cameras_and_their_time(store: SqliteStore) -> None:
    await add(store, "search", "intent", camera="c1", camera_s="600.0")
    await add(store, "search", "intent", camera="c2", camera_s="0.2")
    await add(store, "search", "done", faces_compared="17")
    await add(store, "search", "intent", TUESDAY, camera="c1", camera_s="60")
    await add(store, "search", "intent", TUESDAY, object_id="t2", camera="c1", camera_s="60")
    await add(store, "search", "done", TUESDAY, faces_compared="3")
    assert await counted(store) == {
        "2026-03-02": only(searches=1, windows=2, cameras=2, camera_s=601, faces_compared=17),
        "2026-03-03": only(searches=2, windows=2, cameras=1, camera_s=120, faces_compared=3),
        # two traces and two cameras in all, though the days say three of each
        ALL_DAYS: only(searches=2, windows=4, cameras=2, camera_s=721, faces_compared=20),
    }


async def test_what_people_did_is_counted_by_intent_and_answer(store: SqliteStore) -> None:
    await add(store, "view", "intent")
    await add(store, "clip", "intent")
    await add(store, "clip", "done")
    await add(store, "export", "intent")
    await add(store, "decide", "same")
    await add(store, "decide", "not_same")
    await add(store, "decide", "taken back")
    await add(store, "search", "refused", camera="c9", camera_s="600")
    await add(store, "authorisation", "refused")
    await add(store, "read")
    found = (await counted(store))[ALL_DAYS]
    assert found == only(views=1, clips_viewed=1, exports=1, decisions=2, taken_back=1, refusals=2)


async def test_counting_in_portions_and_again_changes_nothing(store: SqliteStore) -> None:
    choose = random.Random(5)
    kinds = [
        ("search", "intent"),
        ("search", "done"),
        ("view", "intent"),
        ("decide", "same"),
        ("x", "refused"),
    ]
    tally = Tally()
    for number in range(150):
        action, outcome = choose.choice(kinds)
        await add(
            store,
            action,
            outcome,
            MONDAY + timedelta(hours=number),
            f"t{choose.randrange(9)}",
            camera=f"c{choose.randrange(5)}",
            camera_s=f"{choose.uniform(0, 600):.1f}",
            faces_compared=str(choose.randrange(50)),
        )
        if number % 40 == 0:
            await store.run(lambda tx: counts.catch_up(tx, 7))
    for line, _ in await store.run(log.lines):
        tally.add(line)
    once = await counted(store)
    assert once == as_stored(tally.counts)
    assert await counted(store) == once
    assert await store.run(counts.read_totals) == tally.totals() == once[ALL_DAYS]
    for name in counts.ADDED:
        assert once[ALL_DAYS][name] == sum(day[name] for key, day in once.items() if key != ALL_DAYS)


async def test_a_count_that_fails_leaves_none_half_counted(store: SqliteStore) -> None:
    await add(store, "view", "intent")

    async def half(tx: Transaction) -> None:
        await counts.catch_up(tx)
        raise ValueError

    with pytest.raises(ValueError):
        await store.run(half)
    assert (await counted(store))[ALL_DAYS] == only(views=1)


@pytest.mark.parametrize("line", ["nonsense", "CAST(x'ff' AS TEXT)"])
async def test_a_damaged_line_stops_the_counting_and_is_named(store: SqliteStore, line: str) -> None:
    await add(store, "view", "intent")
    await take_guards_out(store)
    await store.run(lambda tx: tx.execute(f"UPDATE audit SET line = {line!r}"))
    with pytest.raises(Refused, match="line 1 of the audit is damaged"):
        await counted(store)


async def test_a_number_that_is_none_stops_it_too(store: SqliteStore) -> None:
    await add(store, "search", "done", faces_compared="many")
    with pytest.raises(Refused, match="line 1 of the audit is damaged"):
        await counted(store)


def test_days_are_days_in_utc() -> None:
    line = AuditLine(
        seq=1, at=MONDAY, person="k", action="a", object="o", outcome="d", detail={}, previous=""
    )
    assert counts.day_of(line) == "2026-03-02"
