"""Clients who remember what they were told, and repeat under the same key what they were not told."""

import asyncio
import random
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from adapters.bench.town import record_rows
from engine.domain.decision import Answer

GONE = (aiohttp.ClientError, OSError, TimeoutError, asyncio.IncompleteReadError, ValueError)
"""What a client sees of an engine that is killed; half an answer is no JSON."""
LOOK_S = 0.75  # the engine takes no answer sooner than 0.7 s after the pictures
FACE_PX = 90.0
ROWS = 4
AGAIN = frozenset({429, 503})


@dataclass(slots=True, kw_only=True)
class Change:
    """One thing that a person wants once, under one key. ``about`` is a candidate, case or paper."""

    kind: str
    about: str
    method: str
    path: str
    body: dict[str, Any] | None = None
    version: int | None = None
    answer: str | None = None
    key: str = field(default_factory=lambda: uuid.uuid4().hex)

    @property
    def headers(self) -> dict[str, str]:
        given = {"Idempotency-Key": self.key}
        return given if self.version is None else given | {"If-Match": f'"{self.version}"'}


@dataclass(slots=True)
class Ledger:
    """Everything that was acknowledged, and everything that was not. ``told`` holds, for a candidate,
    the answer that each version of it came from."""

    told: dict[str, dict[int, str | None]] = field(default_factory=dict)
    views: set[str] = field(default_factory=set)
    records: dict[str, int] = field(default_factory=dict)
    files: int = 0
    papers: dict[str, bool] = field(default_factory=dict)  # authorisation -> approved
    unanswered: list[Change] = field(default_factory=list)
    events: list[int] = field(default_factory=list)
    acknowledged: int = 0
    conflicts: int = 0
    repeated: int = 0
    found_done: int = 0  # of what was repeated: it had been done the first time
    surprises: list[str] = field(default_factory=list)

    def note(self, change: Change, status: int, answer: Any) -> None:
        """An answer came. Anything but a yes or "somebody was faster" is a surprise."""
        if status in AGAIN:
            self.unanswered.append(change)
            return
        if status == 409:
            self.conflicts += 1
            return
        if status != 200:
            self.surprises.append(f"{change.kind} was answered {status}: {answer}")
            return
        self.acknowledged += 1
        if change.kind in ("decide", "undo"):
            versions = self.told.setdefault(change.about, {})
            if answer["version"] in versions:
                self.surprises.append(f"two answers made version {answer['version']} of one candidate")
            versions[answer["version"]] = change.answer
        elif change.kind == "view":
            self.views.add(answer["view_id"])
        elif change.kind == "records":
            self.records[change.about] = self.records.get(change.about, 0) + answer["taken"]
            self.files += 1
        elif change.kind == "authorisation":
            self.papers[answer["authorisation_id"]] = False
        elif change.kind == "approve":
            self.papers[change.about] = True


class Caller:
    """One connection pool to one life of an engine."""

    def __init__(self, socket: Path, ledger: Ledger) -> None:
        self._ledger = ledger
        self._http = aiohttp.ClientSession(
            base_url="http://engine",
            connector=aiohttp.UnixConnector(path=str(socket), limit=32),
            timeout=aiohttp.ClientTimeout(total=20, sock_connect=2),
        )

    async def __aenter__(self) -> "Caller":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.close()

    async def read(self, path: str) -> Any:
        """Raises what is in ``GONE``."""
        async with self._http.get(f"/v1{path}") as answer:
            content = await answer.read()
            if answer.status != 200:
                raise ValueError(f"{path} was answered {answer.status}: {content[:200]!r}")
            return msgspec.json.decode(content)

    async def change(self, change: Change) -> tuple[int, Any]:
        """Ask, and write down what came of it. Raises what is in ``GONE``, after it was noted as
        unanswered."""
        try:
            async with self._http.request(
                change.method, f"/v1{change.path}", json=change.body, headers=change.headers
            ) as answer:
                found = msgspec.json.decode(await answer.read())
                status = answer.status
        except GONE:
            self._ledger.unanswered.append(change)
            raise
        self._ledger.note(change, status, found)
        return status, found

    async def repeat(self) -> None:
        """Everything that was not answered, once more under its own key."""
        again, self._ledger.unanswered = self._ledger.unanswered, []
        for number, change in enumerate(again):
            try:
                status, _ = await self.change(change)
            except GONE:
                self._ledger.unanswered += again[number + 1 :]
                raise
            self._ledger.repeated += 1
            self._ledger.found_done += status == 200

    async def events(self, after: int) -> Any:
        """Lines of the event stream, decoded."""
        timeout = aiohttp.ClientTimeout(total=None, sock_read=20)
        async with self._http.get(f"/v1/events?after={after}", timeout=timeout) as answer:
            if answer.status != 200:
                raise ValueError(f"the stream was answered {answer.status}")
            while line := await answer.content.readline():
                yield msgspec.json.decode(line)


@dataclass(slots=True)
class Knowledge:
    """What people know of the traces: traces, candidates with their versions, views to answer from."""

    traces: list[str]
    cases: dict[str, tuple[int, str]]  # its number, and one of its cameras
    versions: dict[str, int] = field(default_factory=dict)
    views: list[tuple[float, str, str]] = field(default_factory=list)  # when, view, candidate
    rows: int = 0


class People:
    """Several at work at once, until the engine is gone."""

    def __init__(self, caller: Caller, ledger: Ledger, known: Knowledge, dice: random.Random) -> None:
        self.over = False  # the engine was killed: who gets one more answer asks nothing after it
        self._caller = caller
        self._ledger = ledger
        self._known = known
        self._dice = dice

    async def work(self, reviewers: int = 4) -> None:
        """Ends when nobody gets an answer any more."""
        people = [self._until_gone(self._review) for _ in range(reviewers)]
        await asyncio.gather(*people, self._until_gone(self._look), self._until_gone(self._clerk))

    async def _until_gone(self, turn: Any) -> None:
        try:
            while not self.over:
                await turn()
                await asyncio.sleep(self._dice.uniform(0.0, 0.03))
        except GONE:
            return

    async def _look(self) -> None:
        """Read a trace as a desk does."""
        detail = await self._caller.read(f"/traces/{self._dice.choice(self._known.traces)}")
        for candidate in detail["candidates"]:
            self._known.versions[candidate["candidate_id"]] = candidate["version"]
        await asyncio.sleep(0.1)

    async def _review(self) -> None:
        ripe = [v for v in self._known.views if v[0] + LOOK_S < time.monotonic()]
        if not self._known.versions:
            await asyncio.sleep(0.05)
        elif ripe and self._dice.random() < 0.7:
            view = self._dice.choice(ripe)
            self._known.views.remove(view)
            await self._decide(view[1], view[2])
        elif self._dice.random() < 0.3 and self._ledger.told:
            await self._undo()
        else:
            await self._view()

    async def _view(self) -> None:
        candidate = self._dice.choice(list(self._known.versions))
        change = Change(
            kind="view",
            about=candidate,
            method="POST",
            path=f"/candidates/{candidate}/view",
            body={"face_height_px": FACE_PX},
        )
        status, answer = await self._caller.change(change)
        if status == 200:
            self._known.versions[candidate] = answer["version"]
            self._known.views.append((time.monotonic(), answer["view_id"], candidate))

    async def _decide(self, view_id: str, candidate: str) -> None:
        answer = self._dice.choice(list(Answer))
        body = {"view_id": view_id, "answer": answer}
        if answer is Answer.CANNOT_TELL:
            body["because"] = "blur"
        change = Change(
            kind="decide",
            about=candidate,
            method="POST",
            path=f"/candidates/{candidate}/decisions",
            body=body,
            version=self._known.versions[candidate],
            answer=answer,
        )
        status, found = await self._caller.change(change)
        if status == 200:
            self._known.versions[candidate] = found["version"]

    async def _undo(self) -> None:
        """Take the newest answer of a candidate back, where it is one and nobody was faster."""
        candidate = self._dice.choice(list(self._ledger.told))
        versions = self._ledger.told[candidate]
        newest = max(versions)
        if versions[newest] is None or newest != self._known.versions.get(candidate):
            return
        change = Change(
            kind="undo",
            about=candidate,
            method="POST",
            path=f"/candidates/{candidate}/undo",
            version=newest,
        )
        status, found = await self._caller.change(change)
        if status == 200:
            self._known.versions[candidate] = found["version"]

    async def _clerk(self) -> None:
        """Records come in, and papers."""
        case_id, (number, camera) = self._dice.choice(list(self._known.cases.items()))
        if self._dice.random() < 0.5:
            await self._records(case_id, number)
        else:
            await self._paper(case_id, camera)
        await asyncio.sleep(0.1)

    async def _records(self, case_id: str, number: int) -> None:
        self._known.rows += ROWS
        content = record_rows(number, ROWS, first=self._known.rows)
        change = Change(
            kind="records",
            about=case_id,
            method="POST",
            path=f"/cases/{case_id}/records",
            body={
                "file": f"gps-{self._known.rows}.csv",
                "content": msgspec.to_builtins(content),
                "mapping": {"source": "gps"},
            },
        )
        await self._caller.change(change)

    async def _paper(self, case_id: str, camera: str) -> None:
        wanted = Change(
            kind="authorisation",
            about=case_id,
            method="POST",
            path="/authorisations",
            body={
                "case_id": case_id,
                "purpose": "infection_control",
                "cameras": [camera],
                "sources": ["gps"],
                "start": "2026-03-02T00:00:00Z",
                "end": "2026-03-03T00:00:00Z",
                "expires_at": expiry(),
            },
        )
        status, paper = await self._caller.change(wanted)
        if status == 200:
            approval = Change(
                kind="approve",
                about=paper["authorisation_id"],
                method="POST",
                path=f"/authorisations/{paper['authorisation_id']}/approve",
                version=paper["version"],
            )
            await self._caller.change(approval)


def expiry(hours: float = 12.0) -> str:
    """A time to come, as the wire has it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + hours * 3600))
