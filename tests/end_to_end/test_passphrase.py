"""An engine that waits for its passphrase: it ends when it is told to, and wrong ones are not forgotten."""

import asyncio
import os
import pty
import signal
import subprocess
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.audit import log
from engine.store.writer import SqliteStore
from engine.vault.unseal import set_passphrase
from tests.end_to_end.house import House
from tui.commands.engine_process import COMMAND

PHRASE = "a sentence of several words"
SERVICE = """
[service]
level = "basic"
people = {}
[service.keys]
unseal = "passphrase"
[service.witness]
url = "https://192.0.2.10:8463"
certificate_sha256 = "%s"
""" % ("0" * 64)


class Waiting:
    """An engine of a server, and the end of the line at which a custodian types."""

    def __init__(self, house: House, state: Path, line: int, far_end: int) -> None:
        text = house.site.read_text("utf-8").replace('"rehearsal"', '"server"').replace("Test town", "town")
        house.site.write_text(text.replace('rehearsal_statement = "rehearsal.toml"\n', "") + SERVICE)
        self.line = line
        self.process = subprocess.Popen(
            [*COMMAND, "--state", str(state), "--site", str(house.site), "--workers", "1"],
            stdin=far_end,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        os.close(far_end)

    def ended(self) -> tuple[int, str]:
        """Its exit code and what it said, within a second or two."""
        out, said = self.process.communicate(timeout=1.9)  # the pause after a wrong passphrase is 2 s
        return self.process.returncode, out + said


@pytest.fixture
def state(tmp_path: Path) -> Path:
    (tmp_path / "state").mkdir()
    set_passphrase(tmp_path / "state", [PHRASE], memory_kib=8 * 1024, passes=1)
    return tmp_path / "state"


@pytest.fixture
def by_pipe(house: House, state: Path) -> Iterator[Waiting]:
    far_end, line = os.pipe()
    yield from _kept(Waiting(house, state, line, far_end))


@pytest.fixture
def by_terminal(house: House, state: Path) -> Iterator[Waiting]:
    line, far_end = pty.openpty()
    yield from _kept(Waiting(house, state, line, far_end))


def _kept(waiting: Waiting) -> Iterator[Waiting]:
    yield waiting
    if waiting.process.poll() is None:
        waiting.process.kill()
        waiting.process.communicate()
    os.close(waiting.line)


def tries_in(state: Path) -> list[str]:
    async def read() -> list[str]:
        async with SqliteStore(state / "tracedesk.sqlite", "server") as store:
            return [line.detail["tries"] for line, _ in await store.run(log.lines) if line.action == "unseal"]

    return asyncio.run(read())


def test_told_to_end_after_a_wrong_passphrase_it_ends_at_once_and_the_audit_knows(
    by_pipe: Waiting, state: Path
) -> None:
    os.write(by_pipe.line, b"not the one\n")
    assert by_pipe.process.stderr is not None
    assert by_pipe.process.stderr.readline() == "wrong passphrase (try 1)\n"
    by_pipe.process.send_signal(signal.SIGTERM)
    assert by_pipe.ended() == (0, "")
    assert tries_in(state) == ["1"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_told_to_end_at_the_prompt_it_ends_and_leaves_the_terminal_as_it_was(
    by_terminal: Waiting, number: signal.Signals
) -> None:
    while termios.tcgetattr(by_terminal.line)[3] & termios.ECHO:
        assert by_terminal.process.poll() is None
        time.sleep(0.001)
    by_terminal.process.send_signal(number)
    assert by_terminal.ended() == (0, "")
    assert termios.tcgetattr(by_terminal.line)[3] & termios.ECHO


def test_nobody_types_the_right_one_and_the_audit_knows(by_pipe: Waiting, state: Path) -> None:
    os.write(by_pipe.line, b"not the one\n")
    os.close(by_pipe.line)
    by_pipe.line = os.dup(2)
    _, said = by_pipe.process.communicate(timeout=20)
    assert by_pipe.process.returncode == 2
    assert "ended before a passphrase came" in said
    assert tries_in(state) == ["1"]
