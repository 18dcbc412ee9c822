"""A model file into the model folder: verified before it gets its name, whole or not at all."""

import os
import shutil
from pathlib import Path

import msgspec

from adapters.face.registry import beside, describe, descriptors, sha256_of
from engine.domain.errors import InputError
from engine.domain.model import ModelDescriptor


def add(file: Path, folder: Path, name: str = "") -> ModelDescriptor:
    """Copy a model carried over by hand into the folder, under the name that its hash gives it.

    A file that no known descriptor speaks of needs its own ``NAME.toml`` beside it, which is copied
    along. ``name`` says which model it must be. Raises InputError where it is none of them.
    """
    if not file.is_file():
        raise InputError("there is no such file", file=str(file), mend="check the path")
    known = descriptors(folder)
    own = file.with_suffix(".toml")
    if own.is_file():
        described = beside(own)
        known.setdefault(described.name, described)
    digest = sha256_of(file)
    if name:
        descriptor = known.get(name) or describe(name, folder)
    else:
        found = next((d for d in known.values() if d.sha256 == digest), None)
        if found is None:
            raise InputError(
                f"is no model known here (sha256 {digest[:12]}...)",
                file=str(file),
                mend=f"copy it again, or put a description {own.name} beside it (see configs/models)",
            )
        descriptor = found
    make_folder(folder)
    part = part_of(descriptor, folder)
    try:
        shutil.copyfile(file, part)
    except OSError as problem:
        part.unlink(missing_ok=True)
        why = (problem.strerror or "cannot be written").lower()
        raise InputError(why, file=str(part), mend="free space, or choose another folder") from None
    settled = settle(descriptor, part, folder, came_from=str(file))
    if own.is_file() and beside(own).name == descriptor.name:
        shutil.copyfile(own, folder / own.name)
    return settled


def settle(descriptor: ModelDescriptor, part: Path, folder: Path, *, came_from: str) -> ModelDescriptor:
    """Give a finished part its name, after size and sha256 were found right; else it is removed.

    Raises InputError for another file than the described one.
    """
    size = part.stat().st_size
    if size != descriptor.bytes or sha256_of(part) != descriptor.sha256:
        part.unlink()
        raise InputError(
            f"is not {descriptor.name} ({size} bytes where {descriptor.bytes} are expected)"
            if size != descriptor.bytes
            else f"is not {descriptor.name}: its sha256 is another",
            file=came_from,
            mend="nothing was kept; get the file again from its source",
        )
    with part.open("rb+") as file:
        os.fsync(file.fileno())
    path = folder / f"{descriptor.name}.onnx"
    part.replace(path)
    return msgspec.structs.replace(descriptor, file=str(path))


def part_of(descriptor: ModelDescriptor, folder: Path) -> Path:
    """Where an unfinished file lies; no model is ever loaded from there."""
    return folder / f"{descriptor.name}.onnx.part"


def make_folder(folder: Path) -> None:
    """Raises InputError where the folder cannot be made."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        why = (problem.strerror or "cannot be made").lower()
        raise InputError(
            why, file=str(folder), mend="set TRACEDESK_MODELS to a folder you may write to"
        ) from None
