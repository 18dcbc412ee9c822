import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tui.cli import app

COMMANDS = (
    "trace",
    "sample",
    "doctor",
    "guarantees",
    "backup",
    "restore",
    "case",
    "authorisation",
    "order",
    "engine",
    "site",
    "models",
    "audit",
    "witness",
)


def test_the_version_is_that_of_the_installed_package() -> None:
    outcome = CliRunner().invoke(app, ["--version"])
    assert outcome.exit_code == 0
    assert outcome.stdout == f"tracedesk {metadata.version('tracedesk')}\n"


@pytest.mark.parametrize("words", [[], *([name] for name in COMMANDS)])
def test_every_command_explains_itself(words: list[str]) -> None:
    outcome = CliRunner().invoke(app, [*words, "--help"])
    assert outcome.exit_code == 0
    assert "Usage:" in outcome.stdout


def test_the_desk_without_a_terminal_says_what_to_use_instead() -> None:
    outcome = CliRunner().invoke(app, [])
    assert outcome.exit_code == 2
    (line,) = outcome.stderr.splitlines()
    assert line == "tracedesk: the desk needs a terminal; without one: tracedesk trace CASE_DIR --headless"


def test_an_unknown_option_has_exit_code_2() -> None:
    assert CliRunner().invoke(app, ["trace", "--faster"]).exit_code == 2


def run(words: list[str], **environment: str) -> "subprocess.CompletedProcess[str]":
    code = "from tui.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *words],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_the_shell_completes_commands() -> None:
    source = {"_TRACEDESK_COMPLETE": "source_bash"}  # names the shell, whatever runs the tests
    script = CliRunner().invoke(app, prog_name="tracedesk", env=source)
    assert script.exit_code == 0
    assert "complete -o default -F" in script.stdout
    outcome = CliRunner().invoke(
        app,
        prog_name="tracedesk",
        env={"_TRACEDESK_COMPLETE": "complete_bash", "COMP_WORDS": "tracedesk mo", "COMP_CWORD": "1"},
    )
    assert outcome.stdout.split() == ["models"]


def test_a_library_that_does_not_load_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "httpx.py").write_text("raise ImportError('httpx is broken here')\n")
    outcome = run(["--version"], PYTHONPATH=str(tmp_path))
    assert outcome.returncode == 2
    (line,) = outcome.stderr.splitlines()
    assert line.startswith("tracedesk: a library does not load (httpx is broken here); ")
    assert "python -m tui.commands.doctor" in line


def test_models_are_lines_in_a_pipe(tmp_path: Path) -> None:
    outcome = CliRunner().invoke(app, ["models", "list", "--folder", str(tmp_path)])
    assert outcome.exit_code == 0
    rows = [line.split("\t") for line in outcome.stdout.splitlines()]
    assert {row[0]: row[2] for row in rows}["edgeface_xs"] == "missing"
    assert {row[0]: row[2] for row in rows}["face_recognition_sface_2021dec"] == "can be pulled"
    assert {len(row) for row in rows} == {6}


def test_a_wrong_model_file_is_told_with_exit_code_2(tmp_path: Path) -> None:
    (tmp_path / "edgeface_xs.onnx").write_bytes(b"not it")
    outcome = CliRunner().invoke(app, ["models", "verify", "edgeface_xs", "--folder", str(tmp_path)])
    assert outcome.exit_code == 2
    assert "has 6 bytes where edgeface_xs has" in outcome.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["add", "gone.onnx"], "gone.onnx: there is no such file; "),
        (["pull", "no-such"], "no model is called no-such; known are "),
        (["pull", "edgeface_xs"], "edgeface_xs has no address to fetch it from; carry the file over by hand"),
        (["verify", "no-such"], "no model is called no-such; known are "),
    ],
)
def test_a_model_command_that_cannot_be_done_says_what_to_do(
    tmp_path: Path, words: list[str], said: str
) -> None:
    outcome = CliRunner().invoke(app, ["models", *words, "--folder", str(tmp_path)])
    assert outcome.exit_code == 2
    assert f"tracedesk: {said}" in outcome.stderr
