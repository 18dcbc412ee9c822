"""G19: what people write about a person or a case is no argument: whoever lists the processes would read it,
and the shell would keep it."""

import inspect
from collections.abc import Callable, Iterator
from typing import Any, get_args, get_type_hints

import pytest
import typer
from typer.testing import CliRunner

from tui.cli import app

OF_CASES = ("case", "candidates", "contacts", "authorisation", "decide", "export", "erasure")
IDS = {
    "case_id", "case_ids", "candidate", "candidates", "other", "others", "keep", "contact", "photo", "where",
    "request_id", "authorisation_id", "scene", "unlink", "after", "case_number",
}  # fmt: skip
NAMES = {
    "person", "owner", "source", "authority", "law", "collected",
}  # fmt: skip
FILES_AND_TIMES = {"file", "document", "sent_at", "until"}
"""Ids, names of colleagues and of lists that are installed, files and times: no sentence stands in any."""


def commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Callable[..., object]]]:
    for name, below in getattr(command, "commands", {}).items():
        if path or name in OF_CASES:
            yield from commands(below, (*path, name))
    if path and not hasattr(command, "commands"):
        yield " ".join(path), inspect.unwrap(command.callback)


def free_text() -> list[tuple[str, str]]:
    """Commands about cases, each with a parameter into which any words can be written."""
    return [
        (path, name)
        for path, function in commands(typer.main.get_command(app))
        for name, kind in get_type_hints(function).items()
        if holds_text(kind) and name != "return"
    ]


def holds_text(kind: Any) -> bool:
    return kind is str or any(map(holds_text, get_args(kind)))


def test_g19_no_command_about_a_case_takes_a_sentence_as_an_argument() -> None:
    taken = free_text()
    assert len(taken) > 30, "the commands were not found"
    assert {(path, name) for path, name in taken if name not in IDS | NAMES | FILES_AND_TIMES} == set()


@pytest.mark.parametrize(
    "words",
    [
        ("case", "handover", "A", "Park calls back"),
        ("candidates", "note", "C-1", "it is Park"),
        ("contacts", "add", "A", "Park", "--backing", "roster"),
        ("case", "notice", "passed-on", "A", "Gaon Province", "contacts of Park"),
        ("case", "close", "A", "Park is well again"),
        ("case", "places", "the cafe where Park was"),
        ("case", "source", "ask", "A", "card", "province", "--reference", "card of Park"),
        ("case", "source", "answer", "A", "R-1", "--reference", "card of Park"),
        ("authorisation", "emergency", "/nowhere/A", "Park sat in it"),
    ],
)
def test_g19_no_text_about_a_person_is_taken_as_an_argument(words: tuple[str, ...]) -> None:
    outcome = CliRunner().invoke(app, [*words, "--socket", "/nowhere"])
    assert outcome.exit_code == 2
    assert "unexpected extra argument" in outcome.output


@pytest.mark.parametrize("words", [("case", "close", "A"), ("authorisation", "emergency", "/nowhere/A")])
def test_g19_a_reason_is_no_option(words: tuple[str, ...]) -> None:
    outcome = CliRunner().invoke(app, [*words, "--reason", "Park is well again", "--socket", "/nowhere"])
    assert outcome.exit_code == 2
    assert "No such option" in outcome.output
