import json
from pathlib import Path

import pytest

from adapters.site.cameras import load_cameras
from engine.domain.errors import InputError

GATE = """
[[camera]]
camera_id = "gate"
name = "South gate"
fixed = true
lat = 37.4
lon = 126.7
"""
CLOCK = "clock = { offset_s = 90, sigma_s = 2, measured_at = 2026-03-01T09:00:00+09:00 }\n"


def written(tmp_path: Path, text: str, name: str = "city.toml") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_measured_clock_is_kept_without_a_warning(tmp_path: Path) -> None:
    cameras = load_cameras(written(tmp_path, GATE + CLOCK))
    camera = cameras.by_id("gate")
    assert camera is not None
    assert (camera.clock.offset_s, camera.clock.sigma_s) == (90, 2)
    assert cameras.warnings == ()


def test_a_clock_that_nobody_measured_is_ten_minutes_uncertain_and_warned_of(tmp_path: Path) -> None:
    for text in (GATE, GATE + "clock = { offset_s = 90 }\n"):
        cameras = load_cameras(written(tmp_path, text))
        assert cameras.all()[0].clock.sigma_s == 600
        (warning,) = cameras.warnings
        assert "cameras[0].clock" in warning
        assert "gate" in warning


def test_a_camera_that_is_not_declared_fixed_is_refused(tmp_path: Path) -> None:
    for text in (GATE.replace("fixed = true\n", ""), GATE.replace("true", "false")):
        with pytest.raises(InputError) as caught:
            load_cameras(written(tmp_path, text))
        assert caught.value.place == "cameras[0].fixed"


@pytest.mark.parametrize(
    ("line", "place", "problem"),
    [
        ("azimuth_deg = 412", "cameras[1].azimuth_deg", "expected 0..360, got 412"),
        ("hfov_deg = 0", "cameras[1].hfov_deg", "expected 1..360, got 0"),
        ("range_m = inf", "cameras[1].range_m", "expected 1..1000, got inf"),
        ("height_m = nan", "cameras[1].height_m", "expected 0..500, got nan"),
        ("retention_days = 0", "cameras[1].retention_days", "expected 1..366, got 0"),
        ("colour = 1", "cameras[1]", "unknown field `colour`"),
        ('height_m = "3"', "cameras[1].height_m", "Expected `float | null`"),
        ("clock = { offset_s = 1, sigma_s = -1 }", "cameras[1].clock.sigma_s", "expected 0.."),
        (
            "clock = { offset_s = 1, measured_at = 2026-03-01T09:00:00 }",
            "cameras[1].clock.measured_at",
            "no time zone",
        ),
        ("coverage = [[126.7, 37.4], [126.8, 37.4]]", "cameras[1].coverage", "three different corners"),
        ("coverage = [[37.4, 126.7]]", "cameras[1].coverage[0][1]", "expected -90..90, got 126.7"),
        ("privacy_zones = [[[0, 0], [1, 0], [1, 2]]]", "cameras[1].privacy_zones[0][2][1]", "got 2"),
    ],
)
def test_a_wrong_value_is_named_with_file_camera_and_key(
    tmp_path: Path, line: str, place: str, problem: str
) -> None:
    path = written(tmp_path, GATE + GATE.replace('"gate"', '"second"') + line + "\n")
    with pytest.raises(InputError) as caught:
        load_cameras(path)
    assert caught.value.file == str(path)
    assert caught.value.place == place
    assert problem in caught.value.problem


def test_one_line_tells_file_place_and_problem(tmp_path: Path) -> None:
    path = written(tmp_path, GATE + "azimuth_deg = 412\n")
    with pytest.raises(InputError) as caught:
        load_cameras(path)
    assert str(caught.value) == f"{path}: cameras[0].azimuth_deg: expected 0..360, got 412"


def test_two_cameras_of_one_id_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="already used by cameras\\[0\\]"):
        load_cameras(written(tmp_path, GATE + GATE))


def test_an_open_ring_is_closed(tmp_path: Path) -> None:
    ring = "coverage = [[126.70, 37.40], [126.71, 37.40], [126.71, 37.41]]\n"
    coverage = load_cameras(written(tmp_path, GATE + ring)).all()[0].coverage
    assert coverage[0] == coverage[-1]
    assert len(coverage) == 4


def test_geojson_and_toml_say_the_same(tmp_path: Path) -> None:
    collection = {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "geometry": {"type": "Point", "coordinates": [126.7, 37.4]},
                "properties": {
                    "camera_id": "gate",
                    "name": "South gate",
                    "fixed": True,
                    "clock": {"offset_s": 90, "sigma_s": 2, "measured_at": "2026-03-01T09:00:00+09:00"},
                },
            }
        ],
    }
    by_geojson = load_cameras(written(tmp_path, json.dumps(collection), "city.geojson"))
    assert by_geojson.all() == load_cameras(written(tmp_path, GATE + CLOCK)).all()


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('{"type": "Feature", "features": []}', "type"),
        (
            '{"type": "FeatureCollection", "features": '
            '[{"type": "Feature", "geometry": null, "properties": {}}]}',
            "features[0].geometry",
        ),
        (
            '{"type": "FeatureCollection", "features": [{"type": "Feature", '
            '"geometry": {"type": "Point", "coordinates": ["a", "b"]}, "properties": {}}]}',
            "cameras[0]",
        ),
        ('{"type": "FeatureCollection"', ""),
        ("[" * 100_000, ""),
    ],
)
def test_geojson_of_another_shape_is_refused(tmp_path: Path, text: str, place: str) -> None:
    with pytest.raises(InputError) as caught:
        load_cameras(written(tmp_path, text, "city.geojson"))
    assert caught.value.place.startswith(place)


def test_an_unknown_kind_of_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="geojson"):
        load_cameras(written(tmp_path, "", "city.xml"))
