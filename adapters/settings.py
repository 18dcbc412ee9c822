"""A site as its ``site.toml`` describes it: where cameras, footage, places and models are."""

import os
import tomllib
from pathlib import Path
from typing import Any

import msgspec

from engine.domain.errors import InputError


class Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of a settings file; unknown keys are refused."""


class Folder(Strict, frozen=True, kw_only=True):
    """A folder: ``env`` names an environment variable that wins over ``root``; relative paths are
    relative to the settings file."""

    root: str = ""
    env: str = ""
    below: str = ""  # appended to what ``env`` or ``root`` gave


class Footage(Strict, frozen=True, kw_only=True):
    folder: Folder
    manifest: str


class Models(Strict, frozen=True, kw_only=True):
    """Names of descriptors; ``folder`` is where their ONNX files lie."""

    folder: Folder = Folder(env="TRACEDESK_MODELS")
    detector: str = "yunet_n_dynamic"
    embedder: str = "edgeface_xs"
    mask: str = "rfb640_masked_face_v2"


class SiteFile(Strict, frozen=True, kw_only=True):
    """``profile`` is ``rehearsal`` or ``server``; paths are relative to this file."""

    name: str
    profile: str
    cameras: str
    places: str
    timezone: str = "Asia/Seoul"
    footage: Footage | None = None
    stills: Folder | None = None
    models: Models = Models()
    rehearsal_statement: str = ""
    mappings: str = ""


def load_toml(path: Path, kind: type[Any]) -> Any:
    """Read a TOML file into a strict struct. Raises InputError naming file, key and what to do."""
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        raise InputError("there is no such file", file=str(path), mend="check the path") from None
    except OSError as problem:
        why = (problem.strerror or "cannot be read").lower()
        raise InputError(why, file=str(path), mend="check what it is and who may read it") from None
    try:
        return msgspec.convert(tomllib.loads(text.decode("utf-8")), kind)
    except UnicodeDecodeError:
        raise InputError("is not UTF-8", file=str(path), mend="save it as UTF-8") from None
    except (tomllib.TOMLDecodeError, RecursionError) as problem:
        raise InputError(f"is not TOML: {problem}", file=str(path), mend="correct that line") from None
    except msgspec.ValidationError as problem:
        what, _, where = str(problem).partition(" - at `$")
        raise InputError(
            what, file=str(path), place=where.rstrip("`").lstrip("."), mend=mend_of(what)
        ) from None


def mend_of(what: str) -> str:
    """What to do about a key that does not fit."""
    if "unknown field" in what:
        return "take the key out, or correct its spelling"
    return "add the key" if "missing required field" in what else "correct the value"


def folder_path(folder: Folder, base: Path) -> Path:
    """Where a folder of the settings lies; ``base`` is the folder of the settings file."""
    given = os.environ.get(folder.env, "") if folder.env else ""
    root = Path(given) if given else base / folder.root
    return (root / folder.below).resolve() if folder.below else root.resolve()
