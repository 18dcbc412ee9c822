"""From degrees to dots of a screen: a local equirectangular projection, true to shape near its middle.

x = R cos(lat0) (lon - lon0), y = R (lat - lat0), with R the mean radius of the earth (Snyder, Map
Projections: A Working Manual, USGS 1395, 1987, chapter 12). Over a city the error is under a dot.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import numpy.typing as npt

from engine.domain.place import EARTH_RADIUS_M

Floats = npt.NDArray[np.float64]
Point = tuple[float, float]
"""Latitude and longitude in degrees."""

DOTS_ACROSS, DOTS_DOWN = 2, 4  # of a braille cell; a cell is twice as high as wide, so dots are square
M_PER_DEG = math.radians(1.0) * EARTH_RADIUS_M
LEAST_M_PER_DOT, MOST_M_PER_DOT = 0.25, 5_000.0
LEAST_SPAN_M = 400.0  # one place alone is shown with some streets round it
MARGIN = 0.16  # of the span, left free on either side for marks and names


@dataclass(frozen=True, slots=True)
class View:
    """What of the earth is on the screen: its middle in degrees, ``width`` x ``height`` cells, metres a dot.
    North is up; dots count from the upper left corner."""

    lat: float
    lon: float
    width: int
    height: int
    m_per_dot: float

    @classmethod
    def around(cls, points: Sequence[Point], width: int, height: int) -> Self:
        """The closest view of all these points with some margin; anywhere without any."""
        lats, lons = np.array(points or [(0.0, 0.0)], dtype=np.float64).T
        first_lon = float(lons[0])
        off = _turn(lons - first_lon)
        lat = float(lats.min() + lats.max()) / 2
        lon = first_lon + float(off.min() + off.max()) / 2
        down_m = float(lats.max() - lats.min()) * M_PER_DEG
        across_m = float(off.max() - off.min()) * M_PER_DEG * _shrunk(lat)
        m_per_dot = max(
            max(across_m, LEAST_SPAN_M / 2) * (1 + 2 * MARGIN) / max(1, width * DOTS_ACROSS),
            max(down_m, LEAST_SPAN_M / 2) * (1 + 2 * MARGIN) / max(1, height * DOTS_DOWN),
        )
        return cls(lat, lon, width, height, _within(m_per_dot))

    @property
    def dots(self) -> tuple[int, int]:
        """Across and down."""
        return self.width * DOTS_ACROSS, self.height * DOTS_DOWN

    @property
    def span_m(self) -> tuple[float, float]:
        """Metres across and down."""
        across, down = self.dots
        return across * self.m_per_dot, down * self.m_per_dot

    def project(self, lats: Floats, lons: Floats) -> tuple[Floats, Floats]:
        """x and y in dots, also of what lies outside the view."""
        across, down = self.dots
        x = _turn(lons - self.lon) * (M_PER_DEG * _shrunk(self.lat) / self.m_per_dot) + across / 2
        y = (self.lat - lats) * (M_PER_DEG / self.m_per_dot) + down / 2
        return x, y

    def cell(self, lat: float, lon: float) -> tuple[int, int]:
        """Column and row of the cell a position falls into, also outside the view."""
        x, y = self.project(np.array([lat]), np.array([lon]))
        return math.floor(x[0] / DOTS_ACROSS), math.floor(y[0] / DOTS_DOWN)

    def holds(self, points: Sequence[Point]) -> bool:
        """Whether all of them are seen."""
        if not points:
            return True
        x, y = self.project(*np.array(points, dtype=np.float64).T)
        across, down = self.dots
        return bool(np.all((x >= 0) & (x < across) & (y >= 0) & (y < down)))

    def farthest_m(self, lat: float, lon: float) -> float:
        """From a position to the corner of the view farthest from it, in metres."""
        x, y = self.project(np.array([lat]), np.array([lon]))
        across, down = self.dots
        far_x, far_y = max(abs(x[0]), abs(x[0] - across)), max(abs(y[0]), abs(y[0] - down))
        return float(math.hypot(far_x, far_y)) * self.m_per_dot

    def zoomed(self, factor: float) -> "View":
        """So many times as much of the earth."""
        return replace(self, m_per_dot=_within(self.m_per_dot * factor))

    def panned(self, east: float, north: float) -> "View":
        """Moved by so many of its own widths and heights."""
        across_m, down_m = self.span_m
        lat = self.lat + north * down_m / M_PER_DEG
        lon = self.lon + east * across_m / (M_PER_DEG * _shrunk(self.lat))
        return replace(self, lat=min(max(lat, -89.0), 89.0), lon=(lon + 180.0) % 360.0 - 180.0)

    def sized(self, width: int, height: int) -> "View":
        return replace(self, width=width, height=height)


def _shrunk(lat: float) -> float:
    return max(0.01, math.cos(math.radians(lat)))


def _turn(degrees: Floats) -> Floats:
    """The short way round."""
    return (degrees + 180.0) % 360.0 - 180.0


def _within(m_per_dot: float) -> float:
    return min(max(m_per_dot, LEAST_M_PER_DOT), MOST_M_PER_DOT)
