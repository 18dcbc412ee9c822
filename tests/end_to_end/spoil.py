"""Runs the command on a spoilt site, and ways to spoil one."""

from collections.abc import Callable

from click.testing import Result as Outcome
from typer.testing import CliRunner

from tests.end_to_end.house import House
from tui.cli import app

OLD = '{"old": true}'


def trace(house: House, *more: str) -> Outcome:
    words = ["trace", str(house.case), "--headless", "--json", str(house.out), *more]
    return CliRunner().invoke(app, words, env={"COLUMNS": "80"})


def problems(outcome: Outcome) -> list[str]:
    """The lines that say what is wrong; never a traceback."""
    assert "Traceback" not in outcome.output
    return [line for line in outcome.stderr.splitlines() if line.startswith("tracedesk: ")]


def the_line(outcome: Outcome) -> str:
    assert outcome.exit_code == 2, outcome.output
    lines = problems(outcome)
    assert len(lines) == 1, outcome.stderr
    return lines[0].removeprefix("tracedesk: ")


def rewrite(file: str, old: str, new: str) -> Callable[[House], None]:
    return lambda house: house.replace(house.root / file, old, new)


def put(file: str, content: bytes) -> Callable[[House], None]:
    return lambda house: void((house.root / file).write_bytes(content))


def append(file: str, text: str) -> Callable[[House], None]:
    return lambda house: put(file, (house.root / file).read_bytes() + text.encode())(house)


def remove(file: str) -> Callable[[House], None]:
    return lambda house: (house.root / file).unlink()


def void(_: object) -> None:
    return None
