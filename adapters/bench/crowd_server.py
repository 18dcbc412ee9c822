"""A stand-in for the engine that a console is measured on: it speaks the engine's API about made-up people.

Started as ``python -P -m adapters.bench.crowd_server SOCKET SPEED``: says "ready" and serves until its
input ends. ``SPEED`` is how many times as fast as in life its traces go on, in steps of a quarter second.
"""

import asyncio
import contextlib
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import web

from adapters.bench.crowd import CANDIDATES_EACH, PERSON, Crowd
from engine.api.lines import EventLine, Health, SnapshotLine, encode_line
from engine.api.schema import DecisionRequest, Problem, ViewRequest
from engine.domain.decision import Answer

TICK_S = 0.25
ANSWER_EVERY = 20  # ticks: now and then a colleague answers something of the first trace
LIST_EVERY = 60  # or writes something into its line list


class CrowdServer:
    """Routes to one crowd."""

    def __init__(self, speed: float) -> None:
        self._crowd = Crowd()
        self._tick_s = TICK_S / speed
        self._views = 0
        self._seq = 0
        self.app = web.Application(client_max_size=1 << 20)
        crowd = self._crowd
        self.app.add_routes(
            [
                web.get("/v1/hello", _says(lambda _: crowd.hello)),
                web.get("/v1/health", _says(lambda _: _health())),
                web.get("/v1/map", _says(lambda _: crowd.city_map())),
                web.get("/v1/board", _says(lambda _: ())),
                web.get("/v1/events", self._events),
                web.get("/v1/traces", _says(lambda _: crowd.traces())),
                web.get("/v1/traces/{id}", _says(lambda r: crowd.detail(r.match_info["id"]))),
                web.get("/v1/cases/{id}/contacts", _says(lambda r: crowd.contacts(r.match_info["id"]))),
                web.post("/v1/candidates/{id}/view", self._view),
                web.post("/v1/candidates/{id}/decisions", self._decide),
            ]
        )

    async def _view(self, request: web.Request) -> web.Response:
        wanted = msgspec.json.decode(await request.read(), type=ViewRequest)
        self._views += 1
        return _json(self._crowd.view(request.match_info["id"], wanted.face_height_px, self._views))

    async def _decide(self, request: web.Request) -> web.Response:
        wanted = msgspec.json.decode(await request.read(), type=DecisionRequest)
        return _json(self._crowd.answer(request.match_info["id"], wanted.answer))

    async def _events(self, request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
        await answer.prepare(request)
        with contextlib.suppress(ConnectionError):
            await self._tell(answer)
        return answer

    async def _tell(self, answer: web.StreamResponse) -> None:
        """Raises ConnectionError when nobody listens any more."""
        crowd = self._crowd
        while True:
            crowd.tick()
            self._seq += 1
            if crowd.ticks % ANSWER_EVERY == 0:
                candidate_id = (
                    f"C-0-{CANDIDATES_EACH - 1 - crowd.ticks // ANSWER_EVERY % (CANDIDATES_EACH - 20)}"
                )
                changed = crowd.answer(candidate_id, Answer.NOT_SAME, by="colleague")
                await answer.write(self._event("candidate", candidate_id, "answered", changed.case_id))
                if crowd.ticks % LIST_EVERY == 0:
                    self._seq += 1
                    await answer.write(self._event("contact", "P-1", "changed", changed.case_id))
            await answer.write(encode_line(SnapshotLine(seq=self._seq, now=crowd.now, traces=crowd.traces())))
            await asyncio.sleep(self._tick_s)

    def _event(self, kind: str, object_id: str, state: str, case_id: str) -> bytes:
        now = self._crowd.now
        event = EventLine(seq=self._seq, at=now, kind=kind, object_id=object_id, state=state, case_id=case_id)
        return encode_line(event)


def _health() -> Health:
    return Health(version="bench", profile="rehearsal", uptime_s=60.0, store="ok")


def _says(what: Callable[[web.Request], Any]) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(request: web.Request) -> web.Response:
        try:
            return _json(what(request))
        except KeyError:
            return _json(Problem(code="unknown", message=f"there is nothing of that name, {PERSON}"), 404)

    return answer


def _json(value: Any, status: int = 200) -> web.Response:
    return web.Response(body=msgspec.json.encode(value), content_type="application/json", status=status)


async def serve(socket: Path, speed: float) -> None:
    """Until the input ends."""
    runner = web.AppRunner(CrowdServer(speed).app, shutdown_timeout=0.5)
    await runner.setup()
    await web.UnixSite(runner, str(socket)).start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), float(sys.argv[2])))
