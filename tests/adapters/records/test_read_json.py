import pytest

from adapters.records.readers import read_table
from adapters.records.table import MAX_ROWS
from engine.domain.errors import InputError
from engine.domain.record import Source
from engine.ports import RecordMapping


def mapped(**fields: object) -> RecordMapping:
    return RecordMapping(source=Source.PHONE, **fields)  # type: ignore[arg-type]


def refusal(content: bytes, mapping: RecordMapping) -> InputError:
    with pytest.raises(InputError) as caught:
        list(read_table(content, "phone.json", mapping).rows)
    return caught.value


def test_items_are_found_under_a_dotted_path_and_inner_objects_become_dotted_columns() -> None:
    content = b'{"result": {"cells": [{"tower": {"lat": 37.5}, "ok": true, "n": null, "l": [1]}, {"id": 7}]}}'
    table = read_table(content, "phone.json", mapped(items="result.cells"))
    assert table.columns == ("tower.lat", "ok", "n", "id")
    rows = list(table.rows)
    assert rows[0].cells == {"tower.lat": "37.5", "ok": "true", "n": "", "id": ""}
    assert rows[1].place == "item 2"
    assert rows[1].cells["id"] == "7"


def test_a_path_that_leads_nowhere_is_named() -> None:
    assert refusal(b'{"result": {}}', mapped(items="result.cells")).place == "cells"
    assert refusal(b'{"result": {}}', mapped(items="result")).problem == "expected a list of items"


def test_half_a_file_is_refused() -> None:
    assert "not JSON" in refusal(b'[{"a": 1}, {"a"', mapped()).problem


def test_an_item_that_is_no_object_is_named() -> None:
    assert refusal(b'[{"a": 1}, 2]', mapped()).place == "item 2"


def test_depth_without_end_is_refused() -> None:
    assert refusal(b"[" * 100_000, mapped()).file == "phone.json"
    assert refusal(b'{"a":' * 100_000, mapped()).file == "phone.json"


def test_one_item_too_many_is_refused() -> None:
    assert "items" in refusal(b"[" + b"{}," * MAX_ROWS + b"{}]", mapped()).problem


def test_a_byte_order_mark_and_cp949_are_read_as_declared() -> None:
    assert read_table(b'\xef\xbb\xbf[{"a": 1}]', "phone.json", mapped()).columns == ("a",)
    korean = '[{"이름": "가"}]'.encode("cp949")
    assert read_table(korean, "phone.json", mapped(encoding="cp949")).columns == ("이름",)
    assert refusal(korean, mapped()).place == "row 1"
