"""One day of a trace on an axis of time: a row for each place, a column for each stretch of minutes.

Everything is told by shape first: hollow from paper, filled from a face a person confirmed, framed for
both; a line is a stay, a broken line some time within, a lighter one what the clock leaves unsure.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo

from rich.text import Text

from engine.api.schema import CandidateView, GapView, VisitView
from tui.casework.moment import Course, Event, Moment, bounds, day_of, on_day
from tui.language.catalogue import tr
from tui.language.words import Mark, clock_time, day, zone_name
from tui.terminal.theme import TONES

BASES = {
    "record": Mark("◇", "record", "plain"),
    "sighting": Mark("◆", "seen", "good"),
    "both": Mark("◈", "both", "good"),
}
UNKNOWN_BASIS = Mark("○", "basis not available", "muted")
STAYS = {"record": "─", "sighting": "━", "both": "═"}
WITHIN = Mark("╍", "sometime", "plain")
UNSURE = Mark("╌", "unsure", "muted")
GAP = Mark("┊", "not covered", "muted")
CONFLICT = Mark("‼", "conflict", "alarm")
WAITING = Mark("○", "not answered", "notice")
CURSOR, POINTER = "│", "▼"

UNSURE_SIGMAS = 2.0  # about 95 %, as the discs of places
TICKS_MIN = (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440)
LEAST_MIN = 10  # a shorter day than that is drawn as long as that
HOUR_MIN = 60
TICK_CELLS, HOUR_CELLS = 6, 3  # "11:30 " and "11 "
SHORT_NAMES = 40  # cells under which names are short
HEADS = 3  # lines above the places: the day, the hours, the ruler


@dataclass(frozen=True, slots=True)
class Scale:
    """Columns of time: ``columns`` cells from ``first`` to ``until``, ticks every ``tick_min`` minutes."""

    first: datetime
    until: datetime
    columns: int
    tick_min: int

    def column(self, at: datetime) -> int:
        """The cell an instant falls into; below 0 or above the last where it lies outside."""
        return math.floor((at - self.first) / (self.until - self.first) * self.columns)

    def within(self, at: datetime) -> int:
        return min(max(self.column(at), 0), self.columns - 1)


@dataclass(slots=True)
class _Row:
    """Cells of one place; a mark of higher rank hides a lower one."""

    name: str
    glyphs: dict[int, tuple[int, str, str]] = field(default_factory=dict)

    def put(self, column: int, rank: int, glyph: str, tone: str) -> None:
        if rank > self.glyphs.get(column, (-1, "", ""))[0]:
            self.glyphs[column] = (rank, glyph, tone)


def axis(course: Course, moment: Moment, width: int, height: int) -> list[Text]:
    """The day of the cursor in at most ``height`` lines (``HEADS`` + 2 at least), each ``width`` cells."""
    shown = day_of(moment, course.zone)
    if shown is None or moment.at is None:
        return []
    first, until = bounds(shown, course.zone)
    today = on_day(course.events, first, until)
    waiting = [c for c in course.waiting if first <= c.start < until]
    rows = _places(today)
    others = _others(today, waiting, short=width < SHORT_NAMES)
    name_cells = _name_cells([*rows.values(), *others.values()], width)
    scale = scale_of(today, waiting, first, until, width - name_cells - 1)
    for event in today:
        if isinstance(event, VisitView):
            _draw_visit(rows[place_of(event)], event, scale)
        elif isinstance(event, GapView):
            _draw_gap(others[GAP.word], event, scale)
    for candidate in waiting:
        others[WAITING.word].put(scale.within(candidate.start), 1, WAITING.glyph, WAITING.tone)
    at_hand = place_of(moment.event) if isinstance(moment.event, VisitView) else ""
    room = height - HEADS - len(others)
    placed = _window(list(rows.values()), at_hand, room)
    cursor = scale.within(moment.at)
    lines = [_heading(course, moment.at, width), *_ruler(scale, course.zone, cursor, name_cells)]
    lines += [_row_text(row, name_cells, scale, cursor, at_hand=row.name == at_hand) for row in placed]
    if hidden := len(rows) - len(placed):
        lines.append(Text(tr(" ↕ {n} more places", n=hidden), style=TONES["muted"]))
    lines += [_row_text(row, name_cells, scale, cursor) for row in others.values()]
    return lines[:height]


def place_of(visit: VisitView) -> str:
    """The place by its name; what only a source tells of is called after that, in the person's language."""
    for source in () if visit.place_id else visit.sources:
        if visit.label == f"{source} record":
            return f"{tr(source)} {tr('record')}"
    return visit.label or visit.place_id or tr("place not available")


def _places(today: Sequence[Event]) -> dict[str, _Row]:
    """Places in order of first time."""
    names = dict.fromkeys(place_of(event) for event in today if isinstance(event, VisitView))
    return {name: _Row(name) for name in names}


def _others(today: Sequence[Event], waiting: Sequence[CandidateView], *, short: bool) -> dict[str, _Row]:
    """What belongs to no place: candidates that nobody answered about, and what is not covered."""
    rows = {}
    if waiting:
        rows[WAITING.word] = _Row(tr("waiting" if short else WAITING.word))
    if any(isinstance(event, GapView) for event in today):
        rows[GAP.word] = _Row(tr("gaps" if short else GAP.word))
    return rows


def _name_cells(rows: Sequence[_Row], width: int) -> int:
    """Room for names, with the mark of the row at hand: a third at most, no more than they need."""
    longest = max((Text(row.name).cell_len for row in rows), default=0)
    return min(longest + 1, max(9, width // 3))


def scale_of(
    today: Sequence[Event],
    waiting: Sequence[CandidateView],
    first: datetime,
    until: datetime,
    columns: int,
) -> Scale:
    """As long as there is anything but gaps, rounded out to whole ticks; a day of gaps is drawn whole."""
    ends: list[datetime] = []
    for event in (*today, *waiting):
        if not isinstance(event, GapView):
            ends += [max(event.start, first), min(event.end, until)]
    low, high = (min(ends), max(ends)) if ends else (first, until - timedelta(minutes=1))
    if (short := timedelta(minutes=LEAST_MIN) - (high - low)) > timedelta(0):
        low, high = low - short / 2, high + short / 2
    columns = max(1, columns)
    scale = Scale(first, until, columns, TICKS_MIN[-1])
    for tick_min in TICKS_MIN:
        tick = timedelta(minutes=tick_min)
        # ticks are counted from local midnight; the end lies beyond the last event, never on it
        begins = first + (low - first) // tick * tick
        ends_at = first + ((high - first) // tick + 1) * tick
        scale = Scale(begins, ends_at, columns, tick_min)
        if columns * (tick / (ends_at - begins)) >= (HOUR_CELLS if tick_min % HOUR_MIN == 0 else TICK_CELLS):
            return scale
    return scale


def _heading(course: Course, at: datetime, width: int) -> Text:
    line = Text(day(at, course.zone), style=TONES["strong"])
    shown = at.astimezone(course.zone).date()
    if len(course.days) > 1 and shown in course.days:
        line.append(f"  {course.days.index(shown) + 1}/{len(course.days)}", TONES["accent"])
    zone = zone_name(at, course.zone)
    line.pad_right(max(1, width - line.cell_len - len(zone)))
    return line.append(zone, TONES["muted"])


def _ruler(scale: Scale, zone: tzinfo, cursor: int, indent: int) -> tuple[Text, Text]:
    """Times above, ticks below, with the pointer of the cursor on the ticks."""
    tick = timedelta(minutes=scale.tick_min)
    cells = scale.columns * (tick / (scale.until - scale.first))
    times, line = [" "] * scale.columns, ["─"] * scale.columns
    at = scale.first
    while at < scale.until:
        column = scale.column(at)
        said = clock_time(at, zone, seconds=False)
        said = said if cells >= TICK_CELLS else said[:2]
        if column >= 0 and column + len(said) <= scale.columns:
            times[column : column + len(said)] = said
        if 0 <= column < scale.columns:
            line[column] = "┬"
        at += tick
    line[cursor] = POINTER
    ruler = Text(" " * indent + " ")
    for column, glyph in enumerate(line):
        ruler.append(glyph, TONES["accent" if column == cursor else "muted"])
    return Text(" " * indent + " " + "".join(times), style=TONES["muted"]), ruler


def _draw_visit(row: _Row, visit: VisitView, scale: Scale) -> None:
    mark = BASES.get(visit.basis, UNKNOWN_BASIS)
    left, right = scale.within(visit.start), scale.within(visit.end)
    spread = timedelta(seconds=min(UNSURE_SIGMAS * visit.sigma_s, 86_400.0))
    for column in range(scale.within(visit.start - spread), scale.within(visit.end + spread) + 1):
        row.put(column, 1, UNSURE.glyph, UNSURE.tone)
    line = WITHIN.glyph if visit.moment else STAYS.get(visit.basis, "─")
    for column in range(left, right + 1):
        row.put(column, 2 if visit.moment else 3, line, mark.tone)
    row.put(left, 4 + tuple(BASES).index(visit.basis) if visit.basis in BASES else 4, mark.glyph, mark.tone)
    if visit.conflict:
        row.put(min(left + 1, right), 9, CONFLICT.glyph, CONFLICT.tone)


def _draw_gap(row: _Row, gap: GapView, scale: Scale) -> None:
    for column in range(scale.within(gap.start), scale.within(gap.end) + 1):
        row.put(column, 1, GAP.glyph, GAP.tone)


def _window(rows: list[_Row], at_hand: str, room: int) -> list[_Row]:
    """As many rows as fit, with the one at hand among them; one line is left to say that there are more."""
    if len(rows) <= room:
        return rows
    fits = max(1, room - 1)
    place = next((n for n, row in enumerate(rows) if row.name == at_hand), 0)
    first = min(max(0, place - fits // 2), len(rows) - fits)
    return rows[first : first + fits]


def _row_text(row: _Row, name_cells: int, scale: Scale, cursor: int, *, at_hand: bool = False) -> Text:
    name = Text(row.name, style=TONES["strong" if at_hand else "muted"])
    name.truncate(name_cells - 1, overflow="ellipsis", pad=True)
    line = Text.assemble(("▌" if at_hand else " ", TONES["accent"]), name, " ")
    for column in range(scale.columns):
        _, glyph, tone = row.glyphs.get(column, (0, CURSOR if column == cursor else " ", "accent"))
        style = TONES[tone]
        line.append(glyph, style + TONES["selected"] if column == cursor and column in row.glyphs else style)
    return line


def legend(events: Sequence[Event], width: int) -> list[Text]:
    """The shapes that occur among these events, in as few lines as they take."""
    used: list[Mark] = []
    visits = [event for event in events if isinstance(event, VisitView)]
    used += [mark for basis, mark in BASES.items() if any(v.basis == basis for v in visits)]
    used += [WITHIN] if any(v.moment for v in visits) else []
    used += [UNSURE] if any(v.sigma_s for v in visits) else []
    used += [GAP] if any(isinstance(event, GapView) for event in events) else []
    used += [CONFLICT] if any(v.conflict for v in visits) else []
    return folded_marks(used, width)


def folded_marks(marks: Sequence[Mark], width: int) -> list[Text]:
    """Shapes with their words, as many on a line as fit."""
    lines: list[Text] = []
    for mark in marks:
        said = Text.assemble((mark.glyph, TONES[mark.tone]), (f" {tr(mark.word)}", TONES["muted"]))
        if lines and lines[-1].cell_len + 2 + said.cell_len <= width:
            lines[-1] = lines[-1] + Text("  ") + said
        else:
            lines.append(said)
    return lines
