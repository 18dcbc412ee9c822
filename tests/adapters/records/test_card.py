from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from engine.domain.errors import InputError
from engine.domain.record import Source
from engine.ports import ParsedRecords, RecordMapping

Parse = Callable[..., ParsedRecords]
MAPPING = RecordMapping(source=Source.CARD)
HEAD = "approved_at,settled_on,merchant,address,terminal,cancelled,holder\n"
AT = "2026-03-02T12:30:00+09:00"


def test_a_purchase_at_a_terminal_is_a_minute_at_the_shop(parse: Parse) -> None:
    (record,) = parse(HEAD + f"{AT},,Bomnal Bakery,새별로 16,offline,false,own\n", MAPPING).records
    assert record.interval.start == datetime(2026, 3, 2, 3, 30, tzinfo=UTC)
    assert record.interval.sigma_s == 60
    assert record.place_id == "bakery"
    assert record.disc is not None
    assert record.disc.radius_m == 50
    assert (record.note, record.certainty) == ("", 1.0)


def test_cancelled_online_and_recurring_rows_are_dropped_by_reason(parse: Parse) -> None:
    parsed = parse(
        HEAD
        + f"{AT},,Bomnal Bakery,,offline,취소,own\n"
        + f"{AT},,Bomnal Bakery,,온라인,,own\n"
        + f"{AT},,Bomnal Bakery,,recurring,no,own\n",
        MAPPING,
    )
    assert parsed.records == ()
    assert parsed.dropped == {"cancelled": 1, "online": 1, "recurring": 1}


def test_a_purchase_that_was_only_settled_lies_somewhere_in_that_local_day(parse: Parse) -> None:
    (record,) = parse(HEAD + ",2026-03-02,Bomnal Bakery,,offline,,own\n", MAPPING).records
    assert record.interval.start == datetime(2026, 3, 1, 15, 0, tzinfo=UTC)
    assert record.interval.end == datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
    assert "whole day" in record.note
    assert record.moment


def test_a_row_without_time_and_day_is_refused(parse: Parse) -> None:
    with pytest.raises(InputError, match="row 2, column approved_at"):
        parse(HEAD + ",,Bomnal Bakery,,offline,,own\n", MAPPING)


def test_the_address_of_a_head_office_is_never_where_somebody_was(parse: Parse) -> None:
    parsed = parse(
        HEAD + f"{AT},,Unknown Mart,본사로 1,offline,,own\n" + f"{AT},,Bomnal Bakery,본사로 1,offline,,own\n",
        MAPPING,
    )
    unknown, bakery = parsed.records
    assert unknown.disc is None
    assert bakery.place_id == "bakery"
    assert unknown.note == bakery.note == "head-office address"
    assert any("row 3: head-office address" in warning for warning in parsed.warnings)


def test_a_name_and_an_address_of_two_places_give_neither(parse: Parse) -> None:
    (record,) = parse(HEAD + f"{AT},,Bomnal Bakery,새별로 12,offline,,own\n", MAPPING).records
    assert record.disc is None
    assert record.place_id == ""
    assert record.note.startswith("head-office address?")


def test_a_family_card_is_marked_and_counts_half(parse: Parse) -> None:
    (record,) = parse(HEAD + f"{AT},,Bomnal Bakery,,kiosk,,가족\n", MAPPING).records
    assert (record.note, record.certainty) == ("family card", 0.5)


def test_an_unknown_kind_of_terminal_is_named_with_the_known_ones(parse: Parse) -> None:
    with pytest.raises(InputError, match=r"row 2, column terminal.*kiosk"):
        parse(HEAD + f"{AT},,Bomnal Bakery,,moonbase,,own\n", MAPPING)


def test_amount_and_card_number_never_get_in(parse: Parse) -> None:
    parsed = parse(f"approved_at,merchant,amount,card_no\n{AT},Bomnal Bakery,31337,4000-1111\n", MAPPING)
    assert parsed.dropped == {"column outside the schema": 2}
    assert "31337" not in repr(parsed)
    assert "4000" not in repr(parsed)
