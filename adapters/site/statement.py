"""The rehearsal statement: who says that everyone shown is invented or has agreed, and of which files."""

import re
from datetime import date
from pathlib import Path

from adapters.settings import Strict, load_toml
from engine.domain.errors import InputError

SHA256 = re.compile(r"[0-9a-f]{64}")


class StatedFile(Strict, frozen=True, kw_only=True):
    """``file`` is for people; only ``sha256`` (64 lower-case hex digits) decides (G27)."""

    sha256: str
    file: str


class RehearsalStatement(Strict, frozen=True, kw_only=True):
    """``files`` are the only footage and stills that a rehearsal may open."""

    said_by: str
    said_on: date
    statement: str
    files: tuple[StatedFile, ...]

    @property
    def hashes(self) -> frozenset[str]:
        """sha256 of every file listed, lower-case hex."""
        return frozenset(entry.sha256 for entry in self.files)


def load_statement(path: Path) -> RehearsalStatement:
    """Read a statement. Raises InputError: nobody named, a digest that is none, an entry twice."""
    statement: RehearsalStatement = load_toml(path, RehearsalStatement)
    for key in ("said_by", "statement"):
        if not getattr(statement, key).strip():
            raise InputError(
                "is empty", file=str(path), place=key, mend="a statement says who makes it and what it says"
            )
    by_digest: dict[str, int] = {}
    by_name: dict[str, int] = {}
    for number, entry in enumerate(statement.files):
        spot = f"files[{number}]"
        if not SHA256.fullmatch(entry.sha256):
            raise InputError(
                "expected 64 lower-case hex digits",
                file=str(path),
                place=f"{spot}.sha256",
                mend="copy it from sha256sum",
            )
        if entry.sha256 in by_digest or entry.file in by_name:
            first = by_digest.get(entry.sha256, by_name.get(entry.file))
            raise InputError(
                f"is already listed as files[{first}]",
                file=str(path),
                place=spot,
                mend="take one of the two out",
            )
        by_digest[entry.sha256] = by_name[entry.file] = number
    return statement
