"""A sighting to be shown again from the footage, and what became of it."""

from engine.domain.track import FacePoint, Still
from engine.domain.value import Value


class Sighting(Value, frozen=True, kw_only=True):
    """The face that is kept in a clip, as the scan saw it: its ``path``, the paths of those ``beside`` it,
    and one picture of it, ``seen`` at the time of one of the points of the path."""

    path: tuple[FacePoint, ...]
    beside: tuple[tuple[FacePoint, ...], ...]
    seen: Still


class DrawnClip(Value, frozen=True, kw_only=True):
    """``frames`` in order of time, about ``rate_hz`` of them a second."""

    rate_hz: float
    frames: tuple[Still, ...]
