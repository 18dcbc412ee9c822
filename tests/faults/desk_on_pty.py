"""A real console on a real terminal, and ways to take the terminal away."""

import contextlib
import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import psutil

ROWS, COLUMNS = 40, 120
PARENT = """
import os, subprocess, sys
console = subprocess.Popen(sys.argv[2:])
os.write(int(sys.argv[1]), b"%d\\n" % console.pid)
console.wait()
"""


class Terminal:
    """Both ends of one; what was painted so far is in ``seen``."""

    def __init__(self) -> None:
        self.master, self.slave = pty.openpty()
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("4H", ROWS, COLUMNS, 0, 0))
        self.seen = b""

    def shows(self, words: bytes, within_s: float = 30.0) -> None:
        """Read until the words were painted. Fails where they never are."""
        until = time.monotonic() + within_s
        while words not in self.seen:
            ready, _, _ = select.select([self.master], [], [], max(0.0, until - time.monotonic()))
            assert ready, f"{words!r} was not painted: {self.seen[-2000:]!r}"
            self.seen += os.read(self.master, 65536)

    def hang_up(self) -> None:
        os.close(self.master)


def console(site: Path, state: Path, terminal: Terminal, *, controlling: bool = True) -> psutil.Process:
    """``tracedesk`` as a shell would start it. Not ``controlling``: the kernel tells it of no hang-up."""

    def take_terminal() -> None:
        if controlling:
            fcntl.ioctl(terminal.slave, termios.TIOCSCTTY, 0)

    started = subprocess.Popen(
        _command(site, state),
        stdin=terminal.slave,
        stdout=terminal.slave,
        stderr=terminal.slave,
        start_new_session=True,
        preexec_fn=take_terminal,
        env=_environment(),
    )
    os.close(terminal.slave)
    return psutil.Process(started.pid)


def console_with_parent(
    site: Path, state: Path, terminal: Terminal
) -> tuple["subprocess.Popen[str]", psutil.Process]:
    """The same below another process, which can be killed: the parent first, then the console."""
    said, says = os.pipe()
    holder = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(says), *_command(site, state)],
        stdin=terminal.slave,
        stdout=terminal.slave,
        stderr=terminal.slave,
        pass_fds=(says,),
        start_new_session=True,
        env=_environment(),
        text=True,
    )
    os.close(says)
    with os.fdopen(said) as pipe:
        pid = int(pipe.readline())
    return holder, psutil.Process(pid)


def seconds_to_end(process: psutil.Process, within_s: float) -> tuple[float, float]:
    """How long it took to end, and how much of a processor it used for that. Fails where it does not."""
    began, used_before = time.monotonic(), sum(process.cpu_times()[:2])
    used = used_before
    with contextlib.suppress(psutil.NoSuchProcess):  # reaped between two looks at it
        while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
            if time.monotonic() - began > within_s:
                process.kill()
                raise AssertionError("a console is left behind")
            used = sum(process.cpu_times()[:2])
            time.sleep(0.02)
    return time.monotonic() - began, used - used_before


def _command(site: Path, state: Path) -> list[str]:
    return [sys.executable, "-m", "tui.cli", "--site", str(site), "--state", str(state)]


def _environment() -> dict[str, str]:
    return {**os.environ, "TERM": "xterm-256color", "LANG": "C.UTF-8"}
