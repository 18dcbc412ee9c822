"""Lines are values: moving, writing, pasting and taking out never lose one by accident."""

from hypothesis import given
from hypothesis import strategies as st

from tui.forms.lines import MOST_LINES, Lines


def test_enter_goes_to_the_next_line_and_from_an_empty_last_one_to_handing_in() -> None:
    lines = Lines().written("Home, 9-10").onward()
    assert (lines.texts, lines.at) == (("Home, 9-10", ""), 1)
    assert lines.onward().at_end
    assert lines.moved(-1).onward() == lines


def test_a_draft_comes_back_with_an_empty_line_at_its_end() -> None:
    lines = Lines.of("one\n\ntwo")
    assert lines.texts == ("one", "two", "")
    assert lines.text == "one\ntwo"


def test_a_line_is_taken_out_but_never_the_last_one() -> None:
    lines = Lines.of("one\ntwo").moved(-1).without_current()
    assert (lines.texts, lines.current) == (("one", ""), "one")
    assert Lines().written("x").without_current() == Lines()


def test_several_lines_may_be_pasted() -> None:
    lines = Lines.of("one").pasted(("two", "three"))
    assert (lines.texts, lines.at) == (("one", "two", "three"), 2)


def test_where_there_is_no_room_for_all_that_is_pasted_the_last_of_it_is_left_out_and_nothing_else() -> None:
    full = Lines.of("\n".join(f"line {n}" for n in range(MOST_LINES - 3)))
    begun = Lines(texts=("first", *full.texts[1:]), at=0)
    assert begun.room() == 3
    lines = begun.pasted(("a", "b", "c", "d", "e"))
    assert len(lines.texts) == MOST_LINES and lines.texts[:4] == ("a", "b", "c", "line 1")
    assert lines.texts[-2:] == (f"line {MOST_LINES - 4}", "")
    assert (lines.at, lines.room()) == (2, 1)


def test_a_text_of_too_many_lines_says_how_many_are_beyond() -> None:
    text = "\n\n".join(str(n) for n in range(MOST_LINES + 4))
    assert len(Lines.of(text).texts) == MOST_LINES and Lines.beyond(text) == 5
    assert Lines.beyond(Lines.of(text).text) == 0


@given(st.lists(st.sampled_from(["up", "down", "enter", "out", "write", "paste"]), max_size=40))
def test_the_line_at_hand_is_always_one_that_is_there(keys: list[str]) -> None:
    lines = Lines()
    for number, key in enumerate(keys):
        lines = {
            "up": lambda one: one.moved(-1),
            "down": lambda one: one.moved(1),
            "enter": lambda one: one.onward(),
            "out": lambda one: one.without_current(),
            "write": lambda one, number=number: one.written(f"line {number}"),
            "paste": lambda one: one.pasted(("a", "b")),
        }[key](lines)
        assert lines.texts and 0 <= lines.at <= len(lines.texts)
