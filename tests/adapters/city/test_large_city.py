"""The city of 830,000 residents as papers, from a fresh process whose memory is measured."""

import csv
import json
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.loading import load_site
from tui.commands.case_folder import read_case_folder

ROOT = Path(__file__).resolve().parents[3]
MOST_BYTES = 2 * 1024**3
NOW = datetime(2026, 3, 5, tzinfo=UTC)
MAKE = """
import json, resource, sys, time
from pathlib import Path
from adapters.city.heads import Heads
from adapters.city.paperwork import write_cases, write_site, write_statement
from adapters.city.plan import CITY_SIZE
from adapters.city.simulation import simulate

began, folder = time.perf_counter(), Path(sys.argv[1])
city = simulate(7, CITY_SIZE, 1, 64)
simulated = time.perf_counter()
write_site(folder, city, [], {}, Path("models"))
written, stills = write_cases(folder, city, Heads())
write_statement(folder, {}, stills)
print(json.dumps({
    "residents": len(city.people), "cameras": len(city.cameras), "places": city.plan.places,
    "passes": len(city.passes), "patients": city.patients.tolist(), "simulated_s": simulated - began,
    "all_s": time.perf_counter() - began,
    "bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
}))
"""


@dataclass(frozen=True, slots=True)
class Made:
    folder: Path
    facts: dict[str, object]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("city")
    done = subprocess.run(
        [sys.executable, "-c", MAKE, str(folder)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return Made(folder, json.loads(done.stdout))


@pytest.mark.skipif(sys.platform != "linux", reason="needs peak memory in KiB, as Linux counts it")
def test_a_city_with_the_records_of_one_patient_fits_into_two_gigabytes(
    made: Made, capsys: pytest.CaptureFixture[str]
) -> None:
    facts = made.facts
    assert (facts["residents"], facts["cameras"]) == (830_000, 10_820)
    assert 1 <= facts["passes"] < 200, "of the patient, and of nobody else"
    assert facts["bytes"] < MOST_BYTES
    with capsys.disabled():
        sys.stderr.write(
            f"\ncity: simulated in {facts['simulated_s']:.1f} s, with site and case in"
            f" {facts['all_s']:.1f} s, {facts['bytes'] / 1024**2:.0f} MiB\n"
        )


def test_its_site_loads_with_every_camera_and_no_footage(made: Made) -> None:
    site = load_site(made.folder / "site.toml", NOW)
    assert len(site.cameras.all()) == 10_820
    assert len(site.places.all()) == made.facts["places"]
    assert site.archive is not None
    assert site.archive.all() == ()
    assert len(site.rehearsal_sha256) == 2, "the stills"


def test_its_patient_has_records_among_those_of_other_visitors(made: Made) -> None:
    home = made.folder / "cases" / "P01"
    case = read_case_folder(home, None, made.folder / "mappings", NOW)
    assert case.records
    assert case.authorisation is not None
    assert len(case.authorisation.cameras) == 10_820
    assert list(case.authorisation.cameras) == sorted(case.authorisation.cameras)
    with (home / "records" / "entry.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    (key,) = case.records[0].subject_keys
    assert 1 <= sum(row["visitor"] == key for row in rows) < 6
    assert len({row["visitor"] for row in rows}) > 10
    assert len({row["place_id"] for row in rows}) < 6, "their venues only"
