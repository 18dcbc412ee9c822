"""How tests open a form: over the desk, about one case of the engine in memory."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from engine.api.case_schema import BoardCase
from tests.screens.driving import WIDE, Seat, seated
from tests.screens.fake_engine import FakeEngine
from tui.screens.form import FormScreen


def the_case(seat: Seat, case_id: str = "A") -> BoardCase:
    return seat.engine._board_case(case_id)


@asynccontextmanager
async def at_form(
    opened: type[FormScreen],
    case_id: str = "A",
    engine: FakeEngine | None = None,
    size: tuple[int, int] = WIDE,
    **given: object,
) -> AsyncIterator[Seat]:
    """A desk with this form of a case on it."""
    async with seated(engine, size) as seat:
        await open_form(seat, opened, case_id, **given)
        yield seat


async def open_form(seat: Seat, opened: type[FormScreen], case_id: str = "A", **given: object) -> FormScreen:
    screen = opened(seat.desk.station, the_case(seat, case_id), **given)
    seat.desk.push_screen(screen)
    await seat.until(lambda: screen.is_current and screen.is_mounted)
    await seat.pilot.pause()
    return screen


async def typed(seat: Seat, text: str) -> None:
    """Write a line as from a keyboard, in one go."""
    field = seat.desk.screen.focused
    assert field is not None
    field.insert_text_at_cursor(text)  # type: ignore[attr-defined]
    await seat.pilot.pause()
