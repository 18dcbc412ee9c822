from collections.abc import Callable

import pytest

from engine.domain.record import Source
from engine.ports import ParsedRecords, RecordMapping

Parse = Callable[..., ParsedRecords]
MAPPING = RecordMapping(source=Source.GPS)


def test_the_stated_accuracy_of_68_percent_becomes_a_disc_of_95_percent(parse: Parse) -> None:
    stated, unstated = parse(
        "at,lat,lon,accuracy_m\n2026-03-02T12:00:00Z,37.5,126.7,20\n2026-03-02T12:01:00Z,37.5,126.7,\n",
        MAPPING,
    ).records
    assert stated.disc is not None
    assert stated.disc.radius_m == pytest.approx(20 * 1.62, abs=0.1)
    assert unstated.disc is not None
    assert unstated.disc.radius_m == pytest.approx(10 * 1.62, abs=0.1)


def test_a_jump_to_a_place_out_of_reach_and_back_is_marked_whatever_the_order(parse: Parse) -> None:
    parsed = parse(
        "at,lat,lon\n"
        "2026-03-02T12:02:00Z,37.5,126.7002\n"
        "2026-03-02T12:01:00Z,38.5,126.7\n"
        "2026-03-02T12:00:00Z,37.5,126.7\n",
        MAPPING,
    )
    assert [record.note for record in parsed.records] == ["", "jump", ""]
    assert parsed.records[1].certainty < 0.5


def test_a_fast_train_is_no_jump(parse: Parse) -> None:
    parsed = parse(
        "at,lat,lon\n2026-03-02T12:00:00Z,37.50,126.7\n"
        "2026-03-02T12:01:00Z,37.54,126.7\n2026-03-02T12:02:00Z,37.58,126.7\n",
        MAPPING,
    )
    assert [record.note for record in parsed.records] == ["", "", ""]


def test_zero_zero_is_no_fix(parse: Parse) -> None:
    parsed = parse("at,lat,lon\n2026-03-02T12:00:00Z,0,0\n", MAPPING)
    assert parsed.records == ()
    assert parsed.dropped == {"no fix": 1}
