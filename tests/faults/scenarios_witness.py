"""Breaks at the witness: its certificate, its memory, its alarms; see ``scenarios.py``."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from adapters.witness.book import Book
from adapters.witness.certificate import fingerprint, make_certificate, server_context
from engine.domain.errors import InputError
from tests.adapters.witness.audits import NOW, ORIGIN, SIGNER, Audit
from tests.faults.forked import Say

SIZES = (10, 25, 60)


def make(folder: Path, say: Say, arm: Callable[[], None]) -> None:
    say(f"ack {make_certificate(folder, ('localhost',), NOW)}")


def made_or_not(folder: Path, acked: set[str]) -> None:
    try:
        found = fingerprint(folder)
        server_context(folder)
    except (InputError, OSError):
        assert not acked, "acknowledged, and not there"
        for path in folder.iterdir():  # what the message of a second try says to do
            path.unlink()
        assert make_certificate(folder, ("localhost",), NOW)
    else:
        assert acked <= {found}


def enrolled(folder: Path) -> None:
    book = Book(folder, NOW)
    book.enrol(SIGNER.verifier, NOW)
    book.close()


def tell(folder: Path, say: Say, arm: Callable[[], None]) -> None:
    book, audit, since = Book(folder, NOW), Audit(length=100), 0
    for size in SIZES:
        at = NOW + timedelta(minutes=size)
        book.remember(audit.signed(size), since, audit.proof(since, size), at)
        say(f"ack {size}")
        since = size
    book.close()


def remembers(folder: Path, acked: set[str]) -> None:
    book, audit = Book(folder, NOW), Audit(length=100)
    latest = book.latest(ORIGIN)
    size = latest.checkpoint.size if latest else 0
    assert size >= max(map(int, acked), default=0), "acknowledged, and forgotten"
    assert size in (0, *SIZES)
    assert book.alarms() == ()
    book.remember(audit.signed(90), size, audit.proof(size, 90), NOW + timedelta(hours=2))
    book.close()
    again = Book(folder, NOW).latest(ORIGIN)
    assert again is not None
    assert again.checkpoint.size == 90
