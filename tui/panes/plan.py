"""A city as arrays, made once from what the engine tells of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain, pairwise

import numpy as np
import numpy.typing as npt

from engine.api.site_schema import CityMap

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """``streets``: (n, 4) straight pieces as lon, lat, lon, lat; ``lats`` and ``lons``: of n cameras, whose
    places in them ``cameras`` has by id. Degrees WGS 84."""

    streets: Floats
    cameras: Mapping[str, int]
    lats: Floats
    lons: Floats

    def places(self, camera_ids: Iterable[str]) -> npt.NDArray[np.intp]:
        """Where those cameras stand in the arrays; ids that the city does not know are left out."""
        known = (self.cameras.get(camera_id) for camera_id in camera_ids)
        return np.array([place for place in known if place is not None], dtype=np.intp)

    def position(self, camera_id: str) -> tuple[float, float] | None:
        """Latitude and longitude."""
        place = self.cameras.get(camera_id)
        return None if place is None else (float(self.lats[place]), float(self.lons[place]))


def plan_of(city: CityMap) -> Plan:
    """Takes some tens of milliseconds for a large city."""
    pieces = chain.from_iterable(pairwise(street.line) for street in city.streets)
    flat = np.fromiter(chain.from_iterable((*a, *b) for a, b in pieces), dtype=np.float64)
    return Plan(
        streets=flat.reshape(-1, 4),
        cameras={camera.camera_id: place for place, camera in enumerate(city.cameras)},
        lats=np.array([camera.lat for camera in city.cameras], dtype=np.float64),
        lons=np.array([camera.lon for camera in city.cameras], dtype=np.float64),
    )
