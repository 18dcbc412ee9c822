"""What is asked about a contact, and what stays as it was."""

import io
import sys

import msgspec
import pytest

from tests.screens.fake_contacts import named
from tui.commands.contact_form import asked


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_what_is_left_as_it_stands_is_not_written_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """A long note is shown in part: enter keeps the whole of it."""
    before = msgspec.structs.replace(named(1), note="n" * 900, reference="one\ntwo")
    monkeypatch.setattr(sys, "stdin", Terminal("\n\n010-5550-9999\n\n"))
    assert asked(before).given == {"phone": "010-5550-9999"}


def test_a_new_row_takes_every_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal("Park\nline 7\n\n\n"))
    assert asked().given == {"name": "Park", "reference": "line 7", "phone": "", "note": ""}
