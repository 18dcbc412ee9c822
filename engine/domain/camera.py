"""Fixed cameras and the minutes of theirs that a trace may open."""

from datetime import datetime

from engine.domain.interval import Interval
from engine.domain.place import Disc
from engine.domain.value import Value

UNKNOWN_CLOCK_SIGMA_S = 600.0  # a clock nobody measured is taken to be off by minutes
MAX_WINDOW_S = 600  # a camera window is at most ten minutes: short enough to stop, to share and to do again


class Clock(Value, frozen=True, kw_only=True):
    """``offset_s`` = device clock - true time, in seconds, with its standard deviation."""

    offset_s: float = 0.0
    sigma_s: float = UNKNOWN_CLOCK_SIGMA_S
    measured_at: datetime | None = None
    method: str = ""


class Camera(Value, frozen=True, kw_only=True):
    """A fixed camera of the registry.

    ``coverage`` is a closed ring of (lon, lat) in degrees, empty where it is not known; then the
    camera is taken to see ``range_m`` around itself. ``privacy_zones`` are rings in image
    fractions (0..1) that are blanked before anything else looks at a frame.
    """

    camera_id: str
    name: str
    lat: float
    lon: float
    place_id: str = ""
    height_m: float | None = None
    azimuth_deg: float | None = None
    hfov_deg: float | None = None
    range_m: float = 30.0
    coverage: tuple[tuple[float, float], ...] = ()
    clock: Clock = Clock()
    retention_days: int = 30
    privacy_zones: tuple[tuple[tuple[float, float], ...], ...] = ()

    @property
    def disc(self) -> Disc:
        return Disc(lat=self.lat, lon=self.lon, radius_m=self.range_m)


class CameraWindow(Value, frozen=True, kw_only=True):
    """Some minutes of one camera in true time, wanted by one trace because of ``record_ids``.

    ``pauses`` are stretches inside, in order, of which there was no footage when it was planned.
    """

    window_id: str
    camera_id: str
    interval: Interval
    weight: float
    record_ids: tuple[str, ...]
    pauses: tuple[Interval, ...] = ()

    @property
    def stretches(self) -> tuple[Interval, ...]:
        """What there is footage of, in order; pauses are not in it."""
        edges = [self.interval.start, *(edge for p in self.pauses for edge in (p.start, p.end))]
        pairs = zip(edges[::2], [*edges[1::2], self.interval.end], strict=True)
        return tuple(Interval(start=a, end=b, sigma_s=self.interval.sigma_s) for a, b in pairs)

    @property
    def camera_s(self) -> float:
        """Seconds of footage, as charged."""
        return self.interval.duration_s - sum(pause.duration_s for pause in self.pauses)


class Segment(Value, frozen=True, kw_only=True):
    """One footage file of the archive, by the device's own clock; never by file times.

    ``gaps`` are (start, end) pairs in seconds from the first frame in which nothing was recorded.
    """

    camera_id: str
    file: str
    start_device: datetime
    end_device: datetime
    sha256: str
    gaps: tuple[tuple[float, float], ...] = ()
