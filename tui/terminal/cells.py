"""A terminal as its cells: what stands in each, and the fewest words to a terminal that put it there."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from rich.cells import cell_len
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style


class Look(NamedTuple):
    """Parameters of SGR, "" for none, and the two colours where they are nothing else."""

    codes: str
    ink: str = ""
    ground: str = ""


Cell = tuple[str, Look]
"""What stands in a cell and how. A wide character fills two cells: the second holds "" in the same look."""

# Printable ASCII, lines, blocks and braille: one cell each in every terminal. Most of what stands here.
NARROW = frozenset(map(chr, (*range(0x20, 0x7F), *range(0x2500, 0x25A0), *range(0x2800, 0x2900))))
LOOKS = 8_192  # of three pairs of faces, whose every cell may look otherwise
GAP = 8  # cells that stand already are sent again where going round them takes as many bytes
COLOURS = re.compile(r"(38;2;\d+;\d+;\d+);(48;2;\d+;\d+;\d+)")
PLAIN = "\x1b[0m"
BARE = Look("")


def cells_of(segments: Sequence[Segment], colours: ColorSystem) -> list[Cell]:
    """The cells that segments fill, from left to right."""
    cells: list[Cell] = []
    for text, style, control in segments:
        if control:
            continue
        look = BARE if style is None else _look(style, colours)
        if NARROW.issuperset(text):
            cells += [(character, look) for character in text]
        else:
            _spread(text, look, cells)
    return cells


def _spread(text: str, look: Look, cells: list[Cell]) -> None:
    """Characters of other widths. What is no sum of its parts, as an emoji of several, stays whole."""
    widths = [cell_len(character) for character in text]
    if sum(widths) != (whole := cell_len(text)):
        cells += [(text, look), *[("", look)] * (whole - 1)]
        return
    for character, width in zip(text, widths, strict=True):
        if width:
            cells += [(character, look), *[("", look)] * (width - 1)]
        elif cells:  # a mark that goes with what stands before it
            at = max((n for n in range(max(0, len(cells) - 2), len(cells)) if cells[n][0]), default=-1)
            cells[at] = (cells[at][0] + character, cells[at][1])


def runs(before: Sequence[Cell | None], after: Sequence[Cell]) -> Iterator[tuple[int, int]]:
    """First and last cell + 1 of everything in ``after`` that differs from ``before``."""
    start = end = -1
    for at, (old, new) in enumerate(zip(before, after, strict=True)):
        if old == new:
            continue
        if start < 0:
            start = at
        elif at - end > GAP or any(after[n][1] != after[end - 1][1] for n in range(end, at)):
            yield _from_its_first(after, start), end
            start = at
        end = at + 1
    if start >= 0:
        yield _from_its_first(after, start), end


def _from_its_first(cells: Sequence[Cell], at: int) -> int:
    """Nothing begins in the middle of a wide character."""
    while at and not cells[at][0]:
        at -= 1
    return at


def written(cells: Sequence[Cell]) -> str:
    """Cells for a terminal; afterwards it writes plainly again. A look is told where it changes, and of two
    colours only the one that differs."""
    said: list[str] = []
    look = BARE
    for text, wanted in cells:
        if wanted != look:
            if wanted.ink and look.ink:
                parts = [want for want, has in zip(wanted[1:], look[1:], strict=True) if want != has]
                said.append(f"\x1b[{';'.join(parts)}m")
            else:
                said.append(f"\x1b[0;{wanted.codes}m" if look.codes and wanted.codes else _first(wanted))
            look = wanted
        said.append(text)
    return "".join([*said, PLAIN if look.codes else ""])


def _first(look: Look) -> str:
    """On a terminal that writes plainly."""
    return f"\x1b[{look.codes or '0'}m"


@lru_cache(LOOKS)
def _look(style: Style, colours: ColorSystem) -> Look:
    """Links and what else a style carries unseen are left out."""
    shown = style.clear_meta_and_links().render("-", color_system=colours)
    if shown == "-":
        return BARE
    codes = shown.removeprefix("\x1b[").partition("m-")[0]
    found = COLOURS.fullmatch(codes)
    return Look(codes) if found is None else Look(codes, found[1], found[2])
