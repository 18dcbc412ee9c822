"""Which model files are known, where they lie, and whether they are what they claim to be."""

import hashlib
import os
import tomllib
from importlib import resources
from pathlib import Path

import msgspec
import platformdirs

from adapters.settings import load_toml
from engine.domain.errors import InputError
from engine.domain.model import ModelDescriptor

HASH_BLOCK = 1 << 20
SHIPPED = resources.files("configs") / "models"


def descriptors(folder: Path | None = None) -> dict[str, ModelDescriptor]:
    """All known models by name: those shipped, and ``NAME.toml`` beside an ONNX file in ``folder``.

    A descriptor of the folder adds a model and never replaces a shipped one; a file that comes along for
    demonstration stays one under any other name (G27). Raises InputError where one cannot be read, or
    claims a name that is taken.
    """
    known: dict[str, ModelDescriptor] = {}
    for entry in SHIPPED.iterdir():
        if entry.name.endswith(".toml"):
            descriptor = msgspec.convert(tomllib.loads(entry.read_text("utf-8")), ModelDescriptor)
            known[descriptor.name] = descriptor
    demo = {one.sha256 for one in known.values() if one.demo}
    if folder is not None and folder.is_dir():
        for path in sorted(folder.glob("*.toml")):
            added = beside(path)
            if added.sha256.lower() in demo:
                added = msgspec.structs.replace(added, demo=True)
            if added.name in known and known[added.name] != added:
                raise InputError(
                    f"{added.name} is a model that is known already, with another description",
                    file=str(path),
                    place="name",
                    mend="give the model, its ONNX file and this file another name",
                )
            known[added.name] = added
    return dict(sorted(known.items()))


def beside(path: Path) -> ModelDescriptor:
    """The descriptor in a ``NAME.toml``. Raises InputError naming file and key."""
    descriptor: ModelDescriptor = load_toml(path, ModelDescriptor)
    if descriptor.name != path.stem:
        raise InputError(
            f"describes {descriptor.name}",
            file=str(path),
            place="name",
            mend="file name and name must be the same",
        )
    if descriptor.file:
        raise InputError("must not be given", file=str(path), place="file", mend="remove the line")
    return descriptor


def model_folder(settings_folder: Path | None = None) -> Path:
    """Where model files lie: TRACEDESK_MODELS, else the given folder, else the user's data folder."""
    if given := os.environ.get("TRACEDESK_MODELS", ""):
        return Path(given)
    return settings_folder or platformdirs.user_data_path("tracedesk") / "models"


def describe(name: str, folder: Path) -> ModelDescriptor:
    """The descriptor of a name. Raises InputError listing the names that there are."""
    known = descriptors(folder)
    if name not in known:
        raise InputError(f"no model is called {name}", mend=f"known are {', '.join(known)}")
    return known[name]


def find(name: str, folder: Path) -> ModelDescriptor:
    """The descriptor of a model with ``file`` filled in; not yet verified.

    One that comes along is taken from there. Else ``NAME.onnx`` is taken first, else the ONNX file of the
    folder with the right size and hash. Raises InputError naming the file that is missing and how to get
    it there.
    """
    descriptor = describe(name, folder)
    if descriptor.demo and (own := shipped_file(descriptor)) is not None:
        return msgspec.structs.replace(descriptor, file=str(own))
    path = folder / f"{name}.onnx"
    if not path.is_file():
        others = (p for p in sorted(folder.glob("*.onnx")) if p.stat().st_size == descriptor.bytes)
        path = next((p for p in others if sha256_of(p) == descriptor.sha256), path)
    if not path.is_file():
        raise InputError("there is no such model file", file=str(path), mend=how_to_get(descriptor))
    return msgspec.structs.replace(descriptor, file=str(path))


def shipped_file(descriptor: ModelDescriptor) -> Path | None:
    """The file of a model that comes along; several descriptions may speak of one file."""
    files = [Path(str(entry)) for entry in SHIPPED.iterdir() if entry.name.endswith(".onnx")]
    fitting = (p for p in sorted(files) if p.stat().st_size == descriptor.bytes)
    return next((p for p in fitting if sha256_of(p) == descriptor.sha256), None)


def verify(descriptor: ModelDescriptor) -> bytes:
    """The content of a model file, after size and sha256 were found right.

    Read once, so that what was checked is what is used. Raises InputError otherwise.
    """
    path = Path(descriptor.file)
    try:
        size = path.stat().st_size
        content = path.read_bytes() if size == descriptor.bytes else b""
    except OSError as problem:
        why = (problem.strerror or "cannot be read").lower()
        raise InputError(why, file=str(path), mend=how_to_get(descriptor)) from None
    if size != descriptor.bytes:
        raise InputError(
            f"has {size} bytes where {descriptor.name} has {descriptor.bytes}",
            file=str(path),
            mend=how_to_get(descriptor),
        )
    if (found := hashlib.sha256(content).hexdigest()) != descriptor.sha256:
        raise InputError(
            f"is not {descriptor.name}: sha256 {found[:12]}... where {descriptor.sha256[:12]}... is expected",
            file=str(path),
            mend=how_to_get(descriptor),
        )
    return content


def how_to_get(descriptor: ModelDescriptor) -> str:
    """What to do for a model file, also on a server without a network."""
    by_hand = "carry the file over by hand and run: tracedesk models add FILE"
    if descriptor.url:
        return f"run: tracedesk models pull {descriptor.name}, or without a network {by_hand}"
    return by_hand


def sha256_of(path: Path) -> str:
    """Hex digest of a file, read in blocks."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(HASH_BLOCK):
            digest.update(block)
    return digest.hexdigest()
