"""Runs something in a child that may be killed, and tells how it ended and what it said before.

Children are forked, not started: a hundred of them cost as much as one interpreter. So this belongs
into a process without threads, such as ``python -m tests.faults.breaking``.
"""

import os
import signal
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Ended:
    """``code``: exit code, or minus the number of a signal. ``said``: whole lines, in order."""

    code: int
    said: tuple[str, ...]


def in_child(
    work: Callable[[Say], None], kill_after_s: float | None = None, since: str = "", times: int = 1
) -> Ended:
    """``work`` gets a function that says a line; the line is out when it returns. With ``kill_after_s``
    the child is killed so long after it has said so many lines that begin with ``since``."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        os._exit(_work(work, writing))
    os.close(writing)
    said = b""
    with os.fdopen(reading, "rb", buffering=0) as pipe:
        if kill_after_s is not None:
            while since and sum(line.startswith(since.encode()) for line in said.splitlines()) < times:
                piece = pipe.read(65536)
                if not piece:
                    break
                said += piece
            time.sleep(kill_after_s)
            os.kill(child, signal.SIGKILL)
        while piece := pipe.read(65536):
            said += piece
    _, status = os.waitpid(child, 0)
    whole = said.decode().split("\n")[:-1]
    return Ended(os.waitstatus_to_exitcode(status), tuple(whole))


def _work(work: Callable[[Say], None], writing: int) -> int:
    try:
        work(lambda line: _say(writing, line))
    except SystemExit as end:
        return int(end.code or 0)
    except BaseException:
        _say(writing, "crashed: " + traceback.format_exc().replace("\n", " | "))
        return 70
    return 0


def _say(writing: int, line: str) -> None:
    os.write(writing, line.encode() + b"\n")
