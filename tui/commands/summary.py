"""The result of a headless run in words and tables."""

from collections.abc import Sequence
from datetime import datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from engine.api.schema import CandidateView, Hello, TraceDetail
from tui.commands.trace_result import Result

SHOWN = 5
PIPE_COLUMNS = 240


def print_summary(hello: Hello, details: Sequence[TraceDetail], found: Result) -> None:
    """Per case: state, best candidates, visits and exposures. Plain lines in a pipe."""
    console = Console(soft_wrap=True)
    if not console.is_terminal:  # a row is a line, for whatever reads the pipe
        console = Console(soft_wrap=True, width=PIPE_COLUMNS)
    marks = " ".join(
        ["REHEARSAL" if hello.profile == "rehearsal" else "", "DEMO MODELS" if hello.demo_models else ""]
    ).strip()
    console.print(Text(f"{marks} {hello.site}".strip(), style="bold"))
    for detail in details:
        _print_case(console, detail)
    traces = "1 trace" if len(details) == 1 else f"{len(details)} traces"
    console.print()
    console.print(
        Text(
            f"{traces} in {found.wall_s:.1f} s,"
            f" {found.peak_concurrent} at once. A candidate is a fact only after a person confirmed it."
        )
    )


def _print_case(console: Console, detail: TraceDetail) -> None:
    trace = detail.trace
    console.print()
    head = f"case {trace.case_id}: {trace.state.replace('_', ' ')}"
    counts = f"{trace.windows_done} windows, {trace.frames} frames, {trace.cannot_assess} faces not assessed"
    console.print(Text(f"{head} ({counts})", style="bold"))
    for line in (*trace.left_out, *([trace.message] if trace.message else [])):
        console.print(Text(f"  {line}"))
    if detail.candidates:
        table = _table("candidate", "camera", "from (UTC)", "to", "llr", "mask", "eyes px", "answer")
        for number, c in enumerate(detail.candidates[:SHOWN], start=1):
            table.add_row(
                str(number),
                Text(c.camera_id),
                _day_time(c.start),
                _time(c.end),
                "" if c.llr is None else f"{c.llr:+.1f}",
                Text(c.mask),
                f"{c.inter_eye_px:.0f}",
                Text(_answer(c)),
            )
        console.print(table)
        if len(detail.candidates) > SHOWN:
            console.print(Text(f"  and {len(detail.candidates) - SHOWN} more"))
    if detail.visits:
        table = _table("visit", "from (UTC)", "to", "basis", "")
        for v in detail.visits:
            table.add_row(
                Text(v.label),
                _day_time(v.start),
                _day_time(v.end),
                Text(f"{v.basis}, some time within" if v.moment else v.basis),
                Text(v.conflict),
            )
        console.print(table)
    for e in detail.exposures:
        distance = f"{e.distance_low_m:.1f}-{e.distance_high_m:.1f} m"
        console.print(Text(f"  {e.person}: {e.minutes:.1f} min at {distance} on {e.camera}"))


def _answer(candidate: CandidateView) -> str:
    answer = (candidate.answer or "undecided").replace("_", " ")
    return f"{answer}, impossible journey" if candidate.infeasible else answer


def _table(*headings: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in headings:
        table.add_column(Text(heading, style="dim"))
    return table


def _day_time(at: datetime) -> str:
    return f"{at:%m-%d %H:%M:%S}"


def _time(at: datetime) -> str:
    return f"{at:%H:%M:%S}"
