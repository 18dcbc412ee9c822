"""A site as its ``site.toml`` describes it: where cameras, footage, places and models are."""

import os
import tomllib
from pathlib import Path
from typing import Annotated, Any

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
    """Names of descriptors; ``folder`` is where their ONNX files lie. ``calibration`` is "rendered" where
    the footage shows rendered heads, which a rehearsal alone may say; else it shows people."""

    folder: Folder = Folder(env="TRACEDESK_MODELS")
    detector: str = "yunet_n_dynamic"
    embedder: str = "edgeface_xs"
    mask: str = "rfb640_masked_face_v2"
    calibration: str = ""


class Keys(Strict, frozen=True, kw_only=True):
    """Where the unseal secret comes from: ``credential`` (its name under systemd), ``passphrase`` (typed
    at the start, by every custodian a part) or ``file`` (0600, on another volume). ``epoch_folder`` is a
    small volume that no snapshot and no backup holds; ``copy_folder`` takes one copy of the key file."""

    unseal: str
    name: str = ""
    epoch_folder: str = ""
    copy_folder: str = ""


class Witnessed(Strict, frozen=True, kw_only=True):
    """Who remembers what the audit said: a server of another institution (``url`` with the fingerprint of
    its certificate), or at the least a ``file`` on another disk. After ``silent_h`` hours without an
    answer nothing new is permitted."""

    url: str = ""
    certificate_sha256: str = ""
    file: str = ""
    silent_h: Annotated[float, msgspec.Meta(gt=0, le=24)] = 4.0


class Retention(Strict, frozen=True, kw_only=True):
    """A case that nobody has closed ``case_days`` after it was opened is due for erasure."""

    case_days: Annotated[int, msgspec.Meta(ge=1, le=366)] = 90


class Socket(Strict, frozen=True, kw_only=True):
    """Where the console finds the engine, and the group that may connect."""

    path: str = ""
    group: str = ""


class Service(Strict, frozen=True, kw_only=True):
    """What only a server has. ``people`` gives users of the system their roles; whoever is not named has
    none. ``level`` is on which level of government the house stands: basic, province or national."""

    level: str
    people: dict[str, tuple[str, ...]]
    keys: Keys
    witness: Witnessed
    socket: Socket = Socket()
    retention: Retention = Retention()


class SiteFile(Strict, frozen=True, kw_only=True):
    """``profile`` is ``rehearsal`` or ``server``; paths are relative to this file. A server has a
    ``service`` table, a rehearsal a statement."""

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
    service: Service | None = None


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
