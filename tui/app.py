"""The console: wires feed, triage, modes and keys together. Rules live in the engine, state in state.py."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, cast

from rich.text import Text
from textual import events
from textual.app import SystemCommand
from textual.screen import Screen

from engine.api.client import EngineClient
from engine.api.schema import Hello
from tui.action import OVER_THE_DESK, Action, Where
from tui.catalogue import tr
from tui.clean import clean
from tui.discreet import DiscreetApp, neutral_title
from tui.feed import Feed, LinkState
from tui.fresh import Fresh
from tui.guards import pressed, too_soon, with_key
from tui.hangup import ending_with_terminal
from tui.keys import BY_ID, actions, shown
from tui.port import Engine
from tui.screens.approvals import ApprovalsScreen
from tui.screens.audit import AuditScreen
from tui.screens.cases import CasesScreen
from tui.screens.desk import DeskScreen
from tui.screens.health import HealthScreen
from tui.screens.help import HelpScreen
from tui.screens.jump import JumpScreen, Target, targets
from tui.screens.mode import ModeScreen
from tui.screens.opening import OpenTrace
from tui.station import Station, Work
from tui.theme import DESK, SIXTEEN, TONES
from tui.triage import Triage

PAINTS_PER_S = 4.0
GOOD_BYE = "Traces go on without the desk. To come back: {}"
BOARD_AGES_S = 30.0  # footage comes and goes without an event
CASEWORK = ("investigator", "supervisor")  # whoever else asks for the board is refused
NEVER_REPLACED = "answer"  # work of this group runs to its end, whatever comes after it


class Desk(DiscreetApp):
    """Built on any ``Engine``; ``clock`` gives seconds that only run forward, ``come_back`` is the
    command that opens this desk again, ``aside`` a few words for the top line."""

    CSS_PATH = [
        "screens/desk.tcss",
        "screens/close.tcss",
        "screens/timeplace.tcss",
        "screens/lists.tcss",
        "screens/forms.tcss",
    ]
    COMMAND_PALETTE_BINDING = "colon"

    def __init__(
        self,
        client: Engine,
        hello: Hello | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        come_back: str = "tracedesk",
        aside: Callable[[], str] = str,
    ) -> None:
        super().__init__()
        engine = clean(client)
        self._come_back, self._clock = come_back, clock
        self.feed = Feed(engine, sleep, hello)
        self.triage = Triage(engine, self._work_changed, self.say)
        self.station = Station(
            engine=engine,
            feed=self.feed,
            triage=self.triage,
            board=Fresh(lambda: engine.board()),
            say=self.say,
            go=self.go,
            clock=clock,
            aside=aside,
            pause=sleep,
        )
        self.desk = DeskScreen(self.station)
        self.modes: dict[Where, ModeScreen] = {
            Where.DESK: self.desk,
            Where.CASES: CasesScreen(self.station),
            Where.APPROVALS: ApprovalsScreen(self.station),
            Where.AUDIT: AuditScreen(self.station),
            Where.HEALTH: HealthScreen(self.station),
        }
        self.paints_per_s = PAINTS_PER_S
        self._warned = False
        self._sought = ""  # case for whose sake the board was asked for, since it did not stand there

    def on_mount(self) -> None:
        self.register_theme(DESK)
        self.register_theme(SIXTEEN)
        self.theme = (SIXTEEN if self.console.color_system == "standard" else DESK).name
        for where, screen in self.modes.items():
            self.add_mode(where.value, partial(_same, screen))
        self.switch_mode(Where.DESK.value)
        self.set_interval(1 / self.paints_per_s, self.paint)
        self.go(self.feed.run, "feed")

    def paint(self) -> None:
        """The one timer: takes the newest of everything from the feed."""
        if not self.screen_stack:  # on the way out
            return
        hello = self.feed.hello
        if hello is not None and self.triage.state.person != hello.person:
            self.triage.become(replace(self.triage.state, person=hello.person))
            self.say(hello.face_search, "notice")
        self.desk.follow()
        self._follow_board()
        if isinstance(self.screen, ModeScreen):
            self.screen.paint()

    def _follow_board(self) -> None:
        """The board is asked for when something happened to cases, papers or traces; where it is not seen,
        only for the ground of the open trace, since every look at it is a line in the audit."""
        board, now_s, feed = self.station.board, self._clock(), self.feed
        there = feed.link.state is LinkState.CONNECTED and self.station.may(*CASEWORK)
        trace = self.station.trace
        if trace is not None and board.value is not None and self.station.ground is None:
            self._sought = trace.case_id
        sign: tuple[object, ...] = (feed.grounds, self._sought)
        if getattr(self.screen, "where", None) is Where.CASES:
            sign = (feed.papers, int(now_s // BOARD_AGES_S))
        if there and board.due(now_s, sign):
            self.go(partial(board.fetch, now_s, sign), "board")

    def on_open_trace(self, event: OpenTrace) -> None:
        self.switch_mode(Where.DESK.value)
        self.desk.open(event.trace_id)

    def _work_changed(self) -> None:
        if isinstance(self.screen, ModeScreen) and self.screen.where in OVER_THE_DESK:
            self.screen.show_work()
        elif self.desk.is_mounted:  # under a close look nothing is painted: the faces would go out again
            self.desk.show_work()

    def say(self, words: str, tone: str = "plain") -> None:
        """One line for the person, until the next key."""
        message = Text(words, style=TONES[tone])
        if isinstance(self.screen, ModeScreen):
            self.screen.show_message(message)
        if self.screen is not self.desk:
            self.desk.show_message(message)

    def on_key(self, event: events.Key) -> None:
        """Every key is counted, whatever it does: what is pasted comes faster than anybody types."""
        self.triage.state = with_key(self.triage.state, self._clock())

    def action_act(self, action_id: str) -> None:
        """Every key ends here: the reason why not, the guards, then the handler of the registry."""
        action, screen = BY_ID[action_id], self.screen
        if not isinstance(screen, ModeScreen) or screen.where not in action.where:
            return
        state, now_s = self.triage.state, self._clock()
        reason = screen.why_not(action)
        if not reason and action.once:
            reason = too_soon(state, action_id, now_s, after_look=action.after_look)
        self.triage.state = pressed(state, action_id, now_s)
        self.say(f"{shown(action)} {tr(action.label)}: {reason}" if reason else "", "notice")
        if not reason:
            self._do(action, screen)

    def _do(self, action: Action, screen: ModeScreen) -> None:
        name = f"do_{action.handler}"
        handler: Callable[..., None] = getattr(screen, name, None) or getattr(self, name)
        handler(*([action.argument] if action.argument else []))

    def do_go_to_mode(self, mode: str) -> None:
        self.switch_mode(mode)

    def do_jump(self) -> None:
        self.push_screen(JumpScreen(targets(self.feed.traces)), self._jumped)

    def _jumped(self, target: Target | None) -> None:
        if target is None:
            return
        while len(self.screen_stack) > 1:  # a close look at a candidate
            self.pop_screen()
        self.switch_mode(target.what if target.kind == "mode" else Where.DESK.value)
        if target.kind == "pane":
            self.desk.do_go_to_pane(target.what)
        elif target.kind == "trace":
            self.desk.open(target.what)
        elif target.kind == "next":
            self.desk.do_next_undecided()

    def do_show_help(self) -> None:
        self.push_screen(HelpScreen(cast(ModeScreen, self.screen)))

    def do_leave(self) -> None:
        if self.triage.state.writing and not self._warned:
            self._warned = True
            self.say(tr("your last answer is still being written; q again leaves all the same"), "alarm")
            return
        self.exit(message=Text(tr(GOOD_BYE).format(self._come_back)))

    def go(self, work: Work, group: str) -> None:
        """Run work beside the screen; what was begun of the same group ends, but for answers."""
        self.run_worker(work, group=group, exclusive=group != NEVER_REPLACED, exit_on_error=False)

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """The palette offers what the keys offer; no screenshot, which would be a copy of faces."""
        for action in actions(getattr(screen, "where", Where.DESK)):
            yield SystemCommand(tr(action.label), tr(action.description), partial(self.action_act, action.id))


def _same(screen: ModeScreen) -> ModeScreen:
    return screen


def run_desk(
    socket: Path, come_back: str = "tracedesk", aside: Callable[[], str] = str, *, speed: float = 1.0
) -> int:
    """Run the console until the person leaves; the exit code. ``aside`` has a few words for its top;
    ``speed`` is how many times as often as usual it paints, for measuring."""

    async def run() -> int:
        async with EngineClient(socket) as client:
            desk = Desk(client, come_back=come_back, aside=aside)
            desk.paints_per_s *= speed
            await desk.run_async()
        return desk.return_code or 0

    for name in ("COLUMNS", "LINES"):  # where these are exported, no change of size would ever be seen
        os.environ.pop(name, None)
    with neutral_title(), ending_with_terminal():
        return asyncio.run(run())
