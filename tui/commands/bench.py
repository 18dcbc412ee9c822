"""``tracedesk bench api``: how long a console waits for the engine while ten traces run.

It starts an engine of its own on a generated town in a folder that is gone afterwards: no footage but
that town's is ever opened (G26). The traces decode footage on every core at the low priority of real
workers; only faces are made up. Five consoles hold their event streams open, read, look and answer. Then
the traces end, and the same consoles go on: how long an idle engine takes, in the same run. What is
disclosed or changed is durable before it is answered, so the time of the disk itself stands beside.
"""

import asyncio
import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from engine.api.client import EngineAway, EngineClient, EngineSaysNo
from engine.domain.errors import InputError
from tui.commands.bench_console import Times, at_work
from tui.commands.bench_desk import desk
from tui.commands.bench_scan import scan
from tui.commands.bring_in import bring_in, start_all
from tui.commands.connect import say, table
from tui.commands.engine_process import SOCKET
from tui.commands.failing import plainly
from tui.commands.to_json import JsonTo, WithJson
from tui.commands.trace import check_output, read_cases, write_result

TRACES, CONSOLES = 10, 5
P50_MS, P99_MS, TIMES_IDLE = 10.0, 50.0, 5.0  # what is promised of a busy engine
SHORTEST_S, LONGEST_S = 1.0, 300.0  # to measure
WINDOW_S = 0.5  # at least; longer where cores would be done with all windows too soon
FINDING_S = 10.0  # until there is something to look at, and to spare
ENGINE = (sys.executable, "-P", "-m", "adapters.bench.engine", "--busy", "--many")
ENOUGH = 2  # candidates of every trace, before anybody looks
PATIENCE_S = 120.0  # at least, until there is something to look at
SYNCS, SYNC_BYTES, SYNC_EVERY_S = 200, 8192, 0.01

app = typer.Typer(help="Measure this machine: aggregates only, on generated data.", no_args_is_help=True)


app.command(cls=WithJson)(scan)
app.command(cls=WithJson)(desk)


@app.callback()
def bench() -> None:
    """Measure this machine."""


@app.command(cls=WithJson)
@plainly("tracedesk bench api")
def api(
    seconds: Annotated[float, typer.Option(help="How long to measure, busy and idle each.")] = 30.0,
    json: JsonTo = None,
) -> None:
    """How long five consoles wait for the engine while ten traces run. Exit code 1 where it is longer than
    promised (p50 10 ms, p99 50 ms, p99 five times that of the idle engine), where a trace did not run to the
    end of it, or where nothing was measured."""
    if not SHORTEST_S <= seconds <= LONGEST_S:  # also what is no number
        mend = f"write {SHORTEST_S:g} to {LONGEST_S:g}"
        raise InputError("cannot be measured in that time", place="--seconds", mend=mend)
    if json is not None:
        check_output(json)
    figures = measured(seconds)
    if json is not None:
        write_result(figures, json)
    if json is None or str(json) != "-":
        shown(figures)
    raise typer.Exit(0 if all(figures["goals"].values()) else 1)


def measured(seconds: float) -> dict[str, Any]:
    """The figures of one run. Raises InputError where the engine does not start or does not answer."""
    from adapters.bench.town import WINDOWS_A_CAMERA, build

    cores = len(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory(prefix="tracedesk-bench-") as made:
        folder = Path(made)
        town = build(folder / "town", cases=TRACES)
        disk = sync_times(folder / "probe")
        each_s = window_s(TRACES * WINDOWS_A_CAMERA, cores, seconds)
        with private_engine(town.site, folder / "s", each_s) as socket:
            try:
                found = asyncio.run(_measure(socket, town.site, town.cases, seconds))
                return found | {"disk_sync": disk}
            except (EngineAway, EngineSaysNo) as problem:
                raise InputError(
                    str(problem), mend="run it again; see whether memory or disk are full"
                ) from None


def window_s(windows: int, cores: int, seconds: float) -> float:
    """How long a window has to take so that every core is at work for twice as long as is measured: half
    of it may pass before all traces have something to look at."""
    return max(WINDOW_S, 2 * (seconds + FINDING_S) * cores / windows)


def sync_times(probe: Path) -> dict[str, float]:
    """How long this disk takes to make a few kilobytes durable, as every answer that changes or discloses
    something has to wait for. Milliseconds."""
    times = Times({"sync": []})
    descriptor = os.open(probe, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        for _ in range(SYNCS):
            began = time.perf_counter()
            os.pwrite(descriptor, bytes(SYNC_BYTES), 0)
            os.fdatasync(descriptor)
            times.waited["sync"].append((time.perf_counter() - began) * 1000)
            time.sleep(SYNC_EVERY_S)
    finally:
        os.close(descriptor)
    return times.of()


@contextlib.contextmanager
def private_engine(site: Path, state: Path, window_s: float) -> Iterator[Path]:
    """The engine that is measured; its socket. Raises InputError where it does not start."""
    state.mkdir()
    command = [*ENGINE, "--window-s", f"{window_s:g}", "--state", str(state), "--site", str(site)]
    with subprocess.Popen(
        [*command, "--until-stdin-closes"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        if process.stdout.readline() != b"ready\n":
            raise InputError("the engine that was to be measured did not start", mend="run: tracedesk doctor")
        try:
            yield state / SOCKET
        finally:
            process.stdin.close()


async def _measure(socket: Path, site: Path, cases: tuple[Path, ...], seconds: float) -> dict[str, Any]:
    async with EngineClient(socket) as client:
        papers = await bring_in(client, read_cases(cases, site), lambda _: None)
        traces = tuple((await start_all(client, papers)).values())
        await _until_found(client, max(PATIENCE_S, seconds + FINDING_S))
        load = os.getloadavg()[0]
        busy, running = await at_work(socket, traces, CONSOLES, seconds)
        for trace_id in traces:
            await client.cancel_trace(trace_id)
        idle, left = await at_work(socket, traces, CONSOLES, seconds)
    return _figures(busy, idle, running, left, load)


async def _until_found(client: EngineClient, patience_s: float) -> None:
    """Wait until every trace has something to look at. Raises InputError."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(patience_s):
            async for snapshot in client.snapshots():
                if all(trace.candidates >= ENOUGH for trace in snapshot.traces):
                    return
    raise InputError("the traces found nothing to look at", mend="run it again on a machine with less to do")


def _figures(busy: Times, idle: Times, running: int, left: int, load: float) -> dict[str, Any]:
    every, quiet = busy.of(), idle.of()
    times_idle = every["p99_ms"] / quiet["p99_ms"] if quiet["p99_ms"] else 0.0
    measured = every["n"] > 0 and quiet["n"] > 0
    return {
        "traces_running": running,
        "traces_running_when_idle": left,
        "consoles": CONSOLES,
        "cores": len(os.sched_getaffinity(0)),
        "load_before": round(load, 2),
        "busy": {"all": every, "reads": busy.of("read"), "changes": busy.of("change")},
        "idle": {"all": quiet, "reads": idle.of("read"), "changes": idle.of("change")},
        "p99_times_idle": round(times_idle, 2),
        "goals": {
            f"p50 below {P50_MS:g} ms": measured and every["p50_ms"] < P50_MS,
            f"p99 below {P99_MS:g} ms": measured and every["p99_ms"] < P99_MS,
            f"p99 below {TIMES_IDLE:g} times idle": measured and times_idle < TIMES_IDLE,
            f"{TRACES} traces running to the end": running == TRACES,
            "requests measured, busy and idle": measured,
        },
    }


def shown(figures: dict[str, Any]) -> None:
    """The figures for people."""
    say(
        f"{figures['traces_running']} traces running, {figures['consoles']} consoles,"
        f" {figures['cores']} cores; load of the machine {figures['load_before']:g}"
    )
    rows = [
        (when, what, f["n"], f"{f['p50_ms']:.1f}", f"{f['p99_ms']:.1f}", f"{f['max_ms']:.1f}")
        for when in ("busy", "idle")
        for what, f in figures[when].items()
    ]
    table(("engine", "requests", "n", "p50 ms", "p99 ms", "longest ms"), rows, "nothing was measured")
    disk = figures["disk_sync"]
    say(f"the disk itself syncs in {disk['p50_ms']:g} ms, 99 of 100 times in {disk['p99_ms']:g} ms")
    say(f"p99 is {figures['p99_times_idle']:g} times that of the idle engine")
    console = Console(highlight=False)
    for goal, reached in figures["goals"].items():
        console.print(Text(f"{'ok    ' if reached else 'MISSED'} {goal}"))
