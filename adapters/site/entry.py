"""One entry of a site file, checked key by key so that an error names the spot."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from adapters.settings import mend_of
from engine.domain.errors import InputError

T = TypeVar("T")

ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""Ids are short and plain: they stand in file names, logs and tables."""


def convert_entry(entry: Mapping[str, Any], kind: type[T], *, file: str, place: str) -> T:
    """One table as a strict struct. Raises InputError at ``place``.key."""
    try:
        return msgspec.convert(entry, kind)
    except msgspec.ValidationError as problem:
        what, _, where = str(problem).partition(" - at `$")
        raise InputError(what, file=file, place=place + where.rstrip("`"), mend=mend_of(what)) from None


def check_id(text: str, seen: Mapping[str, str], *, file: str, place: str) -> str:
    """An id that is plain and new; ``seen`` maps the earlier ids to where they stand."""
    if not ID.fullmatch(text):
        raise InputError(
            "an id is 1 to 64 of A-Z a-z 0-9 . _ -, and begins with a letter or digit",
            file=file,
            place=place,
            mend="choose a plain id",
        )
    if text in seen:
        raise InputError(
            f"the id {text} is already used by {seen[text]}",
            file=file,
            place=place,
            mend="every id stands for one thing: rename one of the two",
        )
    return text


def check_range(value: float | None, low: float, high: float, *, file: str, place: str) -> float | None:
    """``low <= value <= high``; None passes; nan and infinities do not."""
    if value is not None and not low <= value <= high:
        raise InputError(f"expected {low:g}..{high:g}, got {value:g}", file=file, place=place)
    return value


def ring(
    points: Sequence[tuple[float, float]],
    *,
    first: tuple[float, float],
    second: tuple[float, float],
    file: str,
    place: str,
) -> tuple[tuple[float, float], ...]:
    """A closed ring of at least three corners; ``first`` and ``second`` bound the coordinates.

    Empty stays empty. A ring that was left open is closed.
    """
    if not points:
        return ()
    for number, (a, b) in enumerate(points):
        check_range(a, *first, file=file, place=f"{place}[{number}][0]")
        check_range(b, *second, file=file, place=f"{place}[{number}][1]")
    corners = tuple((float(a), float(b)) for a, b in points)
    if len(set(corners)) < 3:
        raise InputError(
            "a ring has at least three different corners",
            file=file,
            place=place,
            mend="give [lon, lat] of each corner, or leave the key out",
        )
    return corners if corners[0] == corners[-1] else (*corners, corners[0])


def looked_up(text: str) -> str:
    """The form in which names and addresses are compared: NFKC, no case, no spaces, nothing
    that cannot be printed."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(sign for sign in folded if sign.isprintable() and not sign.isspace())
