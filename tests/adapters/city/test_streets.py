import json

import pytest

from adapters.city.plan import CITY_SIZE, DISTRICT_M, TOWN, Size, build, degrees
from adapters.city.streets import geojson


def test_every_street_is_a_line_with_a_name_of_its_own() -> None:
    plan = build(7, Size("two by one", 2, 1, 10, 10))
    read = json.loads(geojson(plan))
    assert read["type"] == "FeatureCollection"
    features = read["features"]
    assert len(features) == len(plan.row_m) + len(plan.column_m) == 30
    assert {f["type"] for f in features} == {"Feature"}
    assert {f["geometry"]["type"] for f in features} == {"LineString"}
    for name in ("name", "name_ko"):
        assert len({f["properties"][name] for f in features}) == 30


def test_streets_run_where_the_plan_has_them_longitude_first() -> None:
    plan = build(7, TOWN)
    lines = {
        f["properties"]["name"]: f["geometry"]["coordinates"] for f in json.loads(geojson(plan))["features"]
    }
    west, east = lines["3-gil"]
    lat, lon = degrees(0.0, float(plan.row_m[2]))
    assert west == pytest.approx([lon, lat], abs=1e-6)
    assert east == pytest.approx(list(reversed(degrees(DISTRICT_M, float(plan.row_m[2])))), abs=1e-6)
    south, north = lines["5-ro"]
    assert south[0] == north[0]
    assert south[1] < north[1]


def test_a_street_bears_the_name_that_addresses_use() -> None:
    plan = build(7, TOWN)
    names = {f["properties"]["name_ko"] for f in json.loads(geojson(plan))["features"]}
    assert {plan.address(place).split()[-2] for place in range(plan.places)} <= names


def test_the_streets_of_the_largest_city_stay_small() -> None:
    assert len(geojson(build(7, CITY_SIZE)).encode()) < 100_000
