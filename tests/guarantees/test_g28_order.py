"""G28: it ends. Attacked with orders that lapsed, that one hand prolonged, and with a turned clock."""

import sqlite3
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from engine.api.forms import EmergencyRequest, SourceAsk
from engine.api.orders import Orders
from engine.api.schema import DecisionRequest, RecordFile, TraceStart
from engine.api.sources import Sources
from engine.domain.authorisation import Role
from engine.domain.decision import Answer
from engine.domain.errors import InputError, Refused
from engine.domain.record import Source
from engine.domain.trace import TraceState
from engine.ports import RecordMapping, Transaction
from tests.guarantees.house import NOW, House, a_house, a_track, by, case_import, consent, seen
from tests.guarantees.server_house import (
    JUNG,
    KIM,
    LEE,
    ORDER,
    PARK,
    a_case,
    an_order,
    answered,
    member,
    permitted,
    photograph,
    wanted,
)

Ask = Callable[[House], Awaitable[object]]


async def lapsed(house: House, days: float = 40.0) -> None:
    with pytest.raises(Refused, match="epidemic order") as no:
        await house.authorise.request(KIM, wanted(expires_at=NOW + timedelta(days=days)))
    assert no.value.rule == "G28"


async def test_g28_under_a_standing_order_an_authorisation_is_given(tmp_path: Path) -> None:
    """Otherwise the refusals below would prove nothing."""
    async with a_house(tmp_path, rehearsal=False) as house:
        await an_order(house)
        await a_case(house)
        assert (await permitted(house)).state == "approved"


async def test_g28_without_an_order_not_even_a_case_is_opened(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        with pytest.raises(Refused, match="no epidemic order") as no:
            await house.intake.put_case(KIM, case_import())
        assert no.value.rule == "G28"


@pytest.mark.parametrize(
    "wrong", [{"order_ref": ""}, {"order_ref": "2026-8"}], ids=["no order", "another order"]
)
async def test_g28_an_authorisation_names_an_order_that_stands(tmp_path: Path, wrong: dict[str, str]) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        await an_order(house)
        await a_case(house)
        with pytest.raises(Refused, match="is not known here") as no:
            await house.authorise.request(KIM, wanted(**wrong))
        assert no.value.rule == "G28"


async def test_g28_an_order_for_another_disease_permits_nothing(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        others = sorted(set(house.context.site.diseases) - {"covid-19"})
        await an_order(house, disease=others[0])
        with pytest.raises(Refused, match="no epidemic order for covid-19"):
            await house.intake.put_case(KIM, case_import())


async def test_g28_after_its_day_an_order_permits_nothing(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        await an_order(house)
        await a_case(house)
        house.clock.pass_s(timedelta(days=31).total_seconds())
        await lapsed(house)


async def test_g28_a_clock_turned_back_brings_no_order_to_life_again(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        await an_order(house)
        await a_case(house)
        house.clock.pass_s(timedelta(days=31).total_seconds())
        await lapsed(house)
        house.clock.wall = NOW
        await lapsed(house)


async def test_g28_an_order_that_was_ended_permits_nothing(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        order = await an_order(house)
        await a_case(house)
        await Orders(house.context, house.runner).end(JUNG, order.order_id)
        await lapsed(house, 1.0)


async def test_g28_an_authorisation_does_not_outlive_its_order(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        await an_order(house, end=NOW + timedelta(days=2))
        await a_case(house)
        await answered(house, "A", "footage", "province")
        with pytest.raises(Refused, match="before this would expire") as no:
            await house.authorise.request(KIM, wanted(expires_at=NOW + timedelta(days=3)))
        assert no.value.rule == "G28"


async def test_g28_an_order_that_ends_between_request_and_approval_stops_the_approval(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        order = await an_order(house)
        await a_case(house)
        await answered(house, "A", "footage", "province")
        request = await house.authorise.request(KIM, wanted())
        await Orders(house.context, house.runner).end(JUNG, order.order_id)
        with pytest.raises(Refused) as no:
            await house.authorise.approve(seen(PARK), request.authorisation_id)
        assert no.value.rule == "G28"


async def test_g28_a_window_that_is_being_scanned_does_not_outlive_the_order(tmp_path: Path) -> None:
    """Not only is its result refused: nobody goes on reading."""
    async with a_house(tmp_path, rehearsal=False) as house:
        order = await an_order(house)
        await a_case(house)
        authorisation = await permitted(house)
        house.pool.may_answer.clear()
        start = TraceStart(case_id="A", authorisation_id=authorisation.authorisation_id)
        trace = await house.tracing.start(KIM, start)
        await house.pool.granted.wait()
        await Orders(house.context, house.runner).end(JUNG, order.order_id)
        (stopped,) = await house.tracing.traces(KIM)
        assert stopped.state == TraceState.STOPPED_AUTHORISATION
        assert trace.trace_id in house.pool.revoked
        house.pool.may_answer.set()


async def test_g28_an_order_that_ends_stops_what_runs_under_it(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        order = await an_order(house)
        await a_case(house)
        authorisation = await permitted(house)
        house.pool.may_ask.clear()
        start = TraceStart(case_id="A", authorisation_id=authorisation.authorisation_id)
        trace = await house.tracing.start(KIM, start)
        await house.pool.asked.wait()
        await Orders(house.context, house.runner).end(JUNG, order.order_id)
        house.pool.may_ask.set()
        assert await house.over(trace.trace_id) is TraceState.STOPPED_AUTHORISATION
        assert house.pool.grants == []


@pytest.mark.parametrize("who", [JUNG, by("park", 2004, Role.AUTHORISER)])
async def test_g28_nobody_approves_an_order_that_they_proposed(tmp_path: Path, who: object) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        orders = Orders(house.context, house.runner)
        proposed = await orders.propose(who, ORDER)  # type: ignore[arg-type]
        with pytest.raises(Refused, match="nobody approves an order") as no:
            await orders.approve(seen(who), proposed.order_id)  # type: ignore[arg-type]
        assert no.value.rule == "G24"


async def test_g28_nobody_extends_an_order_alone(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        order = await an_order(house, end=NOW + timedelta(days=2))
        await a_case(house)
        longer = msgspec.structs.replace(ORDER, end=NOW + timedelta(days=60), extends=order.order_id)
        orders = Orders(house.context, house.runner)
        extension = await orders.propose(JUNG, longer)
        house.clock.pass_s(timedelta(days=3).total_seconds())
        await lapsed(house, 4.0)  # proposed is not approved
        with pytest.raises(Refused, match="nobody approves an order"):
            await orders.approve(seen(JUNG), extension.order_id)
        await lapsed(house, 4.0)
        await orders.approve(seen(PARK), extension.order_id)
        await answered(house, "A", "footage", "province")
        request = await house.authorise.request(KIM, wanted(expires_at=NOW + timedelta(days=4)))
        assert request.state == "requested"


async def test_g28_the_database_itself_takes_no_order_from_one_hand(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        await Orders(house.context, house.runner).propose(JUNG, ORDER)

        async def forge(tx: Transaction) -> None:
            await tx.execute("UPDATE epidemic_order SET state = 'approved', approved_uid = proposed_uid")

        with pytest.raises(sqlite3.IntegrityError, match="second person"):
            await house.store.run(forge)


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"document_sha256": ""}, InputError),
        ({"document_sha256": "C" * 64}, InputError),
        ({"number": " "}, InputError),
        ({"end": NOW - timedelta(days=1)}, Refused),
        ({"end": NOW + timedelta(days=400)}, Refused),
        ({"end": NOW - timedelta(days=20)}, InputError),
    ],
)
async def test_g28_an_order_without_paper_or_end_is_none(
    tmp_path: Path, wrong: dict[str, object], error: type[Exception]
) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        with pytest.raises(error):
            await Orders(house.context, house.runner).propose(JUNG, msgspec.structs.replace(ORDER, **wrong))
        assert await Orders(house.context, house.runner).all(JUNG) == ()


WRITES: dict[str, Ask] = {
    "case": lambda h: h.intake.put_case(KIM, case_import("B")),
    "ground": lambda h: h.intake.put_ground(seen(KIM, 2), "A", consent(document_sha256="b" * 64)),
    "photograph": lambda h: h.photos.add(KIM, "A", photograph(content=b"another")),
    "authorisation": lambda h: h.authorise.request(KIM, wanted()),
    "colleague": lambda h: h.intake.add_member(KIM, "A", member("han")),
    "emergency": lambda h: h.authorise.emergency(
        KIM, EmergencyRequest(wanted=wanted(), reason="a hundred people wait in one hall with him")
    ),
    "records": lambda h: h.intake.add_records(KIM, "A", a_file()),
    "source": lambda h: Sources(h.context).ask(KIM, "A", SourceAsk(source="card", authority="province")),
}


def a_file() -> RecordFile:
    mapping = RecordMapping(source=Source.ENTRY, columns={})
    return RecordFile(file="entry.csv", content=b"", mapping=mapping)


@pytest.mark.parametrize("what", WRITES)
async def test_g28_what_remains_is_read_only_until_it_is_erased(tmp_path: Path, what: str) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        order = await an_order(house)
        await a_case(house)
        await Orders(house.context, house.runner).end(JUNG, order.order_id)
        with pytest.raises(Refused) as no:
            await WRITES[what](house)
        assert no.value.rule == "G28"
        (case,) = await house.intake.cases(KIM)
        assert case.case_id == "A"


async def test_g28_a_case_under_another_disease_is_not_writable_again(tmp_path: Path) -> None:
    """The order for the one has ended, that for another stands."""
    async with a_house(tmp_path, rehearsal=False) as house:
        order = await an_order(house)
        await an_order(house, number="2026-8", disease="mers")
        await a_case(house, photo=False)
        await Orders(house.context, house.runner).end(JUNG, order.order_id)
        (case,) = await house.intake.cases(KIM)
        with pytest.raises(Refused) as no:
            await house.intake.put_case(seen(KIM, case.version), case_import(disease="mers"))
        assert no.value.rule == "G28"


async def test_g28_no_candidate_is_answered_after_the_end(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        order = await an_order(house)
        await a_case(house)
        house.pool.tracks = lambda _: (a_track(),)
        authorisation = await permitted(house)
        trace = await house.tracing.start(
            KIM, TraceStart(case_id="A", authorisation_id=authorisation.authorisation_id)
        )
        await house.over(trace.trace_id)
        candidate = (await house.tracing.detail(KIM, trace.trace_id)).candidates[0]
        view = await house.review.view(KIM, candidate.candidate_id, 100.0)
        house.clock.pass_s(2.0)
        await Orders(house.context, house.runner).end(JUNG, order.order_id)
        answer = DecisionRequest(view_id=view.view_id, answer=Answer.SAME)
        with pytest.raises(Refused) as no:
            await house.review.decide(seen(KIM), candidate.candidate_id, answer)
        assert no.value.rule == "G28"
        with pytest.raises(Refused) as no:
            await house.review.second(LEE, trace.trace_id)
        assert no.value.rule == "G28"
