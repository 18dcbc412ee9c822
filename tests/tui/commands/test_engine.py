"""``tracedesk engine``, on a real engine without models."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from click.testing import Result as Outcome
from typer.testing import CliRunner

from engine.api.lines import Health
from tests.end_to_end.house import House
from tui.cli import app
from tui.commands.engine import lines
from tui.commands.engine_process import end_engine, shared_engine, until_gone

WELL = Health(version="1.2", profile="server", uptime_s=7_300.0, store="ok", slots=10)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path / "town")
    made.add_clip("cam1", b"never opened")
    yield made
    end_engine(tmp_path / "s" / "engine.sock")


def engine(house: House, word: str) -> Outcome:
    state = house.root.parent / "s"
    return CliRunner().invoke(app, ["engine", word, "--site", str(house.site), "--state", str(state)])


def test_an_engine_is_started_asked_and_stopped(house: House) -> None:
    assert engine(house, "status").exit_code == 3
    assert engine(house, "stop").output == "no engine is running\n"
    started = engine(house, "start")
    assert started.exit_code == 0, started.output
    again = engine(house, "start")
    assert again.output == started.output, "the one that runs"
    status = engine(house, "status")
    assert status.exit_code == 0
    assert "profile rehearsal" in status.output
    assert "store: ok" in status.output
    stopped = engine(house, "stop")
    assert stopped.exit_code == 0
    assert stopped.output == "the engine has ended; 0 traces resume with the next one\n"
    assert engine(house, "status").exit_code == 3
    assert not (house.root.parent / "s" / "engine.sock").exists()


def test_one_that_a_desk_started_is_said_to_end_by_itself(house: House) -> None:
    shared_engine(house.site, house.root.parent / "s")
    started = engine(house, "start")
    assert started.exit_code == 0
    assert started.output.splitlines()[1:] == [
        "it ran already, and ends when nobody has needed it for 15 min;"
        " for one that stays: tracedesk engine stop, then start it again"
    ]


def test_an_engine_that_cannot_start_says_why_in_one_line(house: House) -> None:
    house.cameras.unlink()
    outcome = engine(house, "start")
    assert outcome.exit_code == 2
    assert "there is no such file" in outcome.output


def test_nobody_is_waited_for_where_nobody_is(tmp_path: Path) -> None:
    with until_gone(tmp_path / "none.sock", 0.0) as running:
        assert not running


def test_health_is_told_in_plain_lines_and_only_of_parts_that_there_are() -> None:
    assert lines(WELL) == [
        "tracedesk 1.2, profile server, up 2 h",
        "store: ok",
        "slots: 0 of 10 busy, 0 traces waiting",
        "consoles listening: 0",
    ]
    all_parts = msgspec.structs.replace(
        WELL,
        uptime_s=42.0,
        workers=4,
        workers_busy=3,
        audit="a line is damaged",
        witness="silent",
        witness_age_s=1_000.0,
        keys_due=2,
        housekeeping="receipts: internal error",
    )
    told = lines(all_parts)
    assert "workers: 3 of 4 at work" in told
    assert "witness: silent, confirmed 17 min ago" in told
    assert "keys due to be destroyed: 2" in told
    assert "audit: a line is damaged" in told
    assert told[-1] == "housekeeping: receipts: internal error"
