"""Rules are read once a process, and look as those that Textual reads anew each time."""

import pytest
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet, StylesheetParseError

from tests.screens.driving import seated
from tui.terminal.stylesheet import ReadOnce
from tui.terminal.theme import CONTRAST_DESK, DESK

PLAIN = "Screen { color: $text-muted; } Screen:hover { background: $ground; }"
COLOURS = {"text-muted": "#8d97a5", "ground": "#12161c"}


def read(css: str, colours: dict[str, str]) -> ReadOnce:
    stylesheet = ReadOnce(variables=dict(colours))
    stylesheet.add_source(css, read_from=("desk.tcss", ""))
    return stylesheet


def looks(rule: RuleSet) -> tuple[str, str, bool, int]:
    return rule.selectors, repr(rule.styles.get_rules()), rule.is_default_rules, rule.tie_breaker


def test_what_was_read_is_not_read_again_by_another_desk() -> None:
    first, second = read(PLAIN, COLOURS), read(PLAIN, COLOURS)
    assert len(first.rules) == 2
    assert all(mine is its for mine, its in zip(first.rules, second.rules, strict=True))


def test_other_colours_or_other_words_are_read_anew() -> None:
    other = read(PLAIN, {**COLOURS, "ground": "#fbfbf9"})
    assert "#fbfbf9" in other.css.lower() and "#12161c" in read(PLAIN, COLOURS).css.lower()
    assert read("Screen { color: red; }", COLOURS).css != read(PLAIN, COLOURS).css


def test_a_change_of_colours_and_back_finds_each_again() -> None:
    stylesheet = read(PLAIN, COLOURS)
    before = stylesheet.css
    stylesheet.set_variables({**COLOURS, "ground": "#fbfbf9"})
    stylesheet.reparse()
    assert stylesheet.css != before
    stylesheet.set_variables(COLOURS)
    stylesheet.reparse()
    assert stylesheet.css == before


def test_rules_with_a_mistake_are_not_taken_over() -> None:
    stylesheet = read(PLAIN, COLOURS)
    before = stylesheet.css
    stylesheet.add_source("Screen { color: nosuchcolour; }", read_from=("wrong.tcss", ""))
    for _ in range(2):
        stylesheet.set_variables(COLOURS)
        with pytest.raises(StylesheetParseError):
            stylesheet.reparse()
    assert [rule.css for rule in stylesheet._rules] == before.split("\n\n")


@pytest.mark.parametrize("theme", [DESK.name, CONTRAST_DESK.name])
async def test_the_desk_has_the_rules_that_textual_reads(theme: str) -> None:
    async with seated(theme=theme) as seat:
        own = seat.desk.stylesheet
        assert isinstance(own, ReadOnce)
        anew = Stylesheet(variables=seat.desk.get_css_variables())
        anew.source = dict(own.source)
        anew.parse()
        own.reparse()
        assert [looks(rule) for rule in own.rules] == [looks(rule) for rule in anew.rules]
