"""An engine whose store can no longer be written answers so once, and ends with exit code 3."""

import asyncio
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.api.client import EngineAway, EngineClient, EngineSaysNo
from tests.end_to_end.house import House
from tests.engine.store.released import asked
from tui.commands.engine_process import COMMAND, SOCKET

DATABASE = "tracedesk.sqlite"


@pytest.fixture
def engine(house: House, tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    (tmp_path / "state").mkdir()
    process = subprocess.Popen(
        [*COMMAND, "--state", str(tmp_path / "state"), "--site", str(house.site), "--workers", "1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    yield process
    if process.poll() is None:
        process.kill()
    process.communicate()


async def no_answer_but_a_refusal(socket: Path) -> None:
    async with EngineClient(socket) as client:
        with pytest.raises((EngineSaysNo, EngineAway)) as said:
            await client.cases()
        if isinstance(said.value, EngineSaysNo):
            assert (said.value.status, said.value.code) == (503, "store")


def test_an_engine_that_was_taken_over_ends_by_itself(
    engine: "subprocess.Popen[str]", tmp_path: Path
) -> None:
    state = tmp_path / "state"
    asked(state / DATABASE, "UPDATE meta SET value = value + 1 WHERE key = 'instance'")
    asyncio.run(no_answer_but_a_refusal(state / SOCKET))
    _, said = engine.communicate(timeout=20)
    assert engine.returncode == 3
    assert said.splitlines()[-1].startswith(f"{state}: the store can no longer be written")
    assert not (state / SOCKET).exists()


def test_started_again_it_goes_on(house: House, engine: "subprocess.Popen[str]", tmp_path: Path) -> None:
    state = tmp_path / "state"
    asked(state / DATABASE, "UPDATE meta SET value = value + 1 WHERE key = 'instance'")
    asyncio.run(no_answer_but_a_refusal(state / SOCKET))
    engine.communicate(timeout=20)
    again = subprocess.Popen(
        [*COMMAND, "--state", str(state), "--site", str(house.site), "--workers", "1"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert again.stdout is not None
    assert again.stdout.readline() == "ready\n"
    again.terminate()
    again.communicate(timeout=20)
    assert again.returncode == 0
