"""The desk itself: four panes side by side, one at a time on a small screen."""

from dataclasses import replace
from functools import partial

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widget import Widget

from engine.api.schema import TraceView
from tui import state as work
from tui.casework.frozen import shown_rows, waiting
from tui.comfort.idle import case_may_be_copied
from tui.comfort.sitting import pane_in
from tui.feed import LinkState
from tui.keyboard.action import Where
from tui.keyboard.panefoot import foot_actions
from tui.keys import actions, bindings
from tui.language.catalogue import tr
from tui.language.words import PANES
from tui.panes.bars import foot
from tui.panes.frame import Framed
from tui.panes.rows import RowsPane
from tui.panes.tabs import Tabs
from tui.panes.traces import TracesPane
from tui.screens.linelisting import LineListScreen
from tui.screens.locating import LocatingScreen
from tui.screens.looking import LookingScreen
from tui.screens.reviewing import ReviewingScreen
from tui.screens.zoom import ZoomScreen
from tui.state import DeskState, Pane, moved
from tui.station import Station


class DeskScreen(LookingScreen, LocatingScreen, LineListScreen, ReviewingScreen):
    """Follows the feed and shows the work."""

    where = Where.DESK
    BINDINGS = bindings(where)

    def __init__(self, station: Station) -> None:
        super().__init__(station)
        self.tabs = Tabs(id="tabs")
        self.traces = TracesPane()
        self.panes: dict[Pane, Widget] = {
            Pane.TRACES: self.traces,
            Pane.CARD: self.card,
            Pane.TIMELINE: self.timeplace,
            Pane.CONTACTS: self.contacts,
        }
        self._opened = False  # whether any trace was
        self._known: tuple[object, ...] = ()  # what the current trace's details were fetched for
        self._fetching = ""  # trace whose details are on their way
        self._to_work = ""  # trace that was gone to for what waits in it, not for where it was left

    def body(self) -> ComposeResult:
        yield self.tabs
        with Horizontal(id="panes"):
            yield self.traces
            with Vertical(id="right"):
                with Horizontal(id="upper"):
                    yield self.card
                    yield self.timeplace
                yield self.contacts

    def on_mount(self) -> None:
        for pane, widget in self.panes.items():
            if pane not in (Pane.TIMELINE, Pane.CARD):  # they have their own
                widget.border_title = Text(_title(pane))  # a bare string would be read as markup

    def forget_painted(self) -> None:
        super().forget_painted()
        triage = self.station.triage
        if triage.state.alone and not self.is_wide:
            triage.become(replace(triage.state, alone=False))
        self.call_after_refresh(self.show_work)

    def paint(self) -> None:
        feed, trace_id = self.station.feed, self.station.triage.state.trace_id
        if self.show_header():
            self.traces.show(self.rows, trace_id, feed.now)
            self.follow_list()
            self.card.show_head(self.station.triage.state, self._waiting_elsewhere())
        self.look_at_card()

    def _waiting_elsewhere(self) -> int:
        return work.waiting_elsewhere(self.rows, self.station.triage.state.trace_id)

    @property
    def rows(self) -> tuple[TraceView, ...]:
        """The traces as they are shown: a frozen desk keeps those that it was frozen with."""
        return shown_rows(self.station.triage.state, self.station.feed.traces)

    def place(self) -> str:
        """On a frozen desk, how much has come since."""
        state = self.station.triage.state
        if state.frozen is None:
            return f"{tr('desk')}: {tr(PANES[state.pane])}"
        return tr("‖ frozen, {n} waiting", n=waiting(state, self.station.feed.traces))

    def also_why_not(self, action_id: str) -> str:
        if action_id == "zoom" and self.station.triage.state.pane is not Pane.CARD and not self.is_wide:
            return tr("this pane has the whole screen already; 2 and then z: the faces")
        state = self.station.triage.state
        if action_id == "range" and not state.range_from and (state.alone or not self.card.shows_pictures):
            return tr("the candidate is not on the screen: 2 brings it")
        return super().also_why_not(action_id)

    def show_foot(self) -> None:
        chosen = actions(self.where)
        impossible = self.impossible(chosen)
        shown = foot_actions(chosen, self.station.triage.state, impossible)
        self.foot.say(foot(shown, impossible, self.size.width))

    def follow(self) -> None:
        """Choose a trace to begin with, and fetch its details again when its row says they changed."""
        feed, triage = self.station.feed, self.station.triage
        trace_id = (
            triage.state.trace_id
            or self.station.sitting.trace_in(feed.traces)
            or work.trace_choice(feed.traces)
        )
        trace = feed.latest.get(trace_id)
        if feed.link.state is not LinkState.CONNECTED:
            self._known = ()
        elif self._fetching == trace_id:
            return  # what happens meanwhile is asked for after that: else a slow answer would never come
        elif trace is not None and self._known != (known := feed.known(trace)):
            self._known = known
            self._begin_fetching(trace_id)
            if triage.view is None:
                self.ask_again()

    def show_work(self) -> None:
        """Card, timeline and contacts of the current trace, and the keys that are possible now."""
        triage, state, zone = self.station.triage, self.station.triage.state, self.station.zone
        self._mark_pane(state)
        self.traces.select(state.trace_id)
        elsewhere = self._waiting_elsewhere()
        self.card.show(state, triage.view, zone, triage.waiting, elsewhere, self.larger)
        self.show_whereabouts()
        self.show_list()
        self.follow_list()
        self.show_foot()
        self.call_after_refresh(self.look_at_card)

    def not_answered(self) -> None:
        self._known = ()

    def do_zoom(self) -> None:
        """The faces, or the pane at hand alone and back."""
        triage = self.station.triage
        if triage.state.pane is Pane.CARD:
            self.app.push_screen(ZoomScreen(self.station, self))
        else:
            triage.become(replace(triage.state, alone=not triage.state.alone))

    def do_go_back(self) -> None:
        """In the line list from a merge or a filter first, then from a pane alone, then from a range."""
        triage = self.station.triage
        if self.narrowed:
            self.widen()
        elif triage.state.alone:
            triage.become(replace(triage.state, alone=False))
        else:
            super().do_go_back()

    def do_next_undecided(self) -> None:
        triage = self.station.triage
        trace_id, candidate_id = work.next_work(triage.state, self.rows)
        if candidate_id:
            triage.become(work.with_candidate(triage.state, candidate_id))
        elif trace_id:
            self.open(trace_id, to_work=True)
        elif triage.state.candidate is not None and work.is_open(triage.state.candidate):
            self.station.say(tr("nothing but this candidate waits for an answer"), "notice")
        else:
            self.station.say(tr("nothing waits for an answer"), "good")

    def do_move_trace(self, step: str) -> None:
        triage = self.station.triage
        self.open(work.trace_beside(self.rows, triage.state.trace_id, int(step)))

    def on_traces_pane_chosen(self, event: TracesPane.Chosen) -> None:
        self.open(event.trace_id)

    def open(self, trace_id: str, *, to_work: bool = False) -> None:
        """Work on another trace: where it was left, or ``to_work`` on the first that waits."""
        feed, triage = self.station.feed, self.station.triage
        if trace_id and trace_id != triage.state.trace_id:
            self._to_work = trace_id if to_work else ""
            trace = feed.latest.get(trace_id)
            self._known = () if trace is None else feed.known(trace)
            triage.become(work.with_trace(triage.state, trace_id))
            self._begin_fetching(trace_id)

    def _begin_fetching(self, trace_id: str) -> None:
        self._fetching = trace_id
        self.station.go(partial(self._fetch_whole, trace_id), "detail")

    async def _fetch_whole(self, trace_id: str) -> None:
        try:
            await self._fetch(trace_id)
        finally:
            if self._fetching == trace_id:
                self._fetching = ""

    async def _fetch(self, trace_id: str) -> None:
        """The details of a trace; the first time, with the cursor where it was left, or on what waits."""
        triage = self.station.triage
        place = await self.station.sitting.recall(self.station.feed.latest.get(trace_id))
        pane = pane_in(place) if triage.state.detail is None and not self._opened else None
        self._opened = True
        if pane is not None and triage.state.pane is Pane.CARD:
            self.do_go_to_pane(pane.value)
        await triage.open(trace_id, "" if trace_id == self._to_work else place.candidate)

    def do_move_candidate(self, step: str) -> None:
        """In the line list the same keys go from row to row."""
        if self.station.triage.state.pane is Pane.CONTACTS:
            self.contacts.move(int(step))
            return
        self.station.triage.become(moved(self.station.triage.state, int(step)))

    def do_arrow(self, step: str) -> None:
        """Up and down mean what the pane at hand is about."""
        pane = self.station.triage.state.pane
        if pane is Pane.TRACES:
            self.traces.point_beside(int(step))
        elif pane is Pane.CARD:
            self.do_move_candidate(step)
        elif pane is Pane.CONTACTS:
            self.contacts.move(int(step))
        else:
            self.timeplace.arrow(int(step))

    def copyable(self) -> str:
        """The candidate on the card, the trace in the list, else the case where its id names nobody."""
        state, trace = self.station.triage.state, self.station.trace
        if state.pane is Pane.CARD:
            return state.candidate_id
        if state.pane is Pane.TRACES:
            return state.trace_id
        return trace.case_id if trace is not None and case_may_be_copied(trace.case_id) else ""

    def do_go_to_end(self, end: str) -> None:
        """The first (-1) or the last (1) of what the pane at hand is about."""
        triage, pane, back = self.station.triage, self.station.triage.state.pane, end == "-1"
        if pane is Pane.TRACES:
            own = [t.trace_id for t in self.rows if not work.is_busy(t)]
            self.open(own[0 if back else -1] if own else "")
        elif pane is Pane.CARD:
            self.do_move_candidate(str(len(triage.state.candidates) * int(end)))
        elif pane is Pane.CONTACTS:
            self.contacts.move(len(self.contacting.state.rows) * int(end))
        elif back:
            self.panes[pane].scroll_home(animate=False)
        else:
            self.panes[pane].scroll_end(animate=False)

    def do_move_pane(self, step: str) -> None:
        panes = tuple(Pane)
        at = panes.index(self.station.triage.state.pane) + int(step)
        self.do_go_to_pane(panes[at % len(panes)].value)

    def do_go_to_pane(self, pane: str) -> None:
        triage = self.station.triage
        triage.become(work.at_pane(triage.state, Pane(pane)))

    def do_scroll_words(self, step: str) -> None:
        """A page of the evidence, or of the pane at hand: rows of the line list, days of the timeline."""
        pane, forward = self.station.triage.state.pane, 1 if int(step) > 0 else -1
        if pane is Pane.CONTACTS:
            self.contacts.move(forward * max(1, self.contacts.size.height - 2))
        elif pane is Pane.TIMELINE:
            self.move_day(forward)
        else:
            self.card.scroll_words(int(step))

    def on_rows_pane_pointed(self, event: RowsPane.Pointed) -> None:
        self.contacts.point_at(event.key)

    def pane_changed(self) -> None:
        self._mark_pane(self.station.triage.state)
        self.show_foot()

    def _mark_pane(self, state: DeskState) -> None:
        for pane, widget in self.panes.items():
            if isinstance(widget, Framed):
                widget.mark(pane is state.pane, _title(pane), framed=not self.has_class("narrow"))
            else:
                widget.set_class(pane is state.pane, "active")
            self.set_class(pane is state.pane, f"on-{pane.value}")
        self.set_class(state.alone and self.is_wide, "alone")
        self.show_both(alone=state.alone)
        self.show_tabs()

    def show_list(self) -> None:
        super().show_list()
        self.show_tabs()

    def show_tabs(self) -> None:
        """Where only one pane fits, its title stands here and not on its frame."""
        at = self.station.triage.state.pane
        self.tabs.show(tuple(self._called(p) for p in Pane), tuple(Pane).index(at), self.size.width)

    def _called(self, pane: Pane) -> str:
        if pane is Pane.CONTACTS and pane is self.station.triage.state.pane:
            return self.contacts.title
        return _title(pane, self.timeplace.title if pane is Pane.TIMELINE else "")


def _title(pane: Pane, words: str = "") -> str:
    return f"{tuple(Pane).index(pane) + 1} {tr(words or PANES[pane])}"
