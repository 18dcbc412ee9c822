"""A site says which kind of heads its footage shows, and gets the numbers for them."""

from pathlib import Path

import pytest

from adapters.city.paperwork import SITE
from adapters.face.calibrations import load_calibrations
from adapters.loading import check_settings
from adapters.settings import SiteFile, load_toml
from engine.domain.errors import InputError


def settings(tmp_path: Path, text: str) -> tuple[SiteFile, Path]:
    file = tmp_path / "site.toml"
    file.write_text(text, encoding="utf-8")
    (tmp_path / "mappings").mkdir()
    return load_toml(file, SiteFile), file


def test_the_city_says_that_its_heads_are_rendered(tmp_path: Path) -> None:
    read, file = settings(tmp_path, SITE.format(name="A town", models="models", faces=""))
    check_settings(read, file)
    assert read.models.calibration == "rendered"
    assert all(c.rendered for c in load_calibrations(kind=read.models.calibration).values())


def test_a_site_that_says_nothing_shows_people() -> None:
    assert SiteFile(name="x", profile="rehearsal", cameras="c", places="p").models.calibration == ""
    assert not any(c.rendered for c in load_calibrations().values())


def test_another_kind_of_calibration_is_told(tmp_path: Path) -> None:
    read, file = settings(
        tmp_path, SITE.format(name="A town", models="models", faces="").replace('"rendered"', '"drawn"')
    )
    with pytest.raises(InputError, match="'drawn' is no kind") as problem:
        check_settings(read, file)
    assert problem.value.place == "models.calibration"
