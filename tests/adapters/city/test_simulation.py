"""The same seed gives the same bytes, in any process."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from adapters.city.plan import Size
from adapters.city.simulation import LOOKED_AT, Simulation, simulate

ROOT = Path(__file__).resolve().parents[3]
DIGEST = """
import hashlib, sys
from dataclasses import fields
from pathlib import Path
from adapters.city.archive import stretches
from adapters.city.heads import Heads
from adapters.city.paperwork import write_cases, write_site
from adapters.city.plan import TOWN
from adapters.city.simulation import simulate

folder, seed = Path(sys.argv[1]), int(sys.argv[2])
city = simulate(seed, TOWN, 5, 64)
archive = stretches(city)
write_site(folder, city, archive, {s.file: "0" * 64 for s in archive}, Path("models"))
write_cases(folder, city, Heads())
digest = hashlib.sha256()
for part in (city.plan, city.people, city.cameras, city.day, city.passes):
    for field in fields(part):
        value = getattr(part, field.name)
        digest.update(value.tobytes() if hasattr(value, "tobytes") else repr(value).encode())
digest.update(city.patients.tobytes() + city.head.tobytes())
for path in sorted(p for p in folder.rglob("*") if p.is_file()):
    digest.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
print(digest.hexdigest())
"""


def digest(folder: Path, seed: int, hash_seed: str) -> str:
    """Of everything that a town is and writes, from a process of its own."""
    folder.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", DIGEST, str(folder), str(seed)],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_same_seed_gives_the_same_bytes_in_every_process_and_another_seed_others(tmp_path: Path) -> None:
    first = digest(tmp_path / "a", 3, "1")
    assert len(first) == 64
    assert digest(tmp_path / "b", 3, "2") == first
    assert digest(tmp_path / "c", 4, "1") != first


def test_asking_for_fewer_patients_changes_neither_the_city_nor_the_first_of_them(town: Simulation) -> None:
    fewer = simulate(town.plan.seed, town.plan.size, 3, 64)
    np.testing.assert_array_equal(fewer.patients, town.patients[:3])
    np.testing.assert_array_equal(fewer.day.start_s, town.day.start_s)
    np.testing.assert_array_equal(fewer.passes.start_s, town.passes.start_s)


def test_a_city_holds_the_passes_of_its_patients_only_who_come_from_all_over_it() -> None:
    city = simulate(7, Size("four by four", 4, 4, LOOKED_AT + 3_000, 2_000), 10, 64)
    assert set(city.passes.resident.tolist()) == set(city.patients.tolist())
    assert len(set(city.plan.district[city.people.home[city.patients]].tolist())) >= 5
    alone = simulate(7, city.plan.size, 1, 64)
    assert alone.patients.tolist() == city.patients[:1].tolist()
    mine = city.passes.some(np.flatnonzero(city.passes.resident == city.patients[0]))
    np.testing.assert_array_equal(alone.passes.start_s, mine.start_s)
