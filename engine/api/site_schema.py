"""What travels about the place: streets, cameras, the gazetteer, and how the house stands."""

from datetime import datetime

from engine.api.schema import Reply


class Street(Reply, frozen=True, kw_only=True):
    """``line``: (lon, lat) in degrees WGS 84."""

    name: str
    line: tuple[tuple[float, float], ...]


class CameraPlace(Reply, frozen=True, kw_only=True):
    camera_id: str
    name: str
    lat: float
    lon: float
    range_m: float
    azimuth_deg: float | None = None
    hfov_deg: float | None = None


class CityMap(Reply, frozen=True, kw_only=True):
    """``streets`` from the site's GeoJSON, empty where it has none."""

    streets: tuple[Street, ...]
    cameras: tuple[CameraPlace, ...]


class PlaceFound(Reply, frozen=True, kw_only=True):
    """A place of the gazetteer; a public register, nobody's whereabouts."""

    place_id: str
    name: str
    address: str
    kind: str
    lat: float
    lon: float
    radius_m: float


class CameraState(Reply, frozen=True, kw_only=True):
    """``state``: ``ok``, ``silent`` (no footage for longer than it should), ``skewed`` (its clock is far
    off) or ``unmeasured`` (nobody measured its clock)."""

    camera_id: str
    name: str
    state: str
    last_footage: datetime | None
    offset_s: float
    sigma_s: float


class SourceState(Reply, frozen=True, kw_only=True):
    """A way by which records or footage come in: ``ok`` or ``not available``, and ``closed``, ``open`` or
    ``half open`` where a breaker stands before it. ``because`` is "" or one line."""

    name: str
    state: str
    because: str = ""


class House(Reply, frozen=True, kw_only=True):
    """States and counts for whoever keeps the house going; nobody's name, nobody's case. ``cameras`` are
    the 200 worst, those that are not ok first; ``cameras_total`` and ``cameras_ok`` count all."""

    cameras: tuple[CameraState, ...]
    sources: tuple[SourceState, ...]
    disk_free: int
    disk_total: int
    keys_due: int | None
    keys_overdue: int | None
    witness: str
    witness_age_s: float | None
    models: tuple[str, ...]
    cameras_total: int = 0
    cameras_ok: int = 0


class AuditHead(Reply, frozen=True, kw_only=True):
    """How long the audit is and the root of its tree, as hexadecimal digits."""

    size: int
    root: str
    signed_upto: int
    witnessed_upto: int
    witnessed_at: datetime | None
