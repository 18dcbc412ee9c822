"""One record file to records: the reader by its kind, the source by its mapping."""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime

import msgspec

from adapters.records.card import CardRecords
from adapters.records.entry import EntryRecords
from adapters.records.gps import GpsRecords
from adapters.records.intake import RowSource
from adapters.records.interview import InterviewRecords
from adapters.records.phone import PhoneRecords
from adapters.records.readers import read_table
from adapters.records.roster import RosterRecords
from adapters.records.schema import bind, check_mapping
from adapters.records.table import PLACE, SUBJECT, Table
from adapters.records.text import clean
from adapters.records.transit import TransitRecords
from engine.domain.record import Source
from engine.ports import Gazetteer, ParsedRecords, RecordMapping

SOURCES: Mapping[Source, RowSource] = {
    source.source: source
    for source in (
        EntryRecords(),
        RosterRecords(),
        CardRecords(),
        TransitRecords(),
        PhoneRecords(),
        GpsRecords(),
        InterviewRecords(),
    )
}

OUTSIDE = "column outside the schema"


def parse_file(
    content: bytes,
    file: str,
    mapping: RecordMapping,
    *,
    case_id: str,
    subject_keys: frozenset[str],
    received_at: datetime,
    places: Gazetteer,
) -> ParsedRecords:
    """The subject's records of one file; runs in a worker.

    ``file`` is the name under which messages speak of it; its suffix picks the reader. The same
    bytes for the same case give the same record ids. ``dropped`` also counts the columns outside
    the schema, none of which is kept. Raises InputError: a file is taken whole or not at all.
    """
    file = clean(file, 200)
    source = SOURCES[mapping.source]
    check_mapping(mapping, source.schema, file)
    table = read_table(content, file, mapping)
    if table.keyed and not table.columns and next(table.rows, None) is None:
        return ParsedRecords(records=(), warnings=(f"{file}: holds no items",))
    bound = bind(table, mapping, source.schema, file)
    parsed = source.parse(
        ours(table, bound, mapping),
        mapping,
        case_id=case_id,
        subject_keys=subject_keys,
        file=file,
        raw_sha256=hashlib.sha256(content).hexdigest(),
        received_at=received_at,
        places=places,
    )
    outside = len(set(table.columns) - set(bound.values()) - {mapping.subject_column})
    absent = [
        f"{file}: nothing has {clean(theirs)}"
        for name, theirs in mapping.columns.items()
        if name not in bound
    ]
    return msgspec.structs.replace(
        parsed,
        dropped=parsed.dropped | ({OUTSIDE: outside} if outside else {}),
        warnings=(*absent, *parsed.warnings),
    )


def ours(table: Table, bound: Mapping[str, str], mapping: RecordMapping) -> Iterator[dict[str, str]]:
    """Rows by our column names; ``mapping.fixed`` fills what a row leaves empty."""
    for row in table.rows:
        cells = {name: row.cells[theirs] for name, theirs in bound.items() if row.cells[theirs].strip()}
        yield {
            **mapping.fixed,
            **cells,
            PLACE: row.place,
            SUBJECT: row.cells.get(mapping.subject_column, ""),
        }
