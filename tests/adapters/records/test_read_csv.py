import pytest

from adapters.records.readers import read_table
from adapters.records.table import MAX_BYTES, MAX_ROWS
from engine.domain.errors import InputError
from engine.domain.record import Source
from engine.ports import RecordMapping

PLAIN = RecordMapping(source=Source.ENTRY)
KOREAN = "업소명,출입일시\r\n봄날제과,2026.03.02 12:00\r\n노을약국,2026.03.02 12:10\r\n"


def mapped(**fields: object) -> RecordMapping:
    return RecordMapping(source=Source.ENTRY, **fields)  # type: ignore[arg-type]


def refusal(content: bytes, mapping: RecordMapping = PLAIN, file: str = "entry.csv") -> InputError:
    with pytest.raises(InputError) as caught:
        list(read_table(content, file, mapping).rows)
    return caught.value


def test_a_cp949_file_is_read_when_it_is_declared_so() -> None:
    table = read_table(KOREAN.encode("cp949"), "entry.csv", mapped(encoding="cp949"))
    assert table.columns == ("업소명", "출입일시")
    assert [row.cells["업소명"] for row in table.rows] == ["봄날제과", "노을약국"]


def test_a_wrong_encoding_names_file_row_and_mend() -> None:
    problem = refusal("a,b\n1,2\n봄,2\n".encode("cp949"))
    assert problem.file == "entry.csv"
    assert problem.place == "row 3"
    assert 'encoding = "cp949"' in problem.mend


def test_utf8_declared_as_cp949_is_never_read_as_gibberish() -> None:
    problem = refusal(b"\xef\xbb\xbf" + KOREAN.encode(), mapped(encoding="cp949"))
    assert 'encoding = "utf-8"' in problem.mend


def test_a_byte_order_mark_is_no_part_of_the_first_column() -> None:
    for content, encoding in ((KOREAN.encode("utf-8-sig"), "utf-8"), (KOREAN.encode("utf-16"), "utf-16")):
        assert read_table(content, "entry.csv", mapped(encoding=encoding)).columns[0] == "업소명"


def test_codecs_that_are_no_text_encodings_are_refused() -> None:
    for name in ("rot13", "zip", "unicode_escape", "", "no-such"):
        assert refusal(b"a\n1\n", mapped(encoding=name)).place == "encoding"


def test_rows_are_numbered_as_a_spreadsheet_shows_them() -> None:
    table = read_table(b"a,b\n1,2\n\n3,4\n", "entry.csv", PLAIN)
    assert [row.place for row in table.rows] == ["row 2", "row 4"]


def test_a_row_with_too_few_cells_is_named() -> None:
    assert refusal(b"a,b\n1,2\n3\n").place == "row 3"


def test_empty_cells_at_the_end_of_a_row_do_no_harm() -> None:
    assert len(list(read_table(b"a,b\n1,2,,\n", "entry.csv", PLAIN).rows)) == 1


def test_an_open_quotation_mark_is_named() -> None:
    assert "quotation" in refusal(b'a,b\n1,"2\n').mend


def test_an_empty_file_says_so() -> None:
    assert refusal(b"").problem == "is empty"


def test_one_row_too_many_is_refused() -> None:
    assert len(list(read_table(b"a\n" + b"1\n" * MAX_ROWS, "entry.csv", PLAIN).rows)) == MAX_ROWS
    assert "100,000 rows" in refusal(b"a\n" + b"1\n" * (MAX_ROWS + 1)).problem


def test_one_byte_too_many_is_refused() -> None:
    assert "16 MiB" in refusal(b"a" * (MAX_BYTES + 1)).problem


def test_a_delimiter_of_several_characters_is_refused() -> None:
    assert refusal(b"a;;b\n", mapped(delimiter=";;")).place == "delimiter"


def test_a_workbook_with_the_name_of_a_csv_file_is_refused() -> None:
    assert "XLSX" in refusal(b"PK\x03\x04rest").problem
    assert "XLSX or CSV" in refusal(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest", file="entry.xlsx").mend
    assert "not an XLSX" in refusal(b"a,b\n", file="entry.xlsx").problem


def test_an_unknown_kind_of_file_is_refused() -> None:
    assert ".csv" in refusal(b"x", file="entry.pdf").mend
