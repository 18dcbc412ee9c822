"""The demo where models are asked for that are not there: from records alone, against the truth."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from adapters.city.truth import read_truth


def demo(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tui.cli", "demo", "--models", "installed"]
    command += ["--folder", str(folder), *words]
    environment = os.environ | {"TRACEDESK_MODELS": str(folder / "no models")}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any], str]:
    """Folder, result and standard error of a demo of three patients."""
    folder = tmp_path_factory.mktemp("demo")
    done = demo(folder, "--traces", "3", "--json", "-")
    assert done.returncode == 0, done.stderr
    return folder, json.loads(done.stdout), done.stderr


def test_it_says_what_is_missing_and_goes_by_records(ran: tuple[Path, dict[str, Any], str]) -> None:
    _, result, said = ran
    assert "left out: footage and the search for faces" in said
    assert [t["case"] for t in result["traces"]] == ["P01", "P02", "P03"]
    assert {t["state"] for t in result["traces"]} == {"records_only"}
    assert result["profile"] == "rehearsal"


def test_the_result_holds_what_was_found_of_what_there_was(ran: tuple[Path, dict[str, Any], str]) -> None:
    folder, result, _ = ran
    truth = read_truth(folder / "truth" / "truth.json")
    figures = result["truth"]
    assert figures["visits_true"] == sum(len(p.stays) for p in truth.patients[:3])
    assert 0 < figures["visits_records"] <= figures["visits_found"] <= figures["visits_true"]
    assert figures["camera_hours_opened"] == 0
    assert figures["reviewer"] == "simulated"
    assert [p["traced"] for p in figures["patients"]].count(True) == 3


def test_the_truth_lies_apart_from_all_that_the_engine_is_told_of(
    ran: tuple[Path, dict[str, Any], str],
) -> None:
    folder, _, _ = ran
    site = folder / "site"
    assert (folder / "truth" / "truth.json").stat().st_mode & 0o077 == 0
    told = [file for file in site.rglob("*") if file.is_file()]
    assert told
    assert not [file for file in told if "truth" in file.name]
    assert not [file for file in told if b"truth" in file.read_bytes() and file.suffix == ".toml"]


def test_a_second_run_says_the_same(ran: tuple[Path, dict[str, Any], str]) -> None:
    folder, first, _ = ran
    again = demo(folder, "--traces", "3", "--json", "-")
    second = json.loads(again.stdout)
    assert second["truth"] == first["truth"]
    assert [t["visits"] for t in second["traces"]] == [t["visits"] for t in first["traces"]]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--size", "village"), "there is no size 'village'"),
        (("--reviewer", "nobody"), "there is no reviewer 'nobody'"),
        (("--models", "nothing"), "no model is called nothing"),
    ],
)
def test_what_there_is_not_is_refused_in_a_line(tmp_path: Path, words: tuple[str, ...], why: str) -> None:
    refused = demo(tmp_path, *words)
    assert refused.returncode == 2
    assert refused.stderr.startswith("tracedesk: ")
    assert why in refused.stderr
    assert refused.stderr.count("\n") == 1
