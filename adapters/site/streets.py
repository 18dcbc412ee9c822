"""The streets of a site: an optional ``streets.geojson`` beside ``site.toml``, for whoever draws a map."""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import shapely

from adapters.settings import mend_of
from adapters.site.entry import check_range
from engine.domain.errors import InputError
from engine.domain.street import Street

FILE = "streets.geojson"
MAX_BYTES = 32 * 1024 * 1024
MAX_POINTS = 200_000
DRAWN_POINTS = 20_000  # more than a terminal has cells; a whole city goes out in half a megabyte
NAME = 80  # characters
FIRST_TOLERANCE_DEG = 2e-5  # about 2 m
LAST_TOLERANCE_DEG = 5e-3  # about 500 m: what is left then is left out street by street

Point = tuple[float, ...]


class Line(msgspec.Struct, frozen=True, tag_field="type", tag="LineString"):
    coordinates: tuple[Point, ...]


class Lines(msgspec.Struct, frozen=True, tag_field="type", tag="MultiLineString"):
    coordinates: tuple[tuple[Point, ...], ...]


class Feature(msgspec.Struct, frozen=True, tag_field="type", tag="Feature"):
    geometry: Line | Lines
    properties: dict[str, Any] | None = None


class FeatureCollection(msgspec.Struct, frozen=True, tag_field="type", tag="FeatureCollection"):
    features: tuple[Feature, ...]


def load_streets(path: Path) -> tuple[Street, ...]:
    """Streets of a GeoJSON file (RFC 7946: longitude first), () where there is no such file. Their lines
    are made simpler (Douglas-Peucker) until they have 20,000 points at most. Raises InputError."""
    file = str(path)
    try:
        if path.stat().st_size > MAX_BYTES:
            mend = "leave the footpaths out, or take a coarser map"
            raise InputError(f"is over {MAX_BYTES // 1024 // 1024} MiB", file=file, mend=mend)
        collection = msgspec.json.decode(path.read_bytes(), type=FeatureCollection)
    except FileNotFoundError:
        return ()
    except OSError as problem:
        why = (problem.strerror or "cannot be read").lower()
        raise InputError(why, file=file, mend="check what it is and who may read it") from None
    except msgspec.ValidationError as problem:
        what, _, where = str(problem).partition(" - at `$")
        raise InputError(what, file=file, place=where.rstrip("`").lstrip("."), mend=mend_of(what)) from None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as problem:
        raise InputError(f"is not JSON: {problem}", file=file, mend="export it again") from None
    streets: list[Street] = []
    points = 0
    for number, feature in enumerate(collection.features):
        for spot, line in _lines(feature, f"features[{number}].geometry.coordinates"):
            points += len(line)
            if points > MAX_POINTS:
                raise InputError(
                    f"has over {MAX_POINTS} points", file=file, place=spot, mend="take a coarser map"
                )
            streets.append(Street(name=_name(feature), line=_checked(line, file=file, spot=spot)))
    return simplified(streets, DRAWN_POINTS)


def simplified(streets: Sequence[Street], most: int) -> tuple[Street, ...]:
    """At most ``most`` points altogether: first lines with fewer corners, then without the shortest."""
    kept = tuple(streets)
    if _points(kept) <= most:
        return kept
    lines = shapely.linestrings(
        [point for street in kept for point in street.line],
        indices=[number for number, street in enumerate(kept) for _ in street.line],
    )
    tolerance = FIRST_TOLERANCE_DEG
    while _points(kept) > most and tolerance <= LAST_TOLERANCE_DEG:
        simple = shapely.simplify(lines, tolerance, preserve_topology=False)
        kept = tuple(
            Street(name=street.name, line=tuple(line.coords))
            for street, line in zip(streets, simple, strict=True)
        )
        tolerance *= 2
    if _points(kept) <= most:
        return kept
    lengths = shapely.length(lines)
    left, shown = most, set()
    for number in sorted(range(len(kept)), key=lambda n: -lengths[n]):
        if len(kept[number].line) > left:
            break
        left -= len(kept[number].line)
        shown.add(number)
    return tuple(street for number, street in enumerate(kept) if number in shown)


def _points(streets: Sequence[Street]) -> int:
    return sum(len(street.line) for street in streets)


def _lines(feature: Feature, spot: str) -> Iterator[tuple[str, tuple[Point, ...]]]:
    if isinstance(feature.geometry, Line):
        yield spot, feature.geometry.coordinates
    else:
        for number, line in enumerate(feature.geometry.coordinates):
            yield f"{spot}[{number}]", line


def _checked(line: tuple[Point, ...], *, file: str, spot: str) -> tuple[tuple[float, float], ...]:
    if len(line) < 2:
        mend = "a line has two points or more: take the feature out"
        raise InputError(f"has {len(line)} points", file=file, place=spot, mend=mend)
    for number, point in enumerate(line):
        where = f"{spot}[{number}]"
        if len(point) not in (2, 3) or not all(map(math.isfinite, point)):
            raise InputError("expected [lon, lat]", file=file, place=where, mend="correct the point")
        check_range(point[0], -180, 180, file=file, place=f"{where}[0]")
        check_range(point[1], -90, 90, file=file, place=f"{where}[1]")
    return tuple((point[0], point[1]) for point in line)


def _name(feature: Feature) -> str:
    said = (feature.properties or {}).get("name")
    return said[:NAME] if isinstance(said, str) else ""
