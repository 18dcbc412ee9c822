"""``tracedesk bench scan``: how fast ten traces read their footage with one set of models and with another.

The footage is that of the demo's town, made where it is not there yet, and nothing else is opened (G26).
Engines, workers, windows and patients are the same for every set of models; the sets take turns in one run,
so that what else the machine does is shared out among them. Two times are taken: how long ten traces
last, with all that the engine does besides, and the processor time of the workers, which is the scan.
"""

import asyncio
import os
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Annotated, Any, NamedTuple

import typer
from rich.console import Console

from engine.api.client import EngineAway, EngineSaysNo
from engine.api.schema import OpenedView
from engine.domain.errors import InputError
from tui.commands.bring_in import bring_in, start_all
from tui.commands.connect import say, table
from tui.commands.demo_city import MOST_PATIENTS, cache_folder, set_up
from tui.commands.engine_process import private_engine
from tui.commands.failing import plainly
from tui.commands.to_json import JsonTo
from tui.commands.trace import check_output, engine_of, read_cases, write_result
from tui.commands.trace_progress import follow

SETS = ("demo", "edgeface_xs")  # the first is measured against each of the others


class Turn(NamedTuple):
    """Seconds that ten traces took, processor seconds of their workers, minutes of footage they read."""

    took_s: float
    scan_s: float
    read_min: float


@plainly("tracedesk bench scan")
def scan(
    model: Annotated[
        list[str] | None, typer.Option(help="Sets of models: demo, or an embedder; may be given again.")
    ] = None,
    rounds: Annotated[int, typer.Option(min=1, max=20, help="How often each set has its turn.")] = 1,
    seed: Annotated[int, typer.Option(min=0, help="Town, as for tracedesk demo.")] = 2,
    folder: Annotated[Path | None, typer.Option(help="Where the town lies; else your cache.")] = None,
    json: JsonTo = None,
) -> None:
    """Minutes of footage that ten traces read a second, with each set of models. Aggregates only."""
    if json is not None:
        check_output(json)
    sets = tuple(dict.fromkeys(model or SETS))
    where = folder or cache_folder("town", seed)
    console = Console(stderr=True)
    turns: dict[str, list[Turn]] = {name: [] for name in sets}
    for _ in range(rounds):
        for name in sets:
            turns[name].append(_turn(name, seed, where, console))
    figures = figures_of(turns)
    if json is not None:
        write_result(figures, json)
    if json is None or str(json) != "-":
        shown(figures)


def _turn(models: str, seed: int, folder: Path, console: Console) -> Turn:
    city = set_up("town", seed, MOST_PATIENTS, folder, console, models)
    if city.missing:
        raise InputError(city.missing, place="--model", mend="see tracedesk models list")
    with private_engine(city.site) as socket:
        try:
            return asyncio.run(_traced(socket, city.site, city.cases, console))
        except (EngineAway, EngineSaysNo) as problem:
            raise InputError(str(problem), mend="run it again") from None


async def _traced(socket: Path, site: Path, cases: Sequence[Path], console: Console) -> Turn:
    async with engine_of(socket, "run it again") as (client, _):
        papers = await bring_in(client, read_cases(cases, site), lambda _: None)
        began = time.monotonic()
        traces = tuple((await start_all(client, papers)).values())
        await follow(client, traces, console)
        took_s = time.monotonic() - began
        scan_s = processor_s(grandchildren(os.getpid()))
        opened = [one for trace in traces for one in (await client.trace(trace)).opened]
    return Turn(took_s, scan_s, minutes(opened))


def grandchildren(pid: int) -> list[int]:
    """Processes that a child of ``pid`` started: the workers of an engine."""
    parents = {int(p.name): _stat(p)[1] for p in Path("/proc").iterdir() if p.name.isdigit() and _stat(p)}
    children = {child for child, parent in parents.items() if int(parent) == pid}
    return [child for child, parent in parents.items() if int(parent) in children]


def processor_s(pids: Iterable[int]) -> float:
    """Processor time that these processes, while they live, have spent so far."""
    ticks = sum(int(v) for pid in pids for v in _stat(Path("/proc") / str(pid))[11:13])
    return ticks / os.sysconf("SC_CLK_TCK")


def _stat(process: Path) -> list[str]:
    """The fields of proc_pid_stat(5) from the state on; none for one that has ended."""
    try:
        return (process / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    except OSError:
        return []


def minutes(opened: Iterable[OpenedView]) -> float:
    """Minutes of footage that were read, those of several traces once."""
    total_s, last, end = 0.0, "", datetime.min.replace(tzinfo=UTC)
    for one in sorted(opened, key=lambda o: (o.camera_id, o.start)):
        start = one.start if one.camera_id != last or one.start > end else end
        if one.end > start:
            total_s += (one.end - start).total_seconds()
            last, end = one.camera_id, one.end
    return total_s / 60


def figures_of(turns: dict[str, list[Turn]]) -> dict[str, Any]:
    """Medians of each set, and how many times as fast the first one is: as a scan, and in all."""
    speeds = {name: median([t.read_min / t.scan_s for t in found]) for name, found in turns.items()}
    whole = {name: median([t.read_min / t.took_s for t in found]) for name, found in turns.items()}
    first, *others = turns
    return {
        "sets": {
            name: {
                "traces_s": round(median([t.took_s for t in found]), 1),
                "scan_s": round(median([t.scan_s for t in found]), 1),
                "footage_min": round(median([t.read_min for t in found]), 1),
                "footage_min_per_scan_s": round(speeds[name], 2),
                "turns": [[round(t.took_s, 1), round(t.scan_s, 1)] for t in found],
            }
            for name, found in turns.items()
        },
        "times_as_fast": {f"{first} / {name}": round(speeds[first] / speeds[name], 2) for name in others},
        "times_as_fast_in_all": {
            f"{first} / {name}": round(whole[first] / whole[name], 2) for name in others
        },
    }


def shown(figures: dict[str, Any]) -> None:
    """The figures for people."""
    rows = [
        (
            name,
            f"{f['traces_s']:.1f}",
            f"{f['scan_s']:.1f}",
            f"{f['footage_min']:.0f}",
            f"{f['footage_min_per_scan_s']:.2f}",
        )
        for name, f in figures["sets"].items()
    ]
    table(
        ("models", "ten traces s", "scan, processor s", "footage min", "min a second of it"),
        rows,
        "nothing was measured",
    )
    for pair, times in figures["times_as_fast"].items():
        in_all = figures["times_as_fast_in_all"][pair]
        say(f"{pair}: {times:g} times as fast a scan, ten traces {in_all:g} times as fast")
