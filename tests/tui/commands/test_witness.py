"""``tracedesk witness`` as the other institution meets it."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from adapters.witness.book import Book
from adapters.witness.certificate import fingerprint
from adapters.witness.http import HttpWitness
from adapters.witness.memory import Disagrees, Memory
from tests.adapters.witness.audits import ORIGIN, SIGNER, Audit
from tui.cli import app

TRUE, FORK = Audit(), Audit("fork", same=5)


def asked(*words: str) -> Result:
    outcome = CliRunner().invoke(app, ["witness", *words])
    assert "Traceback" not in outcome.output
    assert outcome.exception is None or isinstance(outcome.exception, SystemExit)
    return outcome


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "witness"
    assert asked("init", str(made), "--name", "localhost").exit_code == 0
    assert asked("enrol", str(made), SIGNER.verifier.text()).exit_code == 0
    return made


def tell(folder: Path, audit: Audit, size: int) -> None:
    with contextlib.closing(Book(folder, datetime.now(UTC))) as book:
        latest = book.latest(ORIGIN)
        since = latest.checkpoint.size if latest else 0
        book.remember(audit.signed(size), since, audit.proof(since, size), datetime.now(UTC))


def test_a_new_witness_prints_the_fingerprint_that_engines_are_to_know(tmp_path: Path) -> None:
    outcome = asked("init", str(tmp_path / "new"))
    assert outcome.exit_code == 0
    assert outcome.stdout.splitlines()[0] == f"fingerprint {fingerprint(tmp_path / 'new')}"
    again = asked("init", str(tmp_path / "new"))
    assert again.exit_code == 2
    assert "holds a certificate already" in again.stderr


def test_a_certificate_that_cannot_be_written_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "key.pem").symlink_to(tmp_path / "nowhere")  # never followed
    outcome = asked("init", str(tmp_path))
    assert outcome.exit_code == 2
    assert outcome.stderr.startswith(f"tracedesk: {tmp_path / 'key.pem'}: ")
    assert len(outcome.stderr.splitlines()) == 1


@pytest.mark.parametrize("minutes", ["nan", "inf", "0", "-1", "1e300"])
def test_a_silence_that_is_no_time_is_said_in_one_line(folder: Path, minutes: str) -> None:
    outcome = asked("serve", str(folder), "--port", "0", "--silence-min", minutes)
    assert outcome.exit_code == 2
    assert outcome.stderr.startswith("tracedesk: --silence-min: is no time to wait; ")


def test_the_status_of_a_quiet_witness(folder: Path) -> None:
    outcome = asked("status", str(folder))
    assert (outcome.exit_code, outcome.stdout) == (0, f"{ORIGIN}: 0 lines, never heard\n")
    tell(folder, TRUE, 7)
    outcome = asked("status", str(folder))
    assert (outcome.exit_code, outcome.stdout) == (0, f"{ORIGIN}: 7 lines, heard 0 min ago\n")


def test_an_open_alarm_is_an_exit_code_until_a_person_accepts_it(folder: Path) -> None:
    tell(folder, TRUE, 4)
    tell(folder, TRUE, 20)
    with pytest.raises(Disagrees):
        tell(folder, FORK, 30)
    outcome = asked("status", str(folder))
    assert outcome.exit_code == 1
    assert f"fork of {ORIGIN}" in outcome.stdout.splitlines()[-1]
    assert asked("accept", str(folder), ORIGIN).exit_code == 2  # not without a reason
    assert asked("accept", str(folder), ORIGIN, "--reason", " ").exit_code == 2
    outcome = asked("accept", str(folder), ORIGIN, "--reason", "backup of monday", "--size", "5")
    assert (outcome.exit_code, outcome.stdout) == (0, "1 alarm closed, goes on from 4 lines\n")
    assert asked("status", str(folder)).exit_code == 0
    tell(folder, FORK, 30)


def test_a_file_witness_goes_back_as_well(tmp_path: Path) -> None:
    path = tmp_path / "witness.jsonl"
    with contextlib.closing(Memory(path, SIGNER.verifier)) as memory:
        memory.remember(TRUE.signed(4), 0, (), datetime.now(UTC))
    assert asked("accept", str(path), "--reason", "restored").exit_code == 2
    outcome = asked("accept", str(path), "--reason", "restored", "--size", "3")
    assert (outcome.exit_code, outcome.stdout) == (0, "goes on from 0 lines\n")


@pytest.mark.parametrize(
    "words", [("status",), ("serve",), ("enrol", "nonsense"), ("accept", "x", "--reason", "y")]
)
def test_a_folder_that_is_no_witness_is_said_in_one_line(tmp_path: Path, words: tuple[str, ...]) -> None:
    command, *rest = words
    outcome = asked(command, str(tmp_path / "none"), *rest, *(("--port", "0") if command == "serve" else ()))
    assert outcome.exit_code == 2
    assert len(outcome.stderr.splitlines()) == 1


def test_it_serves_until_a_signal_and_an_engine_finds_it(folder: Path) -> None:
    code = "from tui.cli import main; main()"
    command = [sys.executable, "-P", "-c", code, "witness", "serve", str(folder), "--port", "0"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stdout is not None
            _, url, _, known = process.stdout.readline().split()
            assert known == fingerprint(folder)

            async def meet() -> None:
                async with contextlib.aclosing(HttpWitness(url, ORIGIN, fingerprint=known)) as client:
                    await client.remember(TRUE.signed(7), 0, ())
                    assert await client.latest() == TRUE.signed(7)

            asyncio.run(meet())
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
    assert asked("status", str(folder)).stdout.startswith(f"{ORIGIN}: 7 lines")
