"""What the gazetteer said about the places of an interview; it is asked about one text at a time."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from engine.api.site_schema import PlaceFound
from tui.forms.pieces import normal
from tui.forms.stay import Stay
from tui.language.catalogue import tr

Ask = Callable[[str], Awaitable[tuple[PlaceFound, ...]]]
LONGEST = 100  # characters, as the engine has it: no place has a longer name
SHORTEST = 2  # characters; one Hangul syllable or one letter fits too many places


class Standing(StrEnum):
    NOT_ASKED = "not asked"
    KNOWN = "known"
    SEVERAL = "several"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """Which place a stay names; ``like`` are those whose name is not quite that."""

    standing: Standing
    place: PlaceFound | None = None
    like: tuple[PlaceFound, ...] = ()


class PlaceBook:
    """Remembers every answer, so that going back and forth asks nothing again."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._answers: dict[str, tuple[PlaceFound, ...]] = {}
        self._one = asyncio.Lock()

    def found(self, text: str) -> tuple[PlaceFound, ...] | None:
        """Best first; None where this was not asked yet."""
        return self._answers.get(normal(text))

    async def look(self, text: str) -> tuple[PlaceFound, ...]:
        """Ask, unless that is known already; requests wait for each other."""
        async with self._one:
            key = normal(text)
            if key not in self._answers:
                fits = len(key) >= SHORTEST and len(text.strip()) <= LONGEST
                self._answers[key] = await self._ask(text.strip()) if fits else ()
            return self._answers[key]

    def wanted(self, stay: Stay) -> str:
        """What has to be asked to know which place it is."""
        return stay.place_id or stay.place

    def learn(self, place: PlaceFound) -> None:
        """A place that was chosen is known by its id from now on."""
        self._answers.setdefault(normal(place.place_id), (place,))

    def with_id(self, stay: Stay) -> Stay:
        """The stay with the id of its place, where just one has its name."""
        place = self.placed(stay).place
        return stay if place is None else replace(stay, place_id=place.place_id)

    def placed(self, stay: Stay) -> Placed:
        found = self.found(self.wanted(stay))
        if found is None:
            return Placed(standing=Standing.NOT_ASKED)
        if stay.place_id:
            exact = [place for place in found if place.place_id == stay.place_id]
        else:
            name = normal(stay.place)
            exact = [place for place in found if name in (normal(place.name), normal(place.place_id))]
        if len(exact) == 1:
            return Placed(standing=Standing.KNOWN, place=exact[0])
        return Placed(standing=Standing.SEVERAL if exact else Standing.UNKNOWN, like=tuple(exact or found))


def place_words(stay: Stay, placed: Placed) -> str:
    """The place in the words of the line that was read."""
    if placed.place is not None:
        return f"{placed.place.name} ({placed.place.place_id})"
    return f"“{stay.place}”"


def place_note(placed: Placed) -> str:
    """ "" or what is to be known about a place that was not found."""
    if placed.standing is Standing.SEVERAL:
        return tr("several places have this name: choose one below, else it may open no camera")
    if placed.standing is Standing.UNKNOWN and placed.like:
        return tr("no place has just this name: tab takes {name}", name=placed.like[0].name)
    if placed.standing is Standing.UNKNOWN:
        return tr("the place is not in the gazetteer: it stays as text and opens no camera")
    return ""
