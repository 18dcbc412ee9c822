"""What lies over a screen while the window changes its size."""

import pytest
from textual._context import visible_screen_stack
from textual.geometry import Region

from tests.screens.driving import NARROW, WIDE, seated
from tui.screens.above import Above


@pytest.mark.parametrize("crop", [Region(0, 0, *WIDE), Region(60, 3, 60, 30), Region(100, 30, 20, 10)])
async def test_every_line_is_as_wide_as_the_window_before_what_is_beneath_has_grown_with_it(
    crop: Region,
) -> None:
    async with seated(size=NARROW) as seat:
        await seat.press("question_mark")
        above = seat.desk.screen
        assert isinstance(above, Above)
        visible_screen_stack.set([seat.desk.desk])
        lines = above.render_lines(crop)
        assert [line.cell_length for line in lines] == [crop.width] * crop.height
