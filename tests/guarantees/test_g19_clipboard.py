"""G19: the clipboard is on another machine, so ids alone go there, and none that may name a person."""

import msgspec
import pytest

from tests.screens.driving import seated
from tests.screens.fake_engine import FakeEngine, a_detail
from tui.comfort.settings import Settings
from tui.panes.field import Field
from tui.panes.longfield import LongField
from tui.screens.asking import AskLong, AskText


@pytest.mark.parametrize("case_id", ["Hong Gildong", "홍길동", "case_7", "a" * 33, "x\u200by"])
async def test_g19_a_case_that_may_be_called_after_a_person_is_not_copied(case_id: str) -> None:
    detail = a_detail("A")
    trace = msgspec.structs.replace(detail.trace, case_id=case_id)
    engine = FakeEngine({"T-A": msgspec.structs.replace(detail, trace=trace)})
    async with seated(engine, settings=Settings(clipboard="osc52")) as seat:
        await seat.press("3", "y")
        assert seat.desk.clipboard == ""
        assert "nothing here has an id that may be copied" in seat.text()


@pytest.mark.parametrize(("ask", "field"), [(AskText, Field), (AskLong, LongField)])
async def test_g19_what_somebody_marks_in_a_field_does_not_leave_for_another_machine(
    ask: type[AskText], field: type[Field] | type[LongField]
) -> None:
    async with seated(settings=Settings(clipboard="osc52")) as seat:
        seat.desk.push_screen(ask("Why", "Hong Gildong", limit=200))
        await seat.pilot.pause()
        await seat.press("end", "shift+home")
        assert seat.desk.screen.query_one(field).selected_text == "Hong Gildong"
        await seat.press("ctrl+c", "ctrl+x")
        assert seat.desk.clipboard == ""
