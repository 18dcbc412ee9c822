import pytest
import typer
from typer.testing import CliRunner

from engine.domain.errors import InputError, Refused
from tui.commands.failing import plainly


def app_that_raises(problem: Exception) -> typer.Typer:
    app = typer.Typer()

    @app.command()
    @plainly()
    def go() -> None:
        raise problem

    return app


@pytest.mark.parametrize(
    "problem",
    [
        InputError("has 3 columns", file="a.csv", place="row 2", mend="give four"),
        Refused("not allowed", rule="G3"),
    ],
)
def test_a_known_problem_is_one_line_and_exit_code_2(problem: Exception) -> None:
    told = CliRunner().invoke(app_that_raises(problem))
    assert told.exit_code == 2
    assert told.stderr == f"tracedesk: {problem}\n"
    assert told.stdout == ""


def test_what_a_file_said_cannot_drive_the_terminal() -> None:
    told = CliRunner().invoke(app_that_raises(InputError("bad\x1b[2J\nname\u202e", file="a\x07")))
    assert told.stderr.count("\n") == 1
    assert not {"\x1b", "\x07", "\u202e"} & set(told.stderr)


def test_anything_else_is_left_to_be_seen() -> None:
    with pytest.raises(ZeroDivisionError):
        CliRunner().invoke(app_that_raises(ZeroDivisionError()), catch_exceptions=False)
    with pytest.raises(InputError):
        raise InputError("outside of any command")


def test_it_guards_a_part_of_a_command_too() -> None:
    with pytest.raises(typer.Exit) as left, plainly("site check"):
        raise Refused("no")
    assert left.value.exit_code == 2
