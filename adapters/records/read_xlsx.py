"""XLSX through calamine. The extent is checked first: the library lays a sheet out as a full grid."""

import datetime as dt
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

from python_calamine import CalamineWorkbook

from adapters.records.table import MAX_COLUMNS, MAX_ROWS, Table, TableRow, capped, header
from adapters.records.text import clean, listed
from engine.domain.errors import InputError
from engine.ports import RecordMapping

MAX_UNPACKED_BYTES = 128 * 1024 * 1024
MAX_MEMBERS = 2_000
MAX_GRID_CELLS = 4_000_000
_REFERENCE = re.compile(rb"""\br\s*=\s*["']\s*([A-Za-z]{0,8})([0-9]{1,12})""")
_STEP = 1 << 20
_OVERLAP = 64  # longer than any reference that matters


def read_xlsx(content: bytes, file: str, mapping: RecordMapping) -> Table:
    """Columns and rows of one sheet (``mapping.sheet``, else the first); row 1 is the header.

    Dates become ISO 8601 text. Raises InputError for what is not an XLSX workbook, is encrypted,
    unpacks to more than 128 MiB, spans too large a grid or lacks the sheet.
    """
    _check_extent(content, file)
    grid = iter(_grid(content, file, mapping.sheet))
    first = next(grid, None)
    if first is None:
        raise InputError("is empty", file=file, mend="the first row names the columns")
    columns, twice = header([_text(cell) for cell in first], file)
    return Table(columns, capped(_rows(grid, columns), file), twice)


def _grid(content: bytes, file: str, sheet: str) -> list[list[Any]]:
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        names = book.sheet_names
        if names and (sheet or names[0]) in names:
            return list(book.get_sheet_by_name(sheet or names[0]).to_python(skip_empty_area=False))
    except BaseException as problem:
        # the library's panics are no Exceptions; everything else that is none goes on its way
        if not isinstance(problem, Exception) and type(problem).__name__ != "PanicException":
            raise
        raise InputError(
            f"cannot be read as XLSX ({type(problem).__name__})", file=file, mend="save it again, or as CSV"
        ) from None
    raise InputError(
        f"has no sheet {clean(sheet)!r}" if sheet else "has no sheets",
        file=file,
        mend=f"set sheet in its mapping to one of: {listed(tuple(names))}",
    )


def _rows(grid: Iterator[list[Any]], columns: tuple[str, ...]) -> Iterator[TableRow]:
    for number, cells in enumerate(grid, start=2):
        texts = [_text(cell) for cell in cells[: len(columns)]]
        if any(text.strip() for text in texts):
            texts += [""] * (len(columns) - len(texts))
            yield TableRow(f"row {number}", dict(zip(columns, texts, strict=True)))


def _text(cell: Any) -> str:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, dt.datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, dt.date | dt.time):
        return cell.isoformat()
    return str(cell)


def _check_extent(content: bytes, file: str) -> None:
    """Refuse, before anything is laid out, what unpacks too large or names a cell too far out."""
    left = MAX_UNPACKED_BYTES
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            members = parts.infolist()
            names = {member.filename for member in members}
            if "xl/workbook.xml" not in names:
                raise InputError("is not an XLSX workbook", file=file, mend="save it as XLSX or CSV")
            if len(members) > MAX_MEMBERS:
                raise InputError(f"has more than {MAX_MEMBERS} parts", file=file, mend="save it as CSV")
            for member in members:
                if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                    raise InputError("is packed in an unusual way", file=file, mend="save it again")
                left -= _scan(parts, member, left, file)
    except (
        zipfile.BadZipFile,
        zlib.error,
        RuntimeError,
        NotImplementedError,
        EOFError,
        OSError,
        ValueError,
    ) as problem:
        raise InputError(
            f"cannot be unpacked ({type(problem).__name__})",
            file=file,
            mend="save it again without a password",
        ) from None


def _scan(parts: zipfile.ZipFile, member: zipfile.ZipInfo, left: int, file: str) -> int:
    """Bytes of one part, unpacked, after a look at every cell reference in it."""
    size, tail = 0, b""
    far_row = far_column = 0
    with parts.open(member) as part:
        while chunk := part.read(_STEP):
            size += len(chunk)
            if size > left:
                raise InputError(
                    f"unpacks to more than {MAX_UNPACKED_BYTES // 1024 // 1024} MiB",
                    file=file,
                    mend="save the rows that are needed as CSV",
                )
            seen = tail + chunk
            for letters, digits in _REFERENCE.findall(seen):
                far_row = max(far_row, int(digits))
                far_column = max(far_column, _column(letters))
            tail = seen[-_OVERLAP:]
    too_far = far_row > MAX_ROWS + 1 or far_column > MAX_COLUMNS or far_row * far_column > MAX_GRID_CELLS
    if member.filename.startswith("xl/") and too_far:
        raise InputError(
            f"spans {far_row:,} rows and {far_column:,} columns",
            file=file,
            mend=f"at most {MAX_ROWS:,} rows and {MAX_COLUMNS} columns: save the rows that are needed as CSV",
        )
    return size


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number
