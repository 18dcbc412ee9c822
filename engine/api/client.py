"""The client that desk and command line share. It holds no data and no keys."""

import asyncio
import random
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx
import msgspec

from engine.api.audit_schema import AuditCounts, AuditPage, AuditVerdict
from engine.api.desk_calls import DeskCalls
from engine.api.lines import Health, Line, SnapshotLine, Stopping
from engine.api.paper_calls import PaperCalls
from engine.api.schema import (
    API_VERSION,
    AuditEntry,
    BackupRequest,
    BackupTaken,
    CandidateView,
    CaseImport,
    CaseView,
    DecisionRequest,
    GroundRecord,
    Hello,
    Problem,
    RecordFile,
    RecordsTaken,
    Request,
    Snapshot,
    StillFile,
    StillTaken,
    TraceDetail,
    TraceStart,
    TraceView,
    ViewReply,
    ViewRequest,
)
from engine.domain.decision import Answer, UnclearBecause

T = TypeVar("T")

RECORD_PARSING_S = 120.0  # a large record file in a busy worker
SILENCE_S = 20.0  # the stream gives a sign of life every five
LARGE_BYTES = 256 * 1024  # of an answer: some thousand rows
CONNECTIONS = 3  # one of them for the stream: a person may run several consoles
PATIENCE_S = {429: 30.0, 503: 4.0}  # with an engine that asks to wait, or that has to start again
FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 2.0
TRIES_AFTER_A_BREAK = 6  # about three seconds, as long as an engine takes to come back


class EngineAway(Exception):
    """Nobody answers on the socket."""


class EngineSaysNo(Exception):
    """The engine refused: ``code`` for programs, the message for people."""

    def __init__(self, status: int, code: str, message: str) -> None:
        self.status = status
        self.code = code
        super().__init__(message)


class EngineClient(PaperCalls, DeskCalls):
    """Speaks to one engine over its Unix socket. One method per route.

    Every method raises EngineAway when nobody answers, EngineSaysNo when the engine refuses. What
    changes something goes out under a key of its own, so that trying again after a broken connection
    does it once. ``version`` is that of the thing as the person saw it; where somebody was faster,
    the engine says no (409). ``sleep`` and ``chance`` (0..1) are for tests.
    """

    def __init__(
        self,
        socket: Path,
        transport: httpx.AsyncBaseTransport | None = None,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
        self._http = httpx.AsyncClient(
            transport=transport or httpx.AsyncHTTPTransport(uds=str(socket), limits=limits),
            base_url="http://engine/v1",
            timeout=httpx.Timeout(RECORD_PARSING_S, connect=5.0, pool=None),
            trust_env=False,
        )
        self._sleep = sleep
        self._chance = chance

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def hello(self) -> Hello:
        """Who one is, and to whom one speaks. Raises EngineSaysNo for an engine of another age."""
        hello = await self._read("/hello", Hello)
        if not hello.api_min <= API_VERSION <= hello.api_max:
            spoken = f"{hello.api_min} to {hello.api_max}"
            line = f"this console speaks version {API_VERSION} of the API, the engine {spoken}"
            mend = f"install the engine's release here: tracedesk {hello.version}"
            raise EngineSaysNo(426, "version", f"{line}; {mend}")
        return hello

    async def health(self) -> Health:
        return await self._read("/health", Health)

    async def stop(self) -> Stopping:
        """Ask the engine to end; its traces resume with the next one."""
        return await self._change("POST", "/stop", Stopping)

    async def cases(self) -> tuple[CaseView, ...]:
        return await self._read("/cases", tuple[CaseView, ...])

    async def import_case(self, case: CaseImport, *, version: int | None = None) -> CaseView:
        """``version`` where the case is known already and is to be changed."""
        return await self._change("PUT", f"/cases/{case.case_id}", CaseView, case, version)

    async def add_records(self, case_id: str, records: RecordFile) -> RecordsTaken:
        return await self._change("POST", f"/cases/{case_id}/records", RecordsTaken, records)

    async def add_still(self, case_id: str, still: StillFile) -> StillTaken:
        return await self._change("POST", f"/cases/{case_id}/stills", StillTaken, still)

    async def record_ground(
        self, case_id: str, ground: GroundRecord, *, version: int | None = None
    ) -> CaseView:
        return await self._change("PUT", f"/cases/{case_id}/ground", CaseView, ground, version)

    async def withdraw_ground(self, case_id: str, *, version: int | None = None) -> CaseView:
        return await self._change("DELETE", f"/cases/{case_id}/ground", CaseView, None, version)

    async def start_trace(self, start: TraceStart) -> TraceView:
        return await self._change("POST", "/traces", TraceView, start)

    async def traces(self) -> tuple[TraceView, ...]:
        return await self._read("/traces", tuple[TraceView, ...])

    async def trace(self, trace_id: str) -> TraceDetail:
        return await self._read(f"/traces/{trace_id}", TraceDetail)

    async def look_again(self, trace_id: str) -> TraceView:
        """Have a trace look at footage that came since."""
        return await self._change("POST", f"/traces/{trace_id}/again", TraceView)

    async def cancel_trace(self, trace_id: str) -> TraceView:
        return await self._change("POST", f"/traces/{trace_id}/cancel", TraceView)

    async def second_review(self, trace_id: str) -> TraceView:
        """Become the second reviewer of a trace, who does not know the first answers."""
        return await self._change("POST", f"/traces/{trace_id}/second", TraceView)

    async def view(self, candidate_id: str, face_height_px: float) -> ViewReply:
        """The pictures of a candidate. The view is in the audit before they arrive."""
        request = ViewRequest(face_height_px=face_height_px)
        return await self._change("POST", f"/candidates/{candidate_id}/view", ViewReply, request)

    async def decide(
        self,
        candidate_id: str,
        view_id: str,
        answer: Answer,
        because: UnclearBecause | None = None,
        *,
        version: int,
    ) -> CandidateView:
        request = DecisionRequest(view_id=view_id, answer=answer, because=because)
        path = f"/candidates/{candidate_id}/decisions"
        return await self._change("POST", path, CandidateView, request, version)

    async def undo(self, candidate_id: str, *, version: int) -> CandidateView:
        """Take back this person's standing decision about the candidate, by a further record."""
        return await self._change("POST", f"/candidates/{candidate_id}/undo", CandidateView, None, version)

    async def audit(self, after: int = 0) -> tuple[AuditEntry, ...]:
        return await self._read(f"/audit?after={after}", tuple[AuditEntry, ...])

    async def audit_verify(self) -> AuditVerdict:
        """The whole log, checked by the engine in slices."""
        return await self._read("/audit/verify", AuditVerdict)

    async def audit_counts(self) -> AuditCounts:
        return await self._read("/audit/counts", AuditCounts)

    async def audit_export(self, after: int = 0, upto: int = 0) -> AuditPage:
        """A page of lines to take away; ``upto`` as the first page said."""
        return await self._read(f"/audit/export?after={after}&upto={upto}", AuditPage)

    async def backup(self, folder: Path) -> BackupTaken:
        """A checked backup without keys, as a new folder inside ``folder``."""
        return await self._change("POST", "/backup", BackupTaken, BackupRequest(folder=str(folder)))

    async def events(self, after: int | None = None) -> AsyncIterator[Line]:
        """What changes from a cursor on, else from now on, with snapshots of all traces beside it, until
        the engine goes away. The cursor is the ``seq`` of the last event or reset; whoever asks keeps it."""
        decoder: msgspec.json.Decoder[Line] = msgspec.json.Decoder(Line)
        query = {} if after is None else {"after": str(after)}
        patience = httpx.Timeout(SILENCE_S, pool=None)
        try:
            async with self._http.stream("GET", "/events", params=query, timeout=patience) as answer:
                if answer.status_code >= 400:
                    await answer.aread()
                    raise _refusal(answer)
                async for line in answer.aiter_lines():
                    if line:
                        yield decoder.decode(line)
        except httpx.HTTPError as problem:
            raise EngineAway(str(problem) or type(problem).__name__) from problem

    async def snapshots(self) -> AsyncIterator[Snapshot]:
        """Every trace as it stands, at most four times a second, until the engine goes away."""
        async for line in self.events():
            if isinstance(line, SnapshotLine):
                yield line

    async def _read(self, path: str, kind: type[T]) -> T:
        return await self._ask("GET", path, kind, None, {})

    async def _change(
        self,
        method: str,
        path: str,
        kind: type[T],
        body: Request | None = None,
        version: int | None = None,
    ) -> T:
        """A change, once: the same key goes with every try."""
        headers = {"Idempotency-Key": uuid.uuid4().hex}
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        return await self._ask(method, path, kind, body, headers)

    async def _ask(
        self, method: str, path: str, kind: type[T], body: Request | None, headers: dict[str, str]
    ) -> T:
        """Ask until there is an answer: again after a break in the middle, and when the engine says that
        it is busy. Where nobody listens from the start, that is said at once."""
        content = None if body is None else msgspec.json.encode(body)
        broken, waited_s = 0, 0.0
        while True:
            try:
                answer = await self._http.request(method, path, content=content, headers=headers)
            except httpx.HTTPError as problem:
                nobody = isinstance(problem, httpx.ConnectError | httpx.TimeoutException)
                if (nobody and not broken) or broken >= TRIES_AFTER_A_BREAK:
                    raise EngineAway(str(problem) or type(problem).__name__) from problem
                broken += 1
                await self._sleep(self._pause_s(broken))
                continue
            if answer.status_code < 400:
                return await decoded(answer.content, kind)
            pause_s = max(_retry_after_s(answer), self._pause_s(1))
            if waited_s + pause_s > PATIENCE_S.get(answer.status_code, 0.0):
                raise _refusal(answer)
            waited_s += pause_s
            await self._sleep(pause_s)

    def _pause_s(self, tries: int) -> float:
        """Full jitter: many that were refused together do not come back together."""
        return self._chance() * min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0**tries)


def _retry_after_s(answer: httpx.Response) -> float:
    try:
        return min(max(float(answer.headers.get("Retry-After", "0")), 0.0), LONGEST_PAUSE_S)
    except ValueError:
        return 0.0


def _refusal(answer: httpx.Response) -> EngineSaysNo:
    try:
        problem = msgspec.json.decode(answer.content, type=Problem)
    except msgspec.DecodeError:
        return EngineSaysNo(answer.status_code, "unreadable", f"the engine answered {answer.status_code}")
    return EngineSaysNo(answer.status_code, problem.code, problem.message)


async def decoded(body: bytes, kind: type[T]) -> T:
    """What a body says. A large one is read beside the event loop: keys come meanwhile."""
    if len(body) < LARGE_BYTES:
        return msgspec.json.decode(body, type=kind)
    return await asyncio.to_thread(msgspec.json.decode, body, type=kind)


async def until_answering(client: EngineClient, patience_s: float) -> Hello:
    """Ask hello until the engine answers. Raises EngineAway after ``patience_s``."""
    loop = asyncio.get_running_loop()
    give_up = loop.time() + patience_s
    while True:
        try:
            return await client.hello()
        except EngineAway:
            if loop.time() > give_up:
                raise
            await asyncio.sleep(0.05)


def encode(value: Any) -> bytes:
    """JSON of any reply, for output to machines."""
    return msgspec.json.encode(value)
