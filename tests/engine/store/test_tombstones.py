import pytest

from engine.domain.case import CaseState
from engine.domain.errors import Refused
from engine.domain.trace import TraceState
from engine.ports import Transaction
from engine.store import events
from engine.store.sealing import case_key, face_key
from engine.store.tombstones import apply_tombstones
from engine.trace.context import Context
from tests.engine.fakes import NOW, a_candidate, queued

Gone = tuple[tuple[str, ...], tuple[str, ...]]


async def buried(context: Context) -> Gone:
    return await context.store.run(lambda tx: apply_tombstones(tx, context.sealer.vault.has, NOW))


async def two_traced_cases(context: Context) -> None:
    for number in (1, 2):
        await queued(context, f"trace-{number}", f"case-{number}")

        async def run(tx: Transaction, n: int = number) -> None:
            await context.traces.claim_slot(tx, f"trace-{n}")
            await context.traces.set_state(tx, f"trace-{n}", TraceState.RUNNING, "hall.mkv: slow")
            found = a_candidate(f"c-{n}", trace_id=f"trace-{n}", case_id=f"case-{n}")
            await context.reviews.add_candidate(tx, found)

        await context.store.run(run)


async def test_where_every_case_has_its_key_nothing_is_touched(context: Context) -> None:
    await two_traced_cases(context)
    assert await buried(context) == ((), ())
    assert await context.store.run(events.newest) == 0


async def test_a_case_without_its_key_is_erased_and_the_other_goes_on(context: Context) -> None:
    await two_traced_cases(context)
    context.sealer.vault.destroy(frozenset({case_key("case-1"), face_key("case-1")}))
    assert await buried(context) == (("case-1",), ())

    with pytest.raises(Refused, match="no open case"):
        await context.store.run(lambda tx: context.cases.get(tx, "case-1"))
    assert (await context.store.run(lambda tx: context.cases.get(tx, "case-2"))).case_id == "case-2"
    traces = {t.trace_id: t.state for t in await context.store.run(context.traces.all)}
    assert traces == {"trace-1": TraceState.CANCELLED, "trace-2": TraceState.RUNNING}
    held = await context.store.run(lambda tx: tx.rows("SELECT trace_id FROM slot WHERE trace_id IS NOT NULL"))
    assert [row["trace_id"] for row in held] == ["trace-2"]
    assert await context.store.run(lambda tx: context.reviews.count(tx, "trace-1")) == 0
    assert await context.store.run(lambda tx: context.reviews.count(tx, "trace-2")) == 1
    assert len(await context.store.run(lambda tx: context.cases.stills(tx, "case-2"))) == 1


async def test_consoles_are_told(context: Context) -> None:
    await two_traced_cases(context)
    context.sealer.vault.destroy(frozenset({case_key("case-1"), face_key("case-1")}))
    await buried(context)
    told = await context.store.run(lambda tx: events.after(tx, 0))
    assert [(e.kind, e.object_id, e.state) for e in told] == [
        ("trace", "trace-1", TraceState.CANCELLED),
        ("case", "case-1", CaseState.ERASED),
    ]


async def test_once_buried_there_is_nothing_left_to_do(context: Context) -> None:
    await two_traced_cases(context)
    context.sealer.vault.destroy(frozenset({case_key("case-1"), face_key("case-2")}))
    assert await buried(context) == (("case-1",), ("case-2",))
    assert await buried(context) == ((), ())


async def test_a_ground_withdrawn_after_the_backup_does_not_come_back_with_it(context: Context) -> None:
    """Withdrawal destroys the key of the faces. The older store still takes the consent for valid."""
    await two_traced_cases(context)
    context.sealer.vault.destroy(frozenset({face_key("case-1")}))
    assert await buried(context) == ((), ("case-1",))
    assert await context.store.run(lambda tx: context.cases.ground(tx, "case-1")) is None
    assert await context.store.run(lambda tx: context.cases.stills(tx, "case-1")) == ()
    assert await context.store.run(lambda tx: context.reviews.count(tx, "trace-1")) == 0
    assert (await context.store.run(lambda tx: context.cases.get(tx, "case-1"))).case_id == "case-1"
    assert await context.store.run(lambda tx: context.cases.ground(tx, "case-2")) is not None


async def test_a_ground_that_was_withdrawn_in_the_open_stays_on_record(context: Context) -> None:
    await two_traced_cases(context)
    await context.store.run(lambda tx: tx.execute("UPDATE ground SET withdrawn = 1 WHERE case_id = 'case-1'"))
    await context.store.run(lambda tx: context.reviews.forget_faces(tx, "case-1"))
    context.sealer.vault.destroy(frozenset({face_key("case-1")}))
    assert await buried(context) == ((), ())
    assert await context.store.run(lambda tx: context.cases.ground(tx, "case-1")) is not None
