"""A record file as a table: its columns, and its rows one after the other."""

from collections.abc import Iterator
from typing import NamedTuple

from engine.domain.errors import InputError

MAX_ROWS = 100_000
MAX_BYTES = 16 * 1024 * 1024
MAX_COLUMNS = 512

PLACE = "#place"
"""Key under which a row carries where it stands (``row 3``, ``item 3``); no column of ours has it."""

SUBJECT = "#subject"
"""Key under which a row carries whose it is, where the mapping names a subject column."""


class TableRow(NamedTuple):
    """``cells`` by their column names; ``place`` as a person would look for it."""

    place: str
    cells: dict[str, str]


class Table(NamedTuple):
    """``twice`` are names that stand over more than one column and so cannot be mapped; ``keyed``
    means that every row names its own columns, so that one may be absent because it is empty."""

    columns: tuple[str, ...]
    rows: Iterator[TableRow]
    twice: frozenset[str] = frozenset()
    keyed: bool = False


def header(names: list[str], file: str) -> tuple[tuple[str, ...], frozenset[str]]:
    """Trimmed column names and those that appear twice. Raises InputError where there are none."""
    columns = tuple(name.strip() for name in names)
    while columns and not columns[-1]:
        columns = columns[:-1]
    if not columns:
        raise InputError(
            "has no header row", file=file, place="row 1", mend="the first row names the columns"
        )
    if len(columns) > MAX_COLUMNS:
        raise InputError(f"has more than {MAX_COLUMNS} columns", file=file, place="row 1")
    seen: set[str] = set()
    twice: set[str] = set()
    for name in columns:
        (twice if name in seen else seen).add(name)
    return columns, frozenset(twice)


def capped(rows: Iterator[TableRow], file: str) -> Iterator[TableRow]:
    """The same rows; raises InputError when they exceed MAX_ROWS."""
    for number, row in enumerate(rows, start=1):
        if number > MAX_ROWS:
            raise InputError(
                f"has more than {MAX_ROWS:,} rows",
                file=file,
                place=row.place,
                mend="split it, or ask the source for the infectious period only",
            )
        yield row
