"""Makes the footage of a simulated town in processes of its own, while a person watches it grow."""

import contextlib
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

import msgspec
from rich.console import Console
from rich.text import Text

from engine.domain.errors import InputError
from tui.clean import clean_text
from tui.commands.failing import on_disk

if TYPE_CHECKING:
    from adapters.city.plan import Size

COMMAND = (sys.executable, "-P", "-m", "adapters.city")
MOST_PROCESSES = 8
MB_PER_MINUTE = 1.2  # of footage, at most
MEND = "free space, or name another folder with --folder"
AGAIN = "run it again: it goes on from there"
EVERY_S = 10.0  # a line in a pipe
PATIENCE_S = 5.0
LOOKS_UP_S = 0.2
SAID_CHARS = 300

Told = Callable[[Mapping[str, str], float, float], None]
"""Hears the digests of the files that are whole, by name, and how many seconds are done of how many."""


def make_footage(
    seed: int,
    size: "Size",
    patients: int,
    folder: Path,
    console: Console,
    *,
    cameras: Collection[int] = (),
    processes: int = 0,
    free_mb: Callable[[Path], float] | None = None,
    every_s: float = EVERY_S,
    told: Told | None = None,
    ended: threading.Event | None = None,
) -> dict[str, str]:
    """Make ``folder``/footage, and return the sha256 of every file in it by name. Files that are there and
    whole stay. ``cameras``: these only; ``processes``: that many, else one for each core. ``told`` hears how
    far it is, in the place of ``console``; once ``ended`` is set it is given up, and what was made is
    returned. Raises InputError where there is no room, or a process does not come to its end."""
    from adapters.city.archive import stretches
    from adapters.city.heads import Heads
    from adapters.city.journal import Journal, made_for
    from adapters.city.making import only
    from adapters.city.simulation import simulate

    footage = folder / "footage"
    with on_disk(footage, MEND):
        footage.mkdir(mode=0o700, parents=True, exist_ok=True)
    archive = only(stretches(simulate(seed, size, patients, len(Heads()))), cameras)
    journal = Journal(footage, made_for(seed, size, patients))
    digests = {s.file: d for s in archive if (d := journal.digest(s)) is not None}
    missing_s = sum(s.end_s - s.start_s for s in archive if s.file not in digests)
    if not missing_s:
        return digests
    needed_mb = missing_s / 60 * MB_PER_MINUTE
    _check_room(footage, needed_mb, free_mb or _free_mb)
    arguments = ["--seed", str(seed), "--size", size.name, "--patients", str(patients)]
    arguments += ["--folder", str(folder), *(word for c in cameras for word in ("--camera", str(c)))]
    total_s = sum(s.end_s - s.start_s for s in archive)
    with contextlib.ExitStack() as stack:
        show = None if told else stack.enter_context(_shown(console, total_s, every_s))
        parts = stack.enter_context(_started(arguments, processes or _cores()))
        done_s = 0.0
        for file, sha256, seconds in _reports(parts, needed_mb, ended or threading.Event()):
            digests[file] = sha256
            done_s += seconds
            if told:
                told(dict(digests), done_s, total_s)
            elif show:
                show(done_s)
    return digests


@dataclass(frozen=True, slots=True)
class _Part:
    process: "subprocess.Popen[bytes]"
    said: IO[bytes]


@contextlib.contextmanager
def _started(arguments: list[str], count: int) -> Iterator[list[_Part]]:
    """``count`` processes with a part each; all of them are gone afterwards, however it ends."""
    with contextlib.ExitStack() as stack:
        parts: list[_Part] = []
        for number in range(1, count + 1):
            said = stack.enter_context(tempfile.TemporaryFile())
            process = subprocess.Popen(
                [*COMMAND, *arguments, "--part", str(number), "--of", str(count)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=said,
            )
            stack.callback(_end, process)
            parts.append(_Part(process, said))
        yield parts


def _end(process: "subprocess.Popen[bytes]") -> None:
    """A file that it was writing is not taken for whole."""
    process.terminate()
    try:
        process.wait(timeout=PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout:
        process.stdout.close()


def _reports(
    parts: list[_Part], needed_mb: float, ended: threading.Event
) -> Iterator[tuple[str, str, float]]:
    """Name, sha256 and seconds of each file once it is whole, from whichever part, until all are there or
    it is ``ended``. Raises InputError."""
    from adapters.city.making import Report, Stopped

    lines: queue.SimpleQueue[tuple[_Part, bytes]] = queue.SimpleQueue()
    for part in parts:
        threading.Thread(target=_read, args=(part, lines), daemon=True).start()
    running = len(parts)
    while running and not ended.is_set():
        try:
            part, line = lines.get(timeout=LOOKS_UP_S)
        except queue.Empty:
            continue
        if not line:
            running -= 1
            if part.process.wait() != 0:
                raise InputError(f"the footage was not finished ({_last(part)})", mend=AGAIN)
            continue
        report = msgspec.json.decode(line, type=Report)
        if isinstance(report, Stopped):
            raise stopped(report.file, report.why, report.full, needed_mb)
        yield report.file, report.sha256, report.seconds


def stopped(file: str, why: str, full: bool, needed_mb: float) -> InputError:
    """What a person is told when a file could not be written."""
    if not full:
        return InputError(why, file=file, mend=AGAIN)
    return InputError(f"{why}; the footage needs {needed_mb:.0f} MB in all", file=file, mend=MEND)


def _read(part: _Part, lines: "queue.SimpleQueue[tuple[_Part, bytes]]") -> None:
    """Passes on what a process reports, and an empty line at its end."""
    assert part.process.stdout is not None
    with contextlib.suppress(ValueError):  # closed, since nobody waits for more
        for line in part.process.stdout:
            if line.endswith(b"\n"):  # else its writer was broken off
                lines.put((part, line))
    lines.put((part, b""))


def _last(part: _Part) -> str:
    part.said.seek(0)
    lines = part.said.read().decode("utf-8", "replace").strip().splitlines()
    return clean_text(lines[-1], SAID_CHARS) if lines else f"exit code {part.process.returncode}"


@contextlib.contextmanager
def _shown(console: Console, total_s: float, every_s: float) -> Iterator[Callable[[float], None]]:
    """Yields what is to be told how many seconds of footage are there."""
    if not console.is_terminal:
        yield _in_lines(console, total_s, every_s)
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("making footage"),
        BarColumn(),
        TextColumn("{task.completed:.0f} of {task.total:.0f} camera minutes, left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=total_s / 60)
        yield lambda done_s: bar.update(task, completed=done_s / 60)


def _in_lines(console: Console, total_s: float, every_s: float) -> Callable[[float], None]:
    last_s = time.monotonic()

    def show(done_s: float) -> None:
        nonlocal last_s
        if time.monotonic() - last_s >= every_s:
            last_s = time.monotonic()
            line = f"making footage: {done_s / 60:.1f} of {total_s / 60:.1f} camera minutes"
            console.print(Text(line), soft_wrap=True)

    return show


def _check_room(footage: Path, needed_mb: float, free_mb: Callable[[Path], float]) -> None:
    free = free_mb(footage)
    if free < needed_mb:
        raise InputError(
            f"the footage needs {needed_mb:.0f} MB, and {free:.0f} MB are free", file=str(footage), mend=MEND
        )


def _free_mb(folder: Path) -> float:
    return shutil.disk_usage(folder).free / 1e6


def _cores() -> int:
    return max(1, min(MOST_PROCESSES, len(os.sched_getaffinity(0))))
