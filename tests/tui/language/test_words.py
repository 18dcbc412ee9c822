"""How times and counts are said."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from engine.domain.decision import Answer, UnclearBecause
from engine.domain.trace import TraceState
from tests.screens.fake_engine import NOW, at
from tui.language.words import (
    ANSWERS,
    REASONS,
    STATES,
    about,
    count,
    lasted,
    left,
    moment,
    since,
    span,
    zone_called,
    zone_name,
)

SEOUL = ZoneInfo("Asia/Seoul")


def test_every_state_and_answer_has_its_own_shape_and_word() -> None:
    assert (
        set(STATES) == set(TraceState) and set(ANSWERS) == set(Answer) and set(REASONS) == set(UnclearBecause)
    )
    assert len({mark.glyph for mark in STATES.values()}) == len(STATES)
    assert len({mark.word for mark in STATES.values()}) == len(STATES)
    assert len({mark.glyph for mark in ANSWERS.values()}) == len(ANSWERS)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(-3, "expired"), (41, "41 s"), (720, "12 min"), (18_720, "5 h 12 min"), (300_000, "3 days")],
)
def test_the_rest_of_an_authorisation(seconds: int, said: str) -> None:
    assert left(NOW + timedelta(seconds=seconds), NOW) == said


def test_spans_show_seconds_only_where_they_matter_and_days_where_they_change() -> None:
    assert span(at(0), at(10), SEOUL) == "12:00–12:10"
    assert span(at(0), at(0.2), SEOUL) == "12:00:00–12:00:12"
    assert span(at(0), at(0), SEOUL) == "12:00:00"
    assert span(at(0), at(24 * 60), SEOUL) == "12:00–Tue 3 Mar 2026 12:00"


def test_a_zone_nobody_knows_is_utc_and_says_so() -> None:
    assert zone_name(NOW, zone_called("Middle/Earth")) == "UTC"
    assert zone_name(NOW, zone_called("../etc/passwd")) == "UTC"
    assert zone_name(NOW, zone_called("Asia/Seoul")) == "KST"


def test_small_words() -> None:
    assert (about(2.0), about(600.0), about(0.0)) == ("± 2 s", "± 10 min", "")
    assert (lasted(42), lasted(3_900)) == ("0:42", "1 h 05")
    assert (count(950), count(1_240), count(34_900), count(2_100_000)) == ("950", "1.2k", "34k", "2.1M")


def test_how_long_ago_is_said_in_one_number() -> None:
    assert since(NOW - timedelta(seconds=41), NOW) == "41 s"
    assert since(NOW - timedelta(minutes=12, seconds=50), NOW) == "12 min"
    assert since(NOW - timedelta(hours=1, minutes=59), NOW) == "2 h"
    assert since(NOW - timedelta(days=3, hours=4), NOW) == "3 days"
    assert since(NOW + timedelta(hours=1), NOW) == "0 s"


def test_a_moment_says_its_day_only_where_it_is_another_and_its_year_only_where_that_is() -> None:
    now = datetime(2026, 3, 2, 3, 20, tzinfo=UTC)
    assert moment(now - timedelta(hours=2), SEOUL, now) == "10:20"
    assert moment(now - timedelta(days=2), SEOUL, now) == "Sat 28 Feb 12:20"
    assert moment(now - timedelta(days=200), SEOUL, now) == "Thu 14 Aug 2025 12:20"
    assert moment(now, SEOUL) == "Mon 2 Mar 2026 12:20"
