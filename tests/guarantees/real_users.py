"""Processes that have become other users of the system: they ask over the real socket, or try files."""

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

as_root = pytest.mark.skipif(os.getuid() != 0, reason="needs root, to become another user")

BECOME = """
import os, signal, socket, sys  # all of it before: other users may not read where Python lies
uid, groups = int(sys.argv[1]), [int(one) for one in sys.argv[2].split(",") if one]
os.setgroups(groups)
os.setresgid(uid, uid, uid)
os.setresuid(uid, uid, uid)
"""
ASK = """
signal.alarm(120)  # the stream of events ends by itself never
asked = sys.stdin.buffer.read().split(b"\\x00\\x00")
for one in asked:
    s = socket.socket(socket.AF_UNIX)
    s.connect(sys.argv[3])
    s.sendall(one)
    said = b""
    while more := s.recv(65536):
        said += more
    sys.stdout.buffer.write(said + b"\\x00\\x00")
"""
RELAY = """
inner = socket.socket(socket.AF_UNIX)
inner.bind(sys.argv[4])
os.chmod(sys.argv[4], 0o666)
inner.listen()
print("ready", flush=True)
near, _ = inner.accept()
far = socket.socket(socket.AF_UNIX)
far.connect(sys.argv[3])
far.sendall(near.recv(65536))
while more := far.recv(65536):
    near.sendall(more)
"""
TRY = """
for path in sys.argv[3:]:
    for how in (os.O_RDONLY, os.O_WRONLY):
        try:
            os.close(os.open(path, how))
        except PermissionError:
            continue
        print(path, flush=True)
"""


class Said(msgspec.Struct, frozen=True):
    """An answer of the engine."""

    status: int
    body: bytes

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.body)


@contextmanager
def a_folder_for_all() -> Iterator[Path]:
    """A folder that every user may enter; pytest's own are for one user alone."""
    folder = Path(tempfile.mkdtemp(prefix="td-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def command(code: str, uid: int, *arguments: str, groups: Sequence[int] = ()) -> list[str]:
    """A process that becomes ``uid`` for good before it does anything."""
    said = ",".join(map(str, groups))
    return [sys.executable, "-I", "-S", "-c", BECOME + code, str(uid), said, *arguments]


def request(
    method: str,
    path: str,
    form: Any = None,
    *,
    version: int = 1,
    headers: str = "",
) -> bytes:
    """One request as it goes over the wire. Every change goes under a key of its own."""
    body = b"" if form is None else msgspec.json.encode(form)
    conditions = (
        "" if method == "GET" else f'Idempotency-Key: {os.urandom(8).hex()}\r\nIf-Match: "{version}"\r\n'
    )
    length = f"Content-Length: {len(body)}\r\n"
    return f"{method} /v1{path} HTTP/1.0\r\n{conditions}{length}{headers}\r\n".encode() + body


async def ask(uid: int, socket: Path, *requests: bytes, groups: Sequence[int] = ()) -> list[Said]:
    """What the engine answers to a process of this user. Raises PermissionError where it does not get in."""
    process = await asyncio.create_subprocess_exec(
        *command(ASK, uid, str(socket), groups=groups),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    out, err = await process.communicate(b"\x00\x00".join(requests))
    if b"PermissionError" in err:
        raise PermissionError(str(socket))
    assert process.returncode == 0, err.decode()
    return [_said(one) for one in out.split(b"\x00\x00")[:-1]]


@asynccontextmanager
async def relay(uid: int, socket: Path, at: Path) -> AsyncIterator[None]:
    """A process of this user that forwards one connection to ``at``, as ``ssh -L`` or socat would."""
    process = await asyncio.create_subprocess_exec(
        *command(RELAY, uid, str(socket), str(at)), stdout=subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        assert await process.stdout.readline() == b"ready\n"
        yield
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def opened_by(uid: int, paths: Sequence[Path], groups: Sequence[int] = ()) -> list[str]:
    """Those of these files that a process of this user can read or write."""
    words = command(TRY, uid, *map(str, paths), groups=groups)
    done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=60)
    return sorted(set(done.stdout.splitlines()))


def _said(answer: bytes) -> Said:
    head, _, body = answer.partition(b"\r\n\r\n")
    return Said(status=int(head.split()[1]), body=body)
