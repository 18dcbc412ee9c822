"""The socket itself: who may open it, who connects, and how long they may take to say what they want."""

import asyncio
import os
import socket
import stat
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import web

from engine.api.identity import Peer, peer_of, person_of
from engine.api.limits import Doorkeeper, TooMany
from engine.api.schema import Problem
from engine.domain.errors import InputError
from engine.domain.person import Person
from engine.trace.context import Site

BACKLOG = 128
LINGER_S = 1.0  # how long the rest of a refused body is still taken, so that the answer is read
LONGEST_LINE = 8190
MOST_HEADERS = 64


class Connection(web.RequestHandler):
    """One connection of one person. Identity is taken from the kernel here, once, at its beginning.

    The head of every request has to arrive within ``head_s``; aiohttp itself waits for ever.
    """

    __slots__ = ("_answering", "_doorkeeper", "_hurry", "_inside", "_peer", "_site", "person")

    def __init__(self, manager: web.Server, site: Site, doorkeeper: Doorkeeper) -> None:
        super().__init__(
            manager,
            loop=asyncio.get_running_loop(),
            keepalive_timeout=doorkeeper.limits.idle_s,
            lingering_time=LINGER_S,
            access_log=None,  # type: ignore[arg-type]
            auto_decompress=False,
            max_line_size=LONGEST_LINE,
            max_field_size=LONGEST_LINE,
            max_headers=MOST_HEADERS,
            tcp_keepalive=False,
        )
        self._site = site
        self._doorkeeper = doorkeeper
        self._peer: Peer | None = None
        self._inside = False
        self._answering = False
        self._hurry: asyncio.TimerHandle | None = None
        self.person: Person | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        assert isinstance(transport, asyncio.Transport)
        try:
            peer = peer_of(transport.get_extra_info("socket"))
            self._doorkeeper.come_in(peer.uid)
        except OSError:
            transport.abort()
            return
        except TooMany as problem:
            transport.write(_raw(429, "limit", str(problem), problem.retry_after_s))
            self.force_close()
            return
        self._peer, self._inside = peer, True
        self.person = person_of(peer, self._site)
        self._begin_to_wait()

    def connection_lost(self, exc: BaseException | None) -> None:
        self._stop_waiting()
        if self._inside and self._peer is not None:
            self._inside = False
            self._doorkeeper.leave(self._peer.uid)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._hurry is None and not self._answering:
            self._begin_to_wait()
        super().data_received(data)

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Held from when the head of a request is there until its answer is."""
        self._stop_waiting()
        self._answering = True
        try:
            yield
        finally:
            self._answering = False

    def _stop_waiting(self) -> None:
        if self._hurry is not None:
            self._hurry.cancel()
            self._hurry = None

    def _begin_to_wait(self) -> None:
        self._hurry = asyncio.get_running_loop().call_later(self._doorkeeper.limits.head_s, self._too_slow)

    def _too_slow(self) -> None:
        self._hurry = None
        if self.transport is not None:
            self.transport.write(_raw(408, "slow", "the request did not arrive in time", None))
        self.force_close()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """What is no HTTP at all gets one plain line too, and nothing is logged of it."""
        self._stop_waiting()
        if request.writer.output_size > 0:
            raise ConnectionResetError
        answer = problem_answer(status, "http", "this is no request that can be understood")
        answer.force_close()
        return answer


def problem_answer(status: int, code: str, message: str, retry_after_s: float | None = None) -> web.Response:
    """A refusal: one line for people, a code for programs, nothing of the inside."""
    headers = {} if retry_after_s is None else {"Retry-After": _seconds(retry_after_s)}
    return web.Response(
        status=status, body=_problem(code, message), content_type="application/json", headers=headers
    )


def _problem(code: str, message: str) -> bytes:
    one_line = " ".join("".join(c if c.isprintable() else " " for c in message).split())
    return msgspec.json.encode(Problem(code=code, message=one_line))


def _raw(status: int, code: str, message: str, retry_after_s: float | None) -> bytes:
    """The same, before there is a request that it could be the answer to."""
    body = _problem(code, message)
    lines = [f"HTTP/1.1 {status} Refused", "Content-Type: application/json", f"Content-Length: {len(body)}"]
    if retry_after_s is not None:
        lines.append(f"Retry-After: {_seconds(retry_after_s)}")
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode("ascii") + body


def _seconds(wait_s: float) -> str:
    return f"{max(wait_s, 0.01):.2f}"


def bound_socket(path: Path) -> socket.socket:
    """A listening socket that only owner and group may use, from its first instant. Raises InputError
    where something else lies at its place, or anybody could put their own there."""
    mend = "name a socket in a folder of the engine's own"
    if path.exists() and not path.is_socket():
        raise InputError("is there already and no socket", file=str(path), mend=mend)
    if path.parent.stat().st_mode & stat.S_IWOTH:
        raise InputError("may be written by everybody", file=str(path.parent), mend=mend)
    path.unlink(missing_ok=True)
    before = os.umask(0o117)
    try:
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        listening.bind(str(path))
    finally:
        os.umask(before)
    return listening


@asynccontextmanager
async def serving(
    app: web.Application, at: socket.socket, site: Site, doorkeeper: Doorkeeper, goodbye_s: float
) -> AsyncIterator[None]:
    """Answer on a bound socket; on the way out, what is under way gets ``goodbye_s`` to end."""
    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=goodbye_s)
    await runner.setup()
    manager = runner.server
    assert manager is not None
    loop = asyncio.get_running_loop()

    def connection() -> Any:
        return Connection(manager, site, doorkeeper)

    listening = await loop.create_unix_server(connection, sock=at, backlog=BACKLOG)
    try:
        yield
    finally:
        listening.close()
        await runner.cleanup()
