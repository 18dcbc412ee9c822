"""An exported audit as a file: written from pages, and checked without an engine."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from engine.api.audit_schema import AuditPage
from engine.audit.check import Verdict as Verdict
from engine.audit.export import FORMAT, Header, Record, check_file, split_notes
from engine.domain.checkpoint import parse_verifier_key
from engine.domain.errors import InputError


def header_line(page: AuditPage) -> bytes:
    """The first line of a file that begins with this page."""
    head = Header(format=FORMAT, key=page.key, after=page.after, previous=page.previous, peaks=page.peaks)
    return msgspec.json.encode(head) + b"\n"


def record_lines(page: AuditPage) -> Iterator[bytes]:
    """The lines of one page."""
    for one in page.records:
        yield msgspec.json.encode(Record(line=one.line, hash=one.hash, note=one.note)) + b"\n"


def verify_file(path: Path, key: str, notes: Path | None = None) -> Verdict:
    """Check a file under the engine's key; ``notes`` are checkpoints as the witness has them. Raises
    InputError naming the file where one cannot be read or is not what it should be."""
    verifier = parse_verifier_key(key)
    try:
        witnessed = list(split_notes(_text(notes))) if notes else []
    except InputError as problem:
        raise InputError(problem.problem, file=str(notes), mend=problem.mend) from None
    try:
        with path.open("rb") as file:
            return check_file(file, verifier, witnessed)
    except OSError as problem:
        raise _unreadable(path, problem) from None
    except InputError as problem:
        where = notes if problem.place == "witness" and notes else path
        raise InputError(problem.problem, file=str(where), mend=problem.mend) from None


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError as problem:
        raise InputError((problem.strerror or "cannot be read").lower(), mend="check the path") from None
    except ValueError:
        raise InputError("is not UTF-8", mend="hand over the notes as the witness has them") from None


def _unreadable(path: Path, problem: OSError) -> InputError:
    return InputError((problem.strerror or "cannot be read").lower(), file=str(path), mend="check the path")
