from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.interval import Interval, as_utc, gap_s
from tests.engine.fakes import at, span

spans = st.tuples(st.integers(-100, 100), st.integers(0, 60), st.floats(0, 900)).map(
    lambda p: span(p[0], p[0] + p[1], p[2])
)


def test_an_instant_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        as_utc(datetime(2026, 3, 2, 12, 0))


def test_zoned_times_become_utc() -> None:
    seoul = timezone(timedelta(hours=9))
    made = Interval.of(datetime(2026, 3, 2, 12, tzinfo=seoul), datetime(2026, 3, 2, 13, tzinfo=seoul), 5.0)
    assert made == Interval(start=at(0), end=at(60), sigma_s=5.0)
    assert made.start.tzinfo is UTC


@pytest.mark.parametrize(
    ("start", "end", "sigma_s", "says"),
    [
        (at(1), at(0), 0.0, "after it starts"),
        (at(0), at(1), -1.0, "sigma_s"),
        (at(0), at(1), float("nan"), "sigma_s"),
        (at(0).astimezone(timezone(timedelta(hours=9))), at(1), 0.0, "UTC"),
    ],
)
def test_an_interval_that_makes_no_sense_cannot_be_made(
    start: datetime, end: datetime, sigma_s: float, says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        Interval(start=start, end=end, sigma_s=sigma_s)


def test_an_interval_that_makes_no_sense_cannot_come_in_over_the_wire_either() -> None:
    turned = msgspec.json.encode({"start": at(1), "end": at(0)})
    with pytest.raises(msgspec.ValidationError, match="ends after it starts"):
        msgspec.json.decode(turned, type=Interval)


def test_stretches_that_only_touch_do_not_overlap_and_an_instant_at_an_end_does() -> None:
    assert not span(0, 5).overlaps(span(5, 9))
    assert span(0, 5).overlaps(span(5, 5))
    assert span(5, 5).overlaps(span(5, 5))
    assert span(0, 5).intersection(span(5, 9)) is None
    assert span(0, 5).intersection(span(5, 5)) == span(5, 5)


def test_padding_moves_both_ends_and_keeps_the_doubt() -> None:
    assert span(0, 5, 3.0).padded(60, 120) == span(-1, 7, 3.0)


def test_the_length_is_in_seconds() -> None:
    assert span(0, 10).duration_s == 600.0


@given(spans, spans)
def test_what_two_intervals_share_lies_inside_both_and_keeps_the_larger_doubt(
    a: Interval, b: Interval
) -> None:
    shared = a.intersection(b)
    assert (shared is not None) == a.overlaps(b) == b.overlaps(a)
    if shared is not None:
        assert a.contains(shared)
        assert b.contains(shared)
        assert shared.sigma_s == max(a.sigma_s, b.sigma_s)


@given(spans, spans)
def test_the_gap_is_the_same_both_ways_and_none_where_they_meet(a: Interval, b: Interval) -> None:
    assert gap_s(a, b) == gap_s(b, a) >= 0
    if a.overlaps(b):
        assert gap_s(a, b) == 0
    else:
        assert gap_s(a, b) == max((b.start - a.end).total_seconds(), (a.start - b.end).total_seconds())
