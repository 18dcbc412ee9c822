"""What stands on the terminal, so that only what differs goes out: a face over a slow line is seconds.

Textual repaints the whole of a region in which something changed, and the whole screen whenever one screen
gives way to another. Faces in it are tens of kilobytes each time, also where they stand there already.
"""

from collections.abc import Iterable, Iterator
from typing import cast

from rich.console import Console, RenderableType
from rich.control import Control
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.strip import Strip

Piece = tuple[int, int, Strip]
"""Column, line and what stands from there on."""


class Painted:
    """Remembers the pieces of every line as they were written last. ``forget`` when the terminal may show
    something else, as after a change of its size."""

    def __init__(self) -> None:
        self._lines: dict[int, list[tuple[int, int, Strip]]] = {}  # by line: first and last column + 1

    def forget(self) -> None:
        self._lines.clear()

    def changed(self, renderable: RenderableType | None) -> RenderableType | None:
        """The same update without what stands there already. What is no update is handed on, and nothing
        is known of the terminal after it."""
        if isinstance(renderable, LayoutUpdate | ChopsUpdate):
            return cast(RenderableType, OnlyChanges(renderable, self))  # as Textual takes its own updates
        if renderable is not None:
            self.forget()
        return renderable

    def written(self, x: int, y: int, strip: Strip) -> Piece | None:
        """Note that a piece will stand there; the part of it that has to be sent, None for none."""
        end = x + strip.cell_length
        line = self._lines.setdefault(y, [])
        for place, (start, until, before) in enumerate(line):
            if (start, until) == (x, end):
                line[place] = (x, end, strip)
                return difference(x, y, before, strip)
        self._lines[y] = [piece for piece in line if piece[1] <= x or piece[0] >= end]
        self._lines[y].append((x, end, strip))
        return x, y, strip


class OnlyChanges(CompositorUpdate):
    """An update from which everything is left out that stands on the terminal as it is."""

    def __init__(self, update: LayoutUpdate | ChopsUpdate, painted: Painted) -> None:
        self._update = update
        self._painted = painted

    def render_segments(self, console: Console) -> str:
        sequences: list[str] = []
        for x, y, strip in pieces(self._update):
            if (part := self._painted.written(x, y, strip)) is not None:
                sequences.append(Control.move_to(part[0], part[1]).segment.text)
                sequences.append(part[2].render(console))
        return "".join(sequences)


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


def difference(x: int, y: int, before: Strip, after: Strip) -> Piece | None:
    """The part of ``after`` that differs from ``before``, which is as wide and stands in the same place;
    None where none does. Parts are whole segments: runs of one style."""
    if before is after:
        return None
    old, new = list(before), list(after)
    first = 0
    while first < min(len(old), len(new)) and old[first] == new[first]:
        x += new[first].cell_length
        first += 1
    if first == len(old) == len(new):
        return None
    last = 0
    while last < min(len(old), len(new)) - first and old[-1 - last] == new[-1 - last]:
        last += 1
    return x, y, Strip(new[first : len(new) - last])
