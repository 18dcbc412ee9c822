"""The gazetteer is asked once about each text, and one thing at a time."""

import asyncio

from engine.api.site_schema import PlaceFound
from tests.tui.forms.test_stay import stay
from tui.forms.places import PlaceBook, Standing, place_note, place_words


def a_place(place_id: str, name: str) -> PlaceFound:
    return PlaceFound(place_id=place_id, name=name, address="", kind="", lat=0, lon=0, radius_m=30)


PLACES = (
    a_place("pl-12", "City library"),
    a_place("gs-1", "GS25"),
    a_place("gs-2", "GS25"),
)


class Gazetteer:
    def __init__(self) -> None:
        self.asked: list[str] = []
        self.at_once = 0
        self.most_at_once = 0

    async def __call__(self, text: str) -> tuple[PlaceFound, ...]:
        self.asked.append(text)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(0)
        self.at_once -= 1
        wanted = text.casefold()
        return tuple(p for p in PLACES if wanted in f"{p.place_id} {p.name}".casefold())


async def test_each_text_is_asked_once_and_never_two_at_a_time() -> None:
    gazetteer = Gazetteer()
    book = PlaceBook(gazetteer)
    await asyncio.gather(*(book.look(text) for text in ("city", "City ", "GS25", "library", "x")))
    assert sorted(gazetteer.asked) == ["GS25", "city", "library"]
    assert gazetteer.most_at_once == 1


async def test_a_name_is_known_where_one_place_has_just_that() -> None:
    book = PlaceBook(Gazetteer())
    for text in ("city library", "GS25", "gs-2", "library", "nowhere"):
        await book.look(text)
    known = book.placed(stay("city library, 1 Mar 9-10"))
    assert known.standing is Standing.KNOWN
    assert place_words(stay("city library, 1 Mar 9-10"), known) == "City library (pl-12)"
    assert book.placed(stay("GS25, 1 Mar 9-10")).standing is Standing.SEVERAL
    assert book.placed(stay("GS25 [gs-2], 1 Mar 9-10")).place == PLACES[2]
    near, unknown = book.placed(stay("library, 1 Mar 9-10")), book.placed(stay("nowhere, 1 Mar 9-10"))
    assert "tab takes City library" in place_note(near)
    assert "no camera" in place_note(unknown)
    assert book.placed(stay("elsewhere, 1 Mar 9-10")).standing is Standing.NOT_ASKED


async def test_what_is_longer_than_any_name_is_not_asked_and_keeps_nothing_else_from_being_known() -> None:
    gazetteer = Gazetteer()
    book = PlaceBook(gazetteer)
    told = "the house behind the second school " * 3
    assert await book.look(told) == ()
    assert gazetteer.asked == [] and book.found(told) == ()
