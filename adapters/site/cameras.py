"""The camera registry of a site: fixed cameras only, as TOML or GeoJSON."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from adapters.settings import Strict, load_toml, mend_of
from adapters.site.entry import check_id, check_range, convert_entry, ring
from engine.domain.camera import UNKNOWN_CLOCK_SIGMA_S, Camera, Clock
from engine.domain.errors import InputError

MAX_BYTES = 64 * 1024 * 1024
MAX_CLOCK_OFFSET_S = 86_400.0 * 366  # a clock that lost its year still has a measurable offset


class ClockEntry(Strict, frozen=True, kw_only=True):
    """``offset_s`` = device clock - true time, in seconds; ``sigma_s`` its standard deviation."""

    offset_s: float
    sigma_s: float | None = None
    measured_at: datetime | None = None
    method: str = ""


class CameraEntry(Strict, frozen=True, kw_only=True):
    """One ``[[camera]]``; in GeoJSON the properties of a Feature whose geometry is its Point."""

    camera_id: str
    name: str
    lat: float
    lon: float
    fixed: bool = False
    place_id: str = ""
    height_m: float | None = None
    azimuth_deg: float | None = None
    hfov_deg: float | None = None
    range_m: float = 30.0
    coverage: tuple[tuple[float, float], ...] = ()
    clock: ClockEntry | None = None
    retention_days: int = 30
    privacy_zones: tuple[tuple[tuple[float, float], ...], ...] = ()


class CameraFile(Strict, frozen=True, kw_only=True):
    camera: tuple[dict[str, Any], ...]


class Point(msgspec.Struct, frozen=True, kw_only=True):
    type: str
    coordinates: tuple[Any, ...]


class Feature(msgspec.Struct, frozen=True, kw_only=True):
    type: str
    geometry: Point | None
    properties: dict[str, Any]


class FeatureCollection(msgspec.Struct, frozen=True, kw_only=True):
    type: str
    features: tuple[Feature, ...]


class CameraTable:
    """The cameras of a site; implements ``engine.ports.CameraRegistry``.

    ``warnings`` names every camera whose clock nobody measured.
    """

    def __init__(self, cameras: Iterable[Camera], warnings: Sequence[str] = ()) -> None:
        self._cameras = {camera.camera_id: camera for camera in cameras}
        self.warnings = tuple(warnings)

    def by_id(self, camera_id: str) -> Camera | None:
        return self._cameras.get(camera_id)

    def all(self) -> Sequence[Camera]:
        return tuple(self._cameras.values())


def load_cameras(path: Path) -> CameraTable:
    """Read a registry (``.toml``, ``.geojson`` or ``.json``). Raises InputError naming the spot.

    A clock without a measured offset and sigma gets sigma 600 s and a warning.
    """
    if path.suffix.lower() == ".toml":
        entries: Sequence[tuple[str, Mapping[str, Any]]] = [
            (f"cameras[{number}]", table) for number, table in enumerate(load_toml(path, CameraFile).camera)
        ]
    elif path.suffix.lower() in (".geojson", ".json"):
        entries = _features(path)
    else:
        raise InputError(
            "a camera registry is a .toml or a .geojson file", file=str(path), mend="correct site.toml"
        )
    cameras: list[Camera] = []
    warnings: list[str] = []
    seen: dict[str, str] = {}
    for spot, table in entries:
        entry = convert_entry(table, CameraEntry, file=str(path), place=spot)
        camera = _camera(entry, seen, file=str(path), spot=spot)
        if entry.clock is None or entry.clock.sigma_s is None:
            warnings.append(
                f"{path}: {spot}.clock: the clock of {camera.camera_id} was never measured; "
                f"sigma {UNKNOWN_CLOCK_SIGMA_S:g} s is taken until offset_s and sigma_s are given"
            )
        cameras.append(camera)
        seen[camera.camera_id] = spot
    return CameraTable(cameras, warnings)


def _camera(entry: CameraEntry, seen: Mapping[str, str], *, file: str, spot: str) -> Camera:
    check_id(entry.camera_id, seen, file=file, place=f"{spot}.camera_id")
    if not entry.fixed:
        raise InputError(
            f"{entry.camera_id} is not declared a fixed camera",
            file=file,
            place=f"{spot}.fixed",
            mend="the law names fixed devices only: state fixed = true, or take the camera out",
        )
    for key, value, low, high in (
        ("lat", entry.lat, -90, 90),
        ("lon", entry.lon, -180, 180),
        ("height_m", entry.height_m, 0, 500),
        ("azimuth_deg", entry.azimuth_deg, 0, 360),
        ("hfov_deg", entry.hfov_deg, 1, 360),
        ("range_m", entry.range_m, 1, 1000),
        ("retention_days", entry.retention_days, 1, 366),
    ):
        check_range(value, low, high, file=file, place=f"{spot}.{key}")
    return Camera(
        camera_id=entry.camera_id,
        name=entry.name,
        lat=entry.lat,
        lon=entry.lon,
        place_id=entry.place_id,
        height_m=entry.height_m,
        azimuth_deg=entry.azimuth_deg,
        hfov_deg=entry.hfov_deg,
        range_m=entry.range_m,
        coverage=ring(
            entry.coverage, first=(-180, 180), second=(-90, 90), file=file, place=f"{spot}.coverage"
        ),
        clock=_clock(entry.clock, file=file, spot=f"{spot}.clock"),
        retention_days=entry.retention_days,
        privacy_zones=tuple(
            ring(zone, first=(0, 1), second=(0, 1), file=file, place=f"{spot}.privacy_zones[{number}]")
            for number, zone in enumerate(entry.privacy_zones)
        ),
    )


def _clock(entry: ClockEntry | None, *, file: str, spot: str) -> Clock:
    if entry is None:
        return Clock()
    check_range(entry.offset_s, -MAX_CLOCK_OFFSET_S, MAX_CLOCK_OFFSET_S, file=file, place=f"{spot}.offset_s")
    check_range(entry.sigma_s, 0, MAX_CLOCK_OFFSET_S, file=file, place=f"{spot}.sigma_s")
    if entry.measured_at is not None and entry.measured_at.tzinfo is None:
        raise InputError(
            "has no time zone",
            file=file,
            place=f"{spot}.measured_at",
            mend="write the offset from UTC, as in 2026-03-01T09:00:00+09:00",
        )
    return Clock(
        offset_s=entry.offset_s,
        sigma_s=UNKNOWN_CLOCK_SIGMA_S if entry.sigma_s is None else entry.sigma_s,
        measured_at=entry.measured_at,
        method=entry.method,
    )


def _features(path: Path) -> list[tuple[str, Mapping[str, Any]]]:
    file = str(path)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(
                f"is over {MAX_BYTES // 1024 // 1024} MiB", file=file, mend="split it by district"
            )
        collection = msgspec.json.decode(path.read_bytes(), type=FeatureCollection)
    except FileNotFoundError:
        raise InputError("there is no such file", file=file, mend="check the path") from None
    except OSError as problem:
        why = (problem.strerror or "cannot be read").lower()
        raise InputError(why, file=file, mend="check what it is and who may read it") from None
    except msgspec.ValidationError as problem:
        what, _, where = str(problem).partition(" - at `$")
        raise InputError(what, file=file, place=where.rstrip("`").lstrip("."), mend=mend_of(what)) from None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as problem:
        raise InputError(f"is not JSON: {problem}", file=file, mend="export it again") from None
    if collection.type != "FeatureCollection":
        raise InputError(
            f"expected FeatureCollection, got {collection.type!r}",
            file=file,
            place="type",
            mend="export it again",
        )
    return [
        (f"cameras[{number}]", _from_feature(feature, file=file, spot=f"features[{number}]"))
        for number, feature in enumerate(collection.features)
    ]


def _from_feature(feature: Feature, *, file: str, spot: str) -> Mapping[str, Any]:
    geometry = feature.geometry
    if geometry is None or geometry.type != "Point" or len(geometry.coordinates) not in (2, 3):
        raise InputError(
            "expected a Point with [lon, lat]",
            file=file,
            place=f"{spot}.geometry",
            mend="give the seen area as the property coverage, a ring of [lon, lat]",
        )
    lon, lat = geometry.coordinates[:2]
    return {**feature.properties, "lon": lon, "lat": lat}
