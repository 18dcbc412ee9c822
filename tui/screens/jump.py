"""Jump mode: every place there is, with one letter each; the letter goes there."""

from dataclasses import dataclass

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from engine.api.schema import TraceView
from tui.keyboard.action import Where
from tui.keyboard.names import SHIFTED, TWO_SET
from tui.language.catalogue import tr
from tui.language.words import PANES, STATES
from tui.panes.lines import LinesPane
from tui.screens.above import Above
from tui.state import Pane, is_busy
from tui.terminal.theme import TONES

MODE_KEYS = {Where.DESK: "d", Where.CASES: "c", Where.APPROVALS: "a", Where.AUDIT: "u", Where.HEALTH: "h"}
PANE_KEYS = {Pane.TRACES: "l", Pane.CARD: "f", Pane.TIMELINE: "m", Pane.CONTACTS: "p"}
NEXT, NEWEST = "n", "t"
DIGITS = "1234567890"
TWO_COLUMNS = 44
LETTERS = {jamo: letter for letter, jamo in (*TWO_SET.items(), *SHIFTED.items())}


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """``what`` is the name of a mode, a pane or a trace, by ``kind``. ``why_not`` is "" or why one cannot
    go there now."""

    key: str
    words: str
    kind: str  # "mode", "pane", "trace" or "next"
    what: str = ""
    why_not: str = ""


def targets(traces: tuple[TraceView, ...]) -> tuple[Target, ...]:
    """Everywhere one can go from here; traces in the order of their rows."""
    modes = [Target(key=key, words=tr(mode), kind="mode", what=mode.value) for mode, key in MODE_KEYS.items()]
    panes = [
        Target(key=key, words=tr(PANES[pane]), kind="pane", what=pane.value)
        for pane, key in PANE_KEYS.items()
    ]
    undecided = any(trace.undecided for trace in traces if not is_busy(trace))
    none = "" if undecided else tr("nothing waits for an answer")
    newest = newest_with_work(traces)
    work = [
        Target(key=NEXT, words=tr("next to answer"), kind="next", why_not=none),
        Target(
            key=NEWEST,
            words=tr("newest work") + (f": {newest.case_id}" if newest is not None else ""),
            kind="trace",
            what=newest.trace_id if newest is not None else "",
            why_not="" if newest is not None else none,
        ),
    ]
    cases = [_case(key, trace) for key, trace in zip(DIGITS, traces, strict=False)]
    return (*modes, *panes, *work, *cases)


def newest_with_work(traces: tuple[TraceView, ...]) -> TraceView | None:
    """The own trace with something to answer that got its first candidate last."""
    waiting = [trace for trace in traces if trace.undecided and not is_busy(trace)]
    return max(waiting, key=lambda trace: trace.first_candidate or trace.queued, default=None)


def _case(key: str, trace: TraceView) -> Target:
    if is_busy(trace):
        busy = tr("somebody else's case")
        return Target(key=key, words=busy, kind="trace", why_not=busy)
    mark = STATES[trace.state]
    words = f"{trace.case_id}  {mark.glyph} {tr(mark.word)}"
    if trace.undecided:
        words += "  " + tr("{n} to do", n=trace.undecided)
    return Target(key=key, words=words, kind="trace", what=trace.trace_id)


class JumpPane(LinesPane):
    """Two columns where there is room: places, and cases by number."""

    def __init__(self, offered: tuple[Target, ...]) -> None:
        super().__init__(id="jump")
        self._offered = offered

    def lines(self, width: int, height: int) -> list[Text]:
        places = [_line(target) for target in self._offered if target.key not in DIGITS]
        cases = [_line(target) for target in self._offered if target.key in DIGITS]
        if width < TWO_COLUMNS or not cases:
            return [*places, *cases]
        half = width // 2
        both = []
        for at in range(max(len(places), len(cases))):
            left = places[at] if at < len(places) else Text()
            left.truncate(half - 1, overflow="ellipsis", pad=True)
            both.append(left + Text(" ") + (cases[at] if at < len(cases) else Text()))
        return both


def _line(target: Target) -> Text:
    if target.why_not:
        return Text(f"({target.key}) {target.words}", style=TONES["muted"])
    return Text.assemble((f" {target.key} ", TONES["selected"]), f" {target.words}")


class JumpScreen(Above[Target | None], inherit_bindings=False):
    """One key jumps; everything that is no target goes back. A Hangul keyboard works too."""

    AUTO_FOCUS = ""

    def __init__(self, offered: tuple[Target, ...]) -> None:
        super().__init__()
        self._by_key = {target.key: target for target in offered}
        self._pane = JumpPane(offered)
        self._why = Static(id="jump-why", markup=False)

    def compose(self) -> ComposeResult:
        with Vertical(id="jump-box"):
            yield Static(Text(tr("jump to"), style=TONES["strong"]), markup=False)
            yield self._pane
            yield self._why

    def on_mount(self) -> None:
        self._say(tr("one key goes there, esc goes back"))

    def on_key(self, event: events.Key) -> None:
        event.stop()
        event.prevent_default()
        letter = event.character or ""
        target = self._by_key.get(LETTERS.get(letter, letter))
        if target is None:
            if event.key not in ("shift", "up", "down"):
                self.dismiss(None)
        elif target.why_not:
            self._say(f"{target.key}: {target.why_not}")
        else:
            self.dismiss(target)

    def _say(self, words: str) -> None:
        self._why.update(Text(words, style=TONES["muted"]))
