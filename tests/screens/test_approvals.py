"""The inbox of who permits: order, reasons, and that nothing is permitted by accident."""

from datetime import timedelta

import msgspec
import pytest

from engine.api.client import EngineSaysNo
from engine.domain.authorisation import AuthorisationState
from engine.domain.order import OrderState
from tests.screens.driving import NARROW, Seat, seated
from tests.screens.fake_casework import an_authorisation
from tests.screens.fake_engine import HELLO, ME, NOW, FakeEngine
from tests.screens.fake_house import an_order
from tui.screens.approvals import ApprovalsScreen
from tui.screens.asking import Confirm

AUTHORISER = msgspec.structs.replace(HELLO, person=ME, roles=("authoriser",))


def an_emergency(number: int, case: str, **given: object) -> object:
    told = {"state": AuthorisationState.EMERGENCY, "approved_by": "", "reason": "the bus leaves at six"}
    return an_authorisation(number, case, NOW, review_due=NOW + timedelta(hours=20), **(told | given))


def with_papers(*papers: object, hello: object = AUTHORISER) -> FakeEngine:
    engine = FakeEngine(hello=hello)  # type: ignore[arg-type]
    engine.papers |= {paper.authorisation_id: paper for paper in papers}  # type: ignore[attr-defined]
    return engine


def inbox(seat: Seat) -> ApprovalsScreen:
    screen = seat.desk.screen
    assert isinstance(screen, ApprovalsScreen)
    return screen


async def at_paper(seat: Seat, authorisation_id: str) -> None:
    await seat.mode("f4", "authorisations and orders")
    await seat.until(lambda: inbox(seat).permit is not None)
    inbox(seat).pane.point_at(f"permit {authorisation_id}")
    inbox(seat).pointed()
    await seat.until(lambda: f"({authorisation_id})" in seat.text())


async def test_emergencies_and_what_waits_stand_first_then_what_is_in_force_then_orders() -> None:
    engine = with_papers(
        an_emergency(7, "D"),
        an_authorisation(8, "E", NOW, state=AuthorisationState.REFUSED, ended_by="park", ended_at=NOW),
    )
    engine.standing_orders = (an_order(NOW), an_order(NOW, order_id="o-8", number="2026-8", stands=False,
                                                      state=OrderState.PROPOSED, approved_by=""))  # fmt: skip
    async with seated(engine) as seat:
        await seat.mode("f4", "▲ emergency", "order 2026-8")
        keys = [row.key for row in inbox(seat)._rows]
        assert keys[:2] == ["permit Z-7", "permit Z-3"]
        assert set(keys[2:4]) == {"permit Z-1", "permit Z-2"}
        assert keys[4:] == ["permit Z-8", "order o-8", "order order-7"]
        assert "3 wait" in seat.text()


async def test_the_details_say_who_asked_for_what_when_and_how_long_it_would_live() -> None:
    async with seated(with_papers(an_emergency(7, "D")), size=(120, 50)) as seat:
        await at_paper(seat, "Z-3")
        for words in (
            "◇ waits",
            "lee, 3 h ago",
            "infection control",
            "records and faces",
            "card (province 2026-118), interview",
            "3 cameras, 40 h at most",
            "cam1, cam2, cam3",
            "in 2 days",
            "order-7",
        ):
            assert words in seat.text()
        await at_paper(seat, "Z-7")
        assert "the bus leaves at six" in seat.text()
        assert "has to be reviewed within 19 h 59 min" in seat.text() or "within 20 h 00 min" in seat.text()


async def test_approving_takes_a_yes_and_then_enter() -> None:
    async with seated(with_papers()) as seat:
        await at_paper(seat, "Z-3")
        await seat.press("a")
        assert isinstance(seat.desk.screen, Confirm)
        assert "Permit this for case B?" in seat.text() and "3 cameras" in seat.text()
        await seat.press("a", "enter")
        assert seat.engine.asked_for == []
        await seat.press("y", "enter")
        await seat.until(lambda: ("approve", "Z-3") in seat.engine.asked_for)
        await seat.passing(3.0)
        await seat.until(lambda: "none waits" in seat.text() and "permitted by" in seat.text())


async def test_escape_permits_nothing() -> None:
    async with seated(with_papers()) as seat:
        await at_paper(seat, "Z-3")
        await seat.press("a", "y", "escape")
        assert isinstance(seat.desk.screen, ApprovalsScreen) and seat.engine.asked_for == []


async def test_refusing_ends_a_request() -> None:
    async with seated(with_papers()) as seat:
        await at_paper(seat, "Z-3")
        await seat.press("x", "y", "enter")
        await seat.until(lambda: ("refuse", "Z-3") in seat.engine.asked_for)
        await seat.passing(3.0)
        await seat.until(lambda: "× refused" in seat.text())


async def test_revoking_takes_the_number_of_the_case_typed_out() -> None:
    async with seated(with_papers()) as seat:
        await at_paper(seat, "Z-2")
        await seat.press("R", "y", "enter")
        assert seat.engine.asked_for == []
        assert "that was not C: nothing was done" in seat.text()
        await seat.press("R", "C", "enter")
        await seat.until(lambda: ("revoke", "Z-2") in seat.engine.asked_for)


@pytest.mark.parametrize(("key", "justified"), [("e", True), ("E", False)])
async def test_an_emergency_is_reviewed_as_justified_or_not(key: str, justified: bool) -> None:
    async with seated(with_papers(an_emergency(7, "D"))) as seat:
        await at_paper(seat, "Z-7")
        await seat.press(key, "y", "enter")
        await seat.until(lambda: ("review", ("Z-7", justified)) in seat.engine.asked_for)


@pytest.mark.parametrize("key", ["a", "x", "e", "R"])
async def test_who_has_another_role_reads_and_is_told_which_role_may(key: str) -> None:
    auditor = msgspec.structs.replace(HELLO, roles=("auditor",))
    engine = with_papers(an_emergency(7, "D"), hello=auditor)
    async with seated(engine) as seat:
        await at_paper(seat, "Z-7" if key in "eR" else "Z-3")
        await seat.press(key)
        assert "not for your role: " in seat.text() and "authoriser may" in seat.text()
        assert engine.asked_for == []


async def test_ones_own_request_is_for_somebody_else_to_permit() -> None:
    own = an_authorisation(9, "I", NOW, state=AuthorisationState.REQUESTED, approved_by="", requested_by=ME)
    async with seated(with_papers(own)) as seat:
        await at_paper(seat, "Z-9")
        await seat.press("a")
        assert "a approve: your own request: somebody else has to" in seat.text()


async def test_a_rehearsal_in_which_no_second_person_is_needed_lets_one_permit_ones_own() -> None:
    own = an_authorisation(
        9, "I", NOW, state=AuthorisationState.REQUESTED, approved_by="", requested_by=ME, four_eyes=False
    )
    async with seated(with_papers(own)) as seat:
        await at_paper(seat, "Z-9")
        assert "no second person is needed" in seat.text()
        await seat.press("a", "y", "enter")
        await seat.until(lambda: ("approve", "Z-9") in seat.engine.asked_for)


async def test_what_does_not_wait_is_neither_approved_nor_reviewed() -> None:
    async with seated(with_papers()) as seat:
        await at_paper(seat, "Z-1")
        await seat.press("a")
        assert "this does not wait for an approval" in seat.text()
        await seat.press("e")
        assert "no emergency that waits for its review" in seat.text()


async def test_an_order_is_read_here_and_decided_elsewhere() -> None:
    async with seated(with_papers(), size=(120, 50)) as seat:
        await seat.mode("f4", "order 2026-7")
        await seat.press("G", "a")
        assert "an order: see tracedesk order" in seat.text()
        assert "proposed by" in seat.text() and "measles" in seat.text()


async def test_somebody_who_was_faster_is_told_of_and_the_newest_is_fetched() -> None:
    engine = with_papers()
    async with seated(engine) as seat:
        await at_paper(seat, "Z-3")
        await seat.press("a", "y")
        engine.papers["Z-3"] = msgspec.structs.replace(
            engine.papers["Z-3"], version=2, state=AuthorisationState.REFUSED
        )
        await seat.press("enter")
        await seat.until(lambda: "was changed meanwhile" in seat.text())
        await seat.passing(1.0)
        await seat.until(lambda: "× refused" in seat.text())


async def test_a_refusal_of_the_list_is_said_in_its_place() -> None:
    engine = with_papers()

    async def refused() -> object:
        raise EngineSaysNo(403, "refused", "this is not for your role (G24)")

    engine.authorisations = refused  # type: ignore[method-assign,assignment]
    async with seated(engine) as seat:
        await seat.mode("f4", "this is not for your role (G24)")


@pytest.mark.parametrize("size", [NARROW, (60, 18), (200, 60)])
async def test_the_inbox_stands_there_at_every_size(size: tuple[int, int]) -> None:
    async with seated(with_papers(), size=size) as seat:
        await seat.mode("f4", "◇ waits", "time left", "asked by", "? help")
