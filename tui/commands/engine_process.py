"""Starts an engine process and waits until it answers."""

import contextlib
import hashlib
import os
import select
import shlex
import signal
import socket as sockets
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import platformdirs

from engine.domain.errors import InputError
from tui.commands.failing import EXIT_CODE

COMMAND = (sys.executable, "-P", "-m", "adapters.assembly")
SOCKET = "engine.sock"
IDLE_EXIT, IDLE_EXIT_S = "--idle-exit-s", 900.0
PEER = struct.Struct("3i")  # pid, uid, gid, as SO_PEERCRED gives them
PATIENCE_S = 20.0
MAX_SOCKET_PATH = 100  # the kernel's limit for Unix socket addresses is 108 bytes


@contextlib.contextmanager
def private_engine(site: Path, state: Path | None = None, workers: int | None = None) -> Iterator[Path]:
    """An engine for the length of one command; yields its socket. Without ``state`` everything it
    stored is gone afterwards. Raises InputError with the engine's own line where it does not start."""
    with contextlib.ExitStack() as stack:
        folder = state or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tracedesk-")))
        extra = [] if workers is None else ["--workers", str(workers)]
        process = _start(
            site, folder, [*extra, "--until-stdin-closes"], stdin=subprocess.PIPE, detached=False
        )
        try:
            yield folder / SOCKET
        finally:
            if process.stdin:
                process.stdin.close()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def shared_engine(site: Path, state: Path, idle_exit_s: float = IDLE_EXIT_S) -> Path:
    """The engine of this state folder, started in the background unless it runs; its socket. It goes
    on when this terminal is gone, and ends by itself when nobody has needed it for a while (0: never)."""
    socket = state / SOCKET
    if not _answers(socket):
        extra = [IDLE_EXIT, str(idle_exit_s)]
        try:
            _start(site, state, extra, stdin=subprocess.DEVNULL, detached=True)
        except InputError:
            if not _answers(socket):  # another console was starting it at the same time
                raise
    return socket


def come_back(site: Path, state: Path | None) -> str:
    """The command that opens the desk on this engine again."""
    words = ["tracedesk", "--site", str(site.resolve())]
    if state is not None:
        words += ["--state", str(state.resolve())]
    return shlex.join(words)


def end_engine(socket: Path) -> None:
    """End the engine behind a socket and wait until it is gone. Its traces resume with the next one."""
    found = engine_behind(socket)
    if found is None or found[1] != os.getuid():
        return
    process = os.pidfd_open(found[0])
    try:
        signal.pidfd_send_signal(process, signal.SIGTERM)
        select.select([process], [], [], PATIENCE_S)  # readable once it has ended
    finally:
        os.close(process)


@contextlib.contextmanager
def until_gone(socket: Path, patience_s: float) -> Iterator[bool]:
    """Yields whether an engine is there, to be told to end; then waits until its process has. Raises
    TimeoutError where it does not."""
    found = engine_behind(socket)
    if found is None:
        yield False
        return
    process = os.pidfd_open(found[0])
    try:
        yield True
        ended, _, _ = select.select([process], [], [], patience_s)
        if not ended:
            raise TimeoutError
    finally:
        os.close(process)


def engine_behind(socket: Path) -> tuple[int, int] | None:
    """Process and user of the engine that listens there, None where none does."""
    with sockets.socket(sockets.AF_UNIX) as peer:
        try:
            peer.connect(str(socket))
        except OSError:
            return None
        credentials = peer.getsockopt(sockets.SOL_SOCKET, sockets.SO_PEERCRED, PEER.size)
        pid, uid, _ = PEER.unpack(credentials)
        return pid, uid


def idle_exit_of(socket: Path) -> float:
    """After how many idle seconds the engine behind a socket ends by itself, as it was started; 0: never,
    or nobody can tell."""
    found = engine_behind(socket)
    if found is None:
        return 0.0
    try:
        words = Path(f"/proc/{found[0]}/cmdline").read_text("utf-8", "replace").split("\0")
        return float(words[words.index(IDLE_EXIT) + 1])
    except (OSError, ValueError, IndexError):
        return 0.0


def default_state(site: Path) -> Path:
    """Where the state of a site's rehearsal lies for this user."""
    name = hashlib.sha256(str(site.resolve()).encode()).hexdigest()[:12]
    return platformdirs.user_state_path("tracedesk") / name


def make_state(state: Path) -> None:
    """Raises InputError where the folder cannot be made, or no socket can lie in it."""
    try:
        state.mkdir(mode=0o750, parents=True, exist_ok=True)
    except OSError as problem:
        why = (problem.strerror or "cannot be made").lower()
        raise InputError(why, file=str(state), mend="name another folder with --state") from None
    if len(os.fsencode(state / SOCKET)) > MAX_SOCKET_PATH:
        raise InputError(
            "is too long for a socket", file=str(state), mend="name a shorter folder with --state"
        )


def _start(
    site: Path, state: Path, extra: list[str], *, stdin: int, detached: bool
) -> "subprocess.Popen[bytes]":
    make_state(state)
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            [*COMMAND, "--state", str(state), "--site", str(site.resolve()), *extra],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=said,
            start_new_session=detached,
        )
        assert process.stdout is not None
        if process.stdout.readline() != b"ready\n":
            code = process.wait()
            said.seek(0)
            lines = said.read().decode("utf-8", "replace").strip().splitlines()
            last = lines[-1] if lines else f"exit code {code}"
            raise InputError(
                last if code == EXIT_CODE and lines else f"the engine did not start ({last})",
                mend="" if code == EXIT_CODE and lines else "run: tracedesk doctor",
            )
    return process


def _answers(socket: Path) -> bool:
    with sockets.socket(sockets.AF_UNIX) as probe:
        try:
            probe.connect(str(socket))
        except OSError:
            return False
    return True
