"""One copy of the keys on another disk, apart from backups of data: one generation, overwritten.

Without it a broken disk takes all sealed data with it. It opens what the keys open, so it belongs on
a volume of which no snapshots and no backups are made; after each destruction it is overwritten in
place before the new one takes its name.
"""

import hashlib
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

import msgspec

from engine.domain.errors import InputError
from engine.vault import files

COPY_FILE = "keys.copy"
LIMIT_S = 10.0  # a disk that takes longer for some kilobytes hangs


class Copied(Protocol):
    """What has keys to copy."""

    def parts(self) -> dict[str, bytes]: ...


class _Copy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    parts: dict[str, bytes]
    sha256: str

    def __repr__(self) -> str:
        return "_Copy"


class KeyCopy:
    """The copy of one vault. A disk that hangs holds up a thread of its own and nothing else, and that
    thread does not keep the process from ending. One caller at a time."""

    def __init__(self, folder: Path, limit_s: float) -> None:
        self.problem = ""
        self._folder = folder
        self._limit_s = limit_s
        self._thread: threading.Thread | None = None

    def bring_up(self, parts: Callable[[], Mapping[str, bytes]]) -> None:
        """Write what ``parts`` gives now; ``problem`` is "" afterwards, or why the copy is behind."""
        if self._thread is not None:  # what it still writes may be older than this
            self._thread.join(self._limit_s)
            if self._thread.is_alive():
                return
            self._thread = None
        failed: list[OSError] = []
        wrong: list[BaseException] = []
        try:
            content = dict(parts())
        except OSError as problem:
            self.problem = problem.strerror or "cannot be read"
            return

        def write() -> None:
            try:
                write_copy(content, self._folder)
            except OSError as problem:
                failed.append(problem)
            except BaseException as problem:
                wrong.append(problem)

        thread = threading.Thread(target=write, name="copy of the keys", daemon=True)
        thread.start()
        thread.join(self._limit_s)
        if thread.is_alive():
            self._thread = thread
            self.problem = "does not answer"
        elif wrong:
            raise wrong[0]
        else:
            self.problem = (failed[0].strerror or "cannot be written") if failed else ""


def copy_keys(vault: Copied, folder: Path) -> None:
    """Replace the copy in ``folder``, durably, unless it is the same already. Raises OSError."""
    write_copy(vault.parts(), folder)


def write_copy(parts: Mapping[str, bytes], folder: Path) -> None:
    """The same with what the vault said before."""
    path = folder / COPY_FILE
    content = msgspec.json.encode(_Copy(parts=dict(parts), sha256=_digest(parts)))
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


def _digest(parts: Mapping[str, bytes]) -> str:
    return hashlib.sha256(msgspec.json.encode(parts, order="deterministic")).hexdigest()
