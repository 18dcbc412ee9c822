"""Whatever is left out stands on the terminal already."""

import re
from itertools import pairwise
from typing import cast

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from tui.terminal.painted import OnlyChanges, Painted

CONSOLE = Console(color_system="truecolor", force_terminal=True, width=40)
WIDTH, HEIGHT = 12, 4
MOVES = re.compile(r"\x1b\[(\d+);(\d+)H|\x1b\[[\d;]*m|\n|(.)", re.DOTALL)


class Screen:
    """A terminal that knows where the cursor goes, and nothing else."""

    def __init__(self) -> None:
        self.cells = [[" "] * WIDTH for _ in range(HEIGHT)]

    def take(self, sequence: str) -> None:
        x = y = 0
        for found in MOVES.finditer(sequence):
            if found[1]:
                y, x = int(found[1]) - 1, int(found[2]) - 1
            elif found[3]:
                self.cells[y][x] = found[3]
                x += 1


@st.composite
def strips(draw: st.DrawFn, width: int) -> Strip:
    text = draw(st.text(alphabet="ab", min_size=width, max_size=width))
    cut = draw(st.integers(0, width))
    style = Style(bold=draw(st.booleans()))
    return Strip([Segment(part, style) for part in (text[:cut], text[cut:]) if part])


@st.composite
def updates(draw: st.DrawFn) -> LayoutUpdate | ChopsUpdate:
    """Some of the screen, in pieces that do not always end where others did."""
    at = draw(st.sampled_from([(0, 5, 12), (0, 12), (0, 4, 8, 12)]))
    pieces = list(pairwise(at))
    rows = [[draw(strips(end - start)) for start, end in pieces] for _ in range(HEIGHT)]
    if draw(st.booleans()):
        return LayoutUpdate(list(rows), Region(0, 0, WIDTH, HEIGHT))
    lines = sorted(draw(st.sets(st.integers(0, HEIGHT - 1), min_size=1)))
    starts = [start for start, _ in pieces]
    chops = [dict(zip(starts, row, strict=True)) for row in rows]
    ends = [[end for _, end in pieces]] * HEIGHT
    left = draw(st.sampled_from(starts))
    return ChopsUpdate(chops, [(y, left, draw(st.integers(left + 1, WIDTH))) for y in lines], ends)


@given(st.lists(updates(), max_size=8), st.integers(0, 8))
def test_the_terminal_shows_the_same_as_if_everything_had_been_sent(
    made: list[LayoutUpdate | ChopsUpdate], lost_at: int
) -> None:
    whole, spared, painted = Screen(), Screen(), Painted()
    for number, update in enumerate(made):
        if number == lost_at:  # the terminal changed its size and shows something else
            spared.cells = [row.copy() for row in whole.cells]
            painted.forget()
        whole.take(update.render_segments(CONSOLE))
        spared.take(OnlyChanges(update, painted).render_segments(CONSOLE))
        assert spared.cells == whole.cells


def test_a_line_in_other_pieces_is_the_same_line() -> None:
    painted = Painted()
    OnlyChanges(full("abcdef"), painted).render_segments(CONSOLE)
    cut = LayoutUpdate([[Strip([Segment("abc")]), Strip([Segment("def")])]], Region(0, 0, WIDTH, 1))
    assert OnlyChanges(cut, painted).render_segments(CONSOLE) == ""


def test_a_whole_screen_of_another_size_is_sent_whole() -> None:
    painted = Painted()
    updates = (full("abcd", "efgh"), full("ab", "ef"), full("ab", "ef"))
    sent = [cast(OnlyChanges, painted.changed(update)).render_segments(CONSOLE) for update in updates]
    assert [bool(words) for words in sent] == [True, True, False]


def full(*rows: str) -> LayoutUpdate:
    return LayoutUpdate([[Strip([Segment(row)])] for row in rows], Region(0, 0, len(rows[0]), len(rows)))


def test_what_stands_there_is_not_sent_again_until_it_may_be_gone() -> None:
    painted = Painted()
    assert OnlyChanges(full("abc", "def"), painted).render_segments(CONSOLE)
    assert OnlyChanges(full("abc", "def"), painted).render_segments(CONSOLE) == ""
    assert "xyz" in OnlyChanges(full("abc", "xyz"), painted).render_segments(CONSOLE)
    painted.forget()
    assert "abc" in OnlyChanges(full("abc", "xyz"), painted).render_segments(CONSOLE)


def test_after_something_that_is_no_update_nothing_is_known() -> None:
    painted = Painted()
    OnlyChanges(full("abc"), painted).render_segments(CONSOLE)
    assert painted.changed(None) is None
    assert OnlyChanges(full("abc"), painted).render_segments(CONSOLE) == ""
    painted.changed("something else")
    assert OnlyChanges(full("abc"), painted).render_segments(CONSOLE)
