"""Draws the pictures of the documentation from invented cases and rendered heads.

``python -m tests.screens.make_picture`` draws all of them, with names behind it only those.
"""

import asyncio
import re
import sys
from collections.abc import Callable, Sequence
from io import StringIO
from pathlib import Path
from typing import NamedTuple

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.cells import cell_len
from rich.color import Color
from rich.console import Console
from rich.segment import Segment, Segments
from rich.style import Style
from textual.strip import Strip

from tests.screens import scenes
from tests.screens.driving import Seat
from tests.screens.fake_engine import FakeEngine
from tests.screens.scenes import SIZES, Steps, scene
from tests.screens.written import HALF_CELL

DOCS = Path(__file__).resolve().parents[2] / "docs"
LEVELS = 16  # of each colour of a pixel, a digit each: more are many bytes and no better picture
TOP_PX, SQUARE_PX = 1.5, 12.2  # where rich begins the first row, and the width of its cells
MATRIX = '<g class="t-matrix">'
# rich's format names a font on another host; a picture of ours asks nobody for anything.
FORMAT = re.sub(r"@font-face \{\{.*?\}\}\s*|<!--.*?-->\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL).replace(
    "font-family: Fira Code, monospace", "font-family: ui-monospace, Menlo, Consolas, monospace"
)


class Drawing(NamedTuple):
    """Where a picture lies below ``docs``, and what stands on the screen that it shows."""

    file: str
    engine: Callable[[], FakeEngine]
    steps: Steps
    size: str = "120x40"


DRAWINGS = {
    "desk": Drawing("desk.svg", scenes.a_working_morning, scenes.in_a_case),
    "map": Drawing("pictures/map.svg", scenes.a_working_morning, scenes.on_the_map, "200x60"),
    "cases": Drawing("pictures/cases.svg", scenes.a_working_morning, scenes.the_cases),
    "interview": Drawing("pictures/interview.svg", scenes.a_working_morning, scenes.an_interview, "80x24"),
    "scope": Drawing("pictures/scope.svg", scenes.a_working_morning, scenes.a_scope, "80x24"),
    "approvals": Drawing("pictures/approvals.svg", scenes.an_inbox, scenes.the_approvals),
    "zoom": Drawing("pictures/zoom.svg", scenes.a_working_morning, scenes.large),
    "health": Drawing("pictures/health.svg", scenes.a_working_morning, scenes.the_health),
}


def svg_of(seat: Seat) -> str:
    """The screen as it stands: its letters by rich, its half cells as squares of their own, since a letter of
    that shape stands a little differently in every font."""
    width, height = seat.desk.size
    console = Console(
        width=width,
        height=height,
        file=StringIO(),
        force_terminal=True,
        color_system="truecolor",
        record=True,
        legacy_windows=False,
    )
    strips = seat.desk.screen._compositor.render_strips()
    for strip in strips:
        letters = (Segment(text.replace(HALF_CELL, " "), _plain(text, style)) for text, style, _ in strip)
        console.print(Segments([*letters, Segment.line()]), end="")
    svg = console.export_svg(title="tracedesk", code_format=FORMAT, unique_id="t")
    svg = svg.replace(MATRIX, _squares(strips) + MATRIX, 1)
    return re.sub(r"[ \t]+$", "", svg, flags=re.MULTILINE)


async def draw(drawing: Drawing) -> str:
    async with scene(drawing.engine(), drawing.steps, SIZES[drawing.size]) as seat:
        return svg_of(seat)


def words_of(svg: str) -> list[str]:
    """The text of a picture in its order; pixels may differ with the decoder."""
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", svg)
    words = (text.replace(HALF_CELL, "").replace("&#160;", " ").strip() for text in texts)
    return [word for word in words if word]


def _plain(text: str, style: Style | None) -> Style | None:
    return None if HALF_CELL in text else style


def _squares(strips: Sequence[Strip]) -> str:
    """One path a colour, in lines as wide as half a row: a cell is as wide as half a row is high."""
    paths: dict[str, list[str]] = {}
    for row, strip in enumerate(strips):
        for half in (0, 1):
            for colour, start, end in _runs(strip, half):
                paths.setdefault(colour, []).append(f"M{start} {2 * row + half}h{end - start}")
    drawn = "".join(f'<path stroke="{colour}" d="{"".join(parts)}"/>' for colour, parts in paths.items())
    place = f"translate(0 {TOP_PX + SQUARE_PX / 2}) scale({SQUARE_PX})"
    return f'<g transform="{place}" shape-rendering="crispEdges">{drawn}</g>\n    ' if drawn else ""


def _runs(strip: Strip, half: int) -> list[tuple[str, int, int]]:
    """Colour, first column and column after the last of the upper (0) or lower (1) half of pictures."""
    found: list[tuple[str, int, int]] = []
    column = 0
    for text, style, _ in strip:
        end = column + cell_len(text)
        if HALF_CELL in text and style is not None:
            colour, start = _coarse((style.color, style.bgcolor)[half]), column
            if found and found[-1][0] == colour and found[-1][2] == column:
                start = found.pop()[1]
            found.append((colour, start, end))
        column = end
    return found


def _coarse(color: Color | None) -> str:
    levels = (round(value * (LEVELS - 1) / 255) for value in (color or Color.default()).get_truecolor())
    return "#" + "".join(f"{level:x}" for level in levels)


if __name__ == "__main__":
    for name in sys.argv[1:] or DRAWINGS:
        path = DOCS / DRAWINGS[name].file
        path.parent.mkdir(exist_ok=True)
        path.write_text(asyncio.run(draw(DRAWINGS[name])), encoding="utf-8")
