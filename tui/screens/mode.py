"""What all full screens share: the line at the top, one line for the person, the keys at the foot."""

from typing import ClassVar

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widgets import Static

from engine.api.schema import TraceView
from tui.keyboard.action import Action, Where
from tui.keys import actions
from tui.language.catalogue import tr, tr_engine
from tui.panes.bar import Bar, Foot
from tui.panes.bars import foot, header
from tui.panes.lines import wrapped
from tui.station import Station

WIDE_COLUMNS, WIDE_ROWS = 100, 30
LEAST_COLUMNS, LEAST_ROWS = 60, 18
TOO_SMALL = "Too small: the desk needs {columns} columns and {rows} rows."


class ModeScreen(Screen[None], inherit_bindings=False):
    """A subclass says ``where`` it is, sets ``BINDINGS = bindings(where)``, yields its panes in ``body``
    and paints them in ``paint``, which comes four times a second while it is seen and after every change.
    It has the classes ``narrow`` under 100 columns or 30 rows, and ``tiny`` where nothing fits."""

    where: ClassVar[Where]
    AUTO_FOCUS = ""

    def __init__(self, station: Station) -> None:
        super().__init__()
        self.station = station
        self.header = Bar(id="header")
        self.message = Bar(id="message")
        self.foot = Foot(id="foot")
        self._told: tuple[object, ...] = ()  # what the header was last painted from

    def body(self) -> ComposeResult:
        """The panes between the lines at top and foot."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        yield self.header
        yield from self.body()
        yield self.message
        yield self.foot
        words = tr(TOO_SMALL, columns=LEAST_COLUMNS, rows=LEAST_ROWS)
        yield Static(Text(words), id="too-small", markup=False)

    def on_resize(self, event: events.Resize) -> None:
        columns, rows = event.size
        tiny = columns < LEAST_COLUMNS or rows < LEAST_ROWS
        self.set_class(tiny, "tiny")
        self.set_class(not tiny and (columns < WIDE_COLUMNS or rows < WIDE_ROWS), "narrow")
        self.forget_painted()
        self.call_after_refresh(self.paint)

    def on_screen_resume(self) -> None:
        self.forget_painted()
        self.paint()

    def paint(self) -> None:
        """Header and foot; subclasses add their panes."""
        self.show_header()
        self.show_foot()

    def show_work(self) -> None:
        """The work at the desk has changed; screens that lie over the desk show it."""

    @property
    def is_wide(self) -> bool:
        """There is room for several panes beside each other."""
        return not (self.has_class("narrow") or self.has_class("tiny"))

    def forget_painted(self) -> None:
        """Everything is painted again next time."""
        self._told = ()

    def show_header(self) -> bool:
        """Paint the header where it would say something new; True where the feed has news."""
        feed, trace = self.station.feed, self.trace_at_hand
        aside = self.station.aside()
        place = self.place()
        told = (feed.version, trace and trace.trace_id, aside, self.size.width, place)
        if told == self._told:
            return False
        self._told = told
        line = header(
            feed.hello,
            feed.link,
            trace,
            feed.now,
            self.station.zone,
            self.size.width,
            feed.emergencies,
            aside,
            place,
        )
        self.header.say(line)
        return True

    @property
    def trace_at_hand(self) -> TraceView | None:
        """The trace of which the line at the top tells."""
        return self.station.trace

    def place(self) -> str:
        """Where one is, for the header."""
        return tr(self.where.value)

    def show_foot(self) -> None:
        chosen = actions(self.where)
        self.foot.say(foot(chosen, self.impossible(chosen), self.size.width))

    def show_message(self, message: Text, *, whole: bool = False) -> None:
        """One line. Of what the console itself has to say (``whole``) the rest goes on in that of the keys:
        the end of a reason is what to do about it."""
        width = self.size.width or message.cell_len
        first, *more = wrapped(message, width) if whole else [message]
        rest = Text(" ").join(line[len(line.plain) - len(line.plain.lstrip()) :] for line in more)
        for line in (first, rest):
            line.truncate(width, overflow="ellipsis")
        self.message.say(first)
        self.foot.say_rest(rest)

    def copyable(self) -> str:
        """Id of what is at hand, "" where there is none or where it may name a person."""
        return ""

    def why_not(self, action: Action) -> str:
        """ "" or why this is not possible now: what the work says, then what this screen says."""
        reason = action.reason(self.station.triage.state)
        return tr_engine(reason or self.also_why_not(action.id))

    def also_why_not(self, action_id: str) -> str:
        """Reasons that only this screen knows."""
        return ""

    def impossible(self, chosen: tuple[Action, ...]) -> frozenset[str]:
        """Ids of the actions that are not possible now."""
        return frozenset(action.id for action in chosen if self.why_not(action))
