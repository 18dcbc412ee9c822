"""The time cursor: what it steps through, what it follows, and where the patient was at it."""

from datetime import date
from zoneinfo import ZoneInfo

import msgspec
import pytest

from engine.api.schema import GapView, TraceDetail, VisitView
from engine.domain.decision import Answer
from engine.domain.journey import FASTEST_M_S, ON_FOOT_M_S
from tests.screens.fake_city import a_placed_detail, at_crossing
from tests.screens.fake_engine import a_candidate, a_detail, a_gap, a_visit, at
from tui.casework.moment import (
    Moment,
    at_candidate,
    beginning,
    candidate_of,
    course,
    day_of,
    day_stepped,
    kept,
    stepped,
)
from tui.casework.whereabouts import path, whereabouts

SEOUL = ZoneInfo("Asia/Seoul")
DAY_MIN = 24 * 60


def detail(*events: VisitView | GapView, **given: object) -> TraceDetail:
    visits = tuple(event for event in events if isinstance(event, VisitView))
    gaps = tuple(event for event in events if isinstance(event, GapView))
    return msgspec.structs.replace(a_detail(candidates=0), visits=visits, gaps=gaps, **given)


def test_steps_go_through_visits_and_gaps_in_order_of_time_and_stop_at_the_ends() -> None:
    way = course(detail(a_visit(50, 60, "late"), a_visit(0, 5, "early"), a_gap(5, 50)), SEOUL)
    moment = beginning(way)
    seen = [moment.at]
    for _ in range(4):
        moment = stepped(way, moment, 1)
        seen.append(moment.at)
    assert seen == [at(0), at(5), at(50), at(50), at(50)]
    assert stepped(way, beginning(way), -1) == beginning(way)


def test_two_events_of_one_minute_are_two_steps() -> None:
    way = course(detail(a_visit(0, 5, "first"), a_visit(0, 5, "second")), SEOUL)
    moment = stepped(way, beginning(way), 1)
    assert isinstance(moment.event, VisitView) and moment.event.label == "second"


def test_a_step_from_between_two_events_leads_to_the_nearer_side() -> None:
    way = course(detail(a_visit(0, 5, "early"), a_visit(50, 60, "late")), SEOUL)
    between = Moment(at(20), None)
    assert stepped(way, between, 1).at == at(50)
    assert stepped(way, between, -1).at == at(0)


def test_the_candidate_on_the_card_stands_in_the_course_until_a_visit_tells_of_it() -> None:
    waiting = a_candidate(1)
    open_one = course(detail(a_visit(0, 5, "café"), candidates=(waiting,)), SEOUL, waiting)
    assert at_candidate(open_one, waiting) == Moment(waiting.start, waiting)
    same = a_candidate(1, answer=Answer.SAME)
    visit = a_visit(7, 7.2, "library", "sighting", cameras=("cam1",))
    told = course(detail(visit, candidates=(same,)), SEOUL, same)
    assert told.events == (visit,)
    assert at_candidate(told, same) == Moment(same.start, visit)


def test_a_sighting_leads_to_its_candidate_and_nothing_else_does() -> None:
    same, other = a_candidate(1, answer=Answer.SAME), a_candidate(1, answer=Answer.NOT_SAME)
    other = msgspec.structs.replace(other, candidate_id="C-other")
    visit = a_visit(7, 7.2, "library", "sighting", cameras=("cam1",))
    record, gap = a_visit(7, 8, "café"), a_gap(7, 9)
    way = course(detail(visit, record, gap, candidates=(other, same)), SEOUL)
    assert candidate_of(way, visit) == "C-A-1"
    assert candidate_of(way, record) == candidate_of(way, gap) == candidate_of(way, None) == ""
    elsewhere = msgspec.structs.replace(visit, cameras=("cam9",))
    assert candidate_of(way, elsewhere) == ""


def test_a_sighting_made_of_several_keeps_the_candidate_that_is_on_the_card() -> None:
    both = (a_candidate(1, answer=Answer.SAME), a_candidate(2, answer=Answer.SAME))
    visit = a_visit(6, 20, "library", "sighting", cameras=("cam1",))
    assert candidate_of(course(detail(visit, candidates=both), SEOUL, both[1]), visit) == "C-A-2"
    assert candidate_of(course(detail(visit, candidates=both), SEOUL), visit) == "C-A-1"


def test_newer_facts_leave_the_cursor_at_its_time() -> None:
    old, new = a_visit(0, 5, "café"), a_visit(0, 9, "café, corrected")
    moment = beginning(course(detail(old), SEOUL))
    after = kept(course(detail(a_visit(-60, -50, "earlier"), new), SEOUL), moment)
    assert after == Moment(at(0), new)


def test_a_confirmed_candidate_becomes_the_sighting_under_the_cursor() -> None:
    waiting, same = a_candidate(1), a_candidate(1, answer=Answer.SAME)
    visit = a_visit(7, 7.2, "library", "sighting", cameras=("cam1",))
    moment = Moment(waiting.start, waiting)
    assert kept(course(detail(visit, candidates=(same,)), SEOUL, same), moment).event == visit


def test_days_are_local_and_only_those_on_which_there_is_anything() -> None:
    # 15:30 UTC on the second is half past midnight on the third in Seoul
    way = course(detail(a_visit(0, 5, "a"), a_visit(750, 760, "b"), a_visit(5 * DAY_MIN, 7205, "c")), SEOUL)
    assert way.days == (date(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 7))
    moment = day_stepped(way, beginning(way), 1)
    assert day_of(moment, SEOUL) == date(2026, 3, 3)
    last = day_stepped(way, moment, 1)
    assert last.at == at(5 * DAY_MIN) and day_stepped(way, last, 1) == last
    assert day_stepped(way, last, -1).at == at(750)


def test_a_day_that_only_a_gap_covers_is_shown_from_its_midnight() -> None:
    way = course(detail(a_gap(0, 3 * DAY_MIN)), SEOUL)
    moment = day_stepped(way, beginning(way), 1)
    assert moment.at is not None and moment.at.astimezone(SEOUL).strftime("%d %H:%M") == "03 00:00"


def test_a_record_that_never_ends_makes_no_endless_list_of_days() -> None:
    endless = msgspec.structs.replace(a_visit(0, 5, "x"), end=at(0).replace(year=9000))
    assert len(course(detail(endless), SEOUL).days) < 1_000


def test_without_anything_known_there_is_no_moment() -> None:
    nothing = course(detail(), SEOUL)
    assert beginning(nothing) == stepped(nothing, Moment(), 1) == Moment()


def test_within_a_stay_the_patient_is_there() -> None:
    placed = a_placed_detail()
    where = whereabouts(path(placed.visits), at(70))
    assert where.here is not None and where.here.label == "하늘의원"


def test_after_a_stay_reach_grows_with_the_time_since() -> None:
    visit = at_crossing(a_visit(0, 10, "café", sigma_s=0.0, radius_m=50.0), 1, 1)
    where = whereabouts((visit,), at(20))
    assert where.last == visit and where.here is None
    assert where.foot_m == pytest.approx(50 + 600 * ON_FOOT_M_S)
    assert where.car_m == pytest.approx(50 + 600 * FASTEST_M_S)


def test_an_unsure_clock_and_an_unknown_moment_widen_the_reach() -> None:
    sure = at_crossing(a_visit(0, 10, "café", sigma_s=0.0), 1, 1)
    unsure = msgspec.structs.replace(sure, sigma_s=60.0)
    sometime = msgspec.structs.replace(sure, moment=True)
    least = whereabouts((sure,), at(20)).foot_m
    assert whereabouts((unsure,), at(20)).foot_m == pytest.approx(least + 180 * ON_FOOT_M_S)
    assert whereabouts((sometime,), at(20)).foot_m == pytest.approx(least + 600 * ON_FOOT_M_S)


def test_some_time_within_an_interval_is_nowhere_for_sure() -> None:
    visit = at_crossing(a_visit(0, 10, "tram", moment=True), 1, 1)
    assert whereabouts((visit,), at(5)).here is None


def test_what_contradicts_or_has_no_position_is_no_part_of_the_path() -> None:
    placed = a_placed_detail()
    labels = [visit.label for visit in path((*placed.visits, a_visit(200, 210, "no position")))]
    assert labels == ["Hillside flat", "Cafe Onda", "City library", "하늘의원", "Tram 3"]


def test_two_records_that_say_the_very_same_hold_the_cursor_up_nowhere() -> None:
    twice = a_visit(0, 5, "Cafe Onda")
    last = a_visit(30, 50, "City library")
    way = course(detail(twice, a_visit(0, 5, "Hana market"), twice, last), SEOUL)
    moment = beginning(way)
    for _ in range(3):
        moment = stepped(way, moment, 1)
    assert moment.event == last
