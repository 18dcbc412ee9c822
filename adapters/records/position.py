"""Where a row happened: its own coordinates, or a place of the gazetteer; never a guess."""

from adapters.records.row import Row
from engine.domain.place import Disc, Place
from engine.domain.value import Value
from engine.ports import Gazetteer

MAX_RADIUS_M = 100_000.0


class Position(Value, frozen=True, kw_only=True):
    """``disc`` None where nothing was found; ``asked`` says that something was looked for."""

    disc: Disc | None = None
    place_id: str = ""
    kind: str = ""
    asked: bool = False


def coordinates(row: Row, least_radius_m: float, *, lat: str = "lat", lon: str = "lon") -> Disc | None:
    """The disc of the row's own coordinates, None without them; one without the other is an error."""
    north, east = row.number(lat, -90, 90), row.number(lon, -180, 180)
    if (north is None and east is None) or north == east == 0:  # 0, 0 is written where there was no fix
        return None
    if north is None or east is None:
        raise row.wrong(lat if north is None else lon, "is empty", f"{lat} and {lon} go together")
    radius_m = row.number("radius_m", 0, MAX_RADIUS_M)
    return Disc(lat=north, lon=east, radius_m=least_radius_m if radius_m is None else max(radius_m, 1.0))


def locate(
    row: Row, places: Gazetteer, *, ids: tuple[str, ...], texts: tuple[str, ...], least_radius_m: float
) -> Position:
    """Coordinates first, then the columns ``ids`` by id, then the columns ``texts`` by name or address.

    A stated ``radius_m`` counts; otherwise the disc is the place's, never below ``least_radius_m``.
    """
    place = None
    asked = False
    for column in (*ids, *texts):
        if text := row.text(column):
            asked = True
            place = places.by_id(text) if column in ids else places.find(text)
        if place is not None:
            break
    own = coordinates(row, least_radius_m)
    if own is not None:
        return Position(disc=own, place_id=place.place_id if place else "", asked=True)
    if place is None:
        return Position(asked=asked)
    return at_place(row, place, least_radius_m)


def at_place(row: Row, place: Place, least_radius_m: float) -> Position:
    """The position of a place of the gazetteer."""
    stated_m = row.number("radius_m", 0, MAX_RADIUS_M)
    radius_m = max(place.disc.radius_m, least_radius_m) if stated_m is None else max(stated_m, 1.0)
    disc = Disc(lat=place.disc.lat, lon=place.disc.lon, radius_m=radius_m)
    return Position(disc=disc, place_id=place.place_id, kind=place.kind, asked=True)
