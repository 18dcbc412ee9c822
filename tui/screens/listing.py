"""What the screens beside the desk share: a list, the details of its row at hand, a filter."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, ClassVar, TypeVar

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Container, Vertical

from engine.api.client import EngineAway, EngineSaysNo
from tui.keyboard.action import Action
from tui.language.catalogue import tr
from tui.panes.details import DetailsPane
from tui.panes.rows import RowsPane
from tui.screens.asking import AskText
from tui.screens.mode import ModeScreen
from tui.station import Station

T = TypeVar("T")

SIDE_BY_SIDE_COLUMNS = 170


class ListScreen(ModeScreen):
    """A subclass sets ``heading`` of its list and ``beside`` of the details, fills the panes in
    ``show_rows`` and ``show_details``, and may keep further panes. ``wanted`` are the letters that rows must
    have to be listed."""

    heading: ClassVar[str]
    beside: ClassVar[str]
    filter_hint: ClassVar[str] = ""

    def __init__(self, station: Station, rows: RowsPane[Any]) -> None:
        super().__init__(station)
        self.rows = rows
        self.details = DetailsPane()
        self.wanted = ""
        self._in_details = False
        self._titled = ""

    def body(self) -> ComposeResult:
        with Container(id="list-body"):
            with Vertical(id="list-side"):
                yield self.rows
                yield from self.below_list()
            yield self.details

    def below_list(self) -> ComposeResult:
        """What stands right under the list."""
        yield from ()

    def on_mount(self) -> None:
        self.details.border_title = Text(tr(self.beside))
        self._mark_part()

    def on_resize(self, event: Any) -> None:
        self.set_class(event.size.width >= SIDE_BY_SIDE_COLUMNS, "side-by-side")
        super().on_resize(event)

    def paint(self) -> None:
        super().paint()
        self.show_rows()
        self.show_details()

    def show_rows(self) -> None:
        raise NotImplementedError

    def show_details(self) -> None:
        raise NotImplementedError

    def say_title(self, shown: int, of: int, more: str = "") -> None:
        """How many rows there are, and what hides others."""
        said = tr(self.heading) + (f" {shown}" if shown == of else f" {shown}/{of}")
        if more:
            said += f"  {more}"
        if self.wanted:
            said += "  " + tr("filter: {letters}", letters=self.wanted)
        if said != self._titled:
            self._titled = said
            self.rows.border_title = Text(said)

    def on_rows_pane_pointed(self, event: RowsPane.Pointed) -> None:
        if event.pane_id == self.rows.id:
            self.rows.point_at(event.key)
            self.pointed()

    def pointed(self) -> None:
        """Another row is at hand."""
        self.show_details()
        self.show_foot()

    def do_move_row(self, step: str) -> None:
        self.rows.move(int(step))
        self.pointed()

    def do_end_row(self, way: str) -> None:
        self.rows.move(int(way) * self.rows.virtual_size.height)
        self.pointed()

    def do_list_arrow(self, step: str) -> None:
        if self._in_details:
            self.details.scroll_relative(y=int(step), animate=False)
        else:
            self.do_move_row(step)

    def do_list_page(self, way: str) -> None:
        pane = self.details if self._in_details else self.rows
        step = int(way) * max(1, pane.size.height - 2)
        if self._in_details:
            self.details.scroll_relative(y=step, animate=False)
        else:
            self.do_move_row(str(step))

    def do_other_part(self) -> None:
        self._in_details = not self._in_details
        self._mark_part()

    def _mark_part(self) -> None:
        self.rows.set_class(not self._in_details, "active")
        self.details.set_class(self._in_details, "active")

    def do_filter_rows(self) -> None:
        ask = AskText(tr("only rows with these letters"), self.wanted, hint=tr(self.filter_hint), limit=60)
        self.app.push_screen(ask, self._filtered)

    def _filtered(self, words: str | None) -> None:
        if words is not None:
            self.wanted = words
            self.refiltered()
            self.paint()

    def do_all_rows(self) -> None:
        self._filtered("")

    def why_not(self, action: Action) -> str:
        if action.id == "all_rows" and not self.wanted:
            return tr("no filter hides rows")
        return super().why_not(action)

    def refiltered(self) -> None:
        """The filter is another one."""

    def ask_engine(self, work: Callable[[], Awaitable[T]], done: Callable[[T], None]) -> None:
        """Have the engine do something beside the screen, once; what it says is told to the person."""
        self.station.go(partial(self._asked, work, done), "answer")

    async def _asked(self, work: Callable[[], Awaitable[T]], done: Callable[[T], None]) -> None:
        try:
            reply = await work()
        except EngineAway:
            self.station.say(
                tr("the engine did not reply: look whether it was done when it is back"), "alarm"
            )
        except EngineSaysNo as refusal:
            self.station.say(str(refusal), "alarm")
        else:
            done(reply)
        finally:
            self.outdate()

    def outdate(self) -> None:
        """Something was changed here: ask for the newest."""
