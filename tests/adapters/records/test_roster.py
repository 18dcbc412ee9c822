from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from engine.domain.errors import InputError
from engine.domain.record import Record, Source
from engine.ports import ParsedRecords, RecordMapping

Parse = Callable[..., ParsedRecords]
MAPPING = RecordMapping(source=Source.ROSTER)


def line(parse: Parse, day: str, time: str) -> tuple[Record, ParsedRecords]:
    parsed = parse(f"facility,date,time\nSaebyeol Market,{day},{time}\n", MAPPING)
    return parsed.records[0], parsed


def test_a_readable_line_is_half_an_hour_uncertain(parse: Parse) -> None:
    for time in ("12:30", "12시 30분", "12:30:00"):
        record, _ = line(parse, "2026.03.02", time)
        assert record.interval.start == datetime(2026, 3, 2, 3, 30, tzinfo=UTC)
        assert record.interval.sigma_s == 1800


def test_minutes_that_cannot_be_read_make_the_whole_hour(parse: Parse) -> None:
    for time in ("12:??", "12시경", "12:"):
        record, parsed = line(parse, "2026-03-02", time)
        assert record.interval.start == datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
        assert record.interval.duration_s == 3600
        assert record.moment
        assert "row 2: minutes illegible" in parsed.warnings[0]


def test_a_time_that_cannot_be_read_makes_the_whole_local_day(parse: Parse) -> None:
    for time in ("", "?", "판독불가", "99:99"):
        record, _ = line(parse, "2026-03-02", time)
        assert record.interval.start == datetime(2026, 3, 1, 15, 0, tzinfo=UTC)
        assert record.interval.duration_s == 86_400
        assert record.moment


def test_a_date_that_cannot_be_read_leaves_the_line_out_with_a_count(parse: Parse) -> None:
    parsed = parse("facility,date,time\nSaebyeol Market,?,12:00\n", MAPPING)
    assert parsed.records == ()
    assert parsed.dropped == {"illegible date": 1}
    assert "row 2" in parsed.warnings[0]


def test_a_date_that_does_not_exist_is_an_error_and_no_illegible_one(parse: Parse) -> None:
    with pytest.raises(InputError, match="row 2, column date"):
        parse("facility,date,time\nSaebyeol Market,2026-02-31,12:00\n", MAPPING)
