import json
from pathlib import Path

import pytest

from adapters.city.plan import TOWN, build
from adapters.city.streets import geojson
from adapters.site.streets import MAX_BYTES, MAX_POINTS, load_streets, simplified
from engine.domain.errors import InputError
from engine.domain.street import Street


def written(tmp_path: Path, *features: object, kind: str = "FeatureCollection") -> Path:
    path = tmp_path / "streets.geojson"
    path.write_text(json.dumps({"type": kind, "features": features}), encoding="utf-8")
    return path


def a_feature(kind: str, coordinates: object, **properties: object) -> dict[str, object]:
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": kind, "coordinates": coordinates},
    }


def test_a_site_without_the_file_has_no_streets(tmp_path: Path) -> None:
    assert load_streets(tmp_path / "streets.geojson") == ()


def test_lines_of_both_kinds_are_read_longitude_first_and_heights_are_dropped(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        a_feature("LineString", [[126.7, 37.4, 12.0], [126.8, 37.5]], name="물길", lanes=2),
        a_feature("MultiLineString", [[[1, 2], [3, 4]], [[5, 6], [7, 8]]]),
    )
    assert load_streets(path) == (
        Street(name="물길", line=((126.7, 37.4), (126.8, 37.5))),
        Street(name="", line=((1.0, 2.0), (3.0, 4.0))),
        Street(name="", line=((5.0, 6.0), (7.0, 8.0))),
    )


def test_the_streets_of_the_simulated_city_are_read_as_they_were_written(tmp_path: Path) -> None:
    plan = build(7, TOWN)
    path = tmp_path / "streets.geojson"
    path.write_text(geojson(plan), encoding="utf-8")
    found = load_streets(path)
    assert len(found) == len(plan.row_m) + len(plan.column_m)
    assert all(len(street.line) == 2 and street.name for street in found)


@pytest.mark.parametrize(
    ("feature", "place", "problem"),
    [
        (a_feature("Polygon", [[[0, 0], [0, 1], [1, 1], [0, 0]]]), "features[0].geometry.type", "Polygon"),
        (a_feature("LineString", [[0, 0]]), "features[0].geometry.coordinates", "has 1 points"),
        (a_feature("LineString", [[0, 0], [181, 0]]), "features[0].geometry.coordinates[1][0]", "181"),
        (a_feature("LineString", [[37, 126], [37, 127]]), "coordinates[0][1]", "126"),
        (a_feature("LineString", [[0, 0], [1]]), "coordinates[1]", "lon, lat"),
        (a_feature("LineString", [[0, 0], ["a", 1]]), "coordinates[1][0]", "str"),
        (a_feature("MultiLineString", [[[0, 0], [0, 1]], [[0, 0], [0, 91]]]), "coordinates[1][1][1]", "91"),
        ({"type": "Feature", "properties": {}}, "features[0]", "geometry"),
        ({"type": "Thing"}, "features[0].type", "Thing"),
    ],
)
def test_what_is_no_street_is_refused_with_the_spot(
    tmp_path: Path, feature: object, place: str, problem: str
) -> None:
    path = written(tmp_path, feature)
    with pytest.raises(InputError) as said:
        load_streets(path)
    assert said.value.file == str(path)
    assert place in said.value.place
    assert problem in str(said.value)


@pytest.mark.parametrize("content", [b"", b"{", b"[" * 200_000, b"\xff\xfe", b'{"type": NaN}'])
def test_what_is_no_json_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "streets.geojson"
    path.write_bytes(content)
    with pytest.raises(InputError):
        load_streets(path)


def test_a_map_that_is_too_large_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "streets.geojson"
    with path.open("wb") as out:
        out.truncate(MAX_BYTES + 1)
    with pytest.raises(InputError, match="over 32 MiB"):
        load_streets(path)
    long = a_feature("LineString", [[0, 0]] * (MAX_POINTS + 1))
    with pytest.raises(InputError, match="over 200000 points"):
        load_streets(written(tmp_path, long))


def test_a_large_map_keeps_its_streets_and_loses_corners(tmp_path: Path) -> None:
    wavy = tuple((126.0 + n * 1e-5, 37.0 + (n % 2) * 1e-5) for n in range(1000))
    streets = [Street(name=str(n), line=wavy) for n in range(10)]
    found = simplified(streets, 100)
    assert [street.name for street in found] == [street.name for street in streets]
    assert sum(len(street.line) for street in found) <= 100
    assert all((street.line[0], street.line[-1]) == (wavy[0], wavy[-1]) for street in found)


def test_of_more_streets_than_there_is_room_for_the_longest_are_kept_in_their_order() -> None:
    streets = [Street(name=str(n), line=((0.0, 0.0), (n / 100, 0.0))) for n in (3, 1, 4, 2, 5)]
    assert [street.name for street in simplified(streets, 6)] == ["3", "4", "5"]
    assert simplified(streets, 10) == tuple(streets)
