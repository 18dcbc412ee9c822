"""The gazetteer: names and addresses that become positions. CSV or TOML."""

import csv
import io
import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from pathlib import Path

import msgspec

from adapters.settings import Strict, load_toml
from adapters.site.entry import check_id, check_range, convert_entry, looked_up
from engine.domain.errors import InputError
from engine.domain.place import Disc, Place

MAX_BYTES = 64 * 1024 * 1024
DEFAULT_RADIUS_M = 30.0  # a shop or a small house with its forecourt

BETWEEN = "\n"  # cannot be printed, so it is in no text that is looked up

COLUMNS = ("place_id", "name", "other_names", "address", "lat", "lon", "radius_m", "kind", "phone")
REQUIRED = ("place_id", "name", "lat", "lon")


class PlaceEntry(Strict, frozen=True, kw_only=True):
    """One ``[[place]]`` of the TOML form; the CSV form has the same names as columns, with
    ``other_names`` separated by ``|``."""

    place_id: str
    name: str
    lat: float
    lon: float
    other_names: tuple[str, ...] = ()
    address: str = ""
    radius_m: float = DEFAULT_RADIUS_M
    kind: str = ""
    phone: str = ""


class PlaceFile(Strict, frozen=True, kw_only=True):
    place: tuple[dict[str, object], ...]


class PlaceTable:
    """The places of a site; implements ``engine.ports.Gazetteer``.

    Ids are matched as written. Names and addresses are matched whatever their width, case and
    spaces; a text that fits two places finds none.
    """

    def __init__(self, places: Iterable[Place]) -> None:
        self._places = {place.place_id: place for place in places}
        self._by_text: dict[str, set[str]] = {}
        for place in self._places.values():
            for text in (*place.names, place.address):
                if key := looked_up(text):
                    self._by_text.setdefault(key, set()).add(place.place_id)
        self._listed = _Listed(
            (looked_up(text), place.place_id)
            for place in self._places.values()
            for text in (place.place_id, *place.names, place.address)
        )

    def by_id(self, place_id: str) -> Place | None:
        return self._places.get(place_id)

    def find(self, text: str) -> Place | None:
        """The place whose id, name or address this is; None where none or several fit."""
        given = text.strip()
        if given in self._places:
            return self._places[given]
        fitting = self._by_text.get(looked_up(given), set())
        return self._places[next(iter(fitting))] if len(fitting) == 1 else None

    def all(self) -> Sequence[Place]:
        return tuple(self._places.values())

    def like(self, text: str, most: int = 20) -> tuple[Place, ...]:
        """Places with the text in their id, a name or the address: those that it is first, then those
        that begin with it. Whatever its width, case and spaces; none for an empty one."""
        key = looked_up(text)
        if not key:
            return ()
        hits = dict.fromkeys(self._listed.equal(key))
        for more in (self._listed.beginning(key), self._listed.containing(key)):
            for place_id in more:
                if len(hits) >= most:
                    break
                hits[place_id] = None
        return tuple(self._places[place_id] for place_id in [*hits][:most])


class _Listed:
    """Texts and whose they are: in order for those that begin with something, in one line for those that
    have it inside. Looking through all the names of a city takes a few milliseconds."""

    def __init__(self, texts: Iterable[tuple[str, str]]) -> None:
        known = sorted({(text, place_id) for text, place_id in texts if text})
        self._texts = [text for text, _ in known]
        self._ids = [place_id for _, place_id in known]
        self._line = BETWEEN.join(self._texts)
        self._starts = list(accumulate((len(text) + 1 for text in self._texts), initial=0))

    def equal(self, key: str) -> Iterator[str]:
        number = bisect_left(self._texts, key)
        while number < len(self._texts) and self._texts[number] == key:
            yield self._ids[number]
            number += 1

    def beginning(self, key: str) -> Iterator[str]:
        number = bisect_left(self._texts, key)
        while number < len(self._texts) and self._texts[number].startswith(key):
            yield self._ids[number]
            number += 1

    def containing(self, key: str) -> Iterator[str]:
        at = self._line.find(key)
        while at >= 0:
            number = bisect_right(self._starts, at) - 1
            yield self._ids[number]
            at = self._line.find(key, self._starts[number + 1])


def load_places(path: Path) -> PlaceTable:
    """Read a gazetteer (``.csv`` in UTF-8, or ``.toml``). Raises InputError."""
    if path.suffix.lower() == ".toml":
        tables = load_toml(path, PlaceFile).place
        entries = [
            (f"place[{number}]", convert_entry(table, PlaceEntry, file=str(path), place=f"place[{number}]"))
            for number, table in enumerate(tables)
        ]
    elif path.suffix.lower() == ".csv":
        entries = list(_csv_entries(path))
    else:
        raise InputError("a gazetteer is a .csv or a .toml file", file=str(path), mend="correct site.toml")
    places: list[Place] = []
    seen: dict[str, str] = {}
    for spot, entry in entries:
        places.append(_place(entry, seen, file=str(path), spot=spot))
        seen[entry.place_id] = spot
    return PlaceTable(places)


def _place(entry: PlaceEntry, seen: dict[str, str], *, file: str, spot: str) -> Place:
    check_id(entry.place_id, seen, file=file, place=f"{spot}.place_id")
    if not looked_up(entry.name):
        raise InputError("a place has a name", file=file, place=f"{spot}.name", mend="fill it in")
    check_range(entry.lat, -90, 90, file=file, place=f"{spot}.lat")
    check_range(entry.lon, -180, 180, file=file, place=f"{spot}.lon")
    check_range(entry.radius_m, 1, 50_000, file=file, place=f"{spot}.radius_m")
    return Place(
        place_id=entry.place_id,
        names=(entry.name, *(name for name in entry.other_names if name)),
        address=entry.address,
        disc=Disc(lat=entry.lat, lon=entry.lon, radius_m=entry.radius_m),
        kind=entry.kind,
        phone=entry.phone,
    )


def _csv_entries(path: Path) -> Iterator[tuple[str, PlaceEntry]]:
    file = str(path)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(
                f"is over {MAX_BYTES // 1024 // 1024} MiB", file=file, mend="split it by district"
            )
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise InputError("there is no such file", file=file, mend="check the path") from None
    except OSError as problem:
        why = (problem.strerror or "cannot be read").lower()
        raise InputError(why, file=file, mend="check what it is and who may read it") from None
    except UnicodeDecodeError:
        raise InputError("is not UTF-8", file=file, mend="save the gazetteer as UTF-8") from None
    rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        given = list(rows.fieldnames or ())
        missing = [name for name in REQUIRED if name not in given]
        unknown = [name for name in given if name not in COLUMNS]
        if missing or unknown or len(set(given)) != len(given):
            wrong = "a column appears twice"
            if missing:
                wrong = f"the column {missing[0]} is missing"
            elif unknown:
                wrong = f"unknown column {unknown[0]!r}"
            raise InputError(wrong, file=file, place="row 1", mend=f"the columns are {', '.join(COLUMNS)}")
        for number, row in enumerate(rows, start=2):
            yield f"row {number}", _csv_entry(row, file=file, spot=f"row {number}")
    except csv.Error as problem:
        raise InputError(
            f"is not a CSV table: {problem}", file=file, mend="check its quotation marks"
        ) from None


def _csv_entry(row: dict[str, str | None], *, file: str, spot: str) -> PlaceEntry:
    if None in row or None in row.values():
        raise InputError(
            "has another number of cells than the header",
            file=file,
            place=spot,
            mend="check its commas and quotation marks",
        )
    cells = {key: (value or "").strip() for key, value in row.items()}
    values: dict[str, object] = {key: value for key, value in cells.items() if value}
    if "other_names" in values:
        values["other_names"] = tuple(name.strip() for name in cells["other_names"].split("|"))
    for key in ("lat", "lon", "radius_m"):
        if key in values:
            values[key] = _number(cells[key], file=file, place=f"{spot}, column {key}")
    for key in REQUIRED:
        if key not in values:
            raise InputError("is empty", file=file, place=f"{spot}, column {key}", mend="fill it in")
    return msgspec.convert(values, PlaceEntry)


def _number(text: str, *, file: str, place: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError("expected a number", file=file, place=place, mend="correct the cell")
    return value
