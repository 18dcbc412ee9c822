"""The trace rows. A row keeps its place while it lives; states differ by shape and word too."""

from datetime import datetime

from rich.cells import cell_len
from rich.text import Text
from textual import events
from textual.message import Message

from engine.api.schema import TraceView
from engine.domain.trace import TraceState
from tui.language.catalogue import tr
from tui.language.words import BUSY, STATES, count, lasted
from tui.panes.lines import LinesPane
from tui.state import is_busy, trace_beside
from tui.terminal.theme import TONES

ROWS = 10  # as many as the engine has slots
INDENT = "   "


class TracesPane(LinesPane):
    """Three, two or one line for each trace, whichever lets ten rows fit."""

    class Chosen(Message):
        """Somebody pointed at a trace."""

        def __init__(self, trace_id: str) -> None:
            self.trace_id = trace_id
            super().__init__()

    def __init__(self) -> None:
        super().__init__(id="traces")
        self._traces: tuple[TraceView, ...] = ()
        self._selected = ""
        self._now: datetime | None = None
        self._first = 0
        self._shown: tuple[TraceView, ...] = ()  # those of which there are rows
        self._tall = 1

    def show(self, traces: tuple[TraceView, ...], selected: str, now: datetime | None) -> None:
        self._traces, self._selected, self._now = traces, selected, now
        self.repaint()

    def select(self, trace_id: str) -> None:
        """Another trace is on the desk: that is to be seen at once."""
        if trace_id != self._selected:
            self.show(self._traces, trace_id, self._now)

    def lines(self, width: int, height: int) -> list[Text]:
        self._shown = ()
        if not self._traces:
            return [Text(tr("no traces yet"), style=TONES["muted"])]
        self._tall = 3 if height >= 3 * ROWS else 2 if height >= 2 * ROWS or width < 56 else 1
        fits = max(1, height // self._tall)
        self._first = self._window(fits)
        self._shown = self._traces[self._first : self._first + fits]
        lines = [line for trace in self._shown for line in self._row(trace, width)]
        hidden = len(self._traces) - fits
        if hidden > 0 and len(lines) < height:
            lines.append(Text(INDENT + tr("{n} more above or below", n=hidden), style=TONES["muted"]))
        return lines

    def _window(self, fits: int) -> int:
        """First row shown: moves only as far as the selected row needs it."""
        ids = [trace.trace_id for trace in self._traces]
        at = ids.index(self._selected) if self._selected in ids else self._first
        first = min(max(self._first, at - fits + 1), at)
        return max(0, min(first, len(ids) - fits))

    def _row(self, trace: TraceView, width: int) -> list[Text]:
        if self._tall == 1:
            return [_one_line(trace, self._cursor(trace), width, self._now)]
        head = _head(trace, self._cursor(trace), width, self._now)
        if self._tall == 2:
            return [head, _progress(trace, width, with_frames=width >= 40)]
        return [head, _progress(trace, width, with_frames=False), _remark(trace)]

    def _cursor(self, trace: TraceView) -> str:
        return "▌" if trace.trace_id == self._selected else " "

    def point_beside(self, step: int) -> None:
        """The own trace above (-1) or below (1) is wanted."""
        if trace_id := trace_beside(self._traces, self._selected, step):
            self.post_message(self.Chosen(trace_id))

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None:
            return
        at = offset.y // self._tall
        if 0 <= at < len(self._shown) and not is_busy(self._shown[at]):
            self.post_message(self.Chosen(self._shown[at].trace_id))


def _head(trace: TraceView, cursor: str, width: int, now: datetime | None) -> Text:
    mark = BUSY if is_busy(trace) else STATES[trace.state]
    tone, word = TONES[mark.tone], tr(mark.word)
    if is_busy(trace):
        return Text.assemble(cursor, (f"{mark.glyph} {word}", tone))
    minutes = _minutes(trace, now)
    name = Text(trace.case_id, style="bold")
    name.truncate(max(4, width - 8 - cell_len(word) - cell_len(minutes)), overflow="ellipsis")
    line = Text.assemble((cursor, TONES["accent"]), (f"{mark.glyph} ", tone), name, " ", (word, tone))
    line.pad_right(max(0, width - line.cell_len - cell_len(minutes)))
    return line.append(minutes, TONES["muted"])


def _progress(trace: TraceView, width: int, *, with_frames: bool) -> Text:
    if is_busy(trace):
        return Text(INDENT + tr("somebody else's case"), style=TONES["muted"])
    waiting = _waiting(trace)
    line = Text(INDENT)
    if trace.state is TraceState.RECORDS_ONLY:
        line.append(tr("no face search"), TONES["muted"])
    else:
        done = f" {trace.windows_done}/{trace.windows_total}"
        frames = f"  {_frames(trace)}" if with_frames else ""
        room = width - line.cell_len - len(done) - cell_len(frames) - waiting.cell_len - 2
        line = line + _bar(trace, max(4, min(room, 14)))
        line.append(done).append(frames, TONES["muted"])
    line.pad_right(max(1, width - line.cell_len - waiting.cell_len))
    return line + waiting


def _remark(trace: TraceView) -> Text:
    """What there is to say in the third line: a message, what was left out, the camera at work."""
    if is_busy(trace) or trace.state is TraceState.RECORDS_ONLY:
        return Text()
    if trace.message:
        return Text(INDENT + trace.message, style=TONES["notice"])
    if trace.left_out:
        return Text(INDENT + tr("{n} left out, see timeline", n=len(trace.left_out)), style=TONES["notice"])
    work = (
        f"  {tr(trace.step)} {trace.camera_id} {trace.window_fraction:.0%}"
        if trace.state is TraceState.RUNNING
        else ""
    )
    return Text(f"{INDENT}{_frames(trace)}{work}", style=TONES["muted"])


def _frames(trace: TraceView) -> str:
    return tr("{n} frames", n=count(trace.frames))


def _one_line(trace: TraceView, cursor: str, width: int, now: datetime | None) -> Text:
    if is_busy(trace):
        return _head(trace, cursor, width, now)
    mark = STATES[trace.state]
    name = Text(trace.case_id, style="bold")
    name.truncate(max(4, width - 48), overflow="ellipsis", pad=True)
    line = Text.assemble((cursor, TONES["accent"]), (f"{mark.glyph} ", TONES[mark.tone]), name, " ")
    word = Text(tr(mark.word), style=TONES[mark.tone])
    word.truncate(14, pad=True)
    done = f" {trace.windows_done}/{trace.windows_total}"
    tail = _waiting(trace) + Text(f" {_minutes(trace, now)}", style=TONES["muted"])
    room = width - line.cell_len - word.cell_len - 1 - len(done) - 1 - tail.cell_len
    line.append_text(word).append(" ").append_text(_bar(trace, max(1, min(room, 8)))).append(done)
    line.pad_right(max(1, width - line.cell_len - tail.cell_len))
    return line + tail


def _bar(trace: TraceView, cells: int) -> Text:
    """Thick where done, thin where not: readable without colours."""
    done = 0
    if trace.windows_total > 0:
        done = min(cells, max(0, trace.windows_done * cells // trace.windows_total))
    return Text.assemble(("━" * done, TONES["accent"]), ("─" * (cells - done), TONES["muted"]))


def _waiting(trace: TraceView) -> Text:
    """Candidates without an answer; none is only said once the machine is done."""
    if trace.undecided:
        return Text(tr("{n} to do", n=trace.undecided), style=TONES["notice"])
    if trace.candidates:
        return Text(tr("{n} answered", n=trace.candidates), style=TONES["muted"])
    return Text(tr("none found") if trace.state is TraceState.COMPLETE else "", style=TONES["muted"])


def _minutes(trace: TraceView, now: datetime | None) -> str:
    begun = trace.started or trace.queued
    until = trace.finished or now
    return "" if until is None else lasted((until - begun).total_seconds())
