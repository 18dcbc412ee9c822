"""The desk itself: four panes side by side, one at a time on a small screen."""

from dataclasses import replace
from datetime import tzinfo

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

from engine.api.schema import Hello
from tui.feed import Feed
from tui.keys import Where, actions, bindings, disabled
from tui.panes.bar import Bar
from tui.panes.bars import foot, header
from tui.panes.card import Card
from tui.panes.contacts import ContactsPane
from tui.panes.timeline import TimelinePane
from tui.panes.traces import TracesPane
from tui.state import DeskState, Pane, moved
from tui.theme import TONES
from tui.triage import Triage

WIDE_COLUMNS, WIDE_ROWS = 100, 30
LEAST_COLUMNS, LEAST_ROWS = 60, 18
TITLES = {
    Pane.TRACES: "1 traces",
    Pane.CARD: "2 candidate",
    Pane.TIMELINE: "3 timeline",
    Pane.CONTACTS: "4 contacts",
}


class DeskScreen(Screen[None], inherit_bindings=False):
    where = Where.DESK
    BINDINGS = bindings(where)
    AUTO_FOCUS = ""

    def __init__(self, triage: Triage) -> None:
        super().__init__()
        self._triage = triage
        self.header = Bar(id="header")
        self.tabs = Bar(id="tabs")
        self.message = Bar(id="message")
        self.foot = Bar(id="foot")
        self.traces = TracesPane()
        self.card = Card()
        self.timeline = TimelinePane()
        self.contacts = ContactsPane()
        self.panes: dict[Pane, Widget] = {
            Pane.TRACES: self.traces,
            Pane.CARD: self.card,
            Pane.TIMELINE: self.timeline,
            Pane.CONTACTS: self.contacts,
        }

    def compose(self) -> ComposeResult:
        yield self.header
        yield self.tabs
        with Horizontal(id="panes"):
            yield self.traces
            with Vertical(id="right"):
                with Horizontal(id="upper"):
                    yield self.card
                    yield self.timeline
                yield self.contacts
        yield self.message
        yield self.foot
        yield Static("Too small: the desk needs 60 columns and 18 rows.", id="too-small", markup=False)

    def on_mount(self) -> None:
        for pane, widget in self.panes.items():
            widget.border_title = TITLES[pane]

    def on_resize(self, event: events.Resize) -> None:
        columns, rows = event.size
        tiny = columns < LEAST_COLUMNS or rows < LEAST_ROWS
        self.set_class(tiny, "tiny")
        self.set_class(not tiny and (columns < WIDE_COLUMNS or rows < WIDE_ROWS), "narrow")

    def show_feed(
        self, feed: Feed, hello: Hello | None, trace_id: str, zone: tzinfo, aside: str = ""
    ) -> None:
        """Header and trace rows, from the newest snapshot."""
        trace = feed.latest.get(trace_id)
        line = header(hello, feed.link, trace, feed.now, zone, self.size.width, feed.emergencies, aside)
        self.header.say(line)
        self.traces.show(feed.traces, trace_id, feed.now)

    def show_work(self, zone: tzinfo) -> None:
        """Card, timeline and contacts of the current trace, and the keys that are possible now."""
        triage, state = self._triage, self._triage.state
        self._mark_pane(state)
        self.card.show(state, triage.view, zone, triage.waiting)
        self.timeline.show(state.detail, zone)
        self.contacts.show(state.detail, zone)
        chosen = actions(Where.DESK)
        self.foot.say(foot(chosen, disabled(state, chosen), self.size.width))

    def show_message(self, message: Text) -> None:
        self.message.say(message)

    def do_move_candidate(self, step: str) -> None:
        self._triage.become(moved(self._triage.state, int(step)))

    def do_arrow(self, step: str) -> None:
        """Up and down mean what the pane at hand is about."""
        pane = self._triage.state.pane
        if pane is Pane.TRACES:
            self.traces.point_beside(int(step))
        elif pane is Pane.CARD:
            self.do_move_candidate(step)
        else:
            self.panes[pane].scroll_relative(y=int(step), animate=False)

    def do_move_pane(self, step: str) -> None:
        panes = tuple(Pane)
        at = panes.index(self._triage.state.pane) + int(step)
        self.do_go_to_pane(panes[at % len(panes)].value)

    def do_go_to_pane(self, pane: str) -> None:
        self._triage.become(replace(self._triage.state, pane=Pane(pane)))

    def do_scroll_words(self, step: str) -> None:
        self.card.scroll_words(int(step))

    def _mark_pane(self, state: DeskState) -> None:
        for pane, widget in self.panes.items():
            widget.set_class(pane is state.pane, "active")
            self.set_class(pane is state.pane, f"on-{pane.value}")
        titles = (
            Text(f" {TITLES[pane]} ", style=TONES["selected" if pane is state.pane else "muted"])
            for pane in Pane
        )
        self.tabs.say(Text(" ").join(titles))
