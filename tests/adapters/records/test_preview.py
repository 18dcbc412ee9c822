import pytest

from adapters.records.preview import preview
from adapters.records.text import shape
from engine.domain.errors import InputError
from engine.domain.record import Source
from engine.ports import RecordMapping

MAPPING = RecordMapping(
    source=Source.ENTRY,
    columns={"facility": "업소명", "entered_at": "출입일시"},
    subject_column="전화",
)
CONTENT = (
    "업소명,출입일시,전화,이름\n봄날제과,2026-03-02 12:00,010-1234-5678,Kim Min-ji\n노을,soon,,\n".encode()
)


def test_a_form_keeps_length_and_signs_and_nothing_else() -> None:
    assert shape("봄날 Bakery-7, 12:05") == "가가 xxxxxx-9, 99:99"
    assert shape("\x1b[2J\u202e東京") == "·[9x·xx"
    assert shape("x" * 50) == "x" * 40 + "… (50 characters)"


def test_a_preview_shows_forms_and_what_would_become_of_each_row() -> None:
    shown = preview(CONTENT, "entry.csv", MAPPING)
    assert shown.taken == {"facility": "업소명", "entered_at": "출입일시"}
    assert shown.left_out == ("이름",)
    good, bad = shown.rows
    assert good.cells == {"facility": "가가가가", "entered_at": "9999-99-99 99:99"}
    assert (good.place, good.subject, good.outcome) == ("row 2", "999-9999-9999", "taken if the subject's")
    assert bad.outcome.startswith("column entered_at: expected a date")


def test_no_value_of_the_file_is_in_a_preview() -> None:
    text = repr(preview(CONTENT, "entry.csv", MAPPING))
    assert not any(value in text for value in ("봄날", "1234", "Kim", "soon", "2026"))


def test_a_preview_has_five_rows_at_most() -> None:
    content = b"facility,entered_at\n" + b"a,2026-03-02 12:00\n" * 20
    assert len(preview(content, "entry.csv", RecordMapping(source=Source.ENTRY), rows=50).rows) == 5


def test_a_dropped_row_says_why() -> None:
    content = b"approved_at,merchant,terminal\n2026-03-02 12:00,a,online\n"
    (row,) = preview(content, "card.csv", RecordMapping(source=Source.CARD)).rows
    assert row.outcome == "dropped: online"


def test_a_file_that_lacks_columns_has_no_preview() -> None:
    with pytest.raises(InputError, match="missing columns"):
        preview(b"a,b\n1,2\n", "entry.csv", RecordMapping(source=Source.ENTRY))
