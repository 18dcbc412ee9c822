"""A labelled set of faces: a subfolder for each person, used for calibration only (G26)."""

import csv
from collections import Counter
from pathlib import Path, PurePosixPath

from adapters.face.photo import MAX_BYTES, decode_photo
from engine.domain.errors import InputError, Refused
from engine.domain.value import Value
from engine.ports import Image

PICTURES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp"})
COLUMNS = ("file", "identity", "masked")
MIN_PEOPLE = 50
MIN_PHOTOS = 2


class Photo(Value, frozen=True, kw_only=True):
    """One picture. ``take`` is the same for a photograph and its copy with a drawn mask: the two
    are never compared with each other."""

    path: Path
    person: str
    take: str
    masked: bool


def read_set(folder: Path) -> list[Photo]:
    """The pictures of a labelled set, in a fixed order.

    With ``labels.csv`` (columns file, identity, masked) as it says; without, every subfolder is a
    person and ``_masked`` at the end of a file's name marks a mask. Raises InputError for a set
    that cannot be read, Refused for one that is no set of many people with several photos each.
    """
    if not folder.is_dir():
        raise InputError("there is no such folder", file=str(folder), mend="check the path")
    labels = folder / "labels.csv"
    photos = from_labels(labels) if labels.is_file() else from_folders(folder)
    takes = Counter(person for person, _ in {(p.person, p.take) for p in photos})
    if len(takes) < MIN_PEOPLE:
        raise Refused(
            f"{folder}: {len(takes)} people are too few to measure scores on",
            rule="G26",
            mend=f"a labelled set has {MIN_PEOPLE} people or more",
        )
    if single := sum(1 for count in takes.values() if count < MIN_PHOTOS):
        raise Refused(
            f"{folder}: {single} of {len(takes)} people have a single photo: that is a search, not a set",
            rule="G26",
            mend=f"give every person {MIN_PHOTOS} different photos or more",
        )
    return sorted(photos, key=lambda p: (p.person, p.take, p.masked))


def from_folders(folder: Path) -> list[Photo]:
    """A person for each subfolder."""
    return [
        Photo(
            path=path,
            person=path.parent.name,
            take=path.stem.removesuffix("_masked"),
            masked=path.stem.endswith("_masked"),
        )
        for path in sorted(folder.glob("*/*"))
        if path.suffix.lower() in PICTURES
    ]


def from_labels(labels: Path) -> list[Photo]:
    """As ``labels.csv`` says. Raises InputError naming row and column."""
    photos = []
    with labels.open(encoding="utf-8", newline="") as file:
        try:
            rows = csv.DictReader(file)
            if missing := [c for c in COLUMNS if c not in (rows.fieldnames or ())]:
                raise InputError(
                    "column is missing",
                    file=str(labels),
                    place=missing[0],
                    mend=f"needs {', '.join(COLUMNS)}",
                )
            for number, row in enumerate(rows, start=2):
                photos.append(from_row(labels, number, row))
        except (UnicodeDecodeError, csv.Error) as problem:
            raise InputError(f"is not CSV in UTF-8 ({problem})", file=str(labels)) from None
    return photos


def from_row(labels: Path, number: int, row: dict[str, str]) -> Photo:
    name = PurePosixPath(row["file"] or "")
    if not name.parts or name.is_absolute() or ".." in name.parts:
        raise InputError("must lie inside the folder", file=str(labels), place=f"row {number}, column file")
    if row["masked"] not in ("0", "1") or not row["identity"]:
        column = "masked" if row["identity"] else "identity"
        raise InputError(
            f"cannot be {row[column]!r}",
            file=str(labels),
            place=f"row {number}, column {column}",
            mend="masked is 0 or 1, identity is any name",
        )
    return Photo(
        path=labels.parent / name,
        person=row["identity"],
        take=str(name.with_name(name.stem.removesuffix("_masked"))),
        masked=row["masked"] == "1",
    )


def read_picture(path: Path) -> Image:
    """Pixels BGR. Raises InputError where the file is no picture that can be read."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as problem:
        raise InputError((problem.strerror or "cannot be read").lower(), file=str(path)) from None
    return decode_photo(content, str(path))[1]
