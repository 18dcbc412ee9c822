"""One copy of the keys on another disk, apart from backups of data: one generation, overwritten.

Without it a broken disk takes all sealed data with it. It opens what the keys open, so it belongs on
a volume of which no snapshots and no backups are made; after each destruction it is overwritten in
place before the new one takes its name.
"""

import hashlib
from pathlib import Path
from typing import Protocol

import msgspec

from engine.domain.errors import InputError
from engine.vault import files

COPY_FILE = "keys.copy"


class Copied(Protocol):
    """What has keys to copy."""

    def parts(self) -> dict[str, bytes]: ...


class _Copy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    parts: dict[str, bytes]
    sha256: str

    def __repr__(self) -> str:
        return "_Copy"


def copy_keys(vault: Copied, folder: Path) -> None:
    """Replace the copy in ``folder``, durably, unless it is the same already. Raises OSError."""
    path = folder / COPY_FILE
    parts = vault.parts()
    content = msgspec.json.encode(_Copy(parts=parts, sha256=_digest(parts)))
    files.settle(path)
    if not (path.exists() and path.read_bytes() == content):
        files.supersede(path, content)


def restore_keys(copy_folder: Path, folder: Path, epoch_folder: Path | None = None) -> None:
    """Put the copied files back. Raises InputError for a damaged copy, and where keys are there already."""
    path = copy_folder / COPY_FILE
    if files.exists(folder / "keys.json"):
        raise InputError(
            "is there already",
            file=str(folder / "keys.json"),
            mend="move it away first, if it is the wrong one",
        )
    try:
        found = msgspec.json.decode(files.read(path), type=_Copy)
    except FileNotFoundError:
        raise InputError("is not there", file=str(path), mend="name the folder that holds it") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise _damaged(path) from None
    if found.sha256 != _digest(found.parts) or any(Path(name).name != name for name in found.parts):
        raise _damaged(path)
    for name in sorted(found.parts, key=lambda name: name == "keys.json"):  # the one that decides is last
        place = (epoch_folder or folder) if name.startswith("epoch-") else folder
        files.replace_durably(place / name, found.parts[name])


def _damaged(path: Path) -> InputError:
    return InputError("is damaged", file=str(path), mend="use the keys themselves, or another disk's copy")


def _digest(parts: dict[str, bytes]) -> str:
    return hashlib.sha256(msgspec.json.encode(parts, order="deterministic")).hexdigest()
