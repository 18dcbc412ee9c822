"""A run of cells puts on the terminal what stands in it, in few words."""

from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style

from tui.terminal.cells import Cell, Look, cells_of, runs, written

TRUE = ColorSystem.TRUECOLOR


def cells(*parts: tuple[str, str]) -> list[Cell]:
    return cells_of([Segment(text, Style.parse(style)) for text, style in parts], TRUE)


def changed(before: list[Cell], after: list[Cell]) -> list[tuple[int, str]]:
    return [(a, "".join(text for text, _ in after[a:b])) for a, b in runs(before, after)]


def test_of_a_line_the_cells_that_differ_are_sent() -> None:
    before = cells(("name ", "bold"), ("11", "red"), ("/24 frames", "dim"))
    after = cells(("name ", "bold"), ("12", "red"), ("/24 frames", "dim"))
    assert changed(before, after) == [(6, "2")]
    assert changed(before, before) == []


def test_a_look_alone_is_a_difference_and_what_is_not_seen_is_none() -> None:
    assert changed(cells(("ab", "bold")), cells(("a", "bold"), ("b", "red"))) == [(1, "b")]
    told = [Segment("ab", Style(bold=True, meta={"offset": (1, 2)}))]
    assert changed(cells(("ab", "bold")), cells_of(told, TRUE)) == []


def test_cells_in_one_look_are_sent_again_rather_than_gone_round() -> None:
    assert changed(cells(("a----b", "dim")), cells(("A----B", "dim"))) == [(0, "A----B")]
    far = "a" + "-" * 20 + "b"
    assert len(changed(cells((far, "dim")), cells((far.upper(), "dim")))) == 2
    coloured = [(c, f"rgb({n},0,0)") for n, c in enumerate("a----b")]
    other = [(c.upper(), look) for c, look in coloured]
    assert changed(cells(*coloured), cells(*other)) == [(0, "A"), (5, "B")]


def test_a_wide_character_fills_two_cells_and_is_never_begun_in_its_middle() -> None:
    before, after = cells(("김서윤", "bold"), ("a", "dim")), cells(("김서윤", "bold"), ("b", "dim"))
    assert len(before) == 7
    assert changed(before, after) == [(6, "b")]
    assert changed(cells(("김b", "dim")), cells(("박b", "dim"))) == [(0, "박b"[:1])]
    assert changed(cells(("xyb", "dim")), cells(("박b", "dim"))) == [(0, "박")]
    dim = Look("2")
    assert list(runs([("박", dim), ("y", dim)], [("박", dim), ("", dim)])) == [(0, 2)]


def test_marks_go_with_the_letter_before_them() -> None:
    assert [text for text, _ in cells(("e\u0301a", ""))] == ["e\u0301", "a"]
    assert [text for text, _ in cells(("한\u0301a", ""))] == ["한\u0301", "", "a"]


def test_two_colours_are_told_where_they_change_and_everything_else_from_plain() -> None:
    (red,), (pink,) = cells(("▀", "rgb(9,0,0) on rgb(1,1,1)")), cells(("▀", "rgb(9,9,9) on rgb(1,1,1)"))
    (bold,), (dim,), (bare,) = cells(("a", "bold")), cells(("b", "dim")), cells(("c", ""))
    whole = "38;2;9;0;0;48;2;1;1;1"
    assert written([red, red, pink]) == f"\x1b[{whole}m▀▀\x1b[38;2;9;9;9m▀\x1b[0m"
    assert written([bold, dim, bare]) == "\x1b[1ma\x1b[0;2mb\x1b[0mc"
    assert written([bold, red]) == f"\x1b[1ma\x1b[0;{whole}m▀\x1b[0m"
    assert written([red, bold]) == f"\x1b[{whole}m▀\x1b[0;1ma\x1b[0m"
