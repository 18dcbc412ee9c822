"""``--json`` with a file, with ``-``, and alone."""

from pathlib import Path

import pytest
import typer
from typer.main import get_command
from typer.testing import CliRunner

from tui.cli import app
from tui.commands.to_json import JsonTo, WithJson, completed

TAKERS = ("demo", "trace", "sample", "case timeline", "bench api", "bench scan", "bench desk")


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["--json"], ["--json", "-"]),
        (["--json", "--seconds", "5"], ["--json", "-", "--seconds", "5"]),
        (["--json", "-"], ["--json", "-"]),
        (["--json", "out.json"], ["--json", "out.json"]),
        (["--seconds", "5", "--json", "out.json"], ["--seconds", "5", "--json", "out.json"]),
        (["--json", "--", "A"], ["--json", "-", "--", "A"]),
        (["--", "--json"], ["--", "--json"]),
        ([], []),
    ],
)
def test_a_missing_file_is_standard_output(words: list[str], meant: list[str]) -> None:
    assert completed(words) == meant


@pytest.mark.parametrize(("words", "to"), [(["--json"], "-"), (["--json", "x.json"], "x.json"), ([], "")])
def test_a_command_is_told_where_to_write(words: list[str], to: str) -> None:
    small = typer.Typer()

    @small.command(cls=WithJson)
    def count(json: JsonTo = None) -> None:
        typer.echo(json)

    assert CliRunner().invoke(small, words).output == f"{to}\n"


@pytest.mark.parametrize("name", TAKERS)
def test_every_command_that_writes_json_takes_the_option_alone(name: str) -> None:
    command = get_command(app)
    for word in name.split():
        command = command.get_command(typer.Context(command), word)  # type: ignore[attr-defined]
    assert isinstance(command, WithJson)


def test_json_goes_to_standard_output(tmp_path: Path) -> None:
    said = CliRunner().invoke(app, ["case", "timeline", "A", "--socket", str(tmp_path / "none"), "--json"])
    assert "requires an argument" not in said.output
    assert said.exit_code == 2  # there is no engine
