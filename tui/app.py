"""The console: wires feed, triage, modes and keys together. Rules live in the engine, state in state.py."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, cast

from rich.text import Text
from textual.app import SystemCommand
from textual.markup import escape
from textual.screen import Screen

from engine.api.schema import Hello
from tui.casework.boardwatch import follow_board
from tui.casework.guards import pressed, too_soon, with_key
from tui.casework.triage import Triage
from tui.clean import clean
from tui.comfort.app import ComfortApp
from tui.comfort.settings import Settings
from tui.comfort.sitting import LastTrace, Sitting, place_of
from tui.feed import Feed, LinkState
from tui.fresh import Fresh
from tui.keyboard.action import OVER_THE_DESK, Action, Where
from tui.keyboard.elsewhere import elsewhere
from tui.keyboard.names import shown_key
from tui.keys import BY_ID, actions, keys_of, shown
from tui.language.catalogue import tr
from tui.language.spoken import spoken
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
from tui.terminal.theme import TONES

GOOD_BYE = "Traces go on without the desk. To come back: {}"
LEAVES_WITHIN_S = 1.0  # an engine that does not answer keeps nobody here
NEVER_REPLACED = "answer"  # work of this group runs to its end, whatever comes after it


class Desk(ComfortApp):
    """Built on any ``Engine``; ``clock`` gives seconds that only run forward, ``come_back`` is the
    command that opens this desk again, ``aside`` a few words for the top line, ``remarks`` what there is
    to say at the start, ``last`` remembers the trace on this machine."""

    CSS_PATH = [
        "screens/desk.tcss",
        "screens/close.tcss",
        "screens/timeplace.tcss",
        "screens/lists.tcss",
        "screens/forms.tcss",
        "screens/comfort.tcss",
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
        settings: Settings = Settings(),
        remarks: Sequence[str] = (),
        last: LastTrace | None = None,
        speed: float = 1.0,
    ) -> None:
        super().__init__(settings, clock)
        engine = spoken(clean(client))
        self._come_back, self._remarks = come_back, tuple(remarks)
        self.feed = Feed(engine, sleep, hello)
        self.triage = Triage(engine, self._work_changed, self.say)
        self.station = Station(
            engine=engine,
            feed=self.feed,
            triage=self.triage,
            board=Fresh(lambda: engine.board()),
            sitting=Sitting(engine, clock, last),
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
        self._speed = speed
        self._warned = False

    def on_mount(self) -> None:
        self.settle()
        for where, screen in self.modes.items():
            self.add_mode(where.value, partial(_same, screen))
        self.switch_mode(Where.DESK.value)
        self.set_interval(1 / (self.settings.paints_per_s * self._speed), self.paint)
        self.go(self.feed.run, "feed")

    def paint(self) -> None:
        """The one timer: takes the newest of everything from the feed."""
        if not self.screen_stack:  # on the way out
            return
        hello = self.feed.hello
        if hello is not None and self.triage.state.person != hello.person:
            self.triage.become(replace(self.triage.state, person=hello.person))
            self.say("; ".join(words for words in (*self._remarks, hello.face_search) if words), "notice")
        self.desk.follow()
        self.hide_when_idle(hello.profile if hello is not None else "")
        self._remember()
        if getattr(self.screen, "where", None) is Where.CASES:
            follow_board(self.station, self._clock())
        if isinstance(self.screen, ModeScreen):
            self.screen.paint()

    def on_open_trace(self, event: OpenTrace) -> None:
        self.switch_mode(Where.DESK.value)
        self.desk.open(event.trace_id)

    def _remember(self) -> None:
        state, sitting = self.triage.state, self.station.sitting
        if state.detail is not None:
            sitting.note(state.detail.trace.case_id, place_of(state))
        if sitting.due and self.feed.link.state is LinkState.CONNECTED:
            self.go(self._keep_place, "place")

    async def _keep_place(self) -> None:
        await self.station.sitting.keep()
        await asyncio.to_thread(self.station.sitting.write_last, self.triage.state.trace_id)

    async def _leave(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LEAVES_WITHIN_S):
                await self._keep_place()
        self.exit(message=Text(tr(GOOD_BYE).format(self._come_back)))

    def repaint_all(self) -> None:
        super().repaint_all()
        self._work_changed()

    def _opened(self, _: None) -> None:
        super()._opened(_)
        self.go(self.feed.greet, "hello")

    def _work_changed(self) -> None:
        if isinstance(self.screen, ModeScreen) and self.screen.where in OVER_THE_DESK:
            self.screen.show_work()
        elif self.desk.is_mounted:  # under a close look nothing is painted: the faces would go out again
            self.desk.show_work()

    def say(self, words: str, tone: str = "plain", *, whole: bool = False) -> None:
        """One line for the person, until the next key; two where the console's own words are longer."""
        message = Text(words, style=TONES[tone])
        if isinstance(self.screen, ModeScreen):
            self.screen.show_message(message.copy(), whole=whole)
        if self.screen is not self.desk:
            self.desk.show_message(message)

    def key_came(self) -> None:
        """Every key is counted, whatever it does and whatever takes it, a field or the palette too: what is
        pasted comes faster than anybody types."""
        self.triage.state = with_key(self.triage.state, self._clock())

    def action_act(self, action_id: str) -> None:
        """Every key ends here: the reason why not, the guards, then the handler of the registry."""
        action, screen = BY_ID[action_id], self.screen
        if not isinstance(screen, ModeScreen) or screen.where not in action.where:
            return
        state, now_s = self.triage.state, self._clock()
        self._warned = self._warned and action.handler == "leave"  # "q again" means the very next key
        reason = screen.why_not(action)
        if not reason and action.once:
            answers = action.after_look and not state.range_from  # a range says nothing about a face
            reason = too_soon(state, action_id, now_s, after_look=answers)
        self.triage.state = pressed(state, action_id, now_s)
        self.say(f"{shown(action)} {tr(action.label)}: {reason}" if reason else "", "notice", whole=True)
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
        self._remember()
        self.go(self._leave, "leave")

    def go(self, work: Work, group: str) -> None:
        """Run work beside the screen; what was begun of the same group ends, but for answers."""
        self.run_worker(work, group=group, exclusive=group != NEVER_REPLACED, exit_on_error=False)

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """The palette offers what the keys offer; no screenshot, which would be a copy of faces."""
        here = getattr(screen, "where", Where.DESK)
        for action in actions(here):
            words = escape(f"{' '.join(map(shown_key, keys_of(action)))}: {tr(action.description)}")
            yield SystemCommand(tr(action.label), words, partial(self.action_act, action.id))
        if here in BY_ID["go_to_desk"].where:
            yield from elsewhere(here, tuple(self.modes), self.do_go_to_mode)
        yield from self.theme_commands(screen)


def _same(screen: ModeScreen) -> ModeScreen:
    return screen
