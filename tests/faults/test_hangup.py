"""A terminal that hangs up leaves no console behind, and takes nothing of the work with it."""

import asyncio
import hashlib
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from engine.api.client import EngineClient, until_answering
from engine.domain.trace import TraceState
from tests.end_to_end.house import House, clip, link_models
from tests.end_to_end.spoil import void
from tests.faults.desk_on_pty import Terminal, console, console_with_parent, seconds_to_end
from tui.commands.bring_in import bring_in, start_all
from tui.commands.engine_process import end_engine, shared_engine, until_gone
from tui.commands.trace import read_cases

GONE_WITHIN_S = 5.0
A_PROCESSOR = 0.5  # share of one that a console may use while it ends


@pytest.fixture
def town(tmp_path: Path) -> House:
    made = House(tmp_path / "town")
    made.add_clip("cam1", clip(tmp_path / "clip.mp4"))
    return made


@pytest.fixture
def engine(town: House, tmp_path: Path) -> Iterator[Path]:
    """The socket of an engine in the background."""
    socket = shared_engine(town.site, tmp_path / "s")
    yield socket
    end_engine(socket)


def ended_quietly(process: psutil.Process) -> None:
    took_s, used_s = seconds_to_end(process, GONE_WITHIN_S)
    assert used_s <= 0.3 + A_PROCESSOR * took_s, "it span"


async def person_behind(socket: Path) -> str:
    async with EngineClient(socket) as client:
        return (await until_answering(client, 10.0)).person


class Reaped(psutil.Process):
    """A process that somebody else reaps between two looks at it."""

    def is_running(self) -> bool:
        return True

    def status(self) -> str:
        raise psutil.NoSuchProcess(self.pid)


def test_a_console_that_was_reaped_meanwhile_has_ended() -> None:
    took_s, _ = seconds_to_end(Reaped(), GONE_WITHIN_S)
    assert took_s < GONE_WITHIN_S


@pytest.mark.parametrize("controlling", [True, False], ids=["told by the kernel", "not told"])
def test_a_console_is_gone_when_its_terminal_is_and_the_engine_goes_on(
    town: House, engine: Path, controlling: bool
) -> None:
    terminal = Terminal()
    desk = console(town.site, engine.parent, terminal, controlling=controlling)
    terminal.shows(b"connected")
    terminal.hang_up()
    ended_quietly(desk)
    assert asyncio.run(person_behind(engine))


def test_a_console_is_gone_when_its_parent_is(town: House, engine: Path) -> None:
    terminal = Terminal()
    parent, desk = console_with_parent(town.site, engine.parent, terminal)
    terminal.shows(b"connected")
    parent.kill()
    parent.wait()
    ended_quietly(desk)
    assert asyncio.run(person_behind(engine))


def test_a_console_that_is_stopped_ends_when_it_goes_on_without_a_terminal(town: House, engine: Path) -> None:
    terminal = Terminal()
    desk = console(town.site, engine.parent, terminal, controlling=False)
    terminal.shows(b"connected")
    desk.suspend()
    terminal.hang_up()
    desk.resume()
    ended_quietly(desk)


def test_an_engine_that_a_console_started_is_no_child_of_its_terminal(town: House, tmp_path: Path) -> None:
    state = tmp_path / "s"
    terminal = Terminal()
    desk = console(town.site, state, terminal)
    terminal.shows(b"connected")
    terminal.hang_up()
    ended_quietly(desk)
    with until_gone(state / "engine.sock", 20.0) as running:
        assert running
        assert asyncio.run(person_behind(state / "engine.sock"))
        end_engine(state / "engine.sock")


def test_the_traces_of_a_terminal_that_hung_up_go_on(
    town: House, tmp_path: Path, shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TRACEDESK_MODELS", raising=False)
    link_models(town, shared)
    photo = (shared / "faces" / "enrol" / "A_0.png").read_bytes()
    (town.stills / "face.png").write_bytes(photo)
    town.state(hashlib.sha256(photo).hexdigest())
    socket = shared_engine(town.site, tmp_path / "s")

    async def begin() -> str:
        async with EngineClient(socket) as client:
            brought = await bring_in(client, read_cases([town.case], town.site), void)
            for worker in workers:
                worker.suspend()
            return next(iter((await start_all(client, brought)).values()))

    async def state_of(trace_id: str) -> TraceState:
        async with EngineClient(socket) as client:
            return (await client.trace(trace_id)).trace.state

    async def after_all(trace_id: str) -> TraceState:
        async with EngineClient(socket) as client, asyncio.timeout(60):
            async for snapshot in client.snapshots():
                (trace,) = [t for t in snapshot.traces if t.trace_id == trace_id]
                if trace.state.machine_done:
                    return trace.state
        raise AssertionError("the stream ended")

    try:
        workers = workers_of(town.site)
        trace_id = asyncio.run(begin())
        terminal = Terminal()
        desk = console(town.site, socket.parent, terminal)
        terminal.shows(b"running")
        terminal.hang_up()
        ended_quietly(desk)
        assert asyncio.run(state_of(trace_id)) is TraceState.RUNNING
        for worker in workers:
            worker.resume()
        assert asyncio.run(after_all(trace_id)) in (TraceState.COMPLETE, TraceState.AWAITING_REVIEW)
    finally:
        for worker in workers:
            worker.send_signal(signal.SIGCONT)
        end_engine(socket)


def workers_of(site: Path) -> list[psutil.Process]:
    """The workers of the engine of this site, of no other one on this machine."""
    for process in psutil.process_iter(["cmdline"]):
        if "adapters.assembly" in (line := process.info["cmdline"] or []) and str(site.resolve()) in line:
            return process.children()
    raise AssertionError("there is no engine")
