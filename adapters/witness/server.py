"""The witness as a small HTTPS server, for an institution other than the engine's.

Engines bring checkpoints; anybody may read what was remembered, the counts and the open alarms.
"""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from aiohttp import web

from adapters.witness.book import SILENCE, Book
from adapters.witness.certificate import server_context
from adapters.witness.memory import Disagrees
from adapters.witness.wire import (
    ALARMS,
    CHECKPOINTS,
    COUNTS,
    LATEST,
    MAX_BODY_BYTES,
    MAX_PROOF,
    PAGE,
    Alarm,
    Problem,
    Remembered,
    Told,
)
from engine.domain.checkpoint import parse_note
from engine.domain.errors import InputError, Refused, fault
from engine.ports import Clock, WitnessAway

T = TypeVar("T")
WATCH_EVERY_S = 30.0
GOODBYE_S = 2.0


class WitnessServer:
    """Routes to one book. ``say`` gets a line for each new alarm."""

    def __init__(
        self, book: Book, clock: Clock, say: Callable[[str], None], silence: timedelta = SILENCE
    ) -> None:
        self._book = book
        self._clock = clock
        self._say = say
        self._silence = silence
        self._one = asyncio.Lock()
        self._said: set[int] = set()
        self.app = web.Application(client_max_size=MAX_BODY_BYTES, middlewares=[_plain_refusals])
        self.app.add_routes(
            [
                web.get(LATEST, self._latest),
                web.get(CHECKPOINTS, self._checkpoints),
                web.post(CHECKPOINTS, self._remember),
                web.get(COUNTS, self._counts),
                web.get(ALARMS, self._alarms),
            ]
        )

    async def watch(self) -> None:
        """Look for silence once, and say what is new in the alarms."""
        await self._aside(lambda book: book.watch(self._clock.now(), self._silence))
        self._tell(await self._aside(lambda book: book.alarms()))

    async def _latest(self, request: web.Request) -> web.Response:
        latest = await self._aside(lambda book: book.latest(_origin(request)))
        return _json(Remembered(note=latest.note() if latest else ""))

    async def _remember(self, request: web.Request) -> web.Response:
        told = _told(await request.read())
        signed = parse_note(told.note)
        try:
            await self._aside(lambda book: book.remember(signed, told.since, told.proof, self._clock.now()))
        finally:
            self._tell(await self._aside(lambda book: book.alarms()))
        return _json(Remembered(note=told.note))

    async def _checkpoints(self, request: web.Request) -> web.Response:
        try:
            after = int(request.query.get("after", "0"))
        except ValueError:
            raise InputError("is no number", place="after") from None
        return _json(await self._aside(lambda book: book.checkpoints(_origin(request), after, PAGE)))

    async def _counts(self, request: web.Request) -> web.Response:
        return _json(await self._aside(lambda book: book.counts()))

    async def _alarms(self, request: web.Request) -> web.Response:
        return _json(await self._aside(lambda book: book.alarms()))

    async def _aside(self, work: Callable[[Book], T]) -> T:
        """One at a time, and not on the loop: the disk may take its time."""
        async with self._one:
            return await asyncio.to_thread(work, self._book)

    def _tell(self, alarms: tuple[Alarm, ...]) -> None:
        for alarm in alarms:
            if alarm.number not in self._said:
                self._said.add(alarm.number)
                self._say(f"ALARM {alarm.number}: {alarm.kind} of {alarm.origin}: {alarm.words}")


@contextlib.asynccontextmanager
async def serving(
    folder: Path, clock: Clock, listening: socket.socket, say: Callable[[str], None], silence: timedelta
) -> AsyncIterator[WitnessServer]:
    """A witness on the folder, over TLS on a socket that is bound already, and its watch over silence."""
    context = server_context(folder)
    book = Book(folder, clock.now())
    with contextlib.suppress(InputError, OSError):  # said in full by whoever asks for it
        await asyncio.to_thread(book.look_through)
    server = WitnessServer(book, clock, say, silence)
    runner = web.AppRunner(server.app, access_log=None, handle_signals=False, shutdown_timeout=GOODBYE_S)
    await runner.setup()
    watching = asyncio.create_task(_watch(server, say), name="watch over silence")
    try:
        await web.SockSite(runner, listening, ssl_context=context).start()
        yield server
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        await runner.cleanup()
        book.close()


async def _watch(server: WitnessServer, say: Callable[[str], None]) -> None:
    while True:
        try:
            await server.watch()
        except (InputError, OSError) as problem:
            say(f"ALARM: {problem}")
        await asyncio.sleep(WATCH_EVERY_S)


def _origin(request: web.Request) -> str:
    return str(request.query.get("origin", ""))


def _told(body: bytes) -> Told:
    try:
        told = msgspec.json.decode(body, type=Told)
    except msgspec.MsgspecError as problem:
        raise InputError(f"is no checkpoint: {problem}", place="body") from None
    if len(told.proof) > MAX_PROOF:
        raise InputError("is longer than any", place="proof")
    return told


def _json(value: Any) -> web.Response:
    return web.Response(body=msgspec.json.encode(value), content_type="application/json")


@web.middleware
async def _plain_refusals(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    try:
        return await handler(request)
    except Disagrees as problem:
        return _problem(409, "disagrees", problem.reason)
    except Refused as problem:
        return _problem(403, "refused", str(problem))
    except WitnessAway as problem:
        return _problem(409, "later", str(problem))
    except InputError as problem:  # of the request, or of our own files: these are named only here
        ours = bool(problem.file)
        words = "the witness cannot keep anything now" if ours else str(problem)
        return _problem(503 if ours else 422, "later" if ours else "input", words)
    except OSError:
        return _problem(503, "later", "the witness cannot keep anything now")
    except web.HTTPException as problem:
        return _problem(problem.status, "http", problem.reason)
    except Exception as problem:
        return _problem(500, "internal", fault(problem))


def _problem(status: int, code: str, message: str) -> web.Response:
    line = "".join(c if c.isprintable() else " " for c in message)
    body = msgspec.json.encode(Problem(code=code, message=line))
    return web.Response(status=status, body=body, content_type="application/json")
