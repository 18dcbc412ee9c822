"""HTTP over a Unix socket: what holds for every route. The routes themselves are in ``routes.py``.

In this order: who is it, how much do they ask, may their role ask this at all, what did they send,
then the service. Nothing of a request is read before its sender may send it.
"""

import asyncio
import contextlib
import re
import socket
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

import msgspec
from aiohttp import web

from engine.api.asked import Asked, Conflict, digest_before_body
from engine.api.bodies import decoded
from engine.api.limits import Doorkeeper, Limits, TooMany
from engine.api.listening import Connection, problem_answer, serving
from engine.api.patience import Patience, StoreSilent
from engine.api.route import Call, Route
from engine.api.routes import ROUTES
from engine.api.services import Services
from engine.api.stream import Hub
from engine.domain.errors import InputError, Refused, Unknown, fault
from engine.domain.person import HIDDEN, Person
from engine.policy.roles import require_role
from engine.store.writer import StoreBroken
from engine.trace.context import Site
from engine.vault.keys import Erased

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]
BASE = "/v1"
KEY = re.compile(r"[A-Za-z0-9._-]{8,128}")
VERSION = re.compile(r'"?([0-9]{1,15})"?')
RESTART_S = 1.0  # when to try again after the store broke: a new engine is there by then
HEALTH = "health"  # says itself how the store is
ENCODINGS = frozenset({"", "utf-8", "utf8"})


class Busy(Protocol):
    """What else keeps an engine needed: the runner of traces."""

    @property
    def busy(self) -> bool: ...


class Lacking(Exception):
    """A header that this route cannot do without."""


class TooLarge(Exception):
    """A body over the limit of its route."""


class Server:
    """Made once per engine; answers inside ``serving``."""

    def __init__(
        self,
        site: Site,
        services: Services,
        hub: Hub,
        busy: Busy,
        limits: Limits | None = None,
        routes: Sequence[Route] = ROUTES,
    ) -> None:
        self._site = site
        self._services = services
        self._hub = hub
        self._busy = busy
        now_s = asyncio.get_running_loop().time
        self._asked_at = now_s()
        self.doorkeeper = Doorkeeper(limits or Limits(), now_s)
        self._patience = Patience(lambda: services.standing.store_silent_s, self.doorkeeper.limits.store_s)
        services.standing.vitals.listeners = lambda: len(hub)
        self.app = web.Application(middlewares=[self._at_the_door])
        for route in routes:
            self.app.router.add_route(route.method, BASE + route.path, self._answer(route))
        self.app.on_shutdown.append(self._goodbye)

    def serving(self, at: socket.socket, goodbye_s: float = 2.0) -> AbstractAsyncContextManager[None]:
        """Answer on a bound socket; on the way out, what is under way gets ``goodbye_s`` to end."""
        return serving(self.app, at, self._site, self.doorkeeper, goodbye_s)

    def idle_s(self, now_s: float) -> float:
        """Seconds since the engine was last needed: by a console, or by a trace."""
        if len(self._hub) or self._busy.busy:
            self._asked_at = now_s
        return now_s - self._asked_at

    async def _goodbye(self, _: web.Application) -> None:
        self._patience.close()
        await self._hub.close()

    @web.middleware
    async def _at_the_door(self, request: web.Request, handler: Answer) -> web.StreamResponse:
        """Counts the request, and makes every no one line and a code."""
        self._asked_at = asyncio.get_running_loop().time()
        connection = request.protocol
        assert isinstance(connection, Connection)
        with connection.answering():
            try:
                self.doorkeeper.ask(_person(request).uid)
                return await handler(request)
            except ConnectionError:  # whoever asked has gone
                raise
            except Exception as problem:
                return _refusal(problem)

    def _answer(self, route: Route) -> Answer:
        async def answer(request: web.Request) -> web.StreamResponse:
            try:
                return await answered(request)
            except Conflict:  # somebody was faster: nothing was forbidden
                raise
            except Refused as refused:
                asked = Asked(person=_person(request))
                object_id = request.match_info.get("id", "")
                note = self._services.refusals.note(asked, route.name, object_id, refused)
                with contextlib.suppress(StoreSilent):  # it is written as soon as the store answers
                    await self._patience.during(note)
                raise

        async def answered(request: web.Request) -> web.StreamResponse:
            person = _person(request)
            require_role(person, route.name)
            if route.name != HEALTH:
                self._patience.require_answer()
            if route.handler is None:
                return await self._events(request, person)
            if route.mutates and person.login_uid == HIDDEN and not self._site.rehearsal:
                raise Refused(
                    "who logged in cannot be told any more",
                    rule="G24",
                    mend="keep the process running that connected",
                )
            key, version = _conditions(request, route)
            digest = digest_before_body(request.method, request.raw_path, version)
            content = await self._content(request, route, digest.update)
            asked = Asked(person=person, key=key, request_sha256=digest.hexdigest(), version=version)
            call = Call(
                asked=asked,
                at=request.match_info,
                body=None if route.body is None else await decoded(content, route.body),
                query=request.query,
            )
            work = route.handler(self._services, call)
            return _reply(await (work if route.name == HEALTH else self._patience.during(work)))

        return answer

    async def _events(self, request: web.Request, person: Person) -> web.StreamResponse:
        query = Call(asked=Asked(person=person), at={}, query=request.query)
        after = query.number("after") if "after" in request.query else None
        with self.doorkeeper.stream(person.uid):
            begin = await self._patience.during(self._hub.begin(after))
            return await self._hub.serve(request, person, begin)

    async def _content(
        self, request: web.Request, route: Route, seen: Callable[[bytes], object]
    ) -> bytearray:
        """The body, whole. Raises TooLarge before it is kept, TimeoutError where it drips. What can be done
        part by part is done as they come, by ``seen`` too: of 48 MiB at once others would wait for it."""
        most = route.max_body_bytes if route.body is not None else 0
        if (request.content_length or 0) > most:
            raise TooLarge(_too_large(route))
        _check_encoding(request)
        content = bytearray()
        async with asyncio.timeout(self.doorkeeper.limits.body_s):
            async for part in request.content.iter_any():
                if len(content) + len(part) > most:
                    raise TooLarge(_too_large(route))
                content += part
                seen(part)
        return content


def _person(request: web.Request) -> Person:
    connection = request.protocol
    person = connection.person if isinstance(connection, Connection) else None
    if person is None:
        raise Refused("the connection has no user", rule="G24")
    return person


def _conditions(request: web.Request, route: Route) -> tuple[str, int | None]:
    """The Idempotency-Key ("" for a read) and the number of If-Match. Raises Lacking, InputError."""
    if not route.mutates:
        return "", None
    key = request.headers.get("Idempotency-Key")
    if key is None:
        raise Lacking(
            "every change needs an Idempotency-Key header: one for each change, the same at a retry"
        )
    if not KEY.fullmatch(key):
        raise InputError("is no key", place="Idempotency-Key", mend="give 8 to 128 of A-Z a-z 0-9 . _ -")
    seen = request.headers.get("If-Match")
    if seen is None:
        if route.touched:
            raise Lacking("two people can touch this: an If-Match header with the version you saw is needed")
        return key, None
    match = VERSION.fullmatch(seen)
    if match is None:
        raise InputError("is no version", place="If-Match", mend='give the number that you saw, as in "3"')
    return key, int(match[1])


def _check_encoding(request: web.Request) -> None:
    if request.headers.get("Content-Encoding", "identity") != "identity":
        raise InputError("is packed", place="body", mend="send it as it is")
    if (request.charset or "").lower() not in ENCODINGS:
        raise InputError("is not UTF-8", place="body", mend="send JSON in UTF-8")


def _reply(value: Any) -> web.Response:
    version = getattr(value, "version", None)
    headers = {"ETag": f'"{version}"'} if isinstance(version, int) else {}
    return web.Response(body=msgspec.json.encode(value), content_type="application/json", headers=headers)


def _too_large(route: Route) -> str:
    if route.body is None:
        return "this takes no body"
    return f"the body is larger than {route.max_body_bytes // 1024} KiB"


def _refusal(problem: Exception) -> web.Response:
    if isinstance(problem, InputError):
        return problem_answer(422, "input", str(problem))
    if isinstance(problem, Unknown):
        return problem_answer(404, "unknown", str(problem))
    if isinstance(problem, Conflict):
        return problem_answer(409, problem.rule or "conflict", str(problem))
    if isinstance(problem, Erased):
        return problem_answer(410, problem.rule or "erased", str(problem))
    if isinstance(problem, Refused):
        return problem_answer(403, problem.rule or "refused", str(problem))
    if isinstance(problem, Lacking):
        return problem_answer(428, "precondition", str(problem))
    if isinstance(problem, TooMany):
        return problem_answer(429, "limit", str(problem), problem.retry_after_s)
    if isinstance(problem, StoreBroken):
        line = "the store cannot be written; the engine has to be started again"
        return problem_answer(503, "store", line, RESTART_S)
    if isinstance(problem, StoreSilent):
        line = (
            "the store does not answer; whether a change was made is not known until it does: under its key"
            " it is made once"
        )
        return problem_answer(503, "silent", line, RESTART_S)
    if isinstance(problem, web.HTTPException):
        return problem_answer(problem.status, "http", problem.reason)
    if isinstance(problem, TooLarge):
        return _last(problem_answer(413, "large", str(problem)))
    if isinstance(problem, TimeoutError):
        return _last(problem_answer(408, "slow", "the request did not arrive in time"))
    return problem_answer(500, "internal", fault(problem))


def _last(answer: web.Response) -> web.Response:
    """After this one nothing that still comes on the connection is read."""
    answer.force_close()
    return answer
