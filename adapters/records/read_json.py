"""JSON: a list of objects, at the top or under the dotted path ``mapping.items``."""

from collections.abc import Iterator
from typing import Any

import msgspec

from adapters.records.read_csv import decoded
from adapters.records.table import MAX_COLUMNS, MAX_ROWS, Table, TableRow
from adapters.records.text import clean
from engine.domain.errors import InputError
from engine.ports import RecordMapping

MAX_DEPTH = 4


def read_json(content: bytes, file: str, mapping: RecordMapping) -> Table:
    """Columns are the keys of all items; those of an object inside an item are ``outer.inner``.

    Numbers and truth values become text, null becomes an empty cell, a list is left out. Raises
    InputError where the text is not JSON, the path leads nowhere or an item is no object.
    """
    try:
        whole = msgspec.json.decode(decoded(content, file, mapping.encoding))
    except (msgspec.DecodeError, RecursionError, ValueError) as problem:
        raise InputError(f"is not JSON: {problem}", file=file, mend="ask for the file again") from None
    items = whole
    for step in mapping.items.split(".") if mapping.items else ():
        if not isinstance(items, dict) or step not in items:
            raise InputError(
                f"has nothing at {clean(mapping.items)!r}",
                file=file,
                place=clean(step),
                mend="set items in its mapping to the path of the list",
            )
        items = items[step]
    if not isinstance(items, list):
        raise InputError(
            "expected a list of items",
            file=file,
            place=clean(mapping.items) or "the top",
            mend="set items in its mapping to the path of the list",
        )
    if len(items) > MAX_ROWS:
        raise InputError(
            f"has more than {MAX_ROWS:,} items",
            file=file,
            mend="split it, or ask the source for the infectious period only",
        )
    columns: dict[str, None] = {}
    for number, item in enumerate(items, start=1):
        if not isinstance(item, dict):
            raise InputError("expected an object", file=file, place=f"item {number}")
        for key, _ in _cells(item, file, f"item {number}"):
            columns[key] = None
        if len(columns) > MAX_COLUMNS:
            raise InputError(f"has more than {MAX_COLUMNS} columns", file=file, place=f"item {number}")
    return Table(tuple(columns), _rows(items, tuple(columns), file), keyed=True)


def _rows(items: list[dict[str, Any]], columns: tuple[str, ...], file: str) -> Iterator[TableRow]:
    for number, item in enumerate(items, start=1):
        place = f"item {number}"
        yield TableRow(place, dict.fromkeys(columns, "") | dict(_cells(item, file, place)))


def _cells(
    item: dict[str, Any], file: str, place: str, before: str = "", depth: int = 1
) -> Iterator[tuple[str, str]]:
    for key, value in item.items():
        name = f"{before}{key}"
        if isinstance(value, dict):
            if depth < MAX_DEPTH:
                yield from _cells(value, file, place, f"{name}.", depth + 1)
        elif not isinstance(value, list):
            yield name, _text(value, file, place)


def _text(value: object, file: str, place: str) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    try:
        return str(value)
    except ValueError:  # an integer of thousands of digits
        raise InputError("has a number beyond all measure", file=file, place=place) from None
