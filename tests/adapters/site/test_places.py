from pathlib import Path

import pytest

from adapters.site.places import load_places
from engine.domain.errors import InputError

HEAD = "place_id,name,other_names,address,lat,lon,radius_m,kind,phone\n"
TOML = """
[[place]]
place_id = "bakery"
name = "Bomnal Bakery"
other_names = ["봄날제과"]
lat = 37.4875
lon = 126.758
"""


def written(tmp_path: Path, text: str, name: str = "places.csv") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_names_and_addresses_are_found_whatever_their_width_case_and_spaces(tmp_path: Path) -> None:
    places = load_places(
        written(
            tmp_path, "\ufeff" + HEAD + "bakery,Bomnal Bakery,봄날제과|봄날,새별로 16,37.4,126.7,25,food,\n"
        )
    )
    for text in ("bakery", " BOMNAL  bakery", "봄날 제과", "봄날", "새별로16", "Ｂｏｍｎａｌ Bakery"):
        place = places.find(text)
        assert place is not None
        assert place.place_id == "bakery"
    assert places.by_id("bakery") is places.all()[0]
    assert places.find("bakeries") is None
    assert places.find("") is None


def test_a_name_that_two_places_have_finds_neither(tmp_path: Path) -> None:
    places = load_places(
        written(tmp_path, HEAD + "a,Corner Shop,,,37.4,126.7,,,\nb,corner shop,,Main St 1,37.5,126.7,,,\n")
    )
    assert places.find("Corner Shop") is None
    found = places.find("main st 1")
    assert found is not None
    assert found.place_id == "b"


def test_toml_and_csv_say_the_same(tmp_path: Path) -> None:
    by_toml = load_places(written(tmp_path, TOML, "places.toml"))
    by_csv = load_places(written(tmp_path, HEAD + "bakery,Bomnal Bakery,봄날제과,,37.4875,126.758,,,\n"))
    assert by_toml.all() == by_csv.all()


@pytest.mark.parametrize(
    ("row", "place", "problem"),
    [
        ("a,A,,,37,126,,,\na,B,,,37,126,,,", "row 3.place_id", "already used by row 2"),
        ("a,A,,,north,126,,,", "row 2, column lat", "expected a number"),
        ("a,A,,,nan,126,,,", "row 2, column lat", "expected a number"),
        ("a,A,,,97,126,,,", "row 2.lat", "expected -90..90, got 97"),
        ("a,A,,,37,126,0,,", "row 2.radius_m", "expected 1..50000, got 0"),
        (",A,,,37,126,,,", "row 2, column place_id", "is empty"),
        ("a b,A,,,37,126,,,", "row 2.place_id", "an id is"),
        ("a,A,,,37", "row 2", "another number of cells"),
    ],
)
def test_a_wrong_row_is_named(tmp_path: Path, row: str, place: str, problem: str) -> None:
    with pytest.raises(InputError) as caught:
        load_places(written(tmp_path, HEAD + row + "\n"))
    assert caught.value.place == place
    assert problem in caught.value.problem


def test_columns_that_are_missing_or_unknown_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the column lat is missing"):
        load_places(written(tmp_path, "place_id,name,lon\n"))
    with pytest.raises(InputError, match="unknown column 'colour'"):
        load_places(written(tmp_path, "place_id,name,lat,lon,colour\n"))


def test_a_gazetteer_that_is_not_there_or_not_utf8_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        load_places(tmp_path / "nowhere.csv")
    path = tmp_path / "places.csv"
    path.write_bytes((HEAD + "a,봄,,,37,126,,,\n").encode("cp949"))
    with pytest.raises(InputError, match="not UTF-8"):
        load_places(path)


def looked_for(tmp_path: Path, text: str, most: int = 20) -> list[str]:
    rows = (
        "onda,Cafe Onda,,12 Mulgil,37.4,126.7,,,\n"
        "onda-2,Onda,,3 Sijang-ro,37.4,126.7,,,\n"
        "sonda,The Sonda,,물길 3,37.4,126.7,,,\n"
        "haneul,하늘의원,하늘,물길 14,37.4,126.7,,,\n"
    )
    places = load_places(written(tmp_path, HEAD + rows))
    return [place.place_id for place in places.like(text, most)]


def test_places_with_a_text_in_them_are_listed_the_fitting_ones_first(tmp_path: Path) -> None:
    assert looked_for(tmp_path, "ONDA") == ["onda", "onda-2", "sonda"]
    assert looked_for(tmp_path, "da") == ["onda", "onda-2", "sonda"]
    assert looked_for(tmp_path, "물길") == ["haneul", "sonda"]
    assert looked_for(tmp_path, "늘 의") == ["haneul"]
    assert looked_for(tmp_path, "ｓｉｊａｎｇ") == ["onda-2"]


def test_no_more_places_are_listed_than_asked_for_and_none_for_nothing(tmp_path: Path) -> None:
    assert looked_for(tmp_path, "da", 2) == ["onda", "onda-2"]
    for text in ("", "  ", "\n", "nowhere", "onda\nthe"):
        assert looked_for(tmp_path, text) == []
