"""The desk of the demo: it opens on the first cameras, while the footage of the others is made."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from engine.api.client import EngineAway, EngineClient, EngineSaysNo
from engine.api.schema import TraceDetail
from engine.domain.errors import InputError
from tui.clean import clean_text, cleaned
from tui.commands.demo_city import MOST_PATIENTS, DemoCity, prepare
from tui.commands.demo_footage import Told, make_footage
from tui.commands.demo_reviewer import Reviewed, Tally, review_by_truth
from tui.commands.demo_table import print_truth
from tui.commands.drawable import check_terminal
from tui.commands.engine_process import SOCKET, end_engine, shared_engine
from tui.commands.opening import Liking
from tui.commands.trace import LINE, engine_of, read_cases, trace_on_desk

if TYPE_CHECKING:
    from adapters.city.facts import Truth

FIRST_CAMERAS = 2  # those that saw most of the patients are made first
ENDS_WITHIN_S = 30.0
LOOKS_UP_S = 0.2

Make = Callable[[Told, threading.Event], dict[str, str]]
"""Makes films until all are there or the event is set, and tells how far it is; their sha256 by name.
Raises InputError."""


class Rest:
    """The films that are still to be made, in a thread. ``more`` is called in it once all are in the site
    that were not there when the desk opened; it is to have an engine look at them."""

    def __init__(self, city: DemoCity, make: Make, more: Callable[[], None]) -> None:
        self._city, self._make, self._more = city, make, more
        self._news = threading.Condition()
        self._films: Mapping[str, str] = {}
        self._published: Mapping[str, str] = {}
        self._said = ""
        self._made = False
        self._desk_open = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="footage", daemon=True)
        self.problem: InputError | None = None

    @property
    def busy(self) -> bool:
        """Whether the desk is still to get more."""
        return self._thread.is_alive()

    @property
    def unfinished(self) -> bool:
        """Whether films are still missing."""
        return not self._made

    @contextlib.contextmanager
    def going_on(self) -> Iterator[None]:
        """Begins; at the end what is not made yet is left for another time."""
        self._thread.start()
        try:
            yield
        finally:
            self._ended.set()
            self._thread.join(ENDS_WITHIN_S)

    def publish_first(self) -> None:
        """Wait for the first cameras, and write them into the site. Raises InputError where they cannot be
        made."""
        with self._news:
            self._news.wait_for(self._enough)
            if self.problem is not None:
                raise self.problem
            self._published = dict(self._films) if self._made else whole(self._city.films, self._films)
        self._city.publish(self._published)

    def aside(self) -> str:
        """How far it is, for a desk, which is open when it asks."""
        self._desk_open.set()
        return self._said

    def _enough(self) -> bool:
        cameras = sum(all(film in self._films for film in films) for films in self._city.films.values())
        return self._made or self.problem is not None or cameras >= FIRST_CAMERAS

    def _told(self, films: Mapping[str, str], done_s: float, total_s: float) -> None:
        with self._news:
            self._films = films
            self._said = f"footage {done_s / 60:.0f} of {total_s / 60:.0f} min"
            self._news.notify_all()

    def _run(self) -> None:
        try:
            films = self._make(self._told, self._ended)
            with self._news:
                self._films, self._made, self._said = films, not self._ended.is_set(), ""
                self._news.notify_all()
            while not self._desk_open.wait(LOOKS_UP_S):
                if self._ended.is_set():
                    return
            if self._made and self._published != films:
                self._city.publish(films)
                self._said = "all footage is there"
                self._more()
                self._said = ""
        except InputError as problem:
            with self._news:
                self.problem, self._said = problem, "no more footage: leave the desk to read why"
                self._news.notify_all()


def whole(films: Mapping[int, Collection[str]], made: Mapping[str, str]) -> dict[str, str]:
    """Those of the films that are made whose camera has all of its own."""
    return {
        film: made[film]
        for of_camera in films.values()
        if all(film in made for film in of_camera)
        for film in of_camera
    }


def on_desk(
    size: str,
    seed: int,
    traces: int,
    folder: Path,
    error: float | None,
    console: Console,
    models: str = "",
    liking: Liking = Liking(),
) -> int:
    """Open the desk on the traces, and print the table when it is left; the exit code. ``error`` is that of
    a simulated reviewer, None where a person reviews. Raises InputError."""
    from adapters.city.plan import SIZES

    check_terminal()
    state = folder / "state"
    before = _told_of(folder / "site")
    city = prepare(size, seed, traces, folder, console, models)
    folders = read_cases(city.cases, city.site)

    def make(told: Told, ended: threading.Event) -> dict[str, str]:
        if city.missing:
            return {}
        return make_footage(
            seed, SIZES[size], MOST_PATIENTS, city.site.parent, console, told=told, ended=ended
        )

    def more() -> None:
        end_engine(state / SOCKET)
        asyncio.run(_look_again(shared_engine(city.site, state)))

    rest = Rest(city, make, more)
    with rest.going_on():
        with console.status("making the footage of the first cameras"):
            rest.publish_first()
        if _told_of(folder / "site") != before:
            end_engine(state / SOCKET)  # it knows of other footage, or has other models
        with _reviewed_meanwhile(state, city.truth, error, seed, lambda: rest.busy) as reviewed:
            code = trace_on_desk(city.site, folders, state, console, aside=rest.aside, liking=liking)
    if rest.problem is not None:
        console.print(Text(f"tracedesk: {clean_text(str(rest.problem), LINE)}"), soft_wrap=True)
    elif rest.unfinished:
        console.print("The footage was not finished: the next demo goes on with it.", soft_wrap=True)
    details = asyncio.run(_details(state))
    if details:
        print_truth(city.truth, details, reviewed(), demo_models=city.demo_models)
    return code


async def _look_again(socket: Path) -> None:
    """Nothing looks at new footage by itself: whoever opened the demo asks for it."""
    async with engine_of(socket, "open the demo again") as (client, _):
        for trace in await client.traces():
            with contextlib.suppress(EngineSaysNo):  # one that was ended meanwhile
                await client.look_again(trace.trace_id)


def _told_of(site: Path) -> bytes:
    """What an engine reads once, when it starts: footage and models."""
    with contextlib.suppress(OSError):
        return (site / "footage.toml").read_bytes() + (site / "site.toml").read_bytes()
    return b""


@contextlib.contextmanager
def _reviewed_meanwhile(
    state: Path, truth: "Truth", error: float | None, seed: int, busy: Callable[[], bool]
) -> Iterator[Callable[[], Reviewed | None]]:
    """A simulated reviewer beside the desk, in a thread with a loop of its own, for as long as there may be
    more to answer. Yields what tells what it did; None where a person reviews."""
    if error is None:
        yield lambda: None
        return
    tally, over = Tally(), threading.Event()

    async def answer() -> None:
        while not over.is_set():
            more = busy()
            with contextlib.suppress(EngineAway, EngineSaysNo):
                async with EngineClient(state / SOCKET) as client:
                    names = [trace.trace_id for trace in await client.traces()]
                    if names:
                        await review_by_truth(client, names, truth, error, seed, tally)
                        if not more:
                            return
            await asyncio.sleep(LOOKS_UP_S)

    thread = threading.Thread(target=partial(asyncio.run, answer()), name="simulated reviewer", daemon=True)
    thread.start()
    try:
        yield lambda: tally.reviewed(error)
    finally:
        over.set()
        thread.join(timeout=1.0)


async def _details(state: Path) -> tuple[TraceDetail, ...]:
    """The traces as they stand; none where the engine is gone."""
    try:
        async with EngineClient(state / SOCKET) as client:
            found = [await client.trace(t.trace_id) for t in await client.traces()]
            return tuple(cleaned(detail, LINE) for detail in found)
    except (EngineAway, EngineSaysNo):
        return ()
