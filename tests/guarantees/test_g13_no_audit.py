"""G13: no audit, no action; and what changes the rules is written down like everything else."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from engine.api.closing import Closing
from engine.api.forms import NoticeSent, PassedOn, SourceAsk
from engine.api.orders import Orders
from engine.api.review_schema import CandidateNote, SecondWanted, SetAside
from engine.api.schema import DecisionRequest, TraceStart
from engine.api.sources import Sources
from engine.audit import log
from engine.domain.decision import Answer
from engine.domain.errors import Refused
from engine.domain.limits import Limits
from engine.schedule.erase import erase_case
from engine.schedule.policy_watch import note_policy
from engine.schedule.sweep import Sweeper
from engine.store.sealing import case_key
from tests.engine.api.conftest import open_house
from tests.guarantees.house import House, a_house, a_track, case_import, consent, seen
from tests.guarantees.server_house import (
    CHOI,
    JUNG,
    KIM,
    ORDER,
    PARK,
    a_case,
    an_order,
    answered,
    member,
    photograph,
    wanted,
)

FULL = "CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'the audit is full'); END"


class Prepared(msgspec.Struct):
    """A house in which everything that a person may do can be done."""

    house: House
    order: str
    proposed: str
    authorisation: str
    waiting: str
    trace: str
    candidate: str
    view: str
    still: str


@pytest.fixture
async def ready(tmp_path: Path) -> AsyncIterator[Prepared]:
    async with a_house(tmp_path, rehearsal=False) as house:
        order = await an_order(house)
        proposed = await Orders(house.context, house.runner).propose(
            JUNG, msgspec.structs.replace(ORDER, number="2026-8")
        )
        await a_case(house)
        await answered(house, "A", "footage", "province")
        house.pool.tracks = lambda _: (a_track(),)
        first = await house.authorise.request(KIM, wanted())
        permitted = await house.authorise.approve(seen(PARK), first.authorisation_id)
        waiting = await house.authorise.request(KIM, wanted())
        start = TraceStart(case_id="A", authorisation_id=permitted.authorisation_id)
        trace = await house.tracing.start(KIM, start)
        await house.over(trace.trace_id)
        candidate = (await house.tracing.detail(KIM, trace.trace_id)).candidates[0]
        view = await house.review.view(KIM, candidate.candidate_id, 100.0)
        still = await house.photos.add(KIM, "A", photograph(content=b"another"))
        house.clock.pass_s(5.0)
        yield Prepared(
            house=house,
            order=order.order_id,
            proposed=proposed.order_id,
            authorisation=permitted.authorisation_id,
            waiting=waiting.authorisation_id,
            trace=trace.trace_id,
            candidate=candidate.candidate_id,
            view=view.view_id,
            still=still.still_id,
        )


def closing(house: House) -> Closing:
    return Closing(house.context, Sweeper(house.context, stop=house.runner.stop))


def told(r: Prepared) -> NoticeSent:
    return NoticeSent(
        sent_at=r.house.clock.wall, means="post", document_sha256="d" * 64, collected=("photo", "footage")
    )


ACTIONS: dict[str, Callable[[Prepared], Awaitable[object]]] = {
    "a case is opened": lambda r: r.house.intake.put_case(KIM, case_import("B")),
    "somebody joins a case": lambda r: r.house.intake.add_member(KIM, "A", member("han")),
    "a ground is recorded": lambda r: r.house.intake.put_ground(
        seen(KIM, 2), "A", consent(document_sha256="b" * 64)
    ),
    "a photograph is brought": lambda r: r.house.photos.add(KIM, "A", photograph(content=b"one more")),
    "a photograph is shown": lambda r: r.house.photos.view(CHOI, "A", r.still),
    "an order is proposed": lambda r: Orders(r.house.context, r.house.runner).propose(JUNG, ORDER),
    "an order is approved": lambda r: Orders(r.house.context, r.house.runner).approve(seen(PARK), r.proposed),
    "an order is ended": lambda r: Orders(r.house.context, r.house.runner).end(JUNG, r.order),
    "another authority is asked": lambda r: Sources(r.house.context).ask(
        KIM, "A", SourceAsk(source="card", authority="province")
    ),
    "a search is asked for": lambda r: r.house.authorise.request(KIM, wanted()),
    "a search is permitted": lambda r: r.house.authorise.approve(seen(PARK), r.waiting),
    "a trace is started": lambda r: r.house.tracing.start(
        KIM, TraceStart(case_id="A", authorisation_id=r.authorisation)
    ),
    "a trace is cancelled": lambda r: r.house.tracing.cancel(KIM, r.trace),
    "a trace is read": lambda r: r.house.tracing.detail(KIM, r.trace),
    "pictures are shown": lambda r: r.house.review.view(KIM, r.candidate, 100.0),
    "a candidate is answered": lambda r: r.house.review.decide(
        seen(KIM), r.candidate, DecisionRequest(view_id=r.view, answer=Answer.SAME)
    ),
    "a second reviewer steps in": lambda r: r.house.review.second(CHOI, r.trace),
    "a note is written": lambda r: r.house.noting.note(seen(KIM), r.candidate, CandidateNote(text="tall")),
    "a second reviewer is wanted": lambda r: r.house.noting.second(KIM, r.candidate, SecondWanted()),
    "a range is set aside": lambda r: r.house.noting.set_aside(
        KIM, r.trace, SetAside(candidate_ids=(r.candidate,))
    ),
    "a clip is shown": lambda r: r.house.clips.clip(KIM, r.candidate),
    "a notice is recorded": lambda r: closing(r.house).notice_sent(seen(KIM, 3), "A", told(r)),
    "data is passed on": lambda r: closing(r.house).passed_on(KIM, "A", PassedOn(to="a city", what="names")),
    "a case is erased": lambda r: erase_case(r.house.context, "A", KIM.name),
}


@pytest.mark.parametrize("action", ACTIONS)
async def test_g13_nothing_happens_that_cannot_be_written_down(ready: Prepared, action: str) -> None:
    store = ready.house.store
    before = await store.run(lambda tx: tx.row("SELECT count(*) AS n FROM event"))
    await store.run(lambda tx: tx.execute(FULL))
    with pytest.raises(Exception, match="the audit is full"):
        await ACTIONS[action](ready)
    await store.run(lambda tx: tx.execute("DROP TRIGGER full"))
    assert await store.run(lambda tx: tx.row("SELECT count(*) AS n FROM event")) == before
    await ACTIONS[action](ready)  # it was the audit, and nothing else, that stood in the way


async def test_g13_no_key_is_destroyed_that_cannot_be_written_down(ready: Prepared) -> None:
    vault, store = ready.house.context.sealer.vault, ready.house.store
    await store.run(lambda tx: tx.execute(FULL))
    with pytest.raises(Exception, match="the audit is full"):
        await erase_case(ready.house.context, "A", KIM.name)
    assert vault.has(case_key("A"))
    assert not vault.destroyed(case_key("A"))
    await store.run(lambda tx: tx.execute("DROP TRIGGER full"))


async def test_g13_without_a_witness_for_hours_nobody_is_permitted_anything(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        object.__setattr__(house.context.site, "witness_silence", timedelta(hours=4))
        await an_order(house)
        await a_case(house)
        await answered(house, "A", "footage", "province")
        first = await house.authorise.request(KIM, wanted())
        house.clock.pass_s(4.5 * 3600.0)
        with pytest.raises(Refused, match="no witness has acknowledged") as no:
            await house.authorise.request(KIM, wanted())
        assert no.value.rule == "G13"
        with pytest.raises(Refused, match="no witness has acknowledged"):
            await house.authorise.approve(seen(PARK), first.authorisation_id)


async def policies(house: House) -> list[dict[str, str]]:
    return [line.detail for line in await house.audit() if line.action == "policy"]


async def test_g13_a_cap_that_was_widened_is_written_down_at_the_next_start(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        assert len(await policies(house)) == 1
        object.__setattr__(house.context.site, "limits", Limits(patient_h=4_000))
        await note_policy(house.context)
        assert (await policies(house))[-1]["cap.patient_h"] == "400 -> 4000"
    async with a_house(tmp_path) as house:
        assert (await policies(house))[-1]["cap.patient_h"] == "4000 -> 400"


async def test_g13_a_widened_cap_is_not_hidden_behind_an_edited_note_of_the_old_one(tmp_path: Path) -> None:
    """The note in the database says that the caps were always as wide."""
    async with a_house(tmp_path) as house:
        row = await house.store.run(lambda tx: tx.row("SELECT value FROM meta WHERE key = 'policy'"))
        assert row is not None
        lied = str(row["value"]).replace('"cap.patient_h":"400"', '"cap.patient_h":"4000"')
        assert lied != row["value"]
        await house.store.run(
            lambda tx: tx.execute("UPDATE meta SET value = ? WHERE key = 'policy'", (lied,))
        )
        object.__setattr__(house.context.site, "limits", Limits(patient_h=4_000))
        await note_policy(house.context)
        assert "before" in (await policies(house))[-1]


async def test_g13_what_was_tried_and_refused_is_written_down_without_what_was_typed(tmp_path: Path) -> None:
    async with open_house(tmp_path) as served:
        answer = await served.raw.get("/traces/Kim-Minsu")
        assert answer.status_code == 404
        lines = [line for line, _ in await served.context.store.run(log.lines) if line.outcome == "refused"]
        assert [(line.action, line.detail) for line in lines] == [("trace.detail", {"rule": "G24"})]
        assert "Minsu" not in str(lines)
