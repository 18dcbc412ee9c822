"""What a person writes about a contact, asked for at the terminal or read from a file.

Never an argument: whoever lists the processes of the machine reads those, and the shell keeps them (G19).
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec
import typer

from engine.api.contact_schema import ContactLine
from engine.domain.errors import InputError
from tui.clean import clean_text
from tui.commands.failing import on_disk

MOST_BYTES = 64 * 1024
TOO_LARGE = f"is larger than {MOST_BYTES // 1024} KiB"
ASKED = {
    "name": "name, as the reference has it",
    "reference": "which roster line, record or call gave it",
    "phone": "phone",
    "note": "note",
}


class Written(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A JSON object with some of these. None is what nothing is said about."""

    name: str | None = None
    reference: str | None = None
    phone: str | None = None
    note: str | None = None

    @property
    def given(self) -> dict[str, str]:
        return {name: said for name in ASKED if (said := getattr(self, name)) is not None}


def from_file(file: Path) -> Written:
    """Raises InputError naming file and field. ``-`` is standard input."""
    if str(file) == "-":
        content = sys.stdin.buffer.read(MOST_BYTES + 1)
    else:
        with on_disk(file, "check the path and who may read it"), file.open("rb") as opened:
            content = opened.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise InputError(TOO_LARGE, file=str(file), mend="one contact a file")
    try:
        return msgspec.json.decode(content, type=Written)
    except msgspec.ValidationError as problem:
        fields = ", ".join(ASKED)
        raise InputError(str(problem), file=str(file), mend=f"an object with some of {fields}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise InputError(f"is not JSON: {problem}", file=str(file), mend="write it again, whole") from None


def asked(before: ContactLine | None = None) -> Written:
    """Every field in turn, with what stands there now. Raises InputError where nobody can be asked."""
    if not sys.stdin.isatty():
        raise InputError("nobody is at a terminal to be asked", place="--from", mend="give a JSON file, or -")
    now = {name: clean_text(getattr(before, name)) if before else "" for name in ASKED}
    shown = before is not None
    typed = {
        name: typer.prompt(question, default=now[name], show_default=shown)
        for name, question in ASKED.items()
    }
    # what stands there may be longer than what is shown of it: left as it was, it is not written anew
    return Written(**{name: text for name, text in typed.items() if not shown or text != now[name]})


def text_of(question: str) -> str:
    """One text from the terminal, or all of standard input."""
    if sys.stdin.isatty():
        said: str = typer.prompt(question, default="", show_default=False)
        return said
    return _standard_input().strip()


def text_needed(question: str) -> str:
    """The same, where there has to be one. Raises InputError."""
    text = text_of(question)
    if not text:
        raise InputError("is missing", place=question, mend="write it, also on standard input")
    return text


def text_from(file: Path) -> str:
    """All of a file in UTF-8; ``-`` is standard input. Raises InputError."""
    if str(file) == "-":
        return _standard_input()
    with on_disk(file, "check the path and who may read it"), file.open("rb") as opened:
        return _decoded(opened.read(MOST_BYTES + 1), str(file))


def asked_lines(questions: Sequence[str]) -> list[str]:
    """An answer to each question: typed one after the other, else the lines of standard input; "" where
    there are fewer. Raises InputError for more."""
    if sys.stdin.isatty():
        return [typer.prompt(question, default="", show_default=False).strip() for question in questions]
    given = [line.strip() for line in _standard_input().splitlines()]
    if len(given) > len(questions):
        mend = f"a line each: {'; '.join(questions)}"
        raise InputError(f"has over {len(questions)} lines", place="standard input", mend=mend)
    return given + [""] * (len(questions) - len(given))


def _standard_input() -> str:
    return _decoded(sys.stdin.buffer.read(MOST_BYTES + 1), "standard input")


def _decoded(content: bytes, place: str) -> str:
    if len(content) > MOST_BYTES:
        raise InputError(TOO_LARGE, place=place, mend="shorten it")
    try:
        return content.decode("utf-8").removeprefix("\ufeff")  # the mark that some editors begin a file with
    except UnicodeDecodeError:
        raise InputError("is not UTF-8", place=place, mend="save it as UTF-8") from None
