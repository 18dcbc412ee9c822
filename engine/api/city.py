"""The place as registers describe it: streets, cameras, the gazetteer. Nobody's whereabouts."""

import asyncio

import msgspec

from engine.api.site_schema import CameraPlace, CityMap, PlaceFound, Street
from engine.trace.context import Context, Site

MOST_PLACES = 20


class City:
    """The map never changes while an engine runs: it is made once, as it goes out."""

    def __init__(self, context: Context) -> None:
        self._site = context.site
        self._one = asyncio.Lock()
        self._map: msgspec.Raw | None = None

    async def map(self) -> msgspec.Raw:
        """A CityMap in JSON."""
        async with self._one:
            if self._map is None:
                self._map = await asyncio.to_thread(_drawn, self._site)
            return self._map

    async def places(self, text: str) -> tuple[PlaceFound, ...]:
        """Places of the gazetteer with the text in name, address or id, best first, 20 at most."""
        return tuple(
            PlaceFound(
                place_id=place.place_id,
                name=place.names[0],
                address=place.address,
                kind=place.kind,
                lat=place.disc.lat,
                lon=place.disc.lon,
                radius_m=place.disc.radius_m,
            )
            for place in self._site.places_like(text, MOST_PLACES)
        )


def _drawn(site: Site) -> msgspec.Raw:
    drawn = CityMap(
        streets=tuple(Street(name=street.name, line=street.line) for street in site.streets),
        cameras=tuple(
            CameraPlace(
                camera_id=camera.camera_id,
                name=camera.name,
                lat=camera.lat,
                lon=camera.lon,
                range_m=camera.range_m,
                azimuth_deg=camera.azimuth_deg,
                hfov_deg=camera.hfov_deg,
            )
            for camera in site.cameras.values()
        ),
    )
    return msgspec.Raw(msgspec.json.encode(drawn))
