"""A frame that says which pane is at hand, and is painted alone: what it holds need not go out again."""

from typing import Self

from rich.text import Text
from textual.geometry import Region
from textual.widget import Widget

from tui.terminal.theme import TONES

SIDES = ("border_top", "border_right", "border_bottom", "border_left")


class Framed(Widget):
    """For panes with pictures. Textual repaints the whole of a widget whose border changes, and with it
    every face in it: 40 KB on the way to another pane."""

    _marked: tuple[object, ...] = ()
    _quiet = False

    def mark(self, active: bool, title: str, *, framed: bool) -> None:
        """``title`` stands in the frame, which is heavy where ``active``. On small screens there is none:
        not ``framed``."""
        marked = (active, framed, title, self.app.theme)
        if marked == self._marked:
            return
        before, self._marked = self._marked, marked
        if not framed:
            for rule in SIDES:
                self.styles.clear_rule(rule)
            self.refresh(layout=True)
            return
        self._quiet = bool(before) and before[1] is True
        try:
            self._draw_frame(active, title)
        finally:
            self._quiet = False
        width, height = self.outer_size
        across, down = Region(0, 0, width, 1), Region(0, 0, 1, height)
        edges = (across, across.translate((0, height - 1)), down, down.translate((width - 1, 0)))
        self.refresh(*(edge.translate(-self.content_offset) for edge in edges))  # counted from the content

    def _draw_frame(self, active: bool, title: str) -> None:
        colours = self.app.get_css_variables()
        for side in SIDES:
            line = ("heavy", colours["primary"]) if active else ("round", colours["border-blurred"])
            setattr(self.styles, side, line)
        # styles of a title would be told to everything inside, and all of that be painted again
        self.border_title = Text(title, style=TONES["accent"] + TONES["strong"] if active else TONES["muted"])

    def refresh(
        self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False
    ) -> Self:
        if self._quiet:
            return self
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)
