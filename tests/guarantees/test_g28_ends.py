"""G28: an order is a dated paper that two people stand behind; nobody stretches it: the tables know it."""

import sqlite3
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from engine.api.asked import Conflict
from engine.api.orders import Orders
from engine.api.schema import TraceStart
from engine.domain.errors import InputError, Refused
from engine.domain.trace import TraceState
from engine.ports import Transaction
from engine.store import orders as order_rows
from tests.guarantees.house import NOW, House, a_house, case_import, seen
from tests.guarantees.server_house import (
    JUNG,
    KIM,
    ORDER,
    PARK,
    a_case,
    an_order,
    permitted,
    photograph,
    wanted,
)


async def test_g28_an_extension_is_of_the_same_order_and_disease(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        order = await an_order(house)
        orders = Orders(house.context, house.runner)
        others = sorted(set(house.context.site.diseases) - {"covid-19"})
        for change in ({"number": "2026-8"}, {"disease": others[0]}):
            longer = msgspec.structs.replace(ORDER, extends=order.order_id, **change)
            with pytest.raises(Refused, match="keeps number and disease") as no:
                await orders.propose(JUNG, longer)
            assert no.value.rule == "G28"


async def test_g28_an_order_that_was_over_before_it_was_approved_is_not_approved(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        orders = Orders(house.context, house.runner)
        proposed = await orders.propose(JUNG, ORDER)
        house.clock.pass_s(timedelta(days=31).total_seconds())
        with pytest.raises(Refused, match="ended already") as no:
            await orders.approve(seen(PARK), proposed.order_id)
        assert no.value.rule == "G28"


async def test_g28_an_order_is_answered_once_and_as_it_was_seen(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        orders = Orders(house.context, house.runner)
        order = await an_order(house)
        with pytest.raises(Conflict, match="approved already by park at 2026-03-05 00:00Z"):
            await orders.approve(seen(PARK, order.version), order.order_id)
        await orders.end(JUNG, order.order_id)
        with pytest.raises(Conflict, match="ended already"):
            await orders.approve(seen(PARK, order.version + 1), order.order_id)
        proposed = await orders.propose(JUNG, ORDER)
        with pytest.raises(Conflict, match="was changed"):
            await orders.approve(seen(PARK, 7), proposed.order_id)


async def test_g28_an_order_that_has_not_begun_permits_nothing(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        await an_order(house, number="2026-6")
        await a_case(house)
        await an_order(house, start=NOW + timedelta(days=1), end=NOW + timedelta(days=9))
        with pytest.raises(Refused, match="epidemic order") as no:
            await house.authorise.request(KIM, wanted())
        assert no.value.rule == "G28"


async def test_g28_after_its_day_no_case_is_opened_and_nothing_added(tmp_path: Path) -> None:
    """Nobody ended it: the day simply came."""
    async with a_house(tmp_path, rehearsal=False) as house:
        await an_order(house)
        await a_case(house)
        house.clock.pass_s(timedelta(days=31).total_seconds())
        with pytest.raises(Refused) as no:
            await house.intake.put_case(KIM, case_import("B"))
        assert no.value.rule == "G28"
        with pytest.raises(Refused) as no:
            await house.photos.add(KIM, "A", photograph(content=b"another"))
        assert no.value.rule == "G28"


async def test_g28_an_order_for_another_disease_lends_nobody_its_number(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        others = sorted(set(house.context.site.diseases) - {"covid-19"})
        await an_order(house, number="2026-6")
        await an_order(house, disease=others[0])
        await a_case(house)
        with pytest.raises(Refused, match="for covid-19 has lapsed"):
            await house.authorise.request(KIM, wanted())


async def test_g28_an_order_names_a_disease_that_is_defined(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        with pytest.raises(InputError, match="is not defined"):
            await Orders(house.context, house.runner).propose(
                JUNG, msgspec.structs.replace(ORDER, disease="unrest")
            )


async def test_g28_no_trace_is_started_when_the_order_is_over(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        order = await an_order(house)
        await a_case(house)
        authorisation = await permitted(house)
        await Orders(house.context, house.runner).end(JUNG, order.order_id)
        start = TraceStart(case_id="A", authorisation_id=authorisation.authorisation_id)
        with pytest.raises(Refused, match="no epidemic order") as no:
            await house.tracing.start(KIM, start)
        assert no.value.rule == "G28"


async def test_g28_the_database_itself_takes_no_order_that_begins_approved(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        await Orders(house.context, house.runner).propose(JUNG, ORDER)

        async def forge(tx: Transaction) -> None:
            await tx.execute(
                "INSERT INTO epidemic_order (order_id, number, authority, disease, document_sha256,"
                " starts_at, ends_at, state, four_eyes, proposed_by, proposed_uid, proposed_at, approved_uid)"
                " SELECT 'forged', number, authority, disease, document_sha256, starts_at, ends_at,"
                " 'approved', 1, proposed_by, proposed_uid, proposed_at, 2004 FROM epidemic_order"
            )

        with pytest.raises(sqlite3.IntegrityError, match="second person"):
            await house.store.run(forge)


async def test_g28_no_way_leads_to_an_order_from_one_hand(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        orders = Orders(house.context, house.runner)
        proposed = await orders.propose(JUNG, ORDER)
        with pytest.raises((Refused, sqlite3.IntegrityError)):
            await orders.approve(seen(JUNG), proposed.order_id)
        assert [order.state for order in await orders.all(JUNG)] == ["proposed"]


LONGER = NOW + timedelta(days=60)


async def states(house: House) -> dict[str, str]:
    found = await Orders(house.context, house.runner).all(JUNG)
    return {order.order_id: order.state for order in found}


async def test_g28_an_order_ends_with_its_extensions_and_what_runs_under_them(tmp_path: Path) -> None:
    """The extension stands by itself and has the same number: it permits nothing further either."""
    async with a_house(tmp_path, rehearsal=False) as house:
        order = await an_order(house)
        extension = await an_order(house, extends=order.order_id, end=LONGER)
        await a_case(house)
        authorisation = await permitted(house)
        house.pool.may_answer.clear()
        start = TraceStart(case_id="A", authorisation_id=authorisation.authorisation_id)
        await house.tracing.start(KIM, start)
        await house.pool.granted.wait()
        await Orders(house.context, house.runner).end(JUNG, order.order_id)
        assert await states(house) == {order.order_id: "ended", extension.order_id: "ended"}
        (stopped,) = await house.tracing.traces(KIM)
        assert stopped.state == TraceState.STOPPED_AUTHORISATION
        house.pool.may_answer.set()
        ended = [line.object for line in await house.audit() if line.outcome == "ended"]
        assert sorted(ended) == sorted([order.order_id, extension.order_id])


async def test_g28_an_extension_that_was_only_proposed_ends_with_its_order(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        order = await an_order(house)
        orders = Orders(house.context, house.runner)
        longer = msgspec.structs.replace(ORDER, extends=order.order_id, end=LONGER)
        extension = await orders.propose(JUNG, longer)
        await orders.end(JUNG, order.order_id)
        with pytest.raises(Conflict, match="ended already"):
            await orders.approve(seen(PARK, extension.version + 1), extension.order_id)


async def test_g28_an_order_of_another_number_does_not_end_with_it(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        order = await an_order(house)
        another = await an_order(house, number="2026-8")
        await Orders(house.context, house.runner).end(JUNG, order.order_id)
        assert await states(house) == {order.order_id: "ended", another.order_id: "approved"}


async def test_g28_an_extension_is_turned_down_and_the_order_goes_on(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        order = await an_order(house)
        orders = Orders(house.context, house.runner)
        longer = msgspec.structs.replace(ORDER, extends=order.order_id, end=LONGER)
        extension = await orders.propose(JUNG, longer)
        await orders.end(PARK, extension.order_id)
        assert await states(house) == {order.order_id: "approved", extension.order_id: "ended"}


async def test_g28_an_order_that_was_ended_is_not_extended(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        order = await an_order(house)
        orders = Orders(house.context, house.runner)
        await orders.end(JUNG, order.order_id)
        with pytest.raises(Refused, match="not extended any more") as no:
            await orders.propose(JUNG, msgspec.structs.replace(ORDER, extends=order.order_id, end=LONGER))
        assert no.value.rule == "G28"


async def test_g28_an_extension_that_outlived_the_end_of_its_order_is_not_approved(tmp_path: Path) -> None:
    """As an earlier release left it: only the one row had ended."""
    async with a_house(tmp_path, rehearsal=False) as house:
        order = await an_order(house)
        orders = Orders(house.context, house.runner)
        longer = msgspec.structs.replace(ORDER, extends=order.order_id, end=LONGER)
        extension = await orders.propose(JUNG, longer)
        await house.store.run(lambda tx: order_rows.end(tx, order.order_id))
        with pytest.raises(Refused, match="not extended any more") as no:
            await orders.approve(seen(PARK), extension.order_id)
        assert no.value.rule == "G28"
        await orders.end(JUNG, order.order_id)
        assert await states(house) == {order.order_id: "ended", extension.order_id: "ended"}
