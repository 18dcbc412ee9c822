"""Folding: a value stands whole on one line wherever there is room for it."""

from collections.abc import Iterator
from datetime import timedelta

import msgspec
import pytest
from rich.cells import cell_len
from rich.text import Text

from engine.domain.decision import Answer
from tests.screens.fake_city import a_placed_detail
from tests.screens.fake_engine import a_candidate, a_detail, a_gap, a_trace, a_visit, at
from tests.tui.panes.test_timeline import SEOUL, plain
from tui.casework.moment import Moment, course
from tui.language import catalogue
from tui.language.words import about, day, left, metres, moment, spell
from tui.panes.citymap import Scene
from tui.panes.lines import wrapped
from tui.panes.mapwords import words
from tui.panes.projection import View
from tui.panes.values import JOIN

NEXT_YEAR = at(0) + timedelta(days=400)


@pytest.fixture(params=("en", "ko"), autouse=True)
def language(request: pytest.FixtureRequest) -> Iterator[str]:
    catalogue.use(request.param)
    yield request.param
    catalogue.use("en")


def values() -> list[str]:
    """As the desk writes them, in the language of the person."""
    return [
        about(2), about(600), day(at(0), SEOUL), moment(at(0), SEOUL), moment(at(0), SEOUL, NEXT_YEAR),
        moment(at(0), SEOUL, at(0) + timedelta(days=3)), left(at(90), at(0)), spell(18_720), metres(640),
        metres(2_700), "± 50 m", "0.8–1.9 m", "41 px", "2026-03-02 12:40", "12:07:00–12:07:09", "12:40 KST",
        "3 h 05",
    ]  # fmt: skip


def whole(lines: list[str], value: str) -> bool:
    return any(value in line for line in lines)


@pytest.mark.parametrize("indent", [0, 2])
def test_no_value_is_folded_in_where_it_fits(indent: int) -> None:
    for value in values():
        assert value, "one that says nothing would be whole everywhere"
        for before in range(1, 30):
            for width in range(cell_len(value) + indent, 44):
                said = Text(f"{'w' * before} {value} somewhere near")
                lines = wrapped(said, width, indent)
                assert whole([line.plain for line in lines], value), (value, before, width)
                assert all(line.cell_len <= width for line in lines)


def test_what_is_too_long_for_one_line_is_folded_between_its_parts() -> None:
    said = f"23:50–{day(at(0), SEOUL)} 00:10"
    date = day(at(0), SEOUL)
    lines = [line.plain for line in wrapped(Text(f"◇ {said}  ± 2 s"), cell_len(date) + 8, 2)]
    assert whole(lines, date) and whole(lines, "00:10")


def test_styles_stay_where_they_were_and_no_join_is_seen() -> None:
    said = Text.assemble(("seen at ", "dim"), ("12:40 KST", "bold"), " and later ", ("± 50 m", "italic"))
    lines = wrapped(said, 14)
    assert not any(JOIN in line.plain for line in lines)
    styled = {line.plain[s.start : s.end].strip(): str(s.style) for line in lines for s in line.spans}
    assert styled["12:40 KST"] == "bold" and styled["± 50 m"] == "italic"


@pytest.mark.parametrize("width", range(22, 44))
def test_neither_timeline_nor_map_folds_in_a_value(width: int) -> None:
    long = timedelta(days=1)
    visits = (
        a_visit(0, 5, "library", "both", cameras=("cam1", "cam12"), sources=("card", "entry")),
        msgspec.structs.replace(a_visit(30, 50, "market"), end=at(50) + long, moment=True),
    )
    same = tuple(a_candidate(number, answer=Answer.SAME) for number in (1, 2))
    lines = plain(width, visits=visits, gaps=(a_gap(-90, -30),), candidates=same, trace=a_trace("A"))
    for value in ("± 50 m", about(60), day(at(0), SEOUL), "12:00–12:05", "10:30–11:30"):
        assert whole(lines, value), value
    detail = a_placed_detail()
    scene = Scene(course(detail, SEOUL), Moment(at(70)))
    view = View(37.5, 127.0, 8.0, width, 20)
    said = [line.plain for line in words(scene, view, width)]
    assert whole(said, day(at(70), SEOUL)), said
    last = scene.where.last
    if scene.where.here is None and last is not None:
        assert whole(said, left(at(70), last.end)), said


def test_evidence_keeps_its_numbers_too() -> None:
    for sentence in a_detail().candidates[0].evidence:
        for width in range(18, 40):
            text = " / ".join(line.plain for line in wrapped(Text(sentence), width, 2))
            for value in ("41 px", "12 degrees", "9.0 s", "6 min"):
                assert value in text or value not in sentence
