import msgspec
import pytest

from adapters.records.parse import SOURCES, parse_file
from engine.domain.errors import InputError
from engine.domain.record import Source
from engine.ports import ParsedRecords, RecordMapping, RecordSource

ENTRY = RecordMapping(source=Source.ENTRY)
ROWS = "facility,entered_at\nBomnal Bakery,2026-03-02 12:00\nBomnal Bakery,2026-03-02 12:00\n"


def test_every_source_of_the_domain_has_an_adapter_behind_the_port() -> None:
    adapters: dict[Source, RecordSource] = dict(SOURCES)
    assert set(adapters) == set(Source)
    assert all(adapter.source is source for source, adapter in adapters.items())


def test_record_ids_are_the_same_each_time_and_differ_by_row_case_and_file(parse, places) -> None:
    first, again = parse(ROWS, ENTRY), parse(ROWS, ENTRY)
    assert first == again
    other_case = parse_file(
        ROWS.encode(),
        "records.csv",
        ENTRY,
        case_id="case-2",
        subject_keys=frozenset(),
        received_at=first.records[0].received_at,
        places=places,
    )
    other_file = parse(ROWS + "\n", ENTRY)
    ids = [r.record_id for p in (first, other_case, other_file) for r in p.records]
    assert len(set(ids)) == len(ids) == 6


def test_one_bad_row_and_nothing_is_taken(parse) -> None:
    with pytest.raises(InputError, match="row 3, column entered_at"):
        parse("facility,entered_at\nBomnal Bakery,2026-03-02 12:00\nBomnal Bakery,\n", ENTRY)


def test_a_mapping_with_a_column_that_does_not_exist_is_refused(parse) -> None:
    for mapping in (
        RecordMapping(source=Source.ENTRY, columns={"amount": "x"}),
        RecordMapping(source=Source.ENTRY, fixed={"amount": "x"}),
    ):
        with pytest.raises(InputError, match=r"amount.*no such column"):
            parse(ROWS, mapping)


def test_a_mapping_with_columns_takes_only_those(parse) -> None:
    mapping = RecordMapping(source=Source.ENTRY, columns={"facility": "facility", "entered_at": "entered_at"})
    parsed = parse("facility,entered_at,sigma_s\nBomnal Bakery,2026-03-02 12:00,7\n", mapping)
    assert parsed.records[0].interval.sigma_s == 60
    assert parsed.dropped == {"column outside the schema": 1}


def test_a_mapped_column_that_stands_there_twice_is_refused(parse) -> None:
    with pytest.raises(InputError, match="twice"):
        parse("facility,entered_at,facility\na,2026-03-02 12:00,b\n", ENTRY)


def test_an_unknown_time_zone_is_refused(parse) -> None:
    for zone in ("Mars/Olympus", "../../etc/passwd", "", "x" * 300):
        with pytest.raises(InputError, match="timezone"):
            parse(ROWS, RecordMapping(source=Source.ENTRY, timezone=zone))


def test_an_empty_json_list_is_no_record_and_no_error(parse) -> None:
    parsed = parse("[]", ENTRY, file="entry.json")
    assert parsed.records == ()
    assert "no items" in parsed.warnings[0]


def test_a_json_column_that_no_item_has_is_told(parse) -> None:
    mapping = RecordMapping(source=Source.ENTRY, columns={"facility": "f", "entered_at": "t", "address": "a"})
    parsed = parse('[{"f": "Bomnal Bakery", "t": "2026-03-02 12:00"}]', mapping, file="entry.json")
    assert parsed.warnings == ("entry.json: nothing has a",)


def test_warnings_of_a_large_file_are_cut_and_counted(parse) -> None:
    parsed = parse("facility,entered_at\n" + "nowhere,2026-03-02 12:00\n" * 500, ENTRY)
    assert len(parsed.warnings) == 51
    assert "450 further" in parsed.warnings[-1]


def test_what_comes_out_travels_over_the_wire_unchanged(parse) -> None:
    parsed = parse(ROWS, ENTRY)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(parsed), type=ParsedRecords) == parsed


def test_no_value_of_a_row_reaches_a_note_with_control_characters(parse) -> None:
    content = (
        "mode,line,stop_on,on_at\n\x1b]52;c;aGk=\x07bus,\u202e7[@click=x],Saebyeol Market,2026-03-02 12:00\n"
    )
    (record,) = parse(content, RecordMapping(source=Source.TRANSIT)).records
    assert record.note.isprintable()
