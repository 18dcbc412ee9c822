import msgspec
import pytest

from engine.domain.record import Record
from tests.engine.fakes import a_record


def test_a_value_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        a_record(0).note = "changed"  # type: ignore[misc]


def test_a_stored_value_with_an_unknown_field_is_refused() -> None:
    stored = msgspec.to_builtins(a_record(0)) | {"name": "somebody"}
    with pytest.raises(msgspec.ValidationError, match="unknown field `name`"):
        msgspec.convert(stored, Record)


def test_a_value_comes_back_from_the_store_as_it_went_in() -> None:
    record = a_record(0, 30, note="cancelled", moment=True)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(record), type=Record) == record
