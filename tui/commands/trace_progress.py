"""What a person sees while traces run without a desk: live bars on a terminal, lines in a pipe."""

from collections.abc import Sequence

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from engine.api.client import EngineAway, EngineClient
from engine.api.schema import TraceView
from tui.clean import cleaned

BAR_CELLS = 24


async def follow(client: EngineClient, trace_ids: Sequence[str], console: Console) -> None:
    """Return when all machine work of these traces is done. Raises EngineAway where it ends before."""
    wanted = set(trace_ids)
    done: set[str] = set()
    live = Live(console=console, refresh_per_second=4) if console.is_terminal else None
    try:
        if live:
            live.start()
        async for snapshot in client.snapshots():
            traces = [cleaned(t) for t in snapshot.traces if t.trace_id in wanted]
            if live:
                live.update(_table(traces))
            for trace in traces:
                if trace.state.machine_done and trace.trace_id not in done:
                    done.add(trace.trace_id)
                    if not live:
                        console.print(_line(trace), soft_wrap=True)
            if done == wanted:
                return
    finally:
        if live:
            live.stop()
    raise EngineAway("it ended before the traces did")


def _table(traces: Sequence[TraceView]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("case", "state", "windows", "", "frames", "candidates", "reading"):
        table.add_column(heading, justify="right" if heading in ("frames", "candidates") else "left")
    for trace in traces:
        share = trace.windows_done / trace.windows_total if trace.windows_total else 0.0
        full = round(share * BAR_CELLS)
        table.add_row(
            Text(trace.case_id),
            Text(trace.state.replace("_", " ")),
            Text(f"{trace.windows_done}/{trace.windows_total}"),
            Text("━" * full + "─" * (BAR_CELLS - full)),
            Text(str(trace.frames)),
            Text(str(trace.candidates)),
            Text(f"{trace.camera_id} {trace.window_fraction:.0%}" if trace.camera_id else ""),
        )
    return table


def _line(trace: TraceView) -> Text:
    return Text(
        f"case {trace.case_id}: {trace.state.replace('_', ' ')}, {trace.windows_done} windows,"
        f" {trace.frames} frames, {trace.candidates} candidates"
        + (f" ({trace.message})" if trace.message else "")
    )
