"""A street of the map: drawn, never searched."""

from engine.domain.value import Value


class Street(Value, frozen=True, kw_only=True, gc=False):
    """``line``: (lon, lat) in degrees WGS 84, two points or more. ``name`` may be ""."""

    name: str
    line: tuple[tuple[float, float], ...]
