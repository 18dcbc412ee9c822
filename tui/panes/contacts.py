"""The line list: who was near the confirmed patient. Nobody is named by face: ``U-001`` stays that until a
record gives a name."""

from collections.abc import Callable
from datetime import UTC, tzinfo
from typing import NamedTuple

from rich.text import Text
from textual.content import Content

from engine.api.contact_schema import ContactLine, Scene
from tui.casework.linelist import LineList, Order, camera_of, last_scene
from tui.language.catalogue import tr
from tui.language.words import MASKS
from tui.panes.rows import RowsPane
from tui.terminal.theme import TONES

NOT_KNOWN = "–"
CAMERA_CELLS, LONGEST_CAMERA = 14, 30


class Column(NamedTuple):
    """``least`` is the width of the pane from which the column is there."""

    title: str
    cells: int
    least: int
    words: Callable[[ContactLine, tzinfo], str]


def _nearest(line: ContactLine) -> Scene | None:
    return min(line.scenes, key=lambda scene: scene.distance_low_m, default=None)


def _metres(line: ContactLine, _: tzinfo) -> str:
    scene = _nearest(line)
    return f"{scene.distance_low_m:.1f}–{scene.distance_high_m:.1f}" if scene else NOT_KNOWN


def _masks(line: ContactLine, _: tzinfo) -> str:
    scene = _nearest(line)
    return f"{tr(MASKS[scene.patient_mask])} / {tr(MASKS[scene.person_mask])}" if scene else NOT_KNOWN


def _where(line: ContactLine, _: tzinfo) -> str:
    scene = last_scene(line)
    return camera_of(scene) if scene else NOT_KNOWN


def _when(line: ContactLine, zone: tzinfo) -> str:
    scene = last_scene(line)
    return scene.start.astimezone(zone).strftime("%m-%d %H:%M") if scene else NOT_KNOWN


def _person(line: ContactLine, _: tzinfo) -> str:
    return f"{line.name} +{len(line.merged)}" if line.merged else line.name


def _suggestion(line: ContactLine, _: tzinfo) -> str:
    return "; ".join(dict.fromkeys(said for scene in line.scenes for said in scene.suggestions))


COLUMNS = (
    Column("person", 13, 0, _person),
    Column("min", 5, 0, lambda line, _: f"{line.minutes:.1f}"),
    Column("metres", 9, 0, _metres),
    Column("masks: patient / other", 22, 100, _masks),
    Column("camera", CAMERA_CELLS, 64, _where),
    Column("when", 11, 54, _when),
    Column("risk", 5, 0, lambda line, _: tr(line.risk) if line.risk else NOT_KNOWN),
    Column("status", 9, 0, lambda line, _: tr(line.status)),
    Column("until", 10, 72, lambda line, _: str(line.follow_up_until or NOT_KNOWN)),
    Column("owner", 12, 120, lambda line, _: line.owner or NOT_KNOWN),
    Column("by", 10, 132, lambda line, _: tr(line.backing) if line.backing else tr("unnamed")),
    Column("suggestion", 60, 160, _suggestion),
)


class ContactsPane(RowsPane[ContactLine]):
    def __init__(self) -> None:
        super().__init__(id="contacts")
        self._zone: tzinfo = UTC
        self._keep_id = ""
        self._all = 0
        self._hidden = ""
        self._title = ""

    def show_list(self, state: LineList, zone: tzinfo) -> None:
        """Rows and, in the title, what the filter leaves of them."""
        again = (self._keep_id, self._zone) != (state.keep_id, zone)
        self._zone, self._keep_id, self._all = zone, state.keep_id, len(state.rows)
        again = again or self._hidden != state.hidden
        self._hidden = state.hidden
        self.show(state.shown)
        if (title := _title(state)) != self._title:
            self._title = title
            self.border_title = Content(title)
        if again:
            self.refresh()

    @property
    def title(self) -> str:
        """How many rows of how many, and in what order."""
        return self._title or f"4 {tr('contacts')}"

    def key(self, row: ContactLine) -> str:
        return row.contact_id

    def titles(self, width: int) -> Text:
        return Text(" ").append(" ".join(_cell(tr(c.title), c.cells) for c in _fitting(width - 1)))

    def line(self, row: ContactLine, width: int) -> Text:
        words = Text()
        for column in _fitting(width):
            tone = "strong" if column.title == "person" and row.backing else "plain"
            if words:
                words.append(" ")
            words.append(_cell(column.words(row, self._zone), column.cells), TONES[tone])
        if row.contact_id == self._keep_id:
            words.stylize(TONES["selected"])
        return words

    def empty(self) -> Text:
        if self._hidden:
            return Text(self._hidden, style=TONES["notice"])
        if self._all:
            return Text(tr("no contact passes the filter; / changes it, esc takes it away"))
        return Text(tr("nobody yet: who was near in confirmed sightings stands here; + adds a row"))


def _title(state: LineList) -> str:
    said = f"4 {tr('contacts')}"
    if state.rows:
        shown, rows = f"{len(state.shown):,}", f"{len(state.rows):,}"
        said += f"  {rows}" if not state.filter else f"  {tr('{n} of {all}', n=shown, all=rows)}"
    if state.filter:
        said += f"  / {state.filter[:20]}"
    if state.order is not Order.AS_SENT:
        said += f"  {tr('by {order}', order=tr(state.order))}"
    if state.keep is not None:
        said += f"  {tr('M on another row puts it into {name}', name=state.keep.name)}"
    return said


def _fitting(width: int) -> tuple[Column, ...]:
    """The columns for which there is room, in their order; names of cameras are long and get what is over."""
    chosen: list[Column] = []
    room = width
    for column in COLUMNS:
        if column.least <= width and column.cells + 1 <= room + 1:
            chosen.append(column)
            room -= column.cells + 1
    more = min(max(0, room), LONGEST_CAMERA - CAMERA_CELLS)
    return tuple(c._replace(cells=c.cells + more) if c.title == "camera" else c for c in chosen)


def _cell(words: str, cells: int) -> str:
    text = Text(words)
    text.truncate(cells, overflow="ellipsis", pad=True)
    return text.plain
