"""The console: wires feed, triage and screens together. Rules live in the engine, state in state.py."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from datetime import UTC, tzinfo
from functools import partial
from pathlib import Path
from typing import Any

from rich.text import Text
from textual import events
from textual.app import SystemCommand
from textual.screen import Screen

from engine.api.client import EngineClient
from engine.api.schema import Hello
from engine.domain.decision import Answer, UnclearBecause
from tui import state as work
from tui.clean import CleanEngine
from tui.discreet import DiscreetApp, neutral_title
from tui.feed import Engine, Feed, LinkState
from tui.hangup import ending_with_terminal
from tui.keys import BY_ID, Where, actions, shown
from tui.panes.traces import TracesPane
from tui.screens.because import BecauseScreen
from tui.screens.desk import DeskScreen
from tui.screens.help import HelpScreen
from tui.screens.zoom import ZoomScreen
from tui.theme import DESK, SIXTEEN, TONES
from tui.triage import Measure, Triage
from tui.words import zone_called

PAINTS_PER_S = 4
GOOD_BYE = "Traces go on without the desk. To come back: {}"


class Desk(DiscreetApp):
    """Built on any ``Engine``; ``clock`` gives seconds that only run forward, ``come_back`` is the
    command that opens this desk again."""

    CSS_PATH = "screens/desk.tcss"
    come_back = "tracedesk"
    aside: Callable[[], str] = staticmethod(str)
    COMMAND_PALETTE_BINDING = "colon"

    def __init__(
        self,
        client: Engine,
        hello: Hello | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        super().__init__()
        engine = CleanEngine(client)
        self._clock = clock
        self.feed = Feed(engine, sleep, hello)
        self.triage = Triage(engine, self._work_changed, self.say)
        self.desk = DeskScreen(self.triage)
        self._asked, self._warned = "", False  # candidate whose pictures the card has asked for
        self._told = (-1, "", "")  # what header and rows were last painted from
        self._known: tuple[object, ...] = ()  # what the current trace's details were fetched for

    def on_mount(self) -> None:
        self.register_theme(DESK)
        self.register_theme(SIXTEEN)
        self.theme = (SIXTEEN if self.console.color_system == "standard" else DESK).name
        self.push_screen(self.desk)
        self.set_interval(1 / PAINTS_PER_S, self.paint)
        self._go(self.feed.run, "feed")

    @property
    def zone(self) -> tzinfo:
        return zone_called(self.feed.hello.timezone) if self.feed.hello is not None else UTC

    def paint(self) -> None:
        """The one timer: takes the newest of everything from the feed."""
        hello = self.feed.hello
        if hello is not None and self.triage.state.person != hello.person:
            self.triage.become(replace(self.triage.state, person=hello.person))
            self.say(hello.face_search, "notice")
        self._follow()
        now = _, trace_id, aside = self.feed.version, self.triage.state.trace_id, self.aside()
        if self._told != now and self._desk_shows():
            self._told = now
            self.desk.show_feed(self.feed, hello, trace_id, self.zone, aside)
        self._look_at_card()

    def _follow(self) -> None:
        """Choose a trace to begin with, and fetch its details again when its row says they changed."""
        trace_id = self.triage.state.trace_id or work.trace_choice(self.feed.traces)
        trace = self.feed.latest.get(trace_id)
        if self.feed.link.state is not LinkState.CONNECTED:
            self._known = ()
        elif trace is not None and self._known != (known := self.feed.known(trace)):
            self._known = known
            self._go(partial(self.triage.open, trace_id), "detail")
            if self.triage.view is None:
                self._asked = ""

    def _work_changed(self) -> None:
        if isinstance(self.screen, ZoomScreen):
            self.screen.show_work()
        elif self._desk_shows():
            self.desk.show_work(self.zone)
            self.call_after_refresh(self._look_at_card)

    def _desk_shows(self) -> bool:
        """What lies under the zoom is not painted: each change there would send the faces again."""
        return self.desk.is_mounted and not isinstance(self.screen, ZoomScreen)

    def _look_at_card(self) -> None:
        """Ask for pictures once for each candidate the card comes to show."""
        candidate_id = self.triage.state.candidate_id
        if candidate_id == self._asked or self.screen is not self.desk:
            return
        if not candidate_id or self.desk.card.shows_pictures:
            self._asked = candidate_id
            if candidate_id:
                self._go(partial(self._look, self.desk.card.face_height_px), "look")

    async def _look(self, measure: Measure) -> None:
        candidate_id = self.triage.state.candidate_id
        if await self.triage.look(measure):
            self.call_after_refresh(self._painted, candidate_id)

    def _painted(self, candidate_id: str) -> None:
        self.triage.become(work.painted(self.triage.state, candidate_id, self._clock()))

    def say(self, words: str, tone: str = "plain") -> None:
        """One line for the person, until the next key."""
        self.desk.show_message(message := Text(words, style=TONES[tone]))
        if isinstance(self.screen, ZoomScreen):
            self.screen.show_work()
            self.screen.show_message(message)

    def on_resize(self, _: events.Resize) -> None:
        self._told = (-1, "", "")
        self.call_after_refresh(self._work_changed)

    def action_act(self, action_id: str) -> None:
        """Every key ends here: the reason why not, the guards, then the handler of the registry."""
        action = BY_ID[action_id]
        if self._where() not in action.where:
            return
        state, now_s = self.triage.state, self._clock()
        reason = action.reason(state)
        if not reason and action.once:
            reason = work.too_soon(state, action_id, now_s, after_look=action.after_look)
        self.triage.state = work.pressed(state, action_id, now_s)
        self.say(f"{shown(action)} {action.label}: {reason}" if reason else "", "notice")
        if not reason:
            name = f"do_{action.handler}"
            handler: Callable[..., None] = getattr(self.screen, name, None) or getattr(self, name)
            handler(*([action.argument] if action.argument else []))

    def _where(self) -> Where | None:
        return getattr(self.screen, "where", None)

    def do_answer(self, answer: str) -> None:
        self._go(partial(self._answer, Answer(answer)), "answer")

    def do_answer_cannot_tell(self) -> None:
        candidate_id = self.triage.state.candidate_id

        def chosen(because: UnclearBecause | None) -> None:
            if because is not None and candidate_id == self.triage.state.candidate_id:
                self._go(partial(self._answer, Answer.CANNOT_TELL, because), "answer")

        self.push_screen(BecauseScreen(), chosen)

    async def _answer(self, answer: Answer, because: UnclearBecause | None = None) -> None:
        if await self.triage.answer(answer, because):
            self.do_leave_zoom()
        else:
            self._known = ()  # what the engine really holds is fetched again

    def do_undo(self) -> None:
        self._go(self.triage.undo, "answer")

    def do_zoom(self) -> None:
        self.push_screen(ZoomScreen(self.triage, self.feed.hello, self.zone))

    def on_zoom_screen_ready(self, _: ZoomScreen.Ready) -> None:
        if isinstance(self.screen, ZoomScreen):
            self.screen.show_work()
            self._go(partial(self._look, self.screen.face_height_px), "look")

    def do_leave_zoom(self) -> None:
        if isinstance(self.screen, ZoomScreen):
            self.pop_screen()
            self._told = (-1, "", "")
            self.call_after_refresh(self._work_changed)

    def do_next_undecided(self) -> None:
        trace_id, candidate_id = work.next_work(self.triage.state, self.feed.traces)
        if candidate_id:
            self.triage.become(work.with_candidate(self.triage.state, candidate_id))
        elif trace_id:
            self._open(trace_id)
        else:
            self.say("nothing waits for an answer", "good")

    def do_move_trace(self, step: str) -> None:
        self._open(work.trace_beside(self.feed.traces, self.triage.state.trace_id, int(step)))

    def on_traces_pane_chosen(self, event: TracesPane.Chosen) -> None:
        self._open(event.trace_id)

    def do_show_help(self) -> None:
        if (where := self._where()) is not None:
            self.push_screen(HelpScreen(where, self.triage.state))

    def do_leave(self) -> None:
        if self.triage.state.writing and not self._warned:
            self._warned = True
            self.say("your last answer is still being written; q again leaves all the same", "alarm")
            return
        self.exit(message=Text(GOOD_BYE.format(self.come_back)))

    def _open(self, trace_id: str) -> None:
        if trace_id and trace_id != self.triage.state.trace_id:
            trace = self.feed.latest.get(trace_id)
            self._known = () if trace is None else self.feed.known(trace)
            self.triage.become(work.with_trace(self.triage.state, trace_id))
            self._go(partial(self.triage.open, trace_id), "detail")

    def _go(self, work: Callable[[], Awaitable[object]], group: str) -> None:
        self.run_worker(work, group=group, exclusive=group != "answer", exit_on_error=False)

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """The palette offers what the keys offer; no screenshot, which would be a copy of faces."""
        for action in actions(getattr(screen, "where", Where.DESK)):
            yield SystemCommand(action.label, action.description, partial(self.action_act, action.id))


def run_desk(socket: Path, come_back: str = "tracedesk", aside: Callable[[], str] | None = None) -> int:
    """Run the console until the person leaves; the exit code. ``aside`` has a few words for its top."""

    async def run() -> int:
        async with EngineClient(socket) as client:
            desk = Desk(client)
            desk.come_back, desk.aside = come_back, aside or desk.aside
            await desk.run_async()
        return desk.return_code or 0

    with neutral_title(), ending_with_terminal():
        return asyncio.run(run())
