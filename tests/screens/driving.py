"""How tests sit at the desk: a clock in the hand, and waiting for conditions instead of time."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import msgspec
from textual import _wait
from textual._context import visible_screen_stack
from textual.pilot import Pilot

from tests.screens.fake_engine import FakeEngine
from tui.app import Desk
from tui.casework.guards import BURST_S
from tui.comfort.settings import Settings
from tui.comfort.sitting import LastTrace
from tui.screens.zoom import ZoomScreen
from tui.terminal.theme import DESK

# How long the process has to be idle until Textual's pilot takes a key for worked off. Its 20 ms after each
# of some thousand keys would be half of the time that these tests take.
_wait.SLEEP_GRANULARITY = 0.004
_wait.SLEEP_IDLE = _wait.SLEEP_GRANULARITY / 20
SLOWLY_S = 0.02
WIDE = (120, 40)
NARROW = (80, 24)


class HandClock:
    """Seconds that pass only when a test says so."""

    def __init__(self) -> None:
        self.now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s

    def pass_s(self, seconds: float) -> None:
        self.now_s += seconds


class Seat:
    """A running desk, the engine behind it, the pilot and the clock."""

    def __init__(self, desk: Desk, engine: FakeEngine, pilot: Pilot[None], clock: HandClock) -> None:
        self.desk = desk
        self.engine = engine
        self.pilot = pilot
        self.clock = clock

    async def until(self, condition: Callable[[], object]) -> None:
        """Let the desk work until the condition holds; an assertion fails where it never does."""
        for turn in range(600):
            if condition():
                return
            self.desk.paint()
            await self.pilot.pause()
            if turn > 20:  # it waits for a clock, or for another thread
                await asyncio.sleep(SLOWLY_S)
        raise AssertionError("this never came true")

    async def press(self, *keys: str, after_s: float = 1.0) -> None:
        """Press keys one by one, each ``after_s`` on the hand clock after what was before."""
        for key in keys:
            self.clock.pass_s(after_s)
            await self.pilot.press(key)
        await self.pilot.pause()

    async def pictures(self, candidate_id: str) -> None:
        """Wait until the pictures of this candidate stand on the screen."""
        state = self.desk.triage
        await self.until(
            lambda: state.state.candidate_id == candidate_id and state.state.painted_s is not None
        )

    async def mode(self, key: str, *words: str) -> None:
        """Go to another mode and wait until all of these words stand there."""
        await self.press(key, after_s=3.0)
        await self.until(lambda: all(word in self.text() for word in words))

    async def passing(self, seconds: float) -> None:
        """Let so much time go by, painting as the desk's timer would."""
        self.clock.pass_s(seconds)
        for _ in range(3):
            self.desk.paint()
            await self.pilot.pause()

    async def zoomed(self) -> None:
        """Press z and wait until both faces stand there large."""
        before = len(self.engine.views)
        await self.press("z")
        await self.until(lambda: isinstance(self.desk.screen, ZoomScreen) and len(self.engine.views) > before)
        await self.until(lambda: self.desk.triage.state.painted_s is not None)

    def text(self) -> str:
        """The characters on the screen, line by line."""
        strips = self.desk.screen._compositor.render_strips()
        return "\n".join(strip.text for strip in strips)

    def whole(self) -> str:
        """The same with what is seen of the screens beneath."""
        visible_screen_stack.set(self.desk._background_screens)
        return self.text()

    @property
    def case_id(self) -> str:
        """The case of the trace on the card, as the first line has it."""
        detail = self.desk.triage.state.detail
        return "" if detail is None else f" {detail.trace.case_id[:9]}"

    def head(self) -> str:
        """The first line of the screen."""
        return self.text().splitlines()[0]


async def soon(seconds: float) -> None:
    """The moment in which more keys of a paste may come is over at once: the clock in the hand tells them."""
    await asyncio.sleep(0.0 if seconds == BURST_S else seconds)


@asynccontextmanager
async def seated(
    engine: FakeEngine | None = None,
    size: tuple[int, int] = WIDE,
    theme: str = DESK.name,
    sleep: Callable[[float], Awaitable[None]] | None = None,
    settings: Settings = Settings(),
    last: LastTrace | None = None,
) -> AsyncIterator[Seat]:
    """A desk with its first trace opened and, where it has a candidate on the card, pictures shown."""
    behind = engine or FakeEngine()
    clock = HandClock()
    settings = msgspec.structs.replace(settings, theme=theme)  # whatever terminal the tests run in
    desk = Desk(behind, clock=clock, sleep=sleep or soon, settings=settings, last=last)
    async with desk.run_test(size=size) as pilot:
        seat = Seat(desk, behind, pilot, clock)
        await seat.until(lambda: desk.triage.state.detail is not None)
        if desk.triage.state.candidate is not None and size[0] >= 60:
            await seat.until(lambda: desk.triage.state.painted_s is not None)
        # the header is painted before the details are there, and once more after that
        await seat.until(lambda: size[0] < 60 or ("●" in seat.head() and seat.case_id in seat.head()))
        yield seat
