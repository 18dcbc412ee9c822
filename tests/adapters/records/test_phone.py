from collections.abc import Callable

import pytest

from engine.domain.errors import InputError
from engine.domain.record import Source
from engine.ports import ParsedRecords, RecordMapping

Parse = Callable[..., ParsedRecords]
MAPPING = RecordMapping(source=Source.PHONE)
HEAD = "start,end,lat,lon,radius_m,azimuth_deg\n"


def test_the_radius_of_the_cell_is_the_radius_of_the_disc(parse: Parse) -> None:
    (record,) = parse(HEAD + "2026-03-02 12:00,2026-03-02 12:40,37.5,126.7,420,120\n", MAPPING).records
    assert record.disc is not None
    assert record.disc.radius_m == 420
    assert record.interval.duration_s == 2400
    assert record.note == ""


def test_a_wide_cell_stays_wide_and_is_marked(parse: Parse) -> None:
    parsed = parse(HEAD + "2026-03-02 12:00,,37.5,126.7,2500,\n", MAPPING)
    assert parsed.records[0].disc is not None
    assert parsed.records[0].disc.radius_m == 2500
    assert parsed.records[0].note == "end not told, wide cell"
    assert "row 2" in parsed.warnings[0]


def test_a_cell_without_radius_is_refused(parse: Parse) -> None:
    with pytest.raises(InputError, match="row 2, column radius_m"):
        parse(HEAD + "2026-03-02 12:00,,37.5,126.7,,\n", MAPPING)


def test_a_radius_that_a_source_never_states_can_be_fixed_in_the_mapping(parse: Parse) -> None:
    mapping = RecordMapping(source=Source.PHONE, fixed={"radius_m": "500"})
    (record,) = parse("start,lat,lon\n2026-03-02 12:00,37.5,126.7\n", mapping).records
    assert record.disc is not None
    assert record.disc.radius_m == 500
