from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from adapters.records.intake import Intake
from adapters.records.position import Position
from adapters.records.row import Row
from adapters.records.table import MAX_ROWS
from engine.domain.errors import InputError
from engine.domain.interval import Interval
from engine.domain.record import Source
from engine.ports import ParsedRecords, RecordMapping

Parse = Callable[..., ParsedRecords]
MAPPING = RecordMapping(source=Source.TRANSIT)
HEAD = "mode,line,stop_on,on_at,stop_off,off_at\n"


def test_each_tag_is_a_record_of_its_own_at_its_own_stop(parse: Parse) -> None:
    on, off = parse(
        HEAD + "bus,7,Saebyeol Market,2026-03-02 12:00:00,Bomnal Bakery,2026-03-02 12:20:00\n", MAPPING
    ).records
    assert (on.place_id, off.place_id) == ("market", "bakery")
    assert on.interval.duration_s == off.interval.duration_s == 0
    assert on.interval.sigma_s == 5
    assert off.disc is not None
    assert off.disc.radius_m == 60
    assert on.record_id != off.record_id
    assert on.note == "boarding bus 7"


def test_a_missing_tag_off_leaves_the_end_of_the_ride_open(parse: Parse) -> None:
    (record,) = parse(HEAD + "bus,7,Saebyeol Market,2026-03-02 12:00:00,,\n", MAPPING).records
    assert record.note == "boarding bus 7, no tag-off"


def test_two_records_a_row_never_outgrow_the_cap(places) -> None:
    at = datetime(2026, 3, 2, 3, tzinfo=UTC)
    intake = Intake(
        Source.TRANSIT, MAPPING, case_id="c", file="t.csv", raw_sha256="", received_at=at, places=places
    )
    row = Row({}, file="t.csv", place="row 9", zone=ZoneInfo("Asia/Seoul"), time_format="")
    instant = Interval(start=at, end=at)
    intake.take(row, instant, Position(), sigma_s=5)
    intake.records *= MAX_ROWS
    with pytest.raises(InputError, match="row 9: gives more than 100,000 records"):
        intake.take(row, instant, Position(), sigma_s=5)


def test_getting_off_before_boarding_is_refused(parse: Parse) -> None:
    with pytest.raises(InputError, match="row 2, column off_at"):
        parse(HEAD + "bus,7,Saebyeol Market,2026-03-02 12:00,Bomnal Bakery,2026-03-02 11:00\n", MAPPING)
