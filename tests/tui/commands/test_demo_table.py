import io

import msgspec
import pytest
from rich.console import Console

from adapters.city.facts import CameraFact, Patient, Truth
from adapters.city.score import Figures, PatientScore, Score
from tests.screens.fake_engine import a_detail, at
from tui.commands.demo_reviewer import Reviewed
from tui.commands.demo_table import compared, truth_result, truth_table

REVIEWED = Reviewed(error=0.25, answered=40, mistakes=9, faster=1, refused=0)
FIRST = Figures(
    visits_true=5, visits_records=3, visits_found=4, visits_wrong=1, visits_wrong_records=2, recoverable=2,
    recovered=1, sightings_true_bare=6, sightings_found_bare=5, sightings_true_masked=7,
    sightings_found_masked=3, candidates=10, false_candidates=2, contacts_true=4, contacts_found=3,
    camera_hours_opened=1.25,
)  # fmt: skip
SECOND = Figures(visits_true=4, camera_hours_opened=0.5, false_candidates=1)


def a_score() -> Score:
    return Score(
        patients=(
            PatientScore(case_id="P01", traced=True, figures=FIRST),
            PatientScore(case_id="P02", traced=False, figures=SECOND),
        ),
        traces=2,
        camera_hours_once=1.5,
        camera_hours_city=960.0,
    )


def printed(reviewed: Reviewed | None, columns: int = 100) -> list[str]:
    console = Console(width=columns, record=True, file=io.StringIO())
    console.print(truth_table(a_score(), reviewed))
    return console.export_text().splitlines()


def test_a_patient_is_a_row_and_all_are_the_last() -> None:
    rows = [line.split("  ") for line in printed(REVIEWED)]
    cells = [[c.strip() for c in row if c.strip()] for row in rows]
    figures = ["5", "3", "4", "1", "2", "1 of 2", "8 of 13", "2", "3 of 4", "1.2"]
    assert ["P01", *figures] in cells
    assert ["all", "9", "3", "4", "1", "2", "1 of 2", "8 of 13", "3", "3 of 4", "1.8"] in cells
    assert any(row[0] == "P02 (no trace)" for row in cells if row)


def test_it_fits_a_hundred_columns_without_cutting_anything() -> None:
    lines = printed(REVIEWED)
    assert max(len(line.rstrip()) for line in lines) <= 100
    assert not any("…" in line for line in lines)
    assert [line.rstrip() for line in printed(REVIEWED, 200)][:4] == [line.rstrip() for line in lines][:4]


def test_it_says_that_a_program_answered() -> None:
    with_one, without = " ".join(printed(REVIEWED)), " ".join(printed(None))
    assert "A program answered in the place of a reviewer: 40 answers from the truth, 9 of" in with_one
    assert "program" not in without
    assert "No simulated reviewer" in without


def test_the_figures_for_machines_are_those_of_the_score() -> None:
    found = msgspec.json.decode(msgspec.json.encode(truth_result(a_score(), REVIEWED)))
    total = msgspec.structs.asdict(a_score().total)
    assert {name: found[name] for name in total} == total
    assert found["false_candidates_per_trace"] == pytest.approx(1.5)
    assert (found["camera_hours_city"], found["camera_hours_once"]) == (960.0, 1.5)
    assert (found["traces"], found["reviewer"], found["review"]["mistakes"]) == (2, "simulated", 9)
    assert [(p["case"], p["traced"], p["visits_true"]) for p in found["patients"]] == [
        ("P01", True, 5),
        ("P02", False, 4),
    ]


def test_without_a_simulated_reviewer_the_figures_say_so() -> None:
    found = truth_result(a_score(), None)
    assert (found.reviewer, found.review) == ("none", None)


def test_traces_as_the_engine_tells_them_are_compared_with_the_truth() -> None:
    truth = Truth(
        seed=1,
        size="town",
        start=at(-60),
        end=at(60),
        cameras=(CameraFact(camera_id="cam1", clock_error_s=0.0),),
        patients=(Patient(case_id="A", stays=(), elsewhere=(), sightings=()),),
    )
    total = compared(truth, [a_detail("A")]).total
    assert (total.candidates, total.false_candidates) == (4, 4)
    assert total.visits_wrong == 1
