"""Kills a whole engine at random instants under ten traces and several people, and counts what is lost.

    python tests/faults/kill_loop.py --rounds 1000 [--json FILE] [--seed N]

Each round: start, wait until it answers, repeat what was not answered under the same keys, work on, kill -9
(half of the times the engine alone, else with its workers), open a copy of what is left and compare it
with what people were told. The engine, its store, vault, audit, slots, pool and service are the real
ones, in a process of their own; only the workers make up what they see (``adapters/bench``).
"""

import argparse
import asyncio
import contextlib
import json
import os
import random
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))

from adapters.bench.town import Town, build  # noqa: E402
from engine.api.client import EngineClient, until_answering  # noqa: E402
from engine.domain.record import Source  # noqa: E402
from tests.faults.books import Finding, look, set_aside  # noqa: E402
from tests.faults.insistent import GONE, Caller, Knowledge, Ledger, People  # noqa: E402
from tui.commands.bring_in import bring_in, start_all  # noqa: E402
from tui.commands.trace import read_cases  # noqa: E402

READY_S, FIRST_WINDOW_S = 3.0, 10.0  # what is promised
CORES = len(os.sched_getaffinity(0))
PATIENCE_S = 300.0  # how long a round waits before it gives up, on however crowded a machine
ROUNDS_A_TOWN, ROUNDS_A_SAMPLE = 40, 4  # before the work is done
WHOLE_EVERY = 5  # rounds, between checks of every line of the audit
WINDOWS_LEFT = 60
STAND_IN = ("-P", "-m", "adapters.bench.engine", "--window-s", "0.12", "--many")
REAL = ("-P", "-m", "adapters.assembly")


@dataclass(slots=True)
class Figures:
    """What all rounds together gave."""

    rounds: int = 0
    ready_s: list[float] = field(default_factory=list)
    first_window_s: list[float] = field(default_factory=list)
    load: list[float] = field(default_factory=list)  # of the machine, beside each start
    killed: dict[str, int] = field(default_factory=dict)
    acknowledged: int = 0
    decisions: int = 0
    conflicts: int = 0
    repeated: int = 0
    found_done: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    apart: list[str] = field(default_factory=list)
    surprises: list[str] = field(default_factory=list)
    windows: int = 0
    lines: int = 0
    events: int = 0

    def summary(self) -> dict[str, Any]:
        """As numbers: seconds, counts."""
        return {
            "rounds": self.rounds,
            "killed": self.killed,
            "acknowledged": self.acknowledged,
            "decisions": self.decisions,
            "conflicts": self.conflicts,
            "repeated": self.repeated,
            "found_done": self.found_done,
            "windows": self.windows,
            "audit_lines": self.lines,
            "events_heard": self.events,
            "lost": len(self.lost),
            "doubled": len(self.doubled),
            "apart": len(self.apart),
            "surprises": len(self.surprises),
            "ready_s": distribution(self.ready_s),
            "first_window_s": distribution(self.first_window_s),
            "load": distribution(self.load),
            "ready_s_where_not_crowded": distribution(
                [s for s, load in zip(self.ready_s, self.load, strict=True) if load <= CORES]
            ),
        }

    @property
    def problems(self) -> list[str]:
        return [*self.lost, *self.doubled, *self.apart, *self.surprises]


def distribution(values: Sequence[float]) -> dict[str, float]:
    """Median, 99 of 100, longest, and how many."""
    if not values:
        return {"n": 0}
    ordered = sorted(values)
    return {
        "n": len(ordered),
        "median": round(statistics.median(ordered), 3),
        "p99": round(ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))], 3),
        "max": round(ordered[-1], 3),
    }


class Site:
    """A site on a state folder of its own, with its people, for some rounds."""

    def __init__(
        self, site: Path, cases: Sequence[Path], state: Path, command: Sequence[str], dice: random.Random
    ) -> None:
        self.state = state
        self.ledger = Ledger()
        self._site = site
        self._cases = cases
        self._command = command
        self._dice = dice
        self._known = Knowledge([], {})
        self._aside = state.with_name(state.name + "-aside")
        self._windows = self._seen = self._unfinished = 0

    @property
    def _socket(self) -> Path:
        return self.state / "engine.sock"

    @contextlib.asynccontextmanager
    async def started(self) -> AsyncIterator[asyncio.subprocess.Process]:
        """An engine process; nothing of it is left afterwards, whatever happened."""
        process = await self.start()
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()

    async def start(self) -> asyncio.subprocess.Process:
        command = (sys.executable, *self._command, "--state", str(self.state), "--site", str(self._site))
        with (self.state / "said").open("ab") as said:
            return await asyncio.create_subprocess_exec(
                *command,
                cwd=ROOT,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=said,
                start_new_session=True,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
            )

    async def open(self) -> None:
        """Bring the cases in and start ten traces, in an engine that ends in an orderly way."""
        async with self.started() as process, EngineClient(self._socket) as client:
            await until_answering(client, PATIENCE_S)
            folders = read_cases(self._cases, self._site)
            papers = await bring_in(client, folders, lambda _: None)
            started = await start_all(client, papers)
            process.send_signal(signal.SIGTERM)
            await process.wait()
        self._known.traces = list(started.values())
        for number, folder in enumerate(folders):
            assert folder.authorisation is not None
            self._known.cases[folder.case.case_id] = (number, folder.authorisation.cameras[0])
            self.ledger.files += sum(file.mapping.source is Source.GPS for file in folder.records)
        self.ledger.papers = dict.fromkeys(papers.values(), True)

    async def round(self, figures: Figures, *, last: bool = False) -> None:
        """One life of an engine. In the last one people get to answer, if none has until then."""
        began = time.monotonic()
        kind = self._dice.choices(("while starting", "early", "at work"), (1, 4, 5))[0]
        if last and not self.ledger.told:
            kind = "at work"
        async with self.started() as process:
            if kind == "while starting":
                await asyncio.sleep(self._dice.uniform(0.0, 1.2))
            else:
                await self._lived(process, began, kind, figures)
            await self._kill(process, figures, kind)

    async def _lived(
        self, process: asyncio.subprocess.Process, began: float, kind: str, figures: Figures
    ) -> None:
        async with Caller(self._socket, self.ledger) as caller:
            await self._answers(caller, process)
            figures.ready_s.append(time.monotonic() - began)
            figures.load.append(os.getloadavg()[0])
            resumed = asyncio.Event()
            listening = asyncio.create_task(self._listen(caller, resumed))
            people = People(caller, self.ledger, self._known, self._dice)
            working = asyncio.create_task(self._work(caller, people))
            try:
                if kind == "at work":
                    async with asyncio.timeout(PATIENCE_S):
                        await self._worked(process, resumed, began, figures)
                await asyncio.sleep(self._dice.uniform(0.0, 1.2))
                if process.returncode is not None:
                    raise RuntimeError(f"the engine ended by itself: {self._said()}")
                self._signal(process)
                people.over = True
                await asyncio.gather(working, listening)  # they hear the last answers, then nobody
            finally:
                working.cancel()
                listening.cancel()
                await asyncio.gather(working, listening, return_exceptions=True)

    async def _worked(
        self, process: asyncio.subprocess.Process, resumed: asyncio.Event, began: float, figures: Figures
    ) -> None:
        """Until a window was read in this life, and somebody has answered in one of the lives."""
        if self._unfinished:
            await resumed.wait()
            if self._seen > self._windows:
                figures.first_window_s.append(time.monotonic() - began)
        while True:
            if self.ledger.told or process.returncode is not None:
                return
            await asyncio.sleep(0.02)

    async def _answers(self, caller: Caller, process: asyncio.subprocess.Process) -> None:
        give_up = time.monotonic() + PATIENCE_S
        while True:
            try:
                await caller.read("/hello")
                return
            except GONE:
                if process.returncode is not None or time.monotonic() > give_up:
                    raise RuntimeError(f"the engine does not start: {self._said()}") from None
                await asyncio.sleep(0.01)

    async def _work(self, caller: Caller, people: People) -> None:
        with contextlib.suppress(*GONE):
            await caller.repeat()
            await people.work()

    async def _listen(self, caller: Caller, resumed: asyncio.Event) -> None:
        """Hear every event from the cursor on, and see when windows are read again, or none is left."""
        cursor = self.ledger.events[-1] if self.ledger.events else 0
        with contextlib.suppress(*GONE):
            async for line in caller.events(cursor):
                if line["type"] == "event":
                    self.ledger.events.append(line["seq"])
                elif line["type"] == "snapshot":
                    self._seen = sum(trace["windows_done"] for trace in line["traces"])
                    at_work = any(trace["state"] in ("queued", "running") for trace in line["traces"])
                    if self._seen > self._windows or not at_work:
                        resumed.set()
                else:
                    self.ledger.surprises.append(f"a listener at {cursor} was told to begin anew")

    def _signal(self, process: asyncio.subprocess.Process) -> None:
        with contextlib.suppress(ProcessLookupError):
            if self._dice.random() < 0.5:
                os.kill(process.pid, signal.SIGKILL)
            else:
                os.killpg(process.pid, signal.SIGKILL)

    async def _kill(self, process: asyncio.subprocess.Process, figures: Figures, kind: str) -> None:
        self._signal(process)
        code = await process.wait()
        if code != -signal.SIGKILL:
            raise RuntimeError(f"the engine ended by itself ({code}): {self._said()}")
        figures.killed[kind] = figures.killed.get(kind, 0) + 1
        figures.rounds += 1

    async def compare(self, figures: Figures, *, whole: bool) -> Finding:
        set_aside(self.state, self._aside)
        found = await look(self._aside, self.ledger, whole=whole)
        for kind in ("lost", "doubled", "apart"):
            where = f"round {figures.rounds}: "
            getattr(figures, kind).extend(where + line for line in getattr(found, kind))
        self._windows, self._unfinished = found.windows, found.unfinished
        return found

    async def close(self, figures: Figures) -> None:
        """Everything that is still open is repeated, then the engine ends in an orderly way, and nothing
        may be there that nobody was told of."""
        async with self.started() as process, Caller(self._socket, self.ledger) as caller:
            await self._answers(caller, process)
            while self.ledger.unanswered:
                await caller.repeat()
            process.send_signal(signal.SIGTERM)
            await process.wait()
        found = await self.compare(figures, whole=True)
        ledger = self.ledger
        figures.acknowledged += ledger.acknowledged
        figures.conflicts += ledger.conflicts
        figures.repeated += ledger.repeated
        figures.found_done += ledger.found_done
        figures.surprises += ledger.surprises
        figures.events += len(ledger.events)
        figures.decisions += found.decisions
        figures.windows += found.windows
        figures.lines += found.lines

    def _said(self) -> str:
        return (self.state / "said").read_text("utf-8", "replace")[-600:]


async def rounds(
    count: int,
    folder: Path,
    *,
    seed: int = 1,
    each: Callable[[Figures], None] = lambda _: None,
    site: Town | None = None,
) -> Figures:
    """``count`` kills. ``site`` is a real one with face models, else one is made up anew now and then."""
    figures, dice = Figures(), random.Random(seed)
    while figures.rounds < count:
        async with _some_site(folder, site, dice, figures.rounds) as house:
            await house.open()
            found = await house.compare(figures, whole=True)
            last = min(count, figures.rounds + (ROUNDS_A_SAMPLE if site else ROUNDS_A_TOWN))
            while figures.rounds < last and (site or _enough(found, house)):
                await house.round(figures, last=figures.rounds + 1 == last)
                found = await house.compare(figures, whole=figures.rounds % WHOLE_EVERY == 0)
                each(figures)
            await house.close(figures)
    return figures


def the_sample() -> Town:
    """The ten cases over real clips, searched with real models."""
    folder = Path(__file__).resolve().parents[2] / "configs" / "sample"
    return Town(folder / "site.toml", tuple(sorted((folder / "cases").iterdir())))


def _enough(found: Finding, house: Site) -> bool:
    """Whether the ten traces have something left to do."""
    return found.unfinished > 0 and found.windows < 720 - WINDOWS_LEFT


@contextlib.asynccontextmanager
async def _some_site(
    folder: Path, site: Town | None, dice: random.Random, number: int
) -> AsyncIterator[Site]:
    with tempfile.TemporaryDirectory(dir=folder, prefix=f"{number}-", ignore_cleanup_errors=True) as inside:
        state = Path(inside) / "s"
        state.mkdir()
        town = site or build(Path(inside) / "town")
        yield Site(town.site, town.cases, state, REAL if site else STAND_IN, dice)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sample", action="store_true", help="real models and clips, beside a checkout")
    parser.add_argument("--json", type=Path, help="write the figures here, anew after every round")
    given = parser.parse_args(arguments)
    began = time.monotonic()

    def said(figures: Figures) -> dict[str, Any]:
        facts = {"cores": CORES, "wall_s": round(time.monotonic() - began, 1)}
        return figures.summary() | facts | {"problems": figures.problems}

    def each(figures: Figures) -> None:
        if given.json is not None:
            given.json.write_text(json.dumps(said(figures), indent=1), encoding="utf-8")
        if figures.rounds % 10 == 0:
            line = (
                f"{figures.rounds} rounds, {len(figures.problems)} problems, {time.monotonic() - began:.0f} s"
            )
            sys.stderr.write(line + "\n")

    with tempfile.TemporaryDirectory(prefix="kill-") as folder:
        site = the_sample() if given.sample else None
        figures = asyncio.run(rounds(given.rounds, Path(folder), seed=given.seed, each=each, site=site))
    each(figures)
    sys.stdout.write(json.dumps(said(figures), indent=1) + "\n")
    late = (
        max(figures.ready_s, default=0.0) > READY_S
        or max(figures.first_window_s, default=0.0) > FIRST_WINDOW_S
    )
    return 1 if figures.problems or late else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
