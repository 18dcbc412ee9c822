"""What a mapping would make of a file, with every value redacted to its form."""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import islice

from adapters.records.intake import Intake, zone_of
from adapters.records.parse import SOURCES, ours
from adapters.records.readers import read_table
from adapters.records.row import Row
from adapters.records.schema import bind, check_mapping
from adapters.records.table import SUBJECT, Table
from adapters.records.text import clean, shape
from engine.domain.errors import InputError
from engine.domain.place import Place
from engine.domain.record import Source
from engine.domain.value import Value
from engine.ports import RecordMapping

MAX_PREVIEW_ROWS = 5
MAX_NAME = 40
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)  # nothing is received in a preview


class PreviewRow(Value, frozen=True, kw_only=True):
    """``cells`` by our names, as forms; ``outcome`` is ``taken``, why it would be dropped, or the
    problem and its place. ``subject`` is the form of the key of the person, where there is one."""

    place: str
    cells: dict[str, str]
    subject: str
    outcome: str


class Preview(Value, frozen=True, kw_only=True):
    """``taken`` maps our names to theirs; ``left_out`` are columns that intake would drop."""

    file: str
    source: Source
    taken: dict[str, str]
    fixed: tuple[str, ...]
    left_out: tuple[str, ...]
    rows: tuple[PreviewRow, ...]


class _NoPlaces:
    """A gazetteer that knows nothing: a preview shows form, not places."""

    def by_id(self, place_id: str) -> Place | None:
        return None

    def find(self, text: str) -> Place | None:
        return None

    def all(self) -> Sequence[Place]:
        return ()


def preview(content: bytes, file: str, mapping: RecordMapping, rows: int = MAX_PREVIEW_ROWS) -> Preview:
    """The first rows (five at most) of a record file as ``mapping`` reads them.

    No value leaves: digits become 9, Hangul 가, other letters x, lengths are kept. Raises
    InputError where the file or the mapping as a whole cannot be used.
    """
    file = clean(file, 200)
    source = SOURCES[mapping.source]
    check_mapping(mapping, source.schema, file)
    zone = zone_of(mapping, file)
    table = read_table(content, file, mapping)
    bound = bind(table, mapping, source.schema, file)
    shown = []
    for cells in islice(ours(table, bound, mapping), min(rows, MAX_PREVIEW_ROWS)):
        row = Row(cells, file=file, place="", zone=zone, time_format=mapping.time_format)
        shown.append(
            PreviewRow(
                place=row.place,
                cells={name: shape(cells.get(name, "")) for name in (*bound, *mapping.fixed)},
                subject=shape(cells[SUBJECT]),
                outcome=_outcome(row, mapping),
            )
        )
    return Preview(
        file=file,
        source=mapping.source,
        taken={name: clean(theirs, MAX_NAME) for name, theirs in bound.items()},
        fixed=tuple(mapping.fixed),
        left_out=_left_out(table, bound, mapping),
        rows=tuple(shown),
    )


def _left_out(table: Table, bound: dict[str, str], mapping: RecordMapping) -> tuple[str, ...]:
    kept = {*bound.values(), mapping.subject_column}
    return tuple(clean(name, MAX_NAME) or "(no name)" for name in table.columns if name not in kept)


def _outcome(row: Row, mapping: RecordMapping) -> str:
    intake = Intake(
        mapping.source,
        mapping,
        case_id="",
        file=row.file,
        raw_sha256="",
        received_at=_NEVER,
        places=_NoPlaces(),
    )
    try:
        SOURCES[mapping.source].read(row, intake)
    except InputError as problem:
        return f"{problem.place.removeprefix(row.place + ', ')}: {problem.problem}"
    reasons = ", ".join(intake.result().dropped)
    if intake.records:
        whose = " if the subject's" if mapping.subject_column else ""
        return f"taken{whose}" if not reasons else f"taken{whose}, without {reasons}"
    return f"dropped: {reasons}" if reasons else "dropped"
