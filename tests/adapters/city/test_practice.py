"""The site of a practice server, as a server reads it."""

import tomllib
from pathlib import Path

import pytest

from adapters.city.heads import Heads
from adapters.city.practice import ASKED, Practice, Practised, write_practice
from adapters.city.simulation import Simulation
from adapters.loading import load_site


@pytest.fixture
def practised(tmp_path: Path, town: Simulation, heads: Heads) -> Practised:
    people = {"practice-supervisor": "supervisor", "uid-64201": "investigator"}
    practice = Practice(people=people, apart=tmp_path / "apart", socket=tmp_path / "run" / "s")
    return write_practice(tmp_path / "town", town, heads, practice)


def test_it_is_a_server_that_searches_for_no_face_and_knows_no_rendered_numbers(practised: Practised) -> None:
    site = load_site(practised.site)
    assert site.settings.profile == "server"
    assert site.rehearsal_sha256 is None
    assert site.settings.models.calibration == ""
    assert "this site has no footage" in site.face_search
    assert site.settings.service is not None
    assert site.settings.service.people["uid-64201"] == ("investigator",)


def test_one_case_needs_the_province_and_has_something_to_get_from_it(practised: Practised) -> None:
    cases = (practised.asking, *practised.others)
    asks = {case: tomllib.loads((case / "authorisation.toml").read_text("utf-8")) for case in cases}
    assert [case for case in cases if ASKED in asks[case]["sources"]] == [practised.asking]
    assert (practised.asking / "records" / f"{ASKED}.csv").exists()
    assert not any(asked["face_search"] or asked["cameras"] for asked in asks.values())
    assert len(cases) == 10
