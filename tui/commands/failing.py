"""How a command fails: one plain line and exit code 2, never a traceback for a known cause."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import typer

from engine.domain.errors import InputError, Refused
from tui.language.catalogue import tr_engine

EXIT_CODE = 2


@contextlib.contextmanager
def plainly(before: str = "tracedesk") -> Iterator[None]:
    """Print an InputError or Refused as one line on stderr and leave with exit code 2: in English, or in the
    language that was chosen by then (``opening.speak``).

    For ``with`` and as a decorator. Line breaks and control characters of the message become
    spaces: it may quote what a file said.
    """
    try:
        yield
    except (InputError, Refused) as problem:
        line = "".join(c if c.isprintable() else " " for c in tr_engine(str(problem)))
        typer.echo(f"{before}: {line}", err=True)
        raise typer.Exit(EXIT_CODE) from None


@contextlib.contextmanager
def on_disk(path: Path, mend: str) -> Iterator[None]:
    """Raises InputError naming ``path`` where the system does not let it be made, read or written."""
    try:
        yield
    except OSError as problem:
        why = (problem.strerror or "cannot be used").lower()
        raise InputError(why, file=str(problem.filename or path), mend=mend) from None
