"""What stands on the terminal, so that only what differs goes out: a face over a slow line is seconds.

Textual repaints the whole of a region in which something changed, and the whole screen whenever one screen
gives way to another. Faces in it are tens of kilobytes each time, also where they stand there already.
"""

from collections.abc import Iterable, Iterator
from typing import cast

from rich.color import ColorSystem
from rich.console import Console, RenderableType
from rich.control import Control
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.geometry import Size
from textual.strip import Strip

from tui.terminal.cells import Cell, cells_of, runs, written

Piece = tuple[int, int, Strip]
"""Column, line and what stands from there on."""


class Painted:
    """Remembers every cell as it was written last. ``forget`` when the terminal may show something else, as
    after a change of its size."""

    def __init__(self) -> None:
        self._cells: dict[int, list[Cell | None]] = {}  # by line
        self._pieces: dict[int, dict[tuple[int, int], Strip]] = {}  # by line, first and last column + 1
        self._size = Size()  # of the last whole screen

    def forget(self) -> None:
        self._cells.clear()
        self._pieces.clear()

    def changed(self, renderable: RenderableType | None) -> RenderableType | None:
        """The same update without what stands there already. What is no update is handed on, and nothing
        is known of the terminal after it. Neither is it where the whole has another size than before: what
        was painted meanwhile for the old one has gone astray in a terminal of the new one."""
        if isinstance(renderable, LayoutUpdate) and renderable.region.size != self._size:
            self.forget()
            self._size = renderable.region.size
        if isinstance(renderable, LayoutUpdate | ChopsUpdate):
            return cast(RenderableType, OnlyChanges(renderable, self))  # as Textual takes its own updates
        if renderable is not None:
            self.forget()
        return renderable

    def write(self, x: int, y: int, strip: Strip, colours: ColorSystem) -> str:
        """Note that a piece will stand there; what has to be sent for it, "" for nothing."""
        end = x + strip.cell_length
        drawn = self._pieces.setdefault(y, {})
        if drawn.get((x, end)) is strip:  # Textual hands out what it has drawn before
            return ""
        for other in [one for one in drawn if one[0] < end and one[1] > x]:
            del drawn[other]
        drawn[x, end] = strip
        after = cells_of(list(strip), colours)
        line = self._cells.setdefault(y, [])
        line += [None] * (end - len(line))
        before, line[x:end] = line[x:end], after
        if before == after:
            return ""
        return "".join(
            Control.move_to(x + first, y).segment.text + written(after[first:last])
            for first, last in runs(before, after)
        )


class OnlyChanges(CompositorUpdate):
    """An update from which everything is left out that stands on the terminal as it is."""

    def __init__(self, update: LayoutUpdate | ChopsUpdate, painted: Painted) -> None:
        self._update = update
        self._painted = painted

    def render_segments(self, console: Console) -> str:
        colours = console._color_system or ColorSystem.TRUECOLOR  # as Textual takes it
        return "".join(self._painted.write(x, y, strip, colours) for x, y, strip in pieces(self._update))


def pieces(update: LayoutUpdate | ChopsUpdate) -> Iterator[Piece]:
    """What an update paints, as Textual 8.2.8 would."""
    if isinstance(update, LayoutUpdate):
        for y, line in enumerate(update.strips, update.region.y):
            yield from _in_a_row(update.region.x, y, line)
        return
    for y, x1, x2 in update.spans:
        for end, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            if strip is None or x > x2 or end <= x1:
                continue
            whole = x2 > x >= x1 and end <= x2
            yield x, y, strip if whole else strip.crop(0, min(end, x2) - x)


def _in_a_row(x: int, y: int, strips: Iterable[Strip]) -> Iterator[Piece]:
    for strip in strips:
        yield x, y, strip
        x += strip.cell_length
