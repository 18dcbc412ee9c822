"""The client that desk and command line share. It holds no data and no keys."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx
import msgspec

from engine.api.schema import (
    AuditEntry,
    AuthorisationRequest,
    AuthorisationView,
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


class EngineAway(Exception):
    """Nobody answers on the socket."""


class EngineSaysNo(Exception):
    """The engine refused: ``code`` for programs, the message for people."""

    def __init__(self, status: int, code: str, message: str) -> None:
        self.status = status
        self.code = code
        super().__init__(message)


class EngineClient:
    """Speaks to one engine over its Unix socket. One method per route.

    Every method raises EngineAway when nobody answers, EngineSaysNo when the engine refuses.
    """

    def __init__(self, socket: Path, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._http = httpx.AsyncClient(
            transport=transport or httpx.AsyncHTTPTransport(uds=str(socket)),
            base_url="http://engine/v1",
            timeout=httpx.Timeout(RECORD_PARSING_S, connect=5.0),
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def hello(self) -> Hello:
        return await self._ask("GET", "/hello", Hello)

    async def cases(self) -> tuple[CaseView, ...]:
        return await self._ask("GET", "/cases", tuple[CaseView, ...])

    async def import_case(self, case: CaseImport) -> CaseView:
        return await self._ask("PUT", f"/cases/{case.case_id}", CaseView, case)

    async def add_records(self, case_id: str, records: RecordFile) -> RecordsTaken:
        return await self._ask("POST", f"/cases/{case_id}/records", RecordsTaken, records)

    async def add_still(self, case_id: str, still: StillFile) -> StillTaken:
        return await self._ask("POST", f"/cases/{case_id}/stills", StillTaken, still)

    async def record_ground(self, case_id: str, ground: GroundRecord) -> CaseView:
        return await self._ask("PUT", f"/cases/{case_id}/ground", CaseView, ground)

    async def withdraw_ground(self, case_id: str) -> CaseView:
        return await self._ask("DELETE", f"/cases/{case_id}/ground", CaseView)

    async def request_authorisation(self, request: AuthorisationRequest) -> AuthorisationView:
        return await self._ask("POST", "/authorisations", AuthorisationView, request)

    async def approve_authorisation(self, authorisation_id: str) -> AuthorisationView:
        return await self._ask("POST", f"/authorisations/{authorisation_id}/approve", AuthorisationView)

    async def revoke_authorisation(self, authorisation_id: str) -> AuthorisationView:
        return await self._ask("POST", f"/authorisations/{authorisation_id}/revoke", AuthorisationView)

    async def start_trace(self, start: TraceStart) -> TraceView:
        return await self._ask("POST", "/traces", TraceView, start)

    async def traces(self) -> tuple[TraceView, ...]:
        return await self._ask("GET", "/traces", tuple[TraceView, ...])

    async def trace(self, trace_id: str) -> TraceDetail:
        return await self._ask("GET", f"/traces/{trace_id}", TraceDetail)

    async def cancel_trace(self, trace_id: str) -> TraceView:
        return await self._ask("POST", f"/traces/{trace_id}/cancel", TraceView)

    async def view(self, candidate_id: str, face_height_px: float) -> ViewReply:
        """The pictures of a candidate. The view is in the audit before they arrive."""
        request = ViewRequest(face_height_px=face_height_px)
        return await self._ask("POST", f"/candidates/{candidate_id}/view", ViewReply, request)

    async def decide(
        self, candidate_id: str, view_id: str, answer: Answer, because: UnclearBecause | None = None
    ) -> CandidateView:
        request = DecisionRequest(view_id=view_id, answer=answer, because=because)
        return await self._ask("POST", f"/candidates/{candidate_id}/decisions", CandidateView, request)

    async def undo(self, candidate_id: str) -> CandidateView:
        """Take back this person's standing decision about the candidate, by a further record."""
        return await self._ask("POST", f"/candidates/{candidate_id}/undo", CandidateView)

    async def audit(self, after: int = 0) -> tuple[AuditEntry, ...]:
        return await self._ask("GET", f"/audit?after={after}", tuple[AuditEntry, ...])

    async def snapshots(self) -> AsyncIterator[Snapshot]:
        """Every trace as it stands, at most four times a second, until the engine goes away."""
        decoder = msgspec.json.Decoder(Snapshot)
        try:
            async with self._http.stream("GET", "/events", timeout=httpx.Timeout(30.0)) as answer:
                async for line in answer.aiter_lines():
                    if line:
                        yield decoder.decode(line)
        except httpx.HTTPError as problem:
            raise EngineAway(str(problem)) from problem

    async def _ask(self, method: str, path: str, kind: type[T], body: Request | None = None) -> T:
        content = None if body is None else msgspec.json.encode(body)
        try:
            answer = await self._http.request(method, path, content=content)
        except httpx.HTTPError as problem:
            raise EngineAway(str(problem) or type(problem).__name__) from problem
        if answer.status_code >= 400:
            raise _refusal(answer)
        return msgspec.json.decode(answer.content, type=kind)


def _refusal(answer: httpx.Response) -> EngineSaysNo:
    try:
        problem = msgspec.json.decode(answer.content, type=Problem)
    except msgspec.DecodeError:
        return EngineSaysNo(answer.status_code, "unreadable", f"the engine answered {answer.status_code}")
    return EngineSaysNo(answer.status_code, problem.code, problem.message)


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
