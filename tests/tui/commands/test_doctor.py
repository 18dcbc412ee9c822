from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from tui.cli import app
from tui.commands import doctor
from tui.commands.doctor import FAULT, OK, WARN


def test_every_check_tells_one_line_here() -> None:
    outcome = CliRunner().invoke(app, ["doctor"], env={"COLUMNS": "80"})
    lines = outcome.stdout.splitlines()
    assert len(lines) == len(doctor.CHECKS)
    assert {line.split()[0] for line in lines} <= {OK, WARN, FAULT}
    assert outcome.exit_code == (2 if any(line.startswith(FAULT) for line in lines) else 0)
    assert any(line.startswith("ok    Python 3.") for line in lines)
    assert any("packages tui, engine, adapters, configs are tracedesk" in line for line in lines)


def test_a_package_name_that_another_distribution_brought_is_a_fault() -> None:
    told = doctor.packages_are_ours({"tui": ["tracedesk"], "engine": ["engine-sdk", "tracedesk"]})
    assert told.mark == FAULT
    assert "package engine also belongs to engine-sdk" in told.line
    assert doctor.packages_are_ours({"tui": ["tracedesk"]}).mark == OK


@pytest.mark.parametrize(
    ("installed", "mark"),
    [
        ({"onnxruntime"}, OK),
        ({"onnxruntime-gpu", "numpy"}, OK),
        ({"onnxruntime", "onnxruntime-gpu"}, FAULT),
        ({"numpy"}, FAULT),
    ],
)
def test_exactly_one_onnxruntime_may_be_installed(installed: set[str], mark: str) -> None:
    assert doctor.one_onnxruntime(installed).mark == mark


def test_a_library_that_does_not_load_is_named_with_its_distribution() -> None:
    told = doctor.libraries({"json": "json", "no_such_library": "no-such-library"})
    assert told.mark == FAULT
    assert "no-such-library (No module named" in told.line


@pytest.mark.parametrize(
    ("total_kb", "free_kb", "mark"),
    [(16 << 20, 8 << 20, OK), (16 << 20, 1 << 20, WARN), (1 << 20, 1 << 20, FAULT)],
)
def test_memory_is_judged_by_what_ten_traces_need(
    tmp_path: Path, total_kb: int, free_kb: int, mark: str
) -> None:
    meminfo = tmp_path / "meminfo"
    meminfo.write_text(f"MemTotal: {total_kb} kB\nMemFree: 1 kB\nMemAvailable: {free_kb} kB\n")
    assert doctor.memory(meminfo).mark == mark


def test_memory_that_cannot_be_told_is_no_fault(tmp_path: Path) -> None:
    assert doctor.memory(tmp_path / "none").mark == WARN


def test_a_state_folder_that_others_can_change_is_a_fault(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    assert doctor.state_folder(folder).mark in (OK, WARN)
    assert folder.stat().st_mode & 0o077 == 0
    folder.chmod(0o777)
    told = doctor.state_folder(folder)
    assert told.mark == FAULT
    assert told.line.endswith(f"run: chmod 700 {folder}")


def test_a_state_folder_that_is_a_file_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "state").write_bytes(b"")
    assert doctor.state_folder(tmp_path / "state").mark == FAULT


def test_missing_models_are_no_fault_but_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACEDESK_MODELS", str(tmp_path))
    told = doctor.models()
    assert told.mark == WARN
    assert "tracedesk models list" in told.line


def test_a_description_of_a_model_that_cannot_be_read_is_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRACEDESK_MODELS", str(tmp_path))
    (tmp_path / "own.toml").write_text("name =")
    told = doctor.models()
    assert told.mark == FAULT
    assert str(tmp_path / "own.toml") in told.line


def test_a_locale_that_is_not_utf8_is_a_fault() -> None:
    assert doctor.encoding("ANSI_X3.4-1968").mark == FAULT
    assert doctor.encoding("UTF-8").mark == OK


def test_colours_are_said_in_numbers() -> None:
    assert doctor.colours(Console(force_terminal=True, color_system="truecolor")) == "16 million"
    assert doctor.colours(Console(force_terminal=True, color_system=None)) == "none"
