"""The timeline in words: local time, gaps, conflicts, and shapes that tell record from sighting."""

import time
from zoneinfo import ZoneInfo

import msgspec
import pytest

from engine.api.schema import Conflict
from engine.domain.decision import Answer
from tests.screens.fake_engine import a_candidate, a_detail, a_gap, a_trace, a_visit, at
from tui.casework.moment import Course, Moment, course, stepped
from tui.casework.moment import beginning as first_moment
from tui.panes.timeline import TimelinePane, parts, place_in_list

SEOUL = ZoneInfo("Asia/Seoul")


def plain(width: int = 40, **given: object) -> list[str]:
    way = course(msgspec.structs.replace(a_detail(), **given), SEOUL)
    return [line.plain for part in parts(way) for line in part(width)]


def shown(way: Course, moment: Moment, width: int, height: int) -> list[str]:
    pane = TimelinePane()
    pane.show(way, moment)
    return [line.plain for line in pane.lines(width, height)]


def test_times_are_local() -> None:
    assert "11:30–11:50" in "\n".join(plain())


def test_records_and_sightings_differ_by_shape() -> None:
    lines = plain()
    assert any(line.startswith("◇ 11:30") for line in lines)
    assert any(line.startswith("◆ 12:07:00") for line in lines)


def test_what_nobody_covered_is_called_so() -> None:
    assert any("12:08–12:30  not covered" in line for line in plain())
    assert any("camera cam4 gave no video" in line for line in plain())


def test_a_conflict_stands_beside_its_visit() -> None:
    lines = plain(60)
    place = next(n for n, line in enumerate(lines) if "Hana market" in line)
    assert any("‼ conflict: the tram record" in line for line in lines[place : place + 3])


def test_visits_and_gaps_stand_in_order_of_time() -> None:
    given = {"visits": (a_visit(50, 60, "late"), a_visit(0, 5, "early")), "gaps": (a_gap(5, 50),)}
    text = "\n".join(plain(**given))
    assert text.index("early") < text.index("not covered") < text.index("late")


def test_sources_and_cameras_of_a_visit_are_named() -> None:
    visits = (a_visit(0, 5, "library", "both", cameras=("cam1",), sources=("card", "entry")),)
    assert any("record and seen: card, entry, cam1 ± 50 m" in line for line in plain(60, visits=visits))


def test_no_line_is_wider_than_the_pane() -> None:
    visits = (a_visit(0, 5, "광역시립도서관 " * 9, conflict="x" * 180),)
    way = course(msgspec.structs.replace(a_detail(), visits=visits), SEOUL)
    for width in (24, 27, 60):
        assert all(line.cell_len <= width for part in parts(way) for line in part(width))


def test_what_was_left_out_is_listed() -> None:
    trace = a_trace("A", left_out=("cam5: no footage",))
    assert any("cam5: no footage" in line for line in plain(trace=trace))
    assert any("cam5: no footage" in line for line in plain(trace=trace, visits=(), gaps=()))


def test_two_confirmations_that_contradict_are_listed_with_their_reason() -> None:
    conflicts = (Conflict(first_id="C-A-1", second_id="C-A-2", because="two faces in one picture"),)
    both = tuple(a_candidate(number, answer=Answer.SAME) for number in (1, 2))
    text = " ".join(plain(80, candidates=both, conflicts=conflicts))
    assert "‼ cam1 west door 12:07:00 and cam1 west door 12:14:00 cannot both be the patient" in text
    assert "two faces in one picture" in text


def test_a_contradiction_that_this_reader_may_not_know_of_is_not_told() -> None:
    conflicts = (Conflict(first_id="C-A-1", second_id="C-A-2", because="two faces in one picture"),)
    own_only = (a_candidate(1, answer=Answer.SAME), a_candidate(2))
    assert "cannot both" not in " ".join(plain(80, candidates=own_only, conflicts=conflicts))


@pytest.mark.parametrize("height", [10, 18, 27])
def test_the_event_at_the_cursor_is_always_among_the_words(height: int) -> None:
    visits = tuple(a_visit(10 * n, 10 * n + 5, f"place {n}") for n in range(40))
    way = course(msgspec.structs.replace(a_detail(), visits=visits, gaps=()), SEOUL)
    moment = first_moment(way)
    for _ in range(25):
        moment = stepped(way, moment, 1)
    text = "\n".join(shown(way, moment, 40, height))
    assert "▌◇ 16:10–16:15" in text and "▌│ place 25" in text


def test_the_list_scrolls_to_either_end_and_no_further() -> None:
    trace = a_trace("A", left_out=("cam5: no footage",))
    way = course(msgspec.structs.replace(a_detail(), trace=trace), SEOUL)
    pane = TimelinePane()
    pane.show(way, first_moment(way))
    pane.scroll_list(500)
    assert pane.lines(40, 27)[-1].plain == " - cam5: no footage"
    pane.scroll_list(-1)
    assert pane.lines(40, 27)[-2].plain == " left out"
    pane.scroll_list(-500)
    assert any("Mon 2 Mar 2026" in line.plain for line in pane.lines(40, 27)[10:])


def test_a_time_between_two_events_stands_at_the_last_one_begun() -> None:
    way = course(msgspec.structs.replace(a_detail(), gaps=()), SEOUL)
    assert place_in_list(way, Moment(at(5))) == 0
    assert place_in_list(way, Moment(at(29))) == 1
    assert place_in_list(way, Moment(at(-500))) == -1


def test_a_trace_of_which_nothing_is_known_says_so() -> None:
    nothing = course(msgspec.structs.replace(a_detail(candidates=0), visits=(), gaps=()), SEOUL)
    assert shown(nothing, first_moment(nothing), 27, 27) == ["nothing known yet"]


def test_a_timeline_of_five_hundred_visits_is_painted_in_under_20_ms() -> None:
    visits = tuple(a_visit(2 * n, 2 * n + 1, f"place {n % 60}") for n in range(500))
    way = course(msgspec.structs.replace(a_detail(), visits=visits), SEOUL)
    moment = stepped(way, first_moment(way), 1)
    took_s = []
    for _ in range(5):
        pane = TimelinePane()
        pane.show(way, moment)
        began = time.process_time()
        pane.lines(76, 50)
        took_s.append(time.process_time() - began)
    assert min(took_s) < 0.020
