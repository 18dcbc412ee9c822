import io
import zipfile
from datetime import date, datetime

import pytest
from openpyxl import Workbook

from adapters.records.readers import read_table
from engine.domain.errors import InputError
from engine.domain.record import Source
from engine.ports import RecordMapping

PLAIN = RecordMapping(source=Source.CARD)
SHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    "<sheetData>{}</sheetData></worksheet>"
)


def workbook(**sheets: list[list[object]]) -> bytes:
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


def with_sheet(xml: bytes, *, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A workbook whose only sheet holds the given XML."""
    packed = io.BytesIO()
    whole = io.BytesIO(workbook(one=[["a"]]))
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(packed, "w", compression) as new:
        for member in old.infolist():
            sheet = member.filename.startswith("xl/worksheets/")
            new.writestr(member.filename, xml if sheet else old.read(member))
    return packed.getvalue()


def refusal(content: bytes, mapping: RecordMapping = PLAIN) -> InputError:
    with pytest.raises(InputError) as caught:
        list(read_table(content, "card.xlsx", mapping).rows)
    return caught.value


def test_dates_numbers_and_truth_values_become_text() -> None:
    content = workbook(
        one=[["at", "day", "n", "f", "yes"], [datetime(2026, 3, 2, 12, 30), date(2026, 3, 2), 12, 1.5, True]]
    )
    (row,) = read_table(content, "card.xlsx", PLAIN).rows
    assert row.place == "row 2"
    assert row.cells["at"] == "2026-03-02 12:30:00"
    assert row.cells["day"].startswith("2026-03-02")
    assert (row.cells["n"], row.cells["f"], row.cells["yes"]) == ("12", "1.5", "true")


def test_the_sheet_of_the_mapping_is_read_and_a_missing_one_is_named() -> None:
    content = workbook(first=[["a"], ["1"]], 승인=[["b"], ["2"]])
    assert read_table(content, "card.xlsx", RecordMapping(source=Source.CARD, sheet="승인")).columns == ("b",)
    problem = refusal(content, RecordMapping(source=Source.CARD, sheet="third"))
    assert "third" in problem.problem
    assert "승인" in problem.mend


def test_empty_rows_are_passed_over_and_keep_their_numbers() -> None:
    content = workbook(one=[["a"], ["1"], [None], ["2"]])
    assert [row.place for row in read_table(content, "card.xlsx", PLAIN).rows] == ["row 2", "row 4"]


def test_a_cell_at_the_far_end_of_the_sheet_is_refused_before_it_is_laid_out() -> None:
    for cell in (
        '<row r="1"><c r="XFD1048576"><v>1</v></c></row>',
        "<row r='1'><c r = 'xfd9'><v>1</v></c></row>",
        '<row r="900000"><c><v>1</v></c></row>',
    ):
        assert "spans" in refusal(with_sheet(SHEET.format(cell).encode())).problem


def test_a_workbook_that_unpacks_without_end_is_refused() -> None:
    bomb = with_sheet(b" " * (160 * 1024 * 1024))
    assert len(bomb) < 1_000_000
    assert "unpacks to more than" in refusal(bomb).problem


def test_what_is_broken_or_no_workbook_at_all_is_refused() -> None:
    whole = workbook(one=[["a"], ["1"]])
    assert refusal(whole[: len(whole) // 2]).file == "card.xlsx"
    assert refusal(with_sheet(b"<worksheet><sheetData><row")).file == "card.xlsx"
    other = io.BytesIO()
    with zipfile.ZipFile(other, "w") as packed:
        packed.writestr("readme.txt", "no workbook")
    assert refusal(other.getvalue()).problem == "is not an XLSX workbook"
    assert "unusual" in refusal(with_sheet(SHEET.format("").encode(), compression=zipfile.ZIP_LZMA)).problem


def test_a_sheet_without_rows_says_so() -> None:
    assert refusal(workbook(one=[])).file == "card.xlsx"
