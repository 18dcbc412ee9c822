from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from adapters.records.row import Row
from engine.domain.errors import InputError


def row(text: str, *, zone: str = "Asia/Seoul", time_format: str = "") -> Row:
    return Row({"at": text}, file="f.csv", place="row 2", zone=ZoneInfo(zone), time_format=time_format)


def test_an_hour_that_happens_twice_becomes_both_of_its_meanings() -> None:
    when = row("2026-10-25 02:30", zone="Europe/Berlin").moment("at")
    assert when is not None
    assert when.start == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert when.duration_s == 3600


def test_an_offset_in_the_text_wins_over_the_time_zone_of_the_file() -> None:
    when = row("2026-03-02T12:00:00Z").moment("at")
    assert when is not None
    assert when.start == datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_a_date_without_an_hour_is_never_taken_for_midnight() -> None:
    for text, time_format in (("2026-03-02", ""), ("20260302", ""), ("02.03.2026", "%d.%m.%Y")):
        with pytest.raises(InputError, match="time of day"):
            row(text, time_format=time_format).moment("at")


def test_a_time_format_that_makes_no_sense_reads_nothing() -> None:
    for time_format in ("%H %H", "%", "%Q%H"):
        with pytest.raises(InputError, match="time_format"):
            row("12 12", time_format=time_format).moment("at")


def test_a_date_cell_of_a_workbook_is_read_whatever_the_format_says() -> None:
    assert row("2026-03-02 12:00:00", time_format="%Y.%m.%d %H:%M").moment("at") is not None


def test_years_far_off_the_calendar_are_refused() -> None:
    for text in ("0001-01-01T00:00", "9999-12-31T23:59"):
        with pytest.raises(InputError, match="year"):
            row(text).moment("at")


def test_numbers_are_plain_numbers_in_their_range() -> None:
    assert row("12.5").number("at", 0, 100) == 12.5
    for text in ("nan", "inf", "1_0", "١٢", "0x10", "101", "-1"):
        with pytest.raises(InputError, match=r"0\.\.100"):
            row(text).number("at", 0, 100)


def test_an_overlong_cell_is_refused_without_being_repeated() -> None:
    with pytest.raises(InputError) as caught:
        row("x" * 100_000).text("at")
    assert len(str(caught.value)) < 200
