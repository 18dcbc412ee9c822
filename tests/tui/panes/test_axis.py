"""The axis of time: rows are places, columns are minutes, and every kind of thing has a shape of its own."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest

from engine.api.schema import GapView, VisitView
from tests.screens.fake_city import a_placed_detail
from tests.screens.fake_engine import a_candidate, a_detail, a_gap, a_visit, at
from tui.casework.moment import Course, Moment, beginning, course, stepped
from tui.language import catalogue
from tui.panes.axis import axis, legend, place_of, scale_of

SEOUL = ZoneInfo("Asia/Seoul")


def a_course(*events: VisitView | GapView, candidates: int = 0) -> Course:
    detail = msgspec.structs.replace(
        a_detail(candidates=candidates),
        visits=tuple(event for event in events if isinstance(event, VisitView)),
        gaps=tuple(event for event in events if isinstance(event, GapView)),
    )
    return course(detail, SEOUL, detail.candidates[0] if candidates else None)


def drawn(way: Course, moment: Moment | None = None, width: int = 80, height: int = 20) -> list[str]:
    return [line.plain for line in axis(way, moment or beginning(way), width, height)]


def row(lines: list[str], name: str) -> str:
    return next(line for line in lines if line[1:].startswith(name))


def sharp(start: float, end: float, name: str, basis: str = "record", **given: object) -> VisitView:
    """A visit without uncertainty of time."""
    return msgspec.structs.replace(a_visit(start, end, name, basis, **given), sigma_s=0.0)


def test_places_stand_in_order_of_first_time_once_each() -> None:
    lines = drawn(a_course(sharp(60, 90, "late"), sharp(0, 20, "early"), sharp(100, 120, "early")))
    names = [line[1:6].strip() for line in lines[3:]]
    assert names == ["early", "late"]
    assert row(lines, "early").count("◇") == 2


@pytest.mark.parametrize(
    ("basis", "drawn_as"), [("record", "◇───"), ("sighting", "◆━━━"), ("both", "◈═══"), ("new", "○───")]
)
def test_every_basis_has_its_own_shape(basis: str, drawn_as: str) -> None:
    assert drawn_as in row(drawn(a_course(sharp(0, 60, "café", basis), sharp(90, 99, "x"))), "café")


def test_some_time_within_an_interval_is_a_broken_line() -> None:
    way = a_course(sharp(0, 60, "tram", moment=True), sharp(90, 99, "x"))
    assert "◇╍╍╍" in row(drawn(way), "tram") and "─" not in row(drawn(way), "tram")


def test_an_unsure_clock_has_lighter_ends_and_a_sure_one_none() -> None:
    unsure = a_course(a_visit(30, 60, "café", sigma_s=600.0), sharp(90, 120, "x"), sharp(0, 1, "y"))
    sure = a_course(sharp(30, 60, "café"), sharp(90, 120, "x"), sharp(0, 1, "y"))
    line = row(drawn(unsure), "café")
    assert "╌◇" in line and "─╌" in line
    assert "╌" not in row(drawn(sure), "café")


def test_a_conflict_is_marked_beside_what_it_rests_on() -> None:
    assert "◆‼━" in row(drawn(a_course(sharp(0, 60, "café", "sighting", conflict="no journey"))), "café")


def test_gaps_and_unanswered_candidates_have_rows_of_their_own() -> None:
    lines = drawn(a_course(sharp(0, 20, "café"), sharp(60, 90, "shop"), a_gap(20, 60), candidates=2))
    assert row(lines, "not covered").count("┊") > 10
    assert row(lines, "not answered").count("○") == 2
    assert "○" not in row(lines, "café"), "nobody has said that the patient was there"


def test_a_stay_that_has_no_place_is_called_after_its_source_in_ones_own_language() -> None:
    catalogue.use("ko")
    try:
        stay = a_visit(0, 10, "card record")
        assert place_of(stay) == "카드 기록"
        assert place_of(msgspec.structs.replace(stay, label="card record shop")) == "card record shop"
    finally:
        catalogue.use("en")


def test_an_answered_or_set_aside_candidate_waits_no_longer() -> None:
    way = a_course(sharp(0, 20, "café"), candidates=2)
    aside = tuple(msgspec.structs.replace(c, aside=True) for c in way.detail.candidates)
    assert course(msgspec.structs.replace(way.detail, candidates=aside), SEOUL).waiting == ()


def test_the_cursor_stands_on_the_ruler_and_goes_through_every_row() -> None:
    way = a_course(sharp(0, 20, "café"), sharp(60, 90, "shop"), sharp(100, 120, "library"))
    lines = drawn(way, stepped(way, beginning(way), 1))
    column = lines[2].index("▼")
    assert [line[column] for line in lines[3:]] == ["│", "◇", "│"]
    assert row(lines, "shop").startswith("▌")


def test_hours_are_those_of_the_site_and_its_zone_is_named_once() -> None:
    lines = drawn(a_course(sharp(0, 30, "café"), sharp(90, 130, "shop")))
    assert lines[0].startswith("Mon 2 Mar 2026") and lines[0].endswith("KST")
    assert "12:00" in lines[1] and "14:00" in lines[1]
    assert "".join(lines).count("KST") == 1
    assert lines[2][lines[1].index("13:00")] == "┬"


def test_a_narrow_pane_has_hours_that_do_not_run_into_each_other() -> None:
    hours = drawn(a_course(sharp(0, 30, "café"), sharp(500, 600, "shop")), width=27)[1].split()
    assert hours and all(len(hour) == 2 for hour in hours)


@pytest.mark.parametrize("width", [20, 27, 61, 100])
def test_every_row_is_exactly_as_wide_as_the_pane_also_with_korean_names(width: int) -> None:
    detail = a_placed_detail()
    way = course(detail, SEOUL, detail.candidates[0])
    visits = (*detail.visits, sharp(0, 9, "광역시립도서관 본관 삼층 열람실"), sharp(20, 29, "한"))
    way = course(msgspec.structs.replace(detail, visits=visits), SEOUL, detail.candidates[0])
    lines = axis(way, beginning(way), width, 20)
    assert {line.cell_len for line in lines} == {width}


def test_more_places_than_rows_keep_the_one_at_hand_and_say_so() -> None:
    way = a_course(*(sharp(10 * n, 10 * n + 5, f"place {n:02d}") for n in range(30)))
    moment = beginning(way)
    for _ in range(20):
        moment = stepped(way, moment, 1)
    lines = drawn(way, moment, height=12)
    assert len(lines) <= 12
    assert row(lines, "place 20").startswith("▌")
    assert "more places" in lines[-1]


def test_another_day_is_drawn_when_the_cursor_is_on_it() -> None:
    way = a_course(sharp(0, 20, "café"), sharp(1440, 1500, "shop"))
    assert "1/2" in drawn(way)[0] and "shop" not in "".join(drawn(way))
    second = drawn(way, stepped(way, beginning(way), 1))
    assert second[0].startswith("Tue 3 Mar 2026  2/2") and "shop" in "".join(second)


def test_a_stay_over_midnight_stands_on_both_days() -> None:
    way = a_course(sharp(0, 20, "café"), sharp(600, 900, "home"))
    assert "◇──" in row(drawn(way), "home")
    assert "◇──" in row(drawn(way, Moment(at(800), None)), "home")


def test_a_cursor_on_a_long_gap_does_not_stretch_the_day() -> None:
    visits = (sharp(0, 20, "café"), sharp(60, 90, "shop"))
    way = a_course(*visits, a_gap(-700, 0))
    on_gap = drawn(way, beginning(way))
    assert on_gap[1] == drawn(way, stepped(way, beginning(way), 1))[1]
    assert "▼" in on_gap[2]


def test_a_day_of_gaps_only_is_drawn_whole() -> None:
    lines = drawn(a_course(a_gap(-720, 719)))
    assert lines[1].split()[0] == "00" and row(lines, "not covered").count("┊") > 60


@pytest.mark.parametrize("minutes", [0, 1, 15, 60, 300, 1439])
@pytest.mark.parametrize("columns", [5, 17, 60, 200])
def test_every_event_falls_into_a_column(minutes: int, columns: int) -> None:
    visit = a_visit(0, minutes, "café")
    first, until = at(-720), at(720)
    scale = scale_of((visit,), (), first, until, columns)
    assert 0 <= scale.column(visit.start) < columns
    assert 0 <= scale.column(min(visit.end, until - timedelta(seconds=1))) < columns


def test_the_legend_tells_of_what_is_there_and_of_nothing_else() -> None:
    plain = " ".join(line.plain for line in legend(a_course(sharp(0, 5, "café")).events, 80))
    assert plain == "◇ record"
    everything = a_course(
        a_visit(0, 5, "a"), a_visit(6, 9, "b", "sighting", conflict="x"), a_gap(9, 50),
        a_visit(50, 60, "c", "both", moment=True),
    )  # fmt: skip
    lines = legend(everything.events, 30)
    told = " ".join(line.plain for line in lines)
    for sign in "◇◆◈╍╌┊‼":
        assert sign in told
    assert all(line.cell_len <= 30 for line in lines)


def test_the_current_candidate_does_not_become_a_place() -> None:
    detail = msgspec.structs.replace(a_detail(candidates=1), visits=(sharp(0, 20, "café"),), gaps=())
    elsewhere = a_candidate(1, place="Somewhere else")
    way = course(msgspec.structs.replace(detail, candidates=(elsewhere,)), SEOUL, elsewhere)
    assert "Somewhere" not in "".join(drawn(way))
