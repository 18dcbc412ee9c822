"""NO_COLOR: no colour goes out with text, and pictures stay in greys."""

import pytest
from rich.segment import Segment
from rich.style import Style
from textual.color import Color

from tests.screens.driving import seated
from tui.terminal.environment import quiet
from tui.terminal.nocolour import OnlyPictures
from tui.terminal.theme import SIXTEEN

GROUND = Color(0, 0, 0)


def filtered(text: str, style: Style) -> Style:
    ((_, after, _),) = OnlyPictures().apply([Segment(text, style)], GROUND)
    assert after is not None
    return after


def test_text_loses_colour_and_ground_and_keeps_what_is_bold_reversed_or_clickable() -> None:
    style = Style(color="#e2b65c", bgcolor="#12161c", bold=True, reverse=True, meta={"@mouse.down": "grab"})
    after = filtered("REHEARSAL", style)
    assert (after.color, after.bgcolor, after.bold, after.reverse) == (None, None, True, True)
    assert after.meta == {"@mouse.down": "grab"}
    assert filtered("", style).color is None
    assert filtered("a ▀", style).color is None


def test_a_picture_keeps_its_brightness_and_loses_its_hue() -> None:
    after = filtered("▀▀", Style(color="#c04020", bgcolor="#204080"))
    assert after.color is not None and after.color.triplet is not None
    assert after.bgcolor is not None and after.bgcolor.triplet is not None
    assert len(set(after.color.triplet)) == 1 and len(set(after.bgcolor.triplet)) == 1
    assert after.color.triplet.red > after.bgcolor.triplet.red


def test_a_piece_without_a_style_stays_as_it_is() -> None:
    assert OnlyPictures().apply([Segment("x", None)], GROUND) == [Segment("x", None)]


def test_an_empty_no_color_is_as_if_it_were_not_there() -> None:
    empty, one = {"NO_COLOR": ""}, {"NO_COLOR": "1"}
    quiet(slow_link=False, environ=empty)
    quiet(slow_link=False, environ=one)
    assert "NO_COLOR" not in empty and one["NO_COLOR"] == "1"


async def test_nothing_on_the_desk_but_pictures_has_a_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with seated() as seat:
        for theme in (seat.desk.theme, SIXTEEN.name):
            seat.desk.theme = theme
            await seat.pilot.pause()
            cells = [s for strip in seat.desk.screen._compositor.render_strips() for s in strip if s.style]
            coloured = {s.text for s in cells if s.style and (s.style.color or s.style.bgcolor)}
            assert coloured and all(not text.strip("▀") for text in coloured)
            assert any(s.style and s.style.bold and "REHEARSAL" in s.text for s in cells)
