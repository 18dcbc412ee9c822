"""A login gets the desk or one command of tracedesk, and never a shell."""

import pytest
import typer
from typer.testing import CliRunner

from engine.domain.errors import InputError
from tui.cli import app
from tui.commands.login import ASKED, OPEN, SHUT, asked_for


def ran(line: str, monkeypatch: pytest.MonkeyPatch) -> tuple[int, str]:
    monkeypatch.setenv(ASKED, line)
    done = CliRunner().invoke(app, ["login"])
    return done.exit_code, done.output


@pytest.mark.parametrize("line", ["", "  ", "tracedesk"])
def test_who_names_no_command_gets_the_desk(line: str) -> None:
    assert asked_for(line) == []


def test_words_in_quotes_stay_together_and_signs_of_a_shell_mean_nothing() -> None:
    asked = asked_for("tracedesk order propose --authority 'done; $(id) `id` | cat > /x && true'")
    assert asked == ["order", "propose", "--authority", "done; $(id) `id` | cat > /x && true"]


@pytest.mark.parametrize(
    "line",
    [
        "sh",
        "/bin/sh -c id",
        "tracedesk sample",
        "tracedesk login",
        "tracedesk witness serve x",
        "tracedesk engine run",
        "tracedesk engine",
        "tracedesk site init x",
        "tracedesk --state /x",
        "tracedesk --site /x case list",
        "tracedesk nothing",
        "/usr/lib/openssh/sftp-server",
        "scp -t .",
        "tracedesk case list 'open",
    ],
)
def test_everything_else_is_refused(line: str) -> None:
    with pytest.raises(InputError):
        asked_for(line)


def test_the_command_that_was_asked_for_is_run(monkeypatch: pytest.MonkeyPatch) -> None:
    code, said = ran("tracedesk --version", monkeypatch)
    assert code == 0
    assert said.startswith("tracedesk ")
    code, said = ran("tracedesk case --help", monkeypatch)
    assert code == 0
    assert "close" in said


def test_what_is_refused_is_one_plain_line(monkeypatch: pytest.MonkeyPatch) -> None:
    code, said = ran("rm -rf x", monkeypatch)
    assert code == 2
    assert said.count("\n") == 1
    assert "rm" not in said


def test_no_command_is_open_by_accident() -> None:
    """A new command stands in one of the tables, or the build fails."""
    command = typer.main.get_command(app)
    commands = set(command.commands)  # type: ignore[attr-defined]
    assert commands <= {*OPEN, *SHUT}
    assert not {*OPEN} & SHUT
