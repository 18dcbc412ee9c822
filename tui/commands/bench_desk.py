"""``tracedesk bench desk``: what the desk costs while ten traces run, and how soon a key is answered.

A console of its own runs in a terminal of 160x50 against a stand-in for the engine with ten live traces, two
thousand candidates and ten thousand contacts, all made up. First in real time, with a person at the keys:
from the key to the moment at which its answer stands on the terminal. Then, time-compressed, for its memory.
"""

import contextlib
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from itertools import combinations, cycle
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer
from rich.console import Console
from rich.text import Text

from engine.domain.errors import InputError
from tui.commands.bench_terminal import ConsoleInTerminal
from tui.commands.connect import say
from tui.commands.failing import plainly
from tui.commands.to_json import JsonTo
from tui.commands.trace import check_output, write_result

P95_MS, P99_MS, BYTES_PER_S, CPU_SHARE, SLOPE_KB_PER_MIN = 100.0, 200.0, 60_000.0, 0.35, 100.0
COMPRESSION = 10.0
KEY_EVERY_S = (0.5, 1.1)  # somebody who reads what they see, and does so fast
SETTLE_S = 3.0  # after the first paint
ANSWERED_WITHIN_S = 5.0
STARTS_WITHIN_S = 60.0
WARM_MIN = 8.0  # compressed, before memory is measured: until then caches fill
SERVER = (sys.executable, "-P", "-m", "adapters.bench.crowd_server")
CONSOLE = (sys.executable, "-P", "-m", "tui.commands.bench_console_process")
ACTIVE = "┏━ {} "  # the heavy border of the pane that was gone to
CURSOR = "▌(U-)?{:05d}"
HELP, NO_HELP = "esc closes", r"\A(?s:(?!esc closes).)*\Z"


class Key(NamedTuple):
    """A key and the pattern of what it brings onto the screen."""

    keys: bytes
    brings: str


class Figures(NamedTuple):
    """Of the part in real time."""

    waited_ms: list[float]
    missed: int
    bytes_per_s: float
    cpu_share: float


@plainly("tracedesk bench desk")
def desk(
    seconds: Annotated[float, typer.Option(min=5, max=600, help="How long in real time.")] = 40.0,
    minutes: Annotated[
        float, typer.Option(min=2, max=60, help="How long time-compressed, for memory.")
    ] = 10.0,
    json: JsonTo = None,
) -> None:
    """Key to paint, bytes, processor and memory of the desk. Exit code 1 where a goal is missed."""
    if json is not None:
        check_output(json)
    figures = measured(seconds, minutes)
    if json is not None:
        write_result(figures, json)
    if json is None or str(json) != "-":
        shown(figures)
    raise typer.Exit(0 if all(figures["goals"].values()) else 1)


def measured(seconds: float, minutes: float) -> dict[str, Any]:
    """All figures of one run. Raises InputError where the console does not start."""
    with crowd(1.0) as socket, console(socket, 1.0) as terminal:
        live = _at_the_keys(terminal, seconds)
    with crowd(COMPRESSION) as socket, console(socket, COMPRESSION) as terminal:
        slope, first_kb, last_kb = _memory(terminal, minutes)
    if not live.waited_ms:
        raise InputError("no key was answered", mend="run it again on a machine with less to do")
    waited = sorted(live.waited_ms)
    return with_goals(
        {
            "keys": len(waited),
            "keys_not_answered": live.missed,
            "key_to_paint_p50_ms": round(statistics.median(waited), 1),
            "key_to_paint_p95_ms": round(_quantile(waited, 0.95), 1),
            "key_to_paint_p99_ms": round(_quantile(waited, 0.99), 1),
            "bytes_per_s": round(live.bytes_per_s),
            "cpu_share": round(live.cpu_share, 3),
            "rss_slope_kb_per_min": round(slope, 1),
            "rss_first_kb": round(first_kb),
            "rss_last_kb": round(last_kb),
            "compressed_minutes": minutes,
            "cores": len(os.sched_getaffinity(0)),
            "load_after": round(os.getloadavg()[0], 2),
        }
    )


def with_goals(figures: dict[str, Any]) -> dict[str, Any]:
    goals = {
        f"key to paint p95 below {P95_MS:g} ms": figures["key_to_paint_p95_ms"] < P95_MS,
        f"key to paint p99 below {P99_MS:g} ms": figures["key_to_paint_p99_ms"] < P99_MS,
        f"below {BYTES_PER_S / 1000:g} KB/s to the terminal": figures["bytes_per_s"] < BYTES_PER_S,
        f"below {CPU_SHARE:.0%} of a core": figures["cpu_share"] < CPU_SHARE,
        f"memory grows by less than {SLOPE_KB_PER_MIN:g} kB a minute": figures["rss_slope_kb_per_min"]
        < SLOPE_KB_PER_MIN,
        "every key was answered": figures["keys_not_answered"] == 0,
    }
    return figures | {"goals": goals}


@contextlib.contextmanager
def crowd(speed: float) -> Iterator[Path]:
    """The stand-in for the engine; its socket. Raises InputError where it does not start."""
    with tempfile.TemporaryDirectory(prefix="tracedesk-bench-") as made:
        socket = Path(made) / "engine.sock"
        command = [*SERVER, str(socket), f"{speed:g}"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            if process.stdout.readline() != b"ready\n":
                raise InputError("the stand-in for the engine did not start", mend="run: tracedesk doctor")
            try:
                yield socket
            finally:
                process.stdin.close()


@contextlib.contextmanager
def console(socket: Path, speed: float) -> Iterator[ConsoleInTerminal]:
    """A console that has painted the contacts and the first candidate. Raises InputError."""
    with tempfile.TemporaryDirectory(prefix="tracedesk-bench-") as home:
        command = [*CONSOLE, str(socket), f"{speed:g}"]
        with ConsoleInTerminal(command, _environment(home)) as terminal:
            if terminal.painted("10,000", STARTS_WITHIN_S) is None:
                raise InputError("the console did not start", mend="run: tracedesk doctor")
            time.sleep(SETTLE_S)
            yield terminal


def _environment(home: str) -> Mapping[str, str]:
    kept = {
        name: value for name, value in os.environ.items() if name in ("PATH", "PYTHONPATH", "VIRTUAL_ENV")
    }
    return kept | {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8", "HOME": home}


def script() -> Iterator[Key]:
    """A person's keys, over and over: through candidates, contacts, panes and the help."""
    candidate, row = 1, 0
    for turn in cycle(range(4)):
        for step in (1, 1, 1, -1) if turn % 2 == 0 else (1, 1, -1):
            candidate += step
            yield Key(b"j" if step > 0 else b"k", f"candidate {candidate} of ")
        yield Key(b"4", ACTIVE.format(4))
        for _ in range(3):
            row += 1
            yield Key(b"\x1b[B", CURSOR.format(row))
        yield Key(b"?", HELP)
        yield Key(b"\x1b", NO_HELP)
        yield Key(b"3", ACTIVE.format(3))
        yield Key(b"2", ACTIVE.format(2))


def _at_the_keys(terminal: ConsoleInTerminal, seconds: float) -> Figures:
    dice = random.Random(7)  # noqa: S311
    waited: list[float] = []
    missed = 0
    began_s, bytes_before, processor_before = time.perf_counter(), terminal.bytes, terminal.processor_s
    for key in script():
        if time.perf_counter() - began_s >= seconds:
            break
        sent_s = terminal.press(key.keys)
        painted_s = terminal.painted(key.brings, ANSWERED_WITHIN_S)
        if painted_s is None:
            missed += 1
        else:
            waited.append((painted_s - sent_s) * 1000)
        time.sleep(dice.uniform(*KEY_EVERY_S))
    took_s = time.perf_counter() - began_s
    return Figures(
        waited_ms=waited,
        missed=missed,
        bytes_per_s=(terminal.bytes - bytes_before) / took_s,
        cpu_share=(terminal.processor_s - processor_before) / took_s,
    )


def _memory(terminal: ConsoleInTerminal, minutes: float) -> tuple[float, float, float]:
    """Growth in kB a compressed minute over ``minutes``, after a time to warm up; first and last size."""
    samples: list[tuple[float, float]] = []
    began_s, keys = time.perf_counter(), script()
    while (gone_min := (time.perf_counter() - began_s) * COMPRESSION / 60) < WARM_MIN + minutes:
        terminal.press(next(keys).keys)
        time.sleep(0.5)
        if terminal.ended:
            raise InputError("the console ended by itself", mend="open it by hand and see why")
        if gone_min >= WARM_MIN:
            samples.append((gone_min, terminal.resident_kb))
    low = lows(samples)
    return slope_of(low), low[0][1], low[-1][1]


def lows(samples: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """The lowest of every minute: what is kept, without what a large answer takes for a moment. One for
    each minute begun."""
    by_minute: dict[int, tuple[float, float]] = {}
    for minute, kb in samples:
        before = by_minute.get(int(minute))
        if before is None or kb < before[1]:
            by_minute[int(minute)] = (minute, kb)
    return list(by_minute.values())


def slope_of(samples: list[tuple[float, float]]) -> float:
    """kB a minute: the median of the slopes between all pairs of (minute, kB) (Theil 1950, Sen 1968). A
    minute in which a large answer was there at every look counts like any other, and no more."""
    return statistics.median((b - a) / (y - x) for (x, a), (y, b) in combinations(samples, 2))


def _quantile(ordered: list[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def shown(figures: dict[str, Any]) -> None:
    """The figures for people."""
    say(
        f"key to paint: median {figures['key_to_paint_p50_ms']:g} ms,"
        f" p95 {figures['key_to_paint_p95_ms']:g} ms, p99 {figures['key_to_paint_p99_ms']:g} ms,"
        f" {figures['keys']} keys"
    )
    say(
        f"{figures['bytes_per_s'] / 1000:.1f} KB/s to the terminal, {figures['cpu_share']:.1%} of a core,"
        f" memory {figures['rss_slope_kb_per_min']:+g} kB a minute"
    )
    printer = Console(highlight=False)
    for goal, reached in figures["goals"].items():
        printer.print(Text(f"{'ok    ' if reached else 'MISSED'} {goal}"))
