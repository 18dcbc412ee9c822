"""Papers that are named by their digest: the console reads the file, and the file goes nowhere."""

import hashlib
import re
from pathlib import Path

from tui.forms.trouble import Trouble
from tui.language.catalogue import tr

_DIGEST = re.compile(r"[0-9a-f]{64}")
MIB = 1024 * 1024


def paper_digest(written: str) -> str | Trouble:
    """64 hexadecimal digits as they are; else the sha256 of the file of that path on this machine."""
    text = "".join(written.split()).casefold().removeprefix("sha256:")
    if _DIGEST.fullmatch(text):
        return text
    path = path_written(written)
    if isinstance(path, Trouble):
        return path
    try:
        with path.open("rb") as paper:
            return hashlib.file_digest(paper, "sha256").hexdigest()
    except OSError as problem:
        return _unreadable(path, problem)


def read_file(written: str, most_mib: int) -> tuple[str, bytes] | Trouble:
    """Name and bytes of the file of that path on this machine."""
    path = path_written(written)
    if isinstance(path, Trouble):
        return path
    try:
        with path.open("rb") as opened:
            content = opened.read(most_mib * MIB + 1)
    except OSError as problem:
        return _unreadable(path, problem)
    if not content:
        return Trouble(tr("{file} is empty", file=path.name), tr("ask for it again"))
    if len(content) > most_mib * MIB:
        return Trouble(tr("{file} is over {n} MiB", file=path.name, n=most_mib), tr("make it smaller"))
    return path.name, content


def path_written(written: str) -> Path | Trouble:
    """The path of a plain file: pipes and devices have no end."""
    text = written.strip().strip("'\"")
    if not text:
        return Trouble(tr("no path is written"), tr("give the path of a file on this machine"))
    try:
        path = Path(text).expanduser()
        plain = path.is_file()
    except (OSError, ValueError, RuntimeError):  # too long, a null in it, nobody of that name
        return Trouble(tr("{path} is no path", path=text[:60]), tr("check it"))
    if not plain:
        return Trouble(tr("there is no file {path}", path=text[:200]), tr("check the path"))
    return path


def _unreadable(path: Path, problem: OSError) -> Trouble:
    why = (problem.strerror or "cannot be read").lower()
    return Trouble(f"{path.name}: {why}", tr("check who may read it"))
