from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from adapters.site.places import PlaceTable
from engine.api.city import City
from engine.api.client import EngineSaysNo
from engine.api.site_schema import CityMap
from engine.domain.place import Disc, Place
from engine.domain.street import Street
from tests.engine.api.conftest import House, open_house
from tests.engine.fakes import LAT, LON, a_camera, a_context, a_site

PLACES = PlaceTable(
    Place(
        place_id=f"p{number}",
        names=(name,),
        address=f"물길 {number}",
        disc=Disc(lat=37.5, lon=126.9, radius_m=25.0),
        kind="cafe",
        phone="02-000-0000",
    )
    for number, name in enumerate(["Cafe Onda", "Onda", *(f"Shop {n}" for n in range(30))])
)


async def test_the_map_has_the_streets_and_the_cameras_of_the_site(house: House) -> None:
    found = await house.client.city_map()
    assert found.streets == ()
    first = found.cameras[0]
    assert (first.camera_id, first.lat, first.lon) == ("cam1", LAT, LON)
    assert found.cameras[1].hfov_deg == 70.0


async def test_a_street_goes_out_as_it_is(tmp_path: Path) -> None:
    line = ((126.9, 37.5), (126.91, 37.51))
    async with open_house(tmp_path, a_site(streets=(Street(name="물길", line=line),))) as house:
        (street,) = (await house.client.city_map()).streets
        assert (street.name, street.line) == ("물길", line)


async def test_the_map_of_a_large_city_is_made_once(tmp_path: Path) -> None:
    async with a_context(tmp_path) as context:
        cameras = {f"cam{n:05d}": a_camera(f"cam{n:05d}") for n in range(2000)}
        city = City(replace(context, site=replace(context.site, cameras=cameras)))
        first = await city.map()
        assert len(msgspec.json.decode(first, type=CityMap).cameras) == 2000
        assert await city.map() is first


async def test_a_place_is_found_by_name_address_or_id_the_fitting_one_first(tmp_path: Path) -> None:
    async with open_house(tmp_path, a_site(places_like=PLACES.like)) as house:
        found = await house.client.places("onda")
        assert [(p.place_id, p.name) for p in found] == [("p1", "Onda"), ("p0", "Cafe Onda")]
        assert found[0].radius_m == 25.0
        assert [p.place_id for p in await house.client.places("물길 31")] == ["p31"]
        assert [p.place_id for p in await house.client.places("p17")] == ["p17", "p19"], (
            "the id before the name of shop 17"
        )
        assert len(await house.client.places("shop")) == 20
        assert await house.client.places("nowhere & such?#") == ()
        assert await house.client.places("") == ()


async def test_nobodys_telephone_goes_out_with_a_place(tmp_path: Path) -> None:
    async with open_house(tmp_path, a_site(places_like=PLACES.like)) as house:
        answer = await house.bare.get("/places", params={"find": "onda"})
        assert b"02-000" not in answer.content


async def test_what_is_looked_for_has_its_limit(house: House) -> None:
    assert await house.client.places("가" * 100) == ()
    with pytest.raises(EngineSaysNo, match="find: is longer than 100 characters"):
        await house.client.places("가" * 101)
    assert (await house.bare.get("/places")).json() == []
