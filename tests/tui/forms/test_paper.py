"""A paper is named by its digest; what is no plain file is not read."""

import hashlib
import os
from pathlib import Path

import pytest

from tui.forms.paper import paper_digest, read_file
from tui.forms.trouble import Trouble

DIGEST = "0123456789abcdef" * 4


def test_digits_are_taken_as_they_are_however_they_were_copied() -> None:
    assert paper_digest(DIGEST) == DIGEST
    assert paper_digest(f" sha256:{DIGEST[:32].upper()} {DIGEST[32:]}\n") == DIGEST


def test_a_file_is_digested_where_it_lies(tmp_path: Path) -> None:
    paper = tmp_path / "동의서 signed.pdf"
    paper.write_bytes(b"signed")
    assert paper_digest(f"'{paper}'") == hashlib.sha256(b"signed").hexdigest()


@pytest.mark.parametrize("written", ["", "/no/such", "/dev/zero", "~nobody-of-that-name/x", "x" * 5000, "\0"])
def test_what_is_no_plain_file_is_trouble_and_no_error(written: str) -> None:
    assert isinstance(paper_digest(written), Trouble)
    assert isinstance(read_file(written, 1), Trouble)


def test_a_pipe_is_never_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert isinstance(paper_digest(str(tmp_path / "pipe")), Trouble)


def test_an_empty_and_an_overlong_file_are_named(tmp_path: Path) -> None:
    empty, large = tmp_path / "empty.jpg", tmp_path / "large.jpg"
    empty.write_bytes(b"")
    large.write_bytes(bytes(1024 * 1024 + 1))
    assert read_file(str(empty), 1) == Trouble("empty.jpg is empty", "ask for it again")
    assert "over 1 MiB" in str(read_file(str(large), 1))
