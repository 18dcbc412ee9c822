"""Rows as a file that every spreadsheet program opens, and in which no cell is a formula (G25).

RFC 4180, every cell in quotes, UTF-8 with a byte order mark: without the mark some programs read Korean names
in the code page of the machine.
"""

import csv
import io
import unicodedata
from collections.abc import Iterable, Sequence

MEDIA_TYPE = "text/csv; charset=utf-8"
_STARTS = frozenset("=+-@|%\t\r\n\u2212")  # what begins a formula or a command in one program or another
# what a program may skip before it looks for a formula, and letters that nobody sees: fillers of Hangul
_BLANK = frozenset(["Zs", "Zl", "Zp", "Cc", "Cf"])
_FILLERS = frozenset("\u115f\u1160\u3164\uffa0\u2800\u034f")


def as_csv(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """The file, whole."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([guarded(column) for column in columns])
    writer.writerows([guarded(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def guarded(cell: object) -> str:
    """The cell as text that is shown as it stands: whatever might begin a formula gets an apostrophe before
    it, and control characters become spaces."""
    said = str(cell)
    dangerous = said[:1] in _STARTS or _first(said) in _STARTS
    plain = "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in said)
    return f"'{plain}" if said and dangerous else plain


def _first(said: str) -> str:
    """The first character that is seen, in its plain width: full-width and small signs are signs too."""
    seen = (c for c in said if unicodedata.category(c) not in _BLANK and c not in _FILLERS)
    return unicodedata.normalize("NFKC", next(seen, ""))[:1]
