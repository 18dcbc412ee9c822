"""The console in a real terminal, on a real engine: a case from the first look to the last answer."""

import asyncio
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import psutil
import pytest

from adapters.bench.town import build
from engine.api.client import EngineClient
from tests.screens.in_tmux import Tmux, needs_tmux, plain_environment
from tui.commands.bring_in import bring_in, start_all
from tui.commands.engine_process import SOCKET
from tui.commands.trace import read_cases

pytestmark = needs_tmux
ENGINE = (sys.executable, "-P", "-m", "adapters.bench.engine", "--window-s", "0.02", "--many")
HOURS = "2026-03-02 09:00,2026-03-02 10:30"  # nine windows of one camera, a third of them with a find
WIDE, NARROW = (120, 40), (80, 24)


class Engine:
    """The real one, with workers that make up what they find; it can be killed and started again."""

    def __init__(self, site: Path, state: Path) -> None:
        self._command = [*ENGINE, "--state", str(state), "--site", str(site), "--until-stdin-closes"]
        self.site, self.state = site, state
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == b"ready\n"

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def end(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

    @property
    def socket(self) -> Path:
        return self.state / SOCKET


@contextmanager
def an_engine(folder: Path) -> Iterator[Engine]:
    """With two cases, traced to the end, with something to look at."""
    town = build(folder / "town", cases=2)
    for case in town.cases:
        interview = case / "records" / "interview.csv"
        rows = interview.read_text()
        interview.write_text(re.sub(r"2026-03-02 09:00,2026-03-02 21:00", HOURS, rows))
    state = folder / "s"
    state.mkdir()
    engine = Engine(town.site, state)
    try:
        _trace(engine)
        yield engine
    finally:
        engine.end()


def _trace(engine: Engine) -> None:
    async def trace() -> int:
        async with EngineClient(engine.socket) as client:
            cases = read_cases([engine.site.parent / "cases" / f"made-up-{n}" for n in range(2)], engine.site)
            traces = (await start_all(client, await bring_in(client, cases, lambda _: None))).values()
            async for snapshot in client.snapshots():
                if all(row.state.machine_done for row in snapshot.traces):
                    break
            return sum([len((await client.trace(trace)).candidates) for trace in traces])

    assert asyncio.run(trace()) > 0, "a third of eighteen windows"


@pytest.fixture
def traced(tmp_path: Path) -> Iterator[Engine]:
    """One of its own, for whoever answers or ends it."""
    with an_engine(tmp_path) as engine:
        yield engine


@pytest.fixture(scope="module")
def looked_at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The same one for all who only look."""
    with an_engine(tmp_path_factory.mktemp("town")) as engine:
        yield engine


def console(engine: Engine, home: Path, size: tuple[int, int] = WIDE) -> Tmux:
    command = [sys.executable, "-m", "tui.cli", "--site", str(engine.site), "--state", str(engine.state)]
    return Tmux(command, size, plain_environment(home))


def answers(engine: Engine) -> list[str]:
    async def ask() -> list[str]:
        async with EngineClient(engine.socket) as client:
            details = [await client.trace(row.trace_id) for row in await client.traces()]
        return sorted(str(c.answer) for detail in details for c in detail.candidates)

    return asyncio.run(ask())


def look() -> None:
    """As long as a person looks at least: the guard of the desk runs on the real clock here."""
    time.sleep(1.0)


def test_a_case_is_triaged_to_the_last_candidate_by_keyboard(traced: Engine, tmp_path: Path) -> None:
    with console(traced, tmp_path) as terminal:
        terminal.shows("●", "candidate 1 of", "not answered")
        assert terminal.title() == "tracedesk"
        total = len(answers(traced))
        for number in range(total):
            terminal.shows("not answered", "▀")
            look()
            if number == 0:
                terminal.press("z")
                terminal.shows("large enough to confirm", "▀")
                look()
                terminal.press("a")
                terminal.shows("same person, written")
            elif number == 1:
                terminal.press("Space")
                terminal.shows("Cannot tell, because")
                terminal.press("2")
                terminal.shows("cannot tell, written")
            else:
                terminal.press("x")
                terminal.shows("not the same, written")
            terminal.press("n")
        terminal.shows("nothing waits for an answer")
    given = answers(traced)
    assert given.count("same") == 1
    assert given.count("not_same") == max(0, total - 2)


def test_an_engine_that_is_killed_is_missed_and_found_again(traced: Engine, tmp_path: Path) -> None:
    with console(traced, tmp_path) as terminal:
        terminal.shows("●", "candidate 1 of", "not answered", "▀")
        look()
        terminal.press("x")
        terminal.shows("written")
        traced.kill()
        terminal.shows("engine away")
        traced.start()
        terminal.shows("●", within_s=40.0)
        assert "not_same" in answers(traced)
        terminal.press("u")
        terminal.shows("taken back")


def test_an_id_is_copied_through_the_terminal_and_nothing_else(looked_at: Engine, tmp_path: Path) -> None:
    with console(looked_at, tmp_path) as terminal:
        terminal.shows("●", "candidate 1 of")
        terminal.press("y")
        terminal.shows("copied")
        copied = terminal.clipboard()
    assert re.fullmatch(r"[0-9a-f]{8,64}", copied)


def test_another_size_and_back_loses_nothing(looked_at: Engine, tmp_path: Path) -> None:
    with console(looked_at, tmp_path) as terminal:
        before = terminal.shows("●", "candidate 1 of", "│▌", "─ 1 traces", "4 contacts")
        terminal.resize(*NARROW)
        narrow = terminal.until(
            lambda text: len(text.splitlines()) <= 24 and "1 traces" in text.splitlines()[1]
        )
        assert "candidate 1 of" in narrow
        terminal.press("4")
        terminal.shows("nobody yet")
        terminal.press("2")
        terminal.resize(50, 15)
        terminal.shows("Too small")
        terminal.resize(*WIDE)
        after = terminal.shows("candidate 1 of", "│▌", "─ 1 traces", "4 contacts")
        assert [line[:34] for line in after.splitlines()[1:30]] == [
            line[:34] for line in before.splitlines()[1:30]
        ]


def help_on(text: str, rows: int) -> bool:
    return len(text.splitlines()) == rows and "keys  esc closes" in text


def test_a_window_that_grows_and_shrinks_under_a_question_stays_a_desk(
    looked_at: Engine, tmp_path: Path
) -> None:
    with console(looked_at, tmp_path, NARROW) as terminal:
        terminal.shows("●", "candidate 1 of")
        terminal.press("?")
        terminal.shows("keys  esc closes")
        for size in ((200, 60), NARROW, WIDE):
            terminal.resize(*size)
            terminal.until(partial(help_on, rows=size[1]))
        terminal.press("Escape")
        terminal.shows("─ 1 traces", "candidate 1 of", "q quit")


def test_a_console_whose_terminal_is_gone_is_gone_too(looked_at: Engine, tmp_path: Path) -> None:
    terminal = console(looked_at, tmp_path)
    terminal.shows("●")
    process = psutil.Process(terminal.process())
    terminal.hang_up()
    process.wait(timeout=5)
    assert not process.is_running()


def test_after_leaving_nothing_of_the_case_is_left_on_the_terminal(looked_at: Engine, tmp_path: Path) -> None:
    site, state = str(looked_at.site), str(looked_at.state)
    shell = ["sh", "-c", f'"{sys.executable}" -m tui.cli --site "{site}" --state "{state}"; exec cat']
    with Tmux(shell, WIDE, plain_environment(tmp_path)) as terminal:
        terminal.shows("●", "candidate 1 of")
        terminal.resize(WIDE[0] + 10, WIDE[1] + 12)
        terminal.until(lambda text: "●" in text.splitlines()[0] and len(text.splitlines()) > WIDE[1] + 2)
        terminal.press("q")
        left = terminal.shows("Traces go on without the desk")
        assert "made-up-0" not in left and "▀" not in left and "candidate" not in left
        history = terminal._tmux("capture-pane", "-p", "-S", "-")
        assert "candidate 1 of" not in history and "tracedesk --site" in history
