"""The engine process: from its arguments to its exit code.

Started as ``python -P -m adapters.assembly --state DIR --site FILE``. Says ``ready`` on standard
output when the socket answers, or one plain line on standard error and exit code 2; 3 when the store
can no longer be written.
"""

import argparse
import asyncio
import contextlib
import gc
import os
import shutil
import signal
import socket
import sqlite3
import sys
from collections.abc import Sequence
from pathlib import Path

from adapters.assembly.engine import StandIn, running
from adapters.assembly.trust import Ended
from adapters.settings import SiteFile, Socket, load_toml
from engine.api.listening import bound_socket
from engine.domain.errors import InputError, Refused
from engine.store.writer import StoreBroken

SOCKET = "engine.sock"
EXIT_BROKEN = 3
GOODBYE_S = 2.0  # how long answers that are under way may take when the engine ends


def socket_of(site_file: Path, state: Path) -> socket.socket:
    """Listening where the site says, else in the state folder; only owner and group may connect."""
    settings: SiteFile = load_toml(site_file, SiteFile)
    said = settings.service.socket if settings.service else Socket()
    path = Path(said.path) if said.path else state / SOCKET
    listening = bound_socket(path)
    if said.group:
        try:
            shutil.chown(path, group=said.group)
        except (LookupError, OSError) as problem:
            listening.close()
            mend = "make the group, and the engine's user a member of it"
            place = "service.socket.group"
            raise InputError(str(problem), file=str(site_file), place=place, mend=mend) from None
    return listening


def settle_heap() -> None:
    """Leave what the engine is made of out of later rounds of the garbage collector: it stays until the
    engine ends, and a full round over a large heap keeps everybody waiting for tenths of a second."""
    gc.collect()
    gc.freeze()


async def serve(
    site_file: Path,
    state: Path,
    workers: int,
    idle_exit_s: float = 0.0,
    until_stdin: bool = False,
    unseal_fd: int | None = None,
    stand_in: StandIn | None = None,
) -> None:
    """Run until a signal, until standard input closes, or until nobody needed the engine for a while.
    Raises StoreBroken when the store can no longer be written, Ended at a signal before there were keys."""
    loop = asyncio.get_running_loop()
    over, broken = asyncio.Event(), asyncio.Event()

    def stop_acknowledging() -> None:
        broken.set()
        over.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, over.set)
    if until_stdin:
        loop.add_reader(sys.stdin.fileno(), over.set)
    async with running(
        site_file, state, workers, over.set, stop_acknowledging, unseal_fd, stand_in
    ) as server:
        listening = socket_of(site_file, state)
        address = listening.getsockname()
        try:
            async with server.serving(listening, GOODBYE_S):
                settle_heap()
                sys.stdout.write("ready\n")
                sys.stdout.flush()
                while not over.is_set():
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(over.wait(), 1.0)
                    if idle_exit_s and server.idle_s(loop.time()) > idle_exit_s:
                        return
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(address)  # noqa: PTH108
    if broken.is_set():
        raise StoreBroken("the store can no longer be written")


def main(arguments: Sequence[str], stand_in: StandIn | None = None) -> int:
    """Run an engine; its exit code."""
    parser = argparse.ArgumentParser(prog="tracedesk engine")
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--site", type=Path, required=True)
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--idle-exit-s", type=float, default=0.0)
    parser.add_argument("--until-stdin-closes", action="store_true")
    parser.add_argument("--unseal-fd", type=int, default=None)
    given = parser.parse_args(arguments)
    try:
        asyncio.run(
            serve(
                given.site,
                given.state,
                given.workers,
                given.idle_exit_s,
                given.until_stdin_closes,
                given.unseal_fd,
                stand_in,
            )
        )
    except Ended:
        return 0
    except StoreBroken as problem:
        sys.stderr.write(f"{given.state}: {problem}; see whether its disk is full or failing\n")
        return EXIT_BROKEN
    except (InputError, Refused) as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    except (OSError, sqlite3.Error) as problem:
        why = (getattr(problem, "strerror", None) or str(problem)).lower()
        sys.stderr.write(f"{given.state}: cannot be used as a state folder ({why}); name another one\n")
        return 2
    return 0
