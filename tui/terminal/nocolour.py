"""``NO_COLOR`` (no-color.org): text goes out without any colour, on the terminal's own ground. Pictures stay
in greys: a face in half cells is nothing but brightness."""

from functools import lru_cache

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter, monochrome_style

HALF = "▀"  # pictures are made of these, and nothing else is


class OnlyPictures(LineFilter):
    """Colours of text fall away, bold and reverse stay; pictures lose their hues."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [
            Segment(text, None if style is None else _without(style, text.strip(HALF) == "" != text), control)
            for text, style, control in segments
        ]


@lru_cache(maxsize=8192)
def _without(style: Style, picture: bool) -> Style:
    if picture:
        return monochrome_style(style)
    plain = style.without_color
    return plain + Style.from_meta(style.meta) if style.meta else plain
