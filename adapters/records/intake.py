"""What all sources share: rows in, records, counts and warnings out."""

import hashlib
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from adapters.records.position import Position
from adapters.records.row import Row
from adapters.records.schema import Schema
from adapters.records.table import MAX_ROWS
from adapters.records.text import clean, key_of
from engine.domain.errors import InputError
from engine.domain.interval import Interval
from engine.domain.record import Record, Source
from engine.ports import Gazetteer, ParsedRecords, RecordMapping

MAX_WARNINGS = 50
MAX_SIGMA_S = 86_400.0
OTHER_PERSON = "other person"


class Intake:
    """Collects what one file gives. Rows of other people are counted and nothing else."""

    def __init__(
        self,
        source: Source,
        mapping: RecordMapping,
        *,
        case_id: str,
        file: str,
        raw_sha256: str,
        received_at: datetime,
        places: Gazetteer,
    ) -> None:
        self.places = places
        self.records: list[Record] = []
        self._source = source
        self._case_id = case_id
        self._file = file
        self._raw_sha256 = raw_sha256
        self._received_at = received_at
        self._authority_ref = clean(mapping.authority_ref)
        self._dropped: Counter[str] = Counter()
        self._warnings: list[str] = []

    def drop(self, reason: str) -> None:
        self._dropped[reason] += 1

    def warn(self, row: Row, warning: str) -> None:
        """A line for the investigator, naming file and row, holding no value of the row."""
        self._warnings.append(f"{self._file}: {row.place}: {warning}")

    def take(
        self,
        row: Row,
        interval: Interval,
        position: Position,
        *,
        sigma_s: float,
        part: str = "",
        note: str = "",
        moment: bool = False,
        certainty: float = 1.0,
    ) -> None:
        """One record. ``sigma_s`` is the usual one of the source; a stated one wins. ``moment``: the
        row tells of one moment within the interval. Raises InputError for one record too many: the
        answer of a worker has to fit into one message."""
        if len(self.records) >= MAX_ROWS:
            raise InputError(
                f"gives more than {MAX_ROWS:,} records",
                file=self._file,
                place=row.place,
                mend="split it, or ask the source for the infectious period only",
            )
        stated_s = row.number("sigma_s", 0, MAX_SIGMA_S)
        self.records.append(
            Record(
                record_id=self._record_id(row.place, part),
                case_id=self._case_id,
                source=self._source,
                interval=Interval(
                    start=interval.start,
                    end=interval.end,
                    sigma_s=sigma_s if stated_s is None else stated_s,
                ),
                received_at=self._received_at,
                raw_sha256=self._raw_sha256,
                authority_ref=self._authority_ref,
                disc=position.disc,
                place_id=position.place_id,
                note=clean(note, 80),
                moment=moment,
                certainty=certainty,
            )
        )
        if position.disc is None:
            self.warn(
                row,
                "the place is not in the gazetteer; the record has no position"
                if position.asked
                else "names no place; the record has no position",
            )

    def result(self) -> ParsedRecords:
        warnings = self._warnings[:MAX_WARNINGS]
        if len(self._warnings) > MAX_WARNINGS:
            warnings.append(f"{self._file}: {len(self._warnings) - MAX_WARNINGS} further warnings")
        return ParsedRecords(
            records=tuple(self.records), dropped=dict(self._dropped), warnings=tuple(warnings)
        )

    def _record_id(self, place: str, part: str) -> str:
        facts = "\0".join((self._case_id, self._raw_sha256, place, part))
        return f"{self._source.value}-{hashlib.sha256(facts.encode()).hexdigest()[:16]}"


class RowSource(ABC):
    """A record source that reads its rows one by one; implements ``engine.ports.RecordSource``."""

    source: Source
    schema: Schema

    def parse(
        self,
        rows: Iterable[Mapping[str, str]],
        mapping: RecordMapping,
        *,
        case_id: str,
        subject_keys: frozenset[str],
        file: str,
        raw_sha256: str,
        received_at: datetime,
        places: Gazetteer,
    ) -> ParsedRecords:
        """Records of the subject; see the port. With a subject column, rows of others are counted
        and never read. Raises InputError for the first cell that cannot be used: a file counts
        whole or not at all."""
        intake = Intake(
            self.source,
            mapping,
            case_id=case_id,
            file=file,
            raw_sha256=raw_sha256,
            received_at=received_at,
            places=places,
        )
        keys = subject_keys_of(mapping, subject_keys, file)
        zone = zone_of(mapping, file)
        for number, cells in enumerate(rows, start=1):
            row = Row(cells, file=file, place=f"row {number}", zone=zone, time_format=mapping.time_format)
            if mapping.subject_column and key_of(row.subject) not in keys:
                intake.drop(OTHER_PERSON)
                continue
            self.read(row, intake)
        self.review(intake)
        return intake.result()

    @abstractmethod
    def read(self, row: Row, intake: Intake) -> None:
        """Take or drop one row of the subject. Raises InputError."""

    def review(self, intake: Intake) -> None:  # noqa: B027 (most sources have nothing to add)
        """Look at all records of the file together, after the last row."""


def subject_keys_of(mapping: RecordMapping, subject_keys: frozenset[str], file: str) -> frozenset[str]:
    """The subject's keys in comparable form. Raises InputError where a subject column has no keys."""
    keys = frozenset(key for key in map(key_of, subject_keys) if key)
    if mapping.subject_column and not keys:
        raise InputError(
            "holds rows of several people, and the case names no key of its own",
            file=file,
            mend="give subject_keys in case.toml",
        )
    return keys


def zone_of(mapping: RecordMapping, file: str) -> ZoneInfo:
    """The time zone of the file. Raises InputError for an unknown one."""
    try:
        return ZoneInfo(mapping.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InputError(
            "unknown time zone", file=file, place="timezone", mend='name one, as in "Asia/Seoul"'
        ) from None
