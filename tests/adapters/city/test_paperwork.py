"""The town as a site and case folders that the rest of the project reads."""

import csv
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from adapters.city.archive import Stretch, stretches
from adapters.city.heads import Heads
from adapters.city.paperwork import Written, camera_id, write_cases, write_site, write_statement
from adapters.city.simulation import Simulation
from adapters.city.sources import place_id, records
from adapters.loading import LoadedSite, load_site
from engine.domain.record import Source
from tui.commands.case_folder import CaseFolder, read_case_folder

NOW = datetime(2026, 3, 5, tzinfo=UTC)
MIDNIGHT = datetime(2026, 3, 1, 15, tzinfo=UTC)  # in Seoul


@dataclass(frozen=True, slots=True)
class Papers:
    folder: Path
    written: Written
    archive: Sequence[Stretch]
    hashes: dict[str, str]


@pytest.fixture(scope="module")
def papers(town: Simulation, heads: Heads, tmp_path_factory: pytest.TempPathFactory) -> Papers:
    """Without the pixels: digests stand for files."""
    folder = tmp_path_factory.mktemp("town")
    archive = stretches(town)
    hashes = {s.file: hashlib.sha256(s.file.encode()).hexdigest() for s in archive}
    write_site(folder, town, archive, hashes, Path("models"))
    written, stills = write_cases(folder, town, heads)
    write_statement(folder, hashes, stills)
    return Papers(folder, written, archive, hashes)


@pytest.fixture(scope="module")
def site(papers: Papers) -> LoadedSite:
    return load_site(papers.written.site, NOW)


@pytest.fixture(scope="module")
def cases(papers: Papers) -> list[CaseFolder]:
    return [read_case_folder(home, None, papers.folder / "mappings", NOW) for home in papers.written.cases]


def test_the_site_loads_with_all_its_cameras_and_places(town: Simulation, site: LoadedSite) -> None:
    assert site.settings.profile == "rehearsal"
    assert {c.camera_id for c in site.cameras.all()} == {camera_id(n, 40) for n in range(40)}
    assert len(site.places.all()) == town.plan.places
    assert site.problems == ()


def test_a_camera_lies_hangs_and_looks_as_it_was_hung(town: Simulation, site: LoadedSite) -> None:
    for number in range(len(town.cameras)):
        camera = site.cameras.by_id(camera_id(number, 40))
        assert camera is not None
        assert camera.azimuth_deg == pytest.approx(town.cameras.azimuth_deg[number], abs=0.5)
        assert camera.height_m == pytest.approx(town.cameras.height_m[number], abs=0.01)
        place = int(town.cameras.place[number])
        assert camera.place_id == (place_id(place) if place >= 0 else "")
        assert len(camera.coverage) >= 4


def test_measured_clocks_are_stated_and_others_warned_about(town: Simulation, site: LoadedSite) -> None:
    unmeasured = np.flatnonzero(np.isnan(town.cameras.sigma_s))
    assert len(site.warnings) == len(unmeasured) > 0
    for number in range(len(town.cameras)):
        clock = site.cameras.by_id(camera_id(number, 40)).clock
        stated = 0.0 if number in unmeasured else town.cameras.offset_s[number]
        assert clock.offset_s == pytest.approx(stated)


def test_the_manifest_holds_every_file_in_times_of_the_device(
    town: Simulation, papers: Papers, site: LoadedSite
) -> None:
    listed = {segment.file: segment for segment in site.archive.all()}
    assert listed.keys() == papers.hashes.keys()
    off_s = town.cameras.offset_s[[s.camera for s in papers.archive]]
    assert np.abs(off_s).max() > 10, "or this shows nothing"
    for stretch, offset_s in zip(papers.archive, off_s, strict=True):
        segment = listed[stretch.file]
        assert segment.camera_id == camera_id(stretch.camera, 40)
        assert segment.sha256 == papers.hashes[stretch.file]
        for device, true_s in ((segment.start_device, stretch.start_s), (segment.end_device, stretch.end_s)):
            error = device - timedelta(seconds=offset_s) - (MIDNIGHT + timedelta(seconds=true_s))
            assert abs(error) <= timedelta(milliseconds=1)


def test_the_statement_lists_every_film_and_still_by_content(
    papers: Papers, site: LoadedSite, cases: list[CaseFolder]
) -> None:
    stills = {hashlib.sha256(Path(p).read_bytes()).hexdigest() for case in cases for p in case.still_paths}
    assert len(stills) == 20
    assert site.rehearsal_sha256 == {*papers.hashes.values(), *stills}


def test_every_case_folder_reads_whole(cases: list[CaseFolder]) -> None:
    assert [case.case.case_id for case in cases] == [f"P{n:02d}" for n in range(1, 11)]
    for case in cases:
        assert len(case.stills) == 2
        assert case.ground is not None
        assert case.authorisation is not None
        assert case.authorisation.cameras == tuple(camera_id(n, 40) for n in range(40))
        assert case.records
        assert len({r.mapping.source for r in case.records}) == len(case.records)


def test_a_case_holds_the_records_of_its_patient(town: Simulation, papers: Papers) -> None:
    for home, resident in zip(papers.written.cases, town.patients, strict=True):
        held = records(town.plan, town.day, int(resident), "2026-03-02", "anybody").rows
        assert {path.stem for path in (home / "records").iterdir()} == held.keys()
        for source in held.keys() - {"entry"}:
            with (home / "records" / f"{source}.csv").open(encoding="utf-8", newline="") as file:
                assert list(csv.DictReader(file)) == held[source]


def test_an_entry_log_holds_all_who_came_and_tells_the_patient_by_a_key(
    town: Simulation, papers: Papers, cases: list[CaseFolder]
) -> None:
    everybody = [
        (one, row)
        for one in range(len(town.people))
        for row in records(town.plan, town.day, one, "2026-03-02", str(one)).rows.get("entry", [])
    ]
    others = 0
    for home, case, resident in zip(papers.written.cases, cases, town.patients, strict=True):
        path = home / "records" / "entry.csv"
        own = {(r["entered_at"], r["place_id"]) for one, r in everybody if one == resident}
        if not path.is_file():
            assert not own
            continue
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        venues = {place for _, place in own}
        log = sorted((r["entered_at"], r["place_id"]) for _, r in everybody if r["place_id"] in venues)
        assert sorted((r["entered_at"], r["place_id"]) for r in rows) == log
        assert [r["entered_at"] for r in rows] == sorted(r["entered_at"] for r in rows)
        (entry,) = (r for r in case.records if r.mapping.source is Source.ENTRY)
        (key,) = entry.subject_keys
        assert {(r["entered_at"], r["place_id"]) for r in rows if r["visitor"] == key} == own
        others += len(rows) - len(own)
    assert others > 50


def test_no_file_of_a_case_says_who_the_patient_is_in_the_simulation(
    town: Simulation, papers: Papers
) -> None:
    for home, resident in zip(papers.written.cases, town.patients, strict=True):
        text = (home / "case.toml").read_text("utf-8")
        assert f"= {resident}" not in text
        assert f'"{resident}"' not in text


def test_the_streets_lie_beside_the_cameras(papers: Papers) -> None:
    assert "LineString" in (papers.folder / "streets.geojson").read_text("utf-8")


@pytest.mark.parametrize("count", [40, 1_000, 1_001, 10_820])
def test_names_of_cameras_sort_as_their_numbers_do(count: int) -> None:
    names = [camera_id(n, count) for n in range(count)]
    assert names == sorted(names)
    assert len(set(names)) == count


def test_names_in_a_town_have_three_digits() -> None:
    assert camera_id(7, 40) == "cam007"
    assert camera_id(999, 1_000) == "cam999"
    assert camera_id(7, 10_820) == "cam00007"
