"""What a search would open is seen before anybody is asked, and nothing more is asked for."""

import asyncio
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from engine.api.case_schema import ScopePreview
from engine.api.forms import EmergencyRequest
from engine.api.schema import AuthorisationRequest
from engine.domain.record import Source
from tests.screens.driving import NARROW, WIDE, Seat
from tests.screens.fake_engine import HELLO, NOW, FakeEngine
from tests.screens.forming import at_form, open_form, typed
from tui.screens.asking import Confirm
from tui.screens.scope import ScopeScreen

SERVER = msgspec.structs.replace(HELLO, profile="server")
AT_ONCE = 0.001


def requests(seat: Seat, call: str = "request") -> list[AuthorisationRequest]:
    return [what for name, what in seat.engine.asked_for if name == call]  # type: ignore[misc]


async def previewed(seat: Seat) -> None:
    await seat.until(lambda: "camera-hours, about" in seat.text())


async def at_row(seat: Seat, label: str) -> None:
    """Put the cursor on the row that begins so."""
    for _ in range(20):
        if any(line.startswith("▌") and label in line for line in seat.text().splitlines()):
            return
        await seat.press("j")
    raise AssertionError(f"there is no row {label}")


@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_the_cost_stands_there_before_anybody_is_asked(size: tuple[int, int]) -> None:
    async with at_form(ScopeScreen, size=size, look_s=AT_ONCE) as seat:
        await previewed(seat)
        assert "5 cameras × 30 min = 2.5 camera-hours, about 10 s here" in seat.text()
        assert "cam1 west door  30 min" in seat.text()
        assert not requests(seat)


async def test_the_form_begins_with_the_infectious_days_that_are_past() -> None:
    async with at_form(ScopeScreen, look_s=AT_ONCE) as seat:
        await previewed(seat)
        (asked, *_) = requests(seat, "preview")
        assert asked.start == datetime(2026, 2, 25, 15, tzinfo=UTC)  # midnight in Seoul
        assert asked.end == NOW.replace(second=0)
        assert asked.expires_at == NOW + timedelta(hours=24)
        assert (asked.order_ref, asked.purpose) == ("2026-7", "infection_control")


class Looking(FakeEngine):
    """Says what a scope would open when ``may_look`` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.may_look = asyncio.Event()
        self.may_look.set()

    async def preview_scope(self, wanted: AuthorisationRequest) -> ScopePreview:
        found = await super().preview_scope(wanted)
        await self.may_look.wait()
        return found


async def test_what_another_form_would_have_opened_is_not_asked_for() -> None:
    engine = Looking()
    async with at_form(ScopeScreen, engine=engine, look_s=AT_ONCE) as seat:
        await previewed(seat)
        screen = seat.desk.screen
        assert isinstance(screen, ScopeScreen)
        screen._look_s = 60.0  # the moment between a change and the next look
        await at_row(seat, "face search")
        await seat.press("space", "r")
        assert seat.desk.screen is screen
        assert "what it would open is not known yet" in seat.text()


async def test_an_answer_about_a_form_that_was_changed_meanwhile_is_not_shown() -> None:
    engine = Looking()
    engine.may_look.clear()
    async with at_form(ScopeScreen, engine=engine, look_s=AT_ONCE) as seat:
        await seat.until(lambda: requests(seat, "preview"))
        screen = seat.desk.screen
        assert isinstance(screen, ScopeScreen)
        screen._look_s = 60.0
        await at_row(seat, "face search")
        await seat.press("space")
        engine.may_look.set()
        await seat.pilot.pause()
        await seat.press("r")
        assert seat.desk.screen is screen
        assert "what it would open is not known yet" in seat.text()


async def test_no_more_is_asked_for_than_was_shown_and_only_after_a_yes() -> None:
    async with at_form(ScopeScreen, look_s=AT_ONCE) as seat:
        await previewed(seat)
        await seat.press("r")
        await seat.until(lambda: isinstance(seat.desk.screen, Confirm))
        await seat.press("enter", "escape")
        assert not requests(seat)
        await seat.press("r", "y", "enter")
        await seat.until(lambda: "is asked for, until Tue 3 Mar 2026 12:20 KST" in seat.text())
        (request,) = requests(seat)
        assert request.cameras == ("cam1", "cam2", "cam3", "cam4", "cam5")
        assert request.max_camera_hours == 3.0
        assert "an authoriser other than investigator permits it" in seat.text()


async def test_cameras_may_be_chosen_by_words_and_the_preview_follows() -> None:
    async with at_form(ScopeScreen, look_s=AT_ONCE) as seat:
        await previewed(seat)
        await at_row(seat, "cameras")
        await seat.press("enter")
        await typed(seat, "cam1, cam4")
        await seat.press("enter")
        await seat.until(lambda: "2 cameras × 30 min = 1.0 camera-hours" in seat.text())
        assert "2 of 5" in seat.text()


async def test_sources_say_what_each_needs_and_are_turned_on_and_off() -> None:
    async with at_form(ScopeScreen, "A", engine=FakeEngine(hello=SERVER), look_s=AT_ONCE) as seat:
        await previewed(seat)
        lines = seat.text().splitlines()
        assert any("[x] card" in line and "answered: province 2026-118" in line for line in lines)
        assert any("[ ] phone" in line and "everybody asks the police" in line for line in lines)
        await at_row(seat, "card")
        await seat.press("space")
        await seat.until(lambda: Source.CARD not in requests(seat, "preview")[-1].sources)


async def test_without_a_ground_a_trace_by_records_alone_is_offered() -> None:
    async with at_form(ScopeScreen, "G", look_s=AT_ONCE) as seat:
        await seat.until(lambda: "by records alone: no camera is opened" in seat.text())
        assert "no ground is recorded" in seat.text()
        await seat.press("r", "y", "enter")
        await seat.until(lambda: requests(seat))
        (request,) = requests(seat)
        assert (request.face_search, request.cameras, request.max_camera_hours) == (False, (), 0.0)


async def test_what_is_missing_stands_beside_the_cost() -> None:
    engine = FakeEngine()
    engine.standing_orders = ()
    async with at_form(ScopeScreen, engine=engine, look_s=AT_ONCE) as seat:
        await seat.until(lambda: "! no order is named: the request would be refused (G28)" in seat.text())


async def test_times_are_written_like_in_an_interview_and_a_mistake_changes_nothing() -> None:
    async with at_form(ScopeScreen, look_s=AT_ONCE) as seat:
        await previewed(seat)
        await at_row(seat, "footage from")
        await seat.press("enter")
        field = seat.desk.screen.focused
        field.value = ""  # type: ignore[union-attr]
        await typed(seat, "1 Mar 9:00")
        await seat.press("enter")
        await seat.until(lambda: requests(seat, "preview")[-1].start == datetime(2026, 3, 1, tzinfo=UTC))
        await seat.press("enter")
        seat.desk.screen.focused.value = ""  # type: ignore[union-attr]
        await typed(seat, "3 Mar 9:00")
        await seat.press("enter")
        await seat.until(lambda: "the end lies before the start" in seat.text())
        assert "Sun 1 Mar 2026 09:00" in seat.text()


async def test_an_emergency_wants_a_reason_and_the_case_typed() -> None:
    async with at_form(ScopeScreen, look_s=AT_ONCE) as seat:
        await previewed(seat)
        await seat.press("E")
        await typed(seat, "short")
        await seat.press("enter")
        assert "needs a reason, in a sentence" in seat.text()
        await seat.press("E")
        await typed(seat, "er than a ship that leaves at noon")
        await seat.press("enter")
        assert "without a second person" in seat.text()
        await typed(seat, "A")
        await seat.press("enter")
        await seat.until(lambda: "EMERGENCY: " in seat.text() and "is in force until" in seat.text())
        (request,) = (what for call, what in seat.engine.asked_for if call == "emergency")
        assert isinstance(request, EmergencyRequest)
        assert request.reason == "shorter than a ship that leaves at noon"


async def test_the_form_stands_as_it_was_left() -> None:
    async with at_form(ScopeScreen, look_s=AT_ONCE) as seat:
        await previewed(seat)
        await at_row(seat, "expires")
        await seat.press("enter")
        seat.desk.screen.focused.value = ""  # type: ignore[union-attr]
        await typed(seat, "2 days")
        await seat.press("enter")
        await seat.until(lambda: "48 h" in seat.text())
        await seat.press("escape")
        await open_form(seat, ScopeScreen, look_s=AT_ONCE)
        await seat.until(lambda: "48 h" in seat.text())
