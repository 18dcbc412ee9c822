"""``tracedesk bench scan``: how fast ten traces read their footage with one set of models and with another.

The footage is that of the demo's town, made where it is not there yet, and nothing else is opened (G26).
Engines, workers, windows and patients are the same for every set of models; the sets take turns in one run,
so that what else the machine does is shared out among them.
"""

import asyncio
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Annotated, Any

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
from tui.commands.trace import check_output, engine_of, read_cases, write_result
from tui.commands.trace_progress import follow

SETS = ("demo", "edgeface_xs")  # the first is measured against each of the others


@plainly("tracedesk bench scan")
def scan(
    model: Annotated[
        list[str] | None, typer.Option(help="Sets of models: demo, or an embedder; may be given again.")
    ] = None,
    rounds: Annotated[int, typer.Option(min=1, max=20, help="How often each set has its turn.")] = 1,
    seed: Annotated[int, typer.Option(min=0, help="Town, as for tracedesk demo.")] = 2,
    folder: Annotated[Path | None, typer.Option(help="Where the town lies; else your cache.")] = None,
    json: Annotated[
        Path | None, typer.Option(help="Write the figures as JSON; - is standard output.")
    ] = None,
) -> None:
    """Minutes of footage that ten traces read a second, with each set of models. Aggregates only."""
    if json is not None:
        check_output(json)
    sets = tuple(dict.fromkeys(model or SETS))
    where = folder or cache_folder("town", seed)
    console = Console(stderr=True)
    turns: dict[str, list[tuple[float, float]]] = {name: [] for name in sets}
    for _ in range(rounds):
        for name in sets:
            turns[name].append(_turn(name, seed, where, console))
    figures = figures_of(turns)
    if json is not None:
        write_result(figures, json)
    if json is None or str(json) != "-":
        shown(figures)


def _turn(models: str, seed: int, folder: Path, console: Console) -> tuple[float, float]:
    """Seconds that ten traces took, and minutes of footage that they read."""
    city = set_up("town", seed, MOST_PATIENTS, folder, console, models)
    if city.missing:
        raise InputError(city.missing, place="--model", mend="see tracedesk models list")
    with private_engine(city.site) as socket:
        try:
            return asyncio.run(_traced(socket, city.site, city.cases, console))
        except (EngineAway, EngineSaysNo) as problem:
            raise InputError(str(problem), mend="run it again") from None


async def _traced(socket: Path, site: Path, cases: Sequence[Path], console: Console) -> tuple[float, float]:
    async with engine_of(socket, "run it again") as (client, _):
        papers = await bring_in(client, read_cases(cases, site), lambda _: None)
        began = time.monotonic()
        traces = tuple((await start_all(client, papers)).values())
        await follow(client, traces, console)
        took_s = time.monotonic() - began
        opened = [one for trace in traces for one in (await client.trace(trace)).opened]
    return took_s, minutes(opened)


def minutes(opened: Iterable[OpenedView]) -> float:
    """Minutes of footage that were read, those of several traces once."""
    total_s, last, end = 0.0, "", datetime.min.replace(tzinfo=UTC)
    for one in sorted(opened, key=lambda o: (o.camera_id, o.start)):
        start = one.start if one.camera_id != last or one.start > end else end
        if one.end > start:
            total_s += (one.end - start).total_seconds()
            last, end = one.camera_id, one.end
    return total_s / 60


def figures_of(turns: dict[str, list[tuple[float, float]]]) -> dict[str, Any]:
    """Medians of each set, and how many times as fast the first one is."""
    speeds = {name: median([read / took for took, read in found]) for name, found in turns.items()}
    first, *others = turns
    return {
        "sets": {
            name: {
                "traces_s": round(median([took for took, _ in found]), 1),
                "footage_min": round(median([read for _, read in found]), 1),
                "footage_min_per_s": round(speeds[name], 2),
                "turns_s": [round(took, 1) for took, _ in found],
            }
            for name, found in turns.items()
        },
        "times_as_fast": {f"{first} / {name}": round(speeds[first] / speeds[name], 2) for name in others},
    }


def shown(figures: dict[str, Any]) -> None:
    """The figures for people."""
    rows = [
        (name, f"{f['traces_s']:.1f}", f"{f['footage_min']:.0f}", f"{f['footage_min_per_s']:.2f}")
        for name, f in figures["sets"].items()
    ]
    table(("models", "ten traces s", "footage min", "min a second"), rows, "nothing was measured")
    for pair, times in figures["times_as_fast"].items():
        say(f"{pair}: {times:g} times as fast")
