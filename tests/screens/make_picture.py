"""Draws ``docs/desk.svg`` from invented cases and drawn faces: ``python -m tests.screens.make_picture``."""

import asyncio
import re
from io import StringIO
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console

from tests.screens.driving import WIDE, Seat, seated
from tests.screens.fake_engine import FakeEngine

PICTURE = Path(__file__).resolve().parents[2] / "docs" / "desk.svg"
# rich's format names a font on another host; a picture of ours asks nobody for anything.
FORMAT = re.sub(r"@font-face \{\{.*?\}\}\s*|<!--.*?-->\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL).replace(
    "font-family: Fira Code, monospace", "font-family: ui-monospace, Menlo, Consolas, monospace"
)


def svg_of(seat: Seat) -> str:
    """The screen as it stands."""
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
    console.print(seat.desk.screen._compositor.render_update(full=True))
    return console.export_svg(title="tracedesk", code_format=FORMAT)


async def draw() -> str:
    """The desk in the middle of a case: one candidate answered, the next on the card."""
    async with seated(FakeEngine(), WIDE) as seat:
        await seat.press("x")
        await seat.pictures("C-A-2")
        await seat.until(lambda: "3 to do" in seat.text().splitlines()[3])
        return svg_of(seat)


def words_of(svg: str) -> list[str]:
    """The text of a picture in its order, without half cells: pixels may differ with the decoder."""
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", svg)
    words = (text.replace("▀", "").replace("&#160;", " ").strip() for text in texts)
    return [word for word in words if word]


if __name__ == "__main__":
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text(asyncio.run(draw()), encoding="utf-8")
