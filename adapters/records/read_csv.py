"""CSV with a declared encoding. The encoding is never guessed; a likely one is only named."""

import codecs
import csv
import io
from collections.abc import Iterator

from adapters.records.table import Table, TableRow, capped, header
from engine.domain.errors import InputError
from engine.ports import RecordMapping

ENCODINGS = ("utf-8", "cp949", "euc-kr", "utf-16", "cp1252")
DELIMITERS = (",", ";", "\t", "|")


def decoded(content: bytes, file: str, encoding: str) -> str:
    """The text of a file without byte order mark. Raises InputError naming row and mend."""
    name = encoding.strip().lower().replace("_", "-")
    name = "utf-8" if name in ("utf8", "utf-8-sig") else name
    if name not in ENCODINGS:
        raise InputError(
            "unknown encoding", file=file, place="encoding", mend=f"declare one of {', '.join(ENCODINGS)}"
        )
    for mark, marked in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if content.startswith(mark) and name != marked:
            raise InputError(
                f"is declared {name} but begins with the mark of {marked}",
                file=file,
                place="row 1",
                mend=f'declare encoding = "{marked}" in its mapping',
            )
    try:
        return content.decode("utf-8-sig" if name == "utf-8" else name)
    except UnicodeDecodeError as problem:
        row = content.count(b"\n", 0, problem.start) + 1
        likely = _likely(content, name)
        raise InputError(
            f"is not {name} (byte 0x{content[problem.start]:02x})",
            file=file,
            place=f"row {row}",
            mend=f'declare encoding = "{likely}" in its mapping' if likely else "declare the right encoding",
        ) from None


def _likely(content: bytes, declared: str) -> str:
    for name in ("utf-8", "cp949"):
        if name == declared:
            continue
        try:
            content.decode(name)
        except UnicodeDecodeError:
            continue
        return name
    return ""


def read_csv(content: bytes, file: str, mapping: RecordMapping) -> Table:
    """Columns and rows of a CSV file; row 1 is the header, blank lines are passed over.

    Raises InputError for a wrong encoding, a row with another number of cells than the header
    (empty cells at the end do not count), an open quotation mark or too many rows.
    """
    if mapping.delimiter not in DELIMITERS:
        raise InputError(
            "unknown delimiter", file=file, place="delimiter", mend='declare one of "," ";" "\\t" "|"'
        )
    text = decoded(content, file, mapping.encoding)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=mapping.delimiter, strict=True)
    numbered = _numbered(lines, file)
    try:
        _, first = next(numbered)
    except StopIteration:
        raise InputError("is empty", file=file, mend="the first row names the columns") from None
    columns, twice = header(first, file)
    return Table(columns, capped(_rows(numbered, columns, file), file), twice)


def _numbered(lines: Iterator[list[str]], file: str) -> Iterator[tuple[int, list[str]]]:
    number = 0
    while True:
        number += 1
        try:
            cells = next(lines)
        except StopIteration:
            return
        except csv.Error as problem:
            raise InputError(
                f"is not CSV: {problem}", file=file, place=f"row {number}", mend="check its quotation marks"
            ) from None
        if any(cell.strip() for cell in cells):
            yield number, cells


def _rows(
    numbered: Iterator[tuple[int, list[str]]], columns: tuple[str, ...], file: str
) -> Iterator[TableRow]:
    for number, cells in numbered:
        while len(cells) > len(columns) and not cells[-1].strip():
            cells.pop()
        if len(cells) != len(columns):
            raise InputError(
                f"has {len(cells)} cells where the header has {len(columns)}",
                file=file,
                place=f"row {number}",
                mend="check its delimiter and quotation marks",
            )
        yield TableRow(f"row {number}", dict(zip(columns, cells, strict=True)))
