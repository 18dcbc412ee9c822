"""Whatever stands in a record file: a clean result or one plain InputError, never anything else."""

import csv
import io
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.records.parse import SOURCES, parse_file
from adapters.site.places import PlaceTable
from engine.domain.errors import InputError
from engine.domain.place import Disc, Place
from engine.domain.record import Source
from engine.ports import RecordMapping

PLACES = PlaceTable(
    [Place(place_id="p", names=("Market",), address="", disc=Disc(lat=37.0, lon=126.0, radius_m=20))]
)
RECEIVED = datetime(2026, 3, 5, tzinfo=UTC)
EVIL = (
    "\x00\x1b[2J\u202e",
    "=cmd()",
    "[/x][@click=q]",
    "9" * 100_000,
    "٣",
    "1e309",
    "-0",
    "2026-03-02T25:61",
    "2026-13-01",
    "9999-12-31T23:59:59-23:59",
    "0001-01-01 00:00:00+23:59",
    "\ud7ff\uffff",
)
GOOD = (
    "Market",
    "2026-03-02 12:00",
    "2026-03-02",
    "12:30",
    "37.1",
    "126.9",
    "50",
    "offline",
    "yes",
    "certain",
    "",
)
CELLS = st.one_of(st.sampled_from(EVIL + GOOD), st.text(max_size=30))
SOME = settings(max_examples=60)


def survives(content: bytes, file: str, mapping: RecordMapping) -> None:
    try:
        parsed = parse_file(
            content,
            file,
            mapping,
            case_id="c",
            subject_keys=frozenset({"k"}),
            received_at=RECEIVED,
            places=PLACES,
        )
    except InputError as problem:
        line = str(problem)
        assert line.isprintable()
        assert len(line) < 2_000
        return
    assert all(record.note.isprintable() and len(record.note) <= 80 for record in parsed.records)
    assert len(msgspec.msgpack.encode(parsed)) < 100_000


@pytest.mark.parametrize("source", list(Source))
@SOME
@given(data=st.data())
def test_hostile_cells_give_an_input_error_or_a_clean_result(source: Source, data: st.DataObject) -> None:
    columns = SOURCES[source].schema.columns
    rows = data.draw(st.lists(st.lists(CELLS, min_size=len(columns), max_size=len(columns)), max_size=4))
    text = io.StringIO()
    csv.writer(text).writerows([columns, *rows])
    survives(text.getvalue().encode("utf-8", "replace"), "x.csv", RecordMapping(source=source))
    items = [dict(zip(columns, row, strict=True)) for row in rows]
    clean = msgspec.json.decode(msgspec.json.encode(items).decode("utf-8", "replace"))
    survives(msgspec.json.encode(clean), "x.json", RecordMapping(source=source))


@SOME
@given(
    content=st.binary(max_size=400),
    suffix=st.sampled_from([".csv", ".json", ".xlsx", ".txt", ""]),
    encoding=st.sampled_from(["utf-8", "cp949", "euc-kr", "utf-16", "cp1252", "rot13", "\x00"]),
    head=st.sampled_from([b"", b"facility,entered_at\n", b"PK\x03\x04", b"[{", b"\xff\xfe", b"\xef\xbb\xbf"]),
)
def test_hostile_bytes_give_an_input_error_or_a_clean_result(
    content: bytes, suffix: str, encoding: str, head: bytes
) -> None:
    survives(head + content, f"x{suffix}", RecordMapping(source=Source.ENTRY, encoding=encoding))


@SOME
@given(
    mapping=st.builds(
        RecordMapping,
        source=st.sampled_from(list(Source)),
        encoding=st.text(max_size=8),
        delimiter=st.text(max_size=2),
        sheet=st.text(max_size=5),
        items=st.text(max_size=8),
        timezone=st.one_of(st.just("Asia/Seoul"), st.text(max_size=20)),
        time_format=st.one_of(
            st.text(max_size=6), st.lists(st.sampled_from(["%H", "%Y", "%", "%z", " "])).map("".join)
        ),
        columns=st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=2),
        fixed=st.dictionaries(st.sampled_from(["start", "lat", "at", "x"]), CELLS, max_size=2),
        subject_column=st.text(max_size=3),
    ),
    file=st.text(max_size=12),
)
def test_hostile_mappings_give_an_input_error_or_a_clean_result(mapping: RecordMapping, file: str) -> None:
    survives(b"facility,entered_at\nMarket,2026-03-02 12:00\n", f"{file}.csv", mapping)
    survives(b'[{"facility": "Market", "entered_at": "2026-03-02 12:00"}]', f"{file}.json", mapping)
