from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from engine.domain.errors import InputError
from engine.domain.record import Source
from engine.ports import ParsedRecords, RecordMapping

Parse = Callable[..., ParsedRecords]

MAPPING = RecordMapping(
    source=Source.ENTRY,
    encoding="cp949",
    time_format="%Y.%m.%d %H:%M:%S",
    columns={"facility": "업소명", "entered_at": "출입일시"},
    subject_column="방문자키",
    authority_ref="DEMAND-1",
)
HEAD = "업소명,출입일시,방문자키,전화\n"


def test_an_entry_is_an_instant_in_local_time_with_a_minute_of_doubt_and_no_exit(parse: Parse) -> None:
    parsed = parse((HEAD + "봄날제과,2026.03.02 12:26:10,K-1,0\n").encode("cp949"), MAPPING, keys=("k 1",))
    (record,) = parsed.records
    assert record.interval.start == record.interval.end == datetime(2026, 3, 2, 3, 26, 10, tzinfo=UTC)
    assert record.interval.sigma_s == 60
    assert record.disc is not None
    assert record.disc.radius_m == 30
    assert record.place_id == "bakery"
    assert record.note == "entry only, no exit"
    assert record.authority_ref == "DEMAND-1"


def test_rows_of_other_people_are_counted_and_never_read(parse: Parse) -> None:
    content = HEAD + "봄날제과,not a time,K-2,0\n봄날제과,2026.03.02 12:26:10,K-1,0\n"
    parsed = parse(content.encode("cp949"), MAPPING, keys=("K-1",))
    assert len(parsed.records) == 1
    assert parsed.dropped == {"other person": 1, "column outside the schema": 1}
    assert parsed.warnings == ()


def test_a_blank_key_is_nobody(parse: Parse) -> None:
    content = HEAD + "봄날제과,2026.03.02 12:26:10,,0\n봄날제과,2026.03.02 12:26:10,-,0\n"
    parsed = parse(content.encode("cp949"), MAPPING, keys=("K-1", "", " - "))
    assert parsed.records == ()
    assert parsed.dropped["other person"] == 2


def test_a_list_of_many_people_is_refused_without_a_key_of_the_subject(parse: Parse) -> None:
    for keys in ((), ("", "-")):
        with pytest.raises(InputError, match="subject_keys"):
            parse((HEAD + "봄날제과,2026.03.02 12:26:10,K-1,0\n").encode("cp949"), MAPPING, keys=keys)


def test_an_unknown_place_gives_no_position_and_a_warning_without_its_name(parse: Parse) -> None:
    parsed = parse((HEAD + "비밀찻집,2026.03.02 12:26:10,K-1,0\n").encode("cp949"), MAPPING, keys=("K-1",))
    assert parsed.records[0].disc is None
    (warning,) = parsed.warnings
    assert warning.startswith("records.csv: row 2: ")
    assert "비밀찻집" not in warning


def test_a_bad_time_names_row_and_column_and_tells_only_its_form(parse: Parse) -> None:
    with pytest.raises(InputError) as caught:
        parse((HEAD + "봄날제과,2026-77-99,K-1,0\n").encode("cp949"), MAPPING, keys=("K-1",))
    assert caught.value.place == "row 2, column entered_at"
    assert "9999-99-99" in str(caught.value)
    assert "2026-77-99" not in str(caught.value)


def test_missing_columns_are_named_with_those_that_are_there(parse: Parse) -> None:
    with pytest.raises(InputError) as caught:
        parse("업소명,전화\n봄날제과,0\n".encode("cp949"), MAPPING, keys=("K-1",))
    assert "missing columns: 출입일시, 방문자키" in str(caught.value)
    assert "the file has: 업소명, 전화" in str(caught.value)


def test_coordinates_of_the_row_come_before_the_gazetteer(parse: Parse) -> None:
    parsed = parse(
        "facility,entered_at,lat,lon\nBomnal Bakery,2026-03-02T12:00:00+09:00,37.1,126.1\n",
        RecordMapping(source=Source.ENTRY),
    )
    disc = parsed.records[0].disc
    assert disc is not None
    assert (disc.lat, disc.lon, disc.radius_m) == (37.1, 126.1, 30)
    assert parsed.records[0].place_id == "bakery"


def test_a_latitude_without_a_longitude_is_refused(parse: Parse) -> None:
    with pytest.raises(InputError, match="column lon"):
        parse("entered_at,lat,lon\n2026-03-02T12:00,37.1,\n", RecordMapping(source=Source.ENTRY))
