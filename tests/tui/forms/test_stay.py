"""Lines of an interview are read forgivingly, and what cannot be read says how to mend it."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.records import interview
from tui.forms.days import Days
from tui.forms.stay import (
    SIGMA_SURE_MIN,
    SIGMA_UNSURE_MIN,
    SURE,
    Stay,
    notes,
    place_written,
    read_stay,
    read_stays,
    said,
    with_place,
)
from tui.forms.trouble import Trouble
from tui.panes.entry import EXAMPLES

SEOUL = ZoneInfo("Asia/Seoul")
DAYS = Days(now=datetime(2026, 3, 2, 12, 20), first=date(2026, 2, 26), last=date(2026, 3, 14))
SUNDAY = date(2026, 3, 1)


def stay(line: str, before: date | None = None) -> Stay:
    found = read_stay(line, DAYS, before)
    assert isinstance(found, Stay), f"{line}: {found}"
    return found


def trouble(line: str) -> Trouble:
    found = read_stay(line, DAYS)
    assert isinstance(found, Trouble), f"{line}: {found}"
    return found


def at(hour: int, minute: int = 0, day: date = SUNDAY) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute)


@pytest.mark.parametrize(
    ("written", "start", "end"),
    [
        ("1 Mar 14:10-15:00", at(14, 10), at(15)),
        ("1 March 2026 14:10 - 15:00", at(14, 10), at(15)),
        ("Mar 1, 14:10-15:00", at(14, 10), at(15)),
        ("2026-03-01 14:10~15:00", at(14, 10), at(15)),
        ("2026-03-01T14:10 - 2026-03-01T15:00", at(14, 10), at(15)),
        ("3/1 14:10–15:00", at(14, 10), at(15)),
        ("1/3 14:10-15:00", at(14, 10), at(15)),  # 3 January is no infectious day
        ("3.1. 1410-1500", at(14, 10), at(15)),
        ("14:10-15:00 1 Mar", at(14, 10), at(15)),
        ("14:10-15:00, 1 Mar", at(14, 10), at(15)),
        ("1 Mar - 14-15", at(14), at(15)),
        ("Sun 14-15", at(14), at(15)),
        ("Sunday 2pm-3pm", at(14), at(15)),
        ("yesterday from 2 to 3pm", at(14), at(15)),
        ("1st 11-1pm", at(11), at(13)),
        ("1 Mar noon until 12:40", at(12), at(12, 40)),
        ("1 Mar noon for 50 min", at(12), at(12, 50)),
        ("1 Mar 9:00 for 1 h 30 min", at(9), at(10, 30)),
        ("3월 1일 14:10부터 15:00까지", at(14, 10), at(15)),
        ("3월 1일 오후 2시 10분 ~ 3시", at(14, 10), at(15)),
        ("1일 14시에서 15시 반까지", at(14), at(15, 30)),
        ("일요일 오전 9시 ~ 오후 1시", at(9), at(13)),
        ("어제 밤 9시부터 1시간", at(21), at(22)),
        ("１일 １４：１０－１５：００", at(14, 10), at(15)),
    ],
)
def test_a_time_may_be_written_in_many_ways(written: str, start: datetime, end: datetime) -> None:
    when = stay(f"City library, {written}").when
    assert (when.start, when.end) == (start, end)


def test_without_an_end_nobody_said_how_long() -> None:
    for written in ("1 Mar 14:10", "1 Mar 14:10-", "3월 1일 14시 10분쯤"):
        assert stay(f"City library, {written}").when.end is None


def test_a_stay_may_go_on_after_midnight() -> None:
    when = stay("Cafe Onda, 28 Feb 23:30-00:20").when
    assert when.end == at(0, 20)
    assert stay("Cafe Onda, 28 Feb 22:00 - 1 Mar 01:00").when.end == at(1)
    assert stay("Cafe Onda, 28 Feb 22:00-24:00").when.end == at(0)


def test_a_day_alone_is_some_time_on_that_day_and_all_day_is_the_whole_of_it() -> None:
    some, whole = stay("Home, 1 Mar"), stay("Home, 3월 1일 종일")
    assert some.when.whole_days and some.when.end is None
    assert whole.when.whole_days and whole.when.end == at(0)
    assert "some time on Sun 1 Mar" in said(some, SEOUL, "Home")
    assert "all day, Sun 1 Mar" in said(whole, SEOUL, "Home")


def test_a_line_without_a_day_is_on_the_day_of_the_line_before() -> None:
    first, empty, second = read_stays(["Home, 27 Feb 9-10", "", "Cafe Onda, 11:00-11:20"], DAYS)
    assert isinstance(second, Stay) and empty is None and isinstance(first, Stay)
    assert second.when.start == at(11, day=date(2026, 2, 27))


@pytest.mark.parametrize(
    ("written", "certainty", "mask", "companions"),
    [
        ("sure, mask, 2 with Kim", "certain", "yes", "2"),
        ("확실, 마스크, 혼자", "certain", "yes", "0"),
        ("불확실, 미착용, 가족 3명과", "unsure", "no", "3"),
        ("probably, no mask, alone", "likely", "no", "0"),
        ("80%, mask partly", "0.80", "partly", ""),
        ("sure no mask 2 others", "certain", "no", "2"),
        ("with Kim and Lee", "", "", "others"),
        ("김철수와 함께", "", "", "others"),
        ("보통, 턱스크", "likely", "partly", ""),
    ],
)
def test_what_else_was_told_may_come_in_any_words(
    written: str, certainty: str, mask: str, companions: str
) -> None:
    for line in (f"Home, 1 Mar 14:10-15:00, {written}", f"Home, 1 Mar 14:10-15:00 {written}"):
        told = stay(line).told
        assert (told.certainty, told.mask, told.companions) == (certainty, mask, companions)


def test_a_place_may_be_written_without_a_comma_and_with_numbers_and_commas_in_it() -> None:
    assert stay("City library 1 Mar 14:10-15:00 sure").place == "City library"
    assert stay("Line 2 station, 1 Mar 14-15").place == "Line 2 station"
    assert stay("Line 2 station 1 Mar 14-15").place == "Line 2 station"
    assert stay("7-11, 1 Mar 14-15").place == "7-11"
    assert stay("12 Mulgil, Jung-gu, 1 Mar 14-15").place == "12 Mulgil, Jung-gu"
    assert stay("2 Market street, 1 Mar 14-15").place == "2 Market street"


def test_a_chosen_place_keeps_its_id_beside_its_name() -> None:
    line = with_place("onda, 1 Mar 14-15, sure", "Cafe, Onda", "onda", DAYS)
    found = stay(line)
    assert (found.place, found.place_id) == ("Cafe  Onda", "onda")
    assert with_place(line, "Hana market", "hana", DAYS) == "Hana market [hana], 1 Mar 14-15, sure"
    assert with_place("hana 1 Mar 14-15 sure, alone", "Hana market", "hana", DAYS) == (
        "Hana market [hana], 1 Mar 14-15 sure, alone"
    )
    assert place_written(line, DAYS) == "Cafe  Onda"


@pytest.mark.parametrize(
    ("line", "what", "mend"),
    [
        ("Home, sure", "no time", "14:10-15:00"),
        ("Home", "no time", "14:10-15:00"),
        ("Home, 14:10-15:00", "no day", "2 Mar"),
        (", 1 Mar 14:10", "no place", "begin the line"),
        ("Home, 1 Mar 14:70", "14:70", "14:10"),
        ("Home, 30 Feb 14:10", "30 feb", "2026-03-02"),
        ("Home, 1 Mar 15:00-14:10", "before the start", "check"),
        ("Home, 1 Mar 14-15, purple", "purple", "sure"),
        ("Home, Mon 1 Mar 14-15", "Sun 1 Mar", "check"),
        ("Home, 3 Mar 14-15", "future", "check"),
        ("Home, 1 Mar until 15:00", "only the end", "14:10-15:00"),
        ("Home, 1 Mar 9-10 - 11-12", "more than one stay", "one line for each"),
        ("Home, Mon 12:00", "", ""),
    ],
)
def test_what_cannot_be_read_is_named_with_its_mend(line: str, what: str, mend: str) -> None:
    if not what:
        assert isinstance(read_stay(line, DAYS), Stay)
        return
    found = trouble(line)
    assert what in found.what
    assert mend in found.mend


def test_a_weekday_that_came_twice_asks_for_the_date() -> None:
    long = Days(now=datetime(2026, 3, 12, 9), first=date(2026, 2, 26), last=date(2026, 3, 14))
    found = read_stay("Home, Monday 9-10", long)
    assert isinstance(found, Trouble) and "Mon 2 Mar, Mon 9 Mar" in found.what


def test_the_examples_that_the_screen_shows_can_be_read() -> None:
    evening = Days(now=datetime(2026, 3, 2, 18, 0), first=date(2026, 2, 26), last=date(2026, 3, 14))
    assert all(isinstance(one, Stay) for one in read_stays(EXAMPLES, evening))


def test_the_line_is_said_back_in_words() -> None:
    found = stay("City library, 1 Mar 14:10-15:00, sure, mask, 2 with Kim")
    words = said(found, SEOUL, "City library (pl-12)")
    assert words == "Sun 1 Mar 2026 14:10–15:00 KST, City library (pl-12), ±30 min, mask, with 2 others"
    assert "Kim" not in words


def test_a_stay_outside_the_infectious_days_says_so() -> None:
    assert notes(stay("Home, 20 Feb 9-10"), DAYS)
    assert not notes(stay("Home, 27 Feb 9-10"), DAYS)
    short = Days(now=DAYS.now, first=date(2026, 2, 26), last=date(2026, 2, 27))
    assert not notes(stay("Home, 20 Feb to 2 Mar"), short), "from before the infectious days to after them"
    assert not notes(stay("Home, 20 Feb 9-10"), Days(now=DAYS.now))


def test_times_err_as_far_as_the_engine_takes_them_to() -> None:
    assert SIGMA_SURE_MIN * 60 == interview.SIGMA_SURE_S
    assert SIGMA_UNSURE_MIN * 60 == interview.SIGMA_UNSURE_S
    assert SURE == interview.SURE


@given(st.text(max_size=80))
def test_no_line_whatever_breaks_the_reading(line: str) -> None:
    found = read_stay(line, DAYS, SUNDAY)
    if isinstance(found, Stay):
        assert found.place and "\n" not in found.place
        assert found.when.end is None or found.when.end >= found.when.start
        assert said(found, SEOUL, found.place)


@given(
    st.integers(0, 3 * 1440), st.integers(1, 600), st.sampled_from(["{:%d %b %Y %H:%M}", "{:%Y-%m-%d %H:%M}"])
)
def test_any_stay_reads_as_it_was_written(before_min: int, lasting_min: int, form: str) -> None:
    end = DAYS.now - timedelta(minutes=before_min)
    start = end - timedelta(minutes=lasting_min)
    when = stay(f"Home, {form.format(start)} - {form.format(end)}").when
    assert (when.start, when.end) == (start, end)
