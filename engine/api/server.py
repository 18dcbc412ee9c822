"""HTTP over a Unix socket. Identity is the kernel's word about who is connected (SO_PEERCRED)."""

import asyncio
import os
import pwd
import socket
import struct
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from aiohttp import web

from engine.api.intake import Intake
from engine.api.review import Review
from engine.api.schema import (
    API_VERSION,
    MAX_BODY_BYTES,
    AuditEntry,
    AuthorisationRequest,
    CaseImport,
    DecisionRequest,
    GroundRecord,
    Hello,
    Problem,
    RecordFile,
    Request,
    Snapshot,
    StillFile,
    TraceStart,
    ViewRequest,
)
from engine.audit import log
from engine.domain.errors import InputError, Refused, fault
from engine.schedule.runner import Runner
from engine.store.writer import StoreBroken
from engine.trace.context import Context

R = TypeVar("R", bound=Request)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
SNAPSHOT_EVERY_S = 0.25
_PEER = struct.Struct("3i")


class Server:
    """Routes to intake and review. Made once per engine."""

    def __init__(
        self, context: Context, intake: Intake, review: Review, runner: Runner, version: str
    ) -> None:
        self._context = context
        self._runner = runner
        self._asked_at = asyncio.get_running_loop().time()
        self._intake = intake
        self._review = review
        self._version = version
        self._clients = 0
        self.app = web.Application(client_max_size=MAX_BODY_BYTES, middlewares=[self._note, _plain_refusals])
        self.app.add_routes(
            [
                web.get("/v1/hello", self._hello),
                web.get("/v1/cases", self._cases),
                web.put("/v1/cases/{id}", self._put_case),
                web.post("/v1/cases/{id}/records", self._add_records),
                web.post("/v1/cases/{id}/stills", self._add_still),
                web.put("/v1/cases/{id}/ground", self._put_ground),
                web.delete("/v1/cases/{id}/ground", self._withdraw_ground),
                web.post("/v1/authorisations", self._request_authorisation),
                web.post("/v1/authorisations/{id}/approve", self._approve_authorisation),
                web.post("/v1/authorisations/{id}/revoke", self._revoke_authorisation),
                web.get("/v1/traces", self._traces),
                web.post("/v1/traces", self._start),
                web.get("/v1/traces/{id}", self._detail),
                web.post("/v1/traces/{id}/cancel", self._cancel),
                web.post("/v1/candidates/{id}/view", self._view),
                web.post("/v1/candidates/{id}/decisions", self._decide),
                web.post("/v1/candidates/{id}/undo", self._undo),
                web.get("/v1/events", self._events),
                web.get("/v1/audit", self._audit),
            ]
        )

    def idle_s(self, now_s: float) -> float:
        """Seconds since the engine was last needed: by a console, or by a trace."""
        if self._clients or self._runner.busy:
            self._asked_at = now_s
        return now_s - self._asked_at

    @web.middleware
    async def _note(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        self._asked_at = asyncio.get_running_loop().time()
        return await handler(request)

    async def _hello(self, request: web.Request) -> web.Response:
        site = self._context.site
        return _json(
            Hello(
                version=self._version,
                api_min=API_VERSION,
                api_max=API_VERSION,
                profile="rehearsal" if site.rehearsal else "server",
                person=person_of(request),
                site=site.name,
                timezone=site.timezone,
                models=site.models,
                demo_models=site.demo_models,
                face_search=site.face_search,
            )
        )

    async def _cases(self, request: web.Request) -> web.Response:
        return _json(await self._intake.cases())

    async def _put_case(self, request: web.Request) -> web.Response:
        wanted = await _body(request, CaseImport)
        if wanted.case_id != request.match_info["id"]:
            raise InputError("differs from the address", place="case_id")
        return _json(await self._intake.put_case(person_of(request), wanted))

    async def _add_records(self, request: web.Request) -> web.Response:
        wanted = await _body(request, RecordFile)
        return _json(await self._intake.add_records(person_of(request), request.match_info["id"], wanted))

    async def _add_still(self, request: web.Request) -> web.Response:
        wanted = await _body(request, StillFile)
        return _json(await self._intake.add_still(person_of(request), request.match_info["id"], wanted))

    async def _put_ground(self, request: web.Request) -> web.Response:
        wanted = await _body(request, GroundRecord)
        return _json(await self._intake.put_ground(person_of(request), request.match_info["id"], wanted))

    async def _withdraw_ground(self, request: web.Request) -> web.Response:
        return _json(await self._intake.withdraw_ground(person_of(request), request.match_info["id"]))

    async def _request_authorisation(self, request: web.Request) -> web.Response:
        wanted = await _body(request, AuthorisationRequest)
        return _json(await self._intake.request_authorisation(person_of(request), wanted))

    async def _approve_authorisation(self, request: web.Request) -> web.Response:
        return _json(await self._intake.approve_authorisation(person_of(request), request.match_info["id"]))

    async def _revoke_authorisation(self, request: web.Request) -> web.Response:
        return _json(await self._intake.revoke_authorisation(person_of(request), request.match_info["id"]))

    async def _traces(self, request: web.Request) -> web.Response:
        return _json(await self._review.traces())

    async def _start(self, request: web.Request) -> web.Response:
        wanted = await _body(request, TraceStart)
        return _json(await self._review.start(person_of(request), wanted))

    async def _detail(self, request: web.Request) -> web.Response:
        return _json(await self._review.detail(person_of(request), request.match_info["id"]))

    async def _cancel(self, request: web.Request) -> web.Response:
        return _json(await self._review.cancel(person_of(request), request.match_info["id"]))

    async def _view(self, request: web.Request) -> web.Response:
        wanted = await _body(request, ViewRequest)
        shown = await self._review.view(person_of(request), request.match_info["id"], wanted.face_height_px)
        return _json(shown)

    async def _decide(self, request: web.Request) -> web.Response:
        wanted = await _body(request, DecisionRequest)
        return _json(await self._review.decide(person_of(request), request.match_info["id"], wanted))

    async def _undo(self, request: web.Request) -> web.Response:
        return _json(await self._review.undo(person_of(request), request.match_info["id"]))

    async def _events(self, request: web.Request) -> web.StreamResponse:
        """Snapshots of all traces, as lines of JSON, whenever something changed."""
        person_of(request)
        answer = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
        await answer.prepare(request)
        self._clients += 1
        seq, last = 0, None
        try:
            while (transport := request.transport) is not None and not transport.is_closing():
                traces = await self._review.traces()
                if traces != last or seq % 20 == 0:  # a sign of life every five seconds
                    snapshot = Snapshot(seq=seq, now=self._context.clock.now(), traces=traces)
                    await answer.write(msgspec.json.encode(snapshot) + b"\n")
                    last = traces
                seq += 1
                await asyncio.sleep(SNAPSHOT_EVERY_S)
        except ConnectionError:
            pass
        finally:
            self._clients -= 1
        return answer

    async def _audit(self, request: web.Request) -> web.Response:
        person_of(request)
        try:
            after = int(request.query.get("after", "0"))
        except ValueError:
            raise InputError("is no number", place="after") from None
        found = await self._context.store.run(lambda tx: log.lines(tx, after))
        return _json(
            [
                AuditEntry(
                    seq=line.seq,
                    at=line.at,
                    person=line.person,
                    action=line.action,
                    object=line.object,
                    outcome=line.outcome,
                    hash=digest,
                )
                for line, digest in found
            ]
        )


def person_of(request: web.Request) -> str:
    """Name of the user at the other end of the socket, from the kernel."""
    transport = request.transport
    peer = transport.get_extra_info("socket") if transport else None
    if peer is None:
        raise Refused("the connection has no user", rule="G24")
    _, uid, _ = _PEER.unpack(peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size))
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid-{uid}"


def bound_socket(path: Path) -> socket.socket:
    """A listening socket that only owner and group may use, from its first instant."""
    path.unlink(missing_ok=True)
    before = os.umask(0o117)
    try:
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        listening.bind(str(path))
    finally:
        os.umask(before)
    return listening


async def _body(request: web.Request, kind: type[R]) -> R:
    try:
        return msgspec.json.decode(await request.read(), type=kind)
    except msgspec.ValidationError as problem:
        what, _, where = str(problem).partition(" - at `$")
        raise InputError(what, place=where.rstrip("`").lstrip(".")) from None
    except msgspec.DecodeError as problem:
        raise InputError(f"is not JSON: {problem}", place="body") from None


def _json(value: Any) -> web.Response:
    return web.Response(body=msgspec.json.encode(value), content_type="application/json")


@web.middleware
async def _plain_refusals(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every no is one line and a code; nothing of the inside leaks."""
    try:
        return await handler(request)
    except InputError as problem:
        return _problem(422, "input", str(problem))
    except Refused as problem:
        return _problem(403, problem.rule or "refused", str(problem))
    except StoreBroken:
        return _problem(503, "store", "the store cannot be written; the engine has to be started again")
    except web.HTTPException as problem:
        return _problem(problem.status, "http", problem.reason)
    except ConnectionError:  # whoever asked has gone
        raise
    except Exception as problem:
        return _problem(500, "internal", fault(problem))


def _problem(status: int, code: str, message: str) -> web.Response:
    one_line = " ".join("".join(c if c.isprintable() else " " for c in message).split())
    body = msgspec.json.encode(Problem(code=code, message=one_line))
    return web.Response(status=status, body=body, content_type="application/json")
