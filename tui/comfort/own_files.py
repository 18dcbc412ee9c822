"""Where a person keeps keys and settings, and how a file of theirs is read: whole, or not at all."""

import re
import tomllib
from pathlib import Path
from typing import Any

import platformdirs

from engine.domain.errors import InputError

LARGEST_BYTES = 64 * 1024
NAME = "tracedesk"


def own_file(name: str) -> Path:
    """``~/.config/tracedesk/NAME``, or below XDG_CONFIG_HOME."""
    return platformdirs.user_config_path(NAME) / name


def called(path: Path) -> str:
    """The path with ``~`` for the person's home, as it may stand on a screen."""
    try:
        return f"~/{path.relative_to(Path.home())}"
    except (ValueError, RuntimeError):
        return str(path)


def read_toml(path: Path) -> tuple[dict[str, Any], str]:
    """The tables of a file and its text, for ``line_of``; both empty where there is none. Raises
    InputError."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_BYTES + 1)
    except FileNotFoundError:
        return {}, ""
    except OSError as problem:
        why = (problem.strerror or "cannot be read").lower()
        raise InputError(why, file=called(path), mend="see what it is and who may read it") from None
    if len(content) > LARGEST_BYTES:
        raise InputError("is too large", file=called(path), mend=f"{LARGEST_BYTES // 1024} KiB at most")
    try:
        text = content.decode("utf-8")
        return tomllib.loads(text), text
    except UnicodeDecodeError:
        raise InputError("is not UTF-8", file=called(path), mend="save it as UTF-8") from None
    except (tomllib.TOMLDecodeError, RecursionError) as problem:
        raise InputError(f"is not TOML: {problem}", file=called(path), mend="correct that line") from None


def line_of(text: str, key: str) -> str:
    """``line 3, same``: where a key of a table is given; the bare key where that cannot be found."""
    written = re.compile(rf"""\s*["']?{re.escape(key)}["']?\s*=""")
    for number, line in enumerate(text.splitlines(), start=1):
        if written.match(line):
            return f"line {number}, {key}"
    return key if key.isprintable() else ascii(key)  # a quoted key may hold what commands a terminal
