"""G23: one engine for one store: a second is turned away, and one that slept through its replacement
acknowledges nothing when it wakes."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine import failpoints
from engine.domain.errors import InputError
from engine.vault import files
from engine.vault.keys import Vault
from tests.engine.fakes import SECRET
from tests.faults.store_load import acked, lost

ROOT = Path(__file__).resolve().parent.parent.parent


class Engine:
    """A process that writes to a store until it is told that it may not."""

    def __init__(self, database: Path, name: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.store_load", str(database), name],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.said: list[str] = []

    def until(self, beginning: str) -> None:
        assert self.process.stdout is not None
        while not (self.said and self.said[-1].startswith(beginning)):
            line = self.process.stdout.readline()
            assert line, f"ended with {self.process.wait()}: {self.said[-3:]}"
            self.said.append(line.strip())

    def pause(self, how: signal.Signals = signal.SIGSTOP) -> None:
        """At any instant, or with SIGUSR1 at one at which nothing is under way."""
        self.process.send_signal(how)
        stat = Path(f"/proc/{self.process.pid}/stat")
        while stat.read_text().rpartition(")")[2].split()[0] != "T":
            time.sleep(0.001)

    def wake(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def ended(self) -> int:
        out, _ = self.process.communicate(timeout=60)
        self.said += out.splitlines()
        return self.process.returncode


@pytest.fixture
def engines() -> Iterator[list[Engine]]:
    started: list[Engine] = []
    yield started
    for engine in started:
        if engine.process.poll() is None:
            engine.process.kill()
            engine.process.wait()


def start(engines: list[Engine], database: Path, name: str) -> Engine:
    engines.append(Engine(database, name))
    return engines[-1]


def test_g23_a_second_engine_is_turned_away_also_while_the_first_is_paused(
    tmp_path: Path, engines: list[Engine]
) -> None:
    database = tmp_path / "tracedesk.sqlite"
    first = start(engines, database, "first")
    first.until("ack")
    for _ in range(2):
        second = start(engines, database, "second")
        assert second.ended() == 2
        assert "another engine is using this state folder" in second.said[0]
        first.pause()
    first.wake()
    before = len(first.said)
    first.until("ack")
    assert len(first.said) >= before


def test_g23_a_paused_engine_that_was_replaced_wakes_and_acknowledges_nothing(
    tmp_path: Path, engines: list[Engine]
) -> None:
    """Somebody deleted the lock file. The first engine sleeps between two transactions, or inside of
    one: then it holds the file, the second one does not open, and it is woken and paused between two."""
    database = tmp_path / "tracedesk.sqlite"
    first = start(engines, database, "first")
    first.until("ack")
    for how in (signal.SIGSTOP, *[signal.SIGUSR1] * 20):
        first.pause(how)
        database.with_suffix(".lock").unlink(missing_ok=True)
        second = start(engines, database, "second")
        try:
            second.until("ack")
            break
        except AssertionError:
            assert "is being used" in second.said[0]
            first.wake()
            first.until("ack")
    else:
        pytest.fail("the first engine was never caught between two transactions")

    first.wake()
    assert first.ended() == 3
    assert "broken" in first.said
    second.until("ack")
    second.process.kill()
    second.ended()

    assert not any("late" in key for key in acked(first.said))
    assert lost(database, acked(first.said) | acked(second.said)) == ""


def test_g23_two_engines_at_once_without_a_lock_file_leave_one(tmp_path: Path, engines: list[Engine]) -> None:
    database = tmp_path / "tracedesk.sqlite"
    first = start(engines, database, "first")
    first.until("ack")
    database.with_suffix(".lock").unlink()
    second = start(engines, database, "second")
    second.until("ack")
    assert first.ended() == 3
    second.until("ack")
    second.process.kill()
    second.ended()
    assert lost(database, acked(first.said) | acked(second.said)) == ""


def _makes_a_case(second: Vault) -> None:
    second.ensure("case:C")


def _erases_and_makes_a_case(second: Vault) -> None:
    second.destroy(frozenset({"case:A"}))
    second.ensure("case:C")


@pytest.mark.parametrize("meanwhile", [_makes_a_case, _erases_and_makes_a_case])
@pytest.mark.parametrize("wakes_in", ["destroy", "ensure"])
def test_g23_an_engine_that_was_replaced_writes_no_key_file(
    tmp_path: Path, wakes_in: str, meanwhile: Callable[[Vault], None]
) -> None:
    """It slept after its last word with the database, which would have told it."""
    first = Vault(tmp_path, SECRET)
    first.ensure_all(("case:A", "case:B"))
    second = Vault(tmp_path, SECRET)
    meanwhile(second)
    sealed = second.seal("case:C", "row", b"acknowledged by the second")
    with pytest.raises(InputError, match="was written by another engine"):
        first.destroy(frozenset({"case:B"})) if wakes_in == "destroy" else first.ensure("case:D")
    assert Vault(tmp_path, SECRET).open("case:C", "row", sealed) == b"acknowledged by the second"


@pytest.fixture
def nothing_armed() -> Iterator[None]:
    yield
    failpoints.disarm()


@pytest.mark.usefixtures("nothing_armed")
def test_g23_an_engine_that_is_replaced_while_it_destroys_a_key_stops_there(tmp_path: Path) -> None:
    first = Vault(tmp_path, SECRET)
    first.ensure_all(("case:A", "case:B"))
    sealed = b""

    def another_takes_over() -> None:
        nonlocal sealed
        failpoints.disarm()
        second = Vault(tmp_path, SECRET)
        second.ensure("case:C")
        sealed = second.seal("case:C", "row", b"acknowledged by the second")

    failpoints.arm(files.AFTER_FOLDER_SYNC, another_takes_over)  # the key of the next epoch is written
    with pytest.raises(InputError, match="was written by another engine"):
        first.destroy(frozenset({"case:B"}))
    assert Vault(tmp_path, SECRET).open("case:C", "row", sealed) == b"acknowledged by the second"


def test_g23_a_key_file_that_was_only_copied_back_is_still_ours(tmp_path: Path) -> None:
    vault = Vault(tmp_path, SECRET)
    vault.ensure("case:A")
    content = (tmp_path / "keys.json").read_bytes()
    (tmp_path / "keys.json").unlink()
    (tmp_path / "keys.json").write_bytes(content)
    vault.ensure("case:B")
    assert Vault(tmp_path, SECRET).has("case:B")
