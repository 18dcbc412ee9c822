"""The figures of rendered heads are told in tables; what is not there is told plainly."""

from pathlib import Path

from typer.testing import CliRunner

from adapters.face.calibrate import Part
from adapters.face.fit import Figures
from adapters.rendered.measuring import Curve, Hits, Measured
from tui.cli import app
from tui.commands.rendered import table, told

FIGURES = Figures(
    mated=40,
    non_mated=900,
    cllr=0.1234,
    ece=0.02,
    non_mated_over_0=0.015,
    mated_below_0=0.05,
    tar_at_far=None,
)


def test_a_rate_that_too_few_pairs_support_is_left_out() -> None:
    title, _, row = table("paths", [Part(label="bare.20px", figures=FIGURES)], {})
    assert title.startswith("| paths |")
    assert row == "| bare.20px | 40 | 900 | 0.123 | 0.020 | 1.50% | 5.0% | - | - |"


def test_every_least_llr_has_a_row() -> None:
    found = Measured(
        subjects=64,
        passes=(10, 20),
        seen=(10, 19),
        strangers=5_000,
        told={"worn": (1, 0, 19)},
        curve=(Curve(llr=0.0, bare=0.99, masked=0.875, false_candidates=34.1),),
        hits=(Hits(llr=0.0, strangers=0.116, passes=0.929, strangers_told=0.02, passes_told=0.92),),
    )
    lines = told("painted", found)
    assert "10 bare and 20 masked passes of 20 px and more, of them 10 and 19" in lines[0]
    assert "worn: 1 unknown, 0 bare, 19 masked" in lines[1]
    assert "| 0 | 99.0% | 87.5% | 34.1 | 11.6% | 92.9% | 2.0%, 92.0% |" in lines


def test_without_models_it_says_what_to_do(tmp_path: Path) -> None:
    run = CliRunner(env={"TRACEDESK_MODELS": ""}).invoke(
        app, ["models", "rendered", "measure", "--cache", str(tmp_path), "--folder", str(tmp_path)]
    )
    assert run.exit_code == 2
    assert "there is no such model file" in run.output
