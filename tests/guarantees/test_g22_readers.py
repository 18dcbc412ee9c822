"""G22: hostile record files and photographs are refused with a plain message before they cost anything."""

import io
import json
import zipfile
from collections.abc import Callable

import cv2
import numpy as np
import pytest

from adapters.face import photo
from adapters.face.photo import decode_photo
from adapters.records import read_xlsx, table
from adapters.records.readers import read_table
from engine.domain.errors import InputError
from engine.domain.record import Source
from engine.ports import RecordMapping

MIB = 1024 * 1024
CARD = RecordMapping(source=Source.CARD)
SHEET = "<worksheet><sheetData>{}</sheetData></worksheet>"


def packed(sheet: bytes, *, parts: int = 0, how: int = zipfile.ZIP_DEFLATED) -> bytes:
    """What calls itself a workbook, with one sheet of these bytes and some parts more."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", how) as new:
        new.writestr("xl/workbook.xml", "<workbook/>")
        new.writestr("xl/worksheets/sheet1.xml", sheet)
        for number in range(parts):
            new.writestr(f"xl/media/{number}", b"")
    return whole.getvalue()


def far(cell: str) -> bytes:
    return packed(SHEET.format(f'<row><c r="{cell}"><v>1</v></c></row>').encode())


# By name: the file, its bytes, and the words of its refusal.
HOSTILE: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "too many bytes": ("a.csv", lambda: b"a\n" + b"x" * table.MAX_BYTES, "is over 16 MiB"),
    "too many rows": ("a.csv", lambda: b"a\n" + b"1\n" * (table.MAX_ROWS + 1), "more than 100,000 rows"),
    "too many columns": (
        "a.csv",
        lambda: b",".join([b"a"] * (table.MAX_COLUMNS + 1)),
        "more than 512 columns",
    ),
    "too many items": (
        "a.json",
        lambda: json.dumps([{}] * (table.MAX_ROWS + 1)).encode(),
        "more than 100,000 items",
    ),
    "half JSON": ("a.json", lambda: b'[{"a": 1}, {"a"', "is not JSON"),
    "another charset": ("a.csv", lambda: "이름\n김\n".encode("cp949"), "is not utf-8"),
    "an archive for a table": ("a.csv", lambda: far("A1"), "is an XLSX workbook, whatever its name says"),
    "an archive that unpacks without end": (
        "a.xlsx",
        lambda: packed(b" " * (read_xlsx.MAX_UNPACKED_BYTES + MIB)),
        "unpacks to more than 128 MiB",
    ),
    "an archive of many parts": (
        "a.xlsx",
        lambda: packed(b"", parts=read_xlsx.MAX_MEMBERS),
        "has more than 2000 parts",
    ),
    "an archive packed otherwise": (
        "a.xlsx",
        lambda: packed(b"", how=zipfile.ZIP_LZMA),
        "packed in an unusual way",
    ),
    "a cell at the far end": ("a.xlsx", lambda: far("XFD1048576"), "spans 1,048,576 rows"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_g22_a_hostile_record_file_is_refused_in_a_plain_line(name: str) -> None:
    file, content, words = HOSTILE[name]
    with pytest.raises(InputError) as no:
        list(read_table(content(), file, CARD).rows)
    assert no.value.file == file
    assert words in no.value.problem


def picture(height: int, width: int, form: str = ".png") -> bytes:
    return bytes(cv2.imencode(form, np.zeros((height, width, 3), np.uint8))[1].tobytes())


PHOTOS: dict[str, tuple[Callable[[], bytes], str]] = {
    "too many bytes": (lambda: picture(80, 80) + bytes(photo.MAX_BYTES), "has 32 MiB, at most 32 are read"),
    "too many pixels": (lambda: picture(64, photo.MAX_SIDE_PX + 1), "is 10001x64 pixels"),
    "too few pixels": (lambda: picture(20, 20), "is 20x20 pixels"),
    "another decoder": (lambda: picture(80, 80, ".bmp"), "cannot be read as a picture"),
    "half a picture": (lambda: picture(80, 80)[:-20], "is cut off before its end"),
}


@pytest.mark.parametrize("name", PHOTOS)
def test_g22_a_hostile_photograph_is_refused_in_a_plain_line(name: str) -> None:
    content, words = PHOTOS[name]
    with pytest.raises(InputError) as no:
        decode_photo(content(), "front.png")
    assert no.value.file == "front.png"
    assert words in no.value.problem
