"""A program in the place of a reviewer, for rehearsals with invented people only: an ordinary client of the
engine that looks at every candidate and answers from what it was told beforehand.

The engine keeps its answers like those of the person under whose account it runs. That a program gave them
is said in what is printed and in the JSON, not in the audit.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

import msgspec

from engine.api.client import CONNECTIONS, EngineClient, EngineSaysNo
from engine.api.schema import CandidateView, TraceDetail, TraceView, ViewReply
from engine.domain.decision import Answer
from tui.commands.decisions import FULL_SIZE_PX

if TYPE_CHECKING:
    from adapters.city.facts import Truth

REVIEWER = "simulated"
LOOK_AGAIN_S = 0.5  # while traces run
AFTER_S = 0.05  # clocks are read, not asked
CONFLICT = 409

TheirsOnly = Callable[[TraceDetail], Collection[str]]
"""Ids of those candidates of a trace that truly are its patient."""


class Reviewing(Protocol):
    """What of an engine's client a reviewer needs."""

    async def traces(self) -> tuple[TraceView, ...]: ...
    async def trace(self, trace_id: str) -> TraceDetail: ...
    async def view(self, candidate_id: str, face_height_px: float) -> ViewReply: ...
    async def decide(
        self, candidate_id: str, view_id: str, answer: Answer, *, version: int
    ) -> CandidateView: ...


class Reviewed(msgspec.Struct, frozen=True, kw_only=True):
    """What the simulated reviewer did. ``mistakes`` are answers against the truth, made on purpose with
    the probability ``error``; ``faster`` counts answers that somebody else gave first; ``refused`` are
    candidates that the engine let nobody answer."""

    reviewer: str = REVIEWER
    error: float
    answered: int
    mistakes: int
    faster: int
    refused: int


@dataclass(slots=True)
class Tally:
    """What a reviewer did so far; it lives on where the engine goes away meanwhile."""

    answered: int = 0
    mistakes: int = 0
    faster: int = 0
    refused: set[str] = field(default_factory=set)

    def reviewed(self, error: float) -> Reviewed:
        return Reviewed(
            error=error,
            answered=self.answered,
            mistakes=self.mistakes,
            faster=self.faster,
            refused=len(self.refused),
        )


async def review_by_truth(
    client: EngineClient,
    trace_ids: Sequence[str],
    truth: "Truth",
    error: float,
    seed: int,
    tally: Tally | None = None,
) -> Reviewed:
    """``review`` with the truth of a simulated city."""
    from adapters.city.recognised import true_candidates

    return await review(
        client,
        trace_ids,
        lambda detail: true_candidates(truth, detail),
        error=error,
        chance=random.Random(seed),  # noqa: S311
        say=lambda line: None,
        tally=tally,
    )


async def review(
    client: EngineClient | Reviewing,
    trace_ids: Sequence[str],
    theirs: TheirsOnly,
    *,
    error: float,
    chance: random.Random,
    say: Callable[[str], None],
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    tally: Tally | None = None,
) -> Reviewed:
    """Answer until the machine work of these traces is done and nothing is left undecided.

    Each candidate is viewed in full size, for as long as the engine wants a person to look; many at once,
    as far as the client has connections. ``error`` is in 0..1. ``chance`` is drawn from once a candidate,
    in order of case, camera and time. Raises EngineAway where the engine ends meanwhile.
    """
    if not 0.0 <= error <= 1.0:
        raise ValueError(f"{error:g} is no probability")
    desk = _Desk(client, theirs, error, chance, say, sleep, now, Tally() if tally is None else tally)
    say(f"a program answers in the place of a reviewer, wrongly with probability {error:g}")
    while True:
        # states first: what is undecided is then never older than "done"
        rows = {row.trace_id: row for row in await client.traces()}
        mine = [rows[trace_id] for trace_id in trace_ids if trace_id in rows]
        await desk.clear([row.trace_id for row in mine if row.undecided])
        if all(row.state.machine_done for row in mine) and not desk.left:
            break
        if not desk.moved:
            await sleep(LOOK_AGAIN_S)
    done = desk.tally
    say(
        f"the program answered {done.answered} candidates, {done.mistakes} of them wrongly on purpose"
        + (f"; {done.faster} times somebody was faster" if done.faster else "")
        + (f"; {len(done.refused)} could not be answered" if done.refused else "")
    )
    return done.reviewed(error)


class _Desk:
    """The candidates before the reviewer. ``left``: something may still be undecided; ``moved``: the last
    round answered something, so that a look is worth it at once."""

    def __init__(
        self,
        client: EngineClient | Reviewing,
        theirs: TheirsOnly,
        error: float,
        chance: random.Random,
        say: Callable[[str], None],
        sleep: Callable[[float], Awaitable[None]],
        now: Callable[[], datetime],
        tally: Tally,
    ) -> None:
        self._client, self._theirs, self._error, self._chance = client, theirs, error, chance
        self._say, self._sleep, self._now = say, sleep, now
        self._connections = asyncio.Semaphore(CONNECTIONS - 1)  # one stays free for whoever shares the client
        self._errs: dict[str, bool] = {}
        self.tally = tally
        self.left = self.moved = False

    async def clear(self, trace_ids: Sequence[str]) -> None:
        """Answer what is undecided in these traces."""
        before = self.tally.answered
        answers: dict[str, bool] = {}
        todo: list[CandidateView] = []
        for trace_id in trace_ids:
            detail = await self._client.trace(trace_id)
            same = set(self._theirs(detail))
            open_ = [
                c for c in detail.candidates if c.answer is None and c.candidate_id not in self.tally.refused
            ]
            answers.update({c.candidate_id: c.candidate_id in same for c in open_})
            todo += open_
        todo.sort(key=lambda c: (c.case_id, c.camera_id, c.start, c.end))
        for candidate in todo:  # before any waiting, so that chance falls in this order
            if candidate.candidate_id not in self._errs:
                self._errs[candidate.candidate_id] = self._chance.random() < self._error
        try:
            async with asyncio.TaskGroup() as looks:
                for candidate in todo:
                    looks.create_task(self._answer(candidate, answers[candidate.candidate_id]))
        except ExceptionGroup as several:
            raise several.exceptions[0] from None
        self.left, self.moved = bool(todo), self.tally.answered > before

    async def _answer(self, candidate: CandidateView, truly: bool) -> None:
        errs = self._errs[candidate.candidate_id]
        answer = Answer.SAME if truly is not errs else Answer.NOT_SAME
        try:
            async with self._connections:
                view = await self._client.view(candidate.candidate_id, FULL_SIZE_PX)
            wait_s = (view.not_before - self._now()).total_seconds() + AFTER_S
            await self._sleep(max(0.0, wait_s))
            async with self._connections:
                # the version as it was read undecided: an answer that came since is not written over
                await self._client.decide(
                    candidate.candidate_id, view.view_id, answer, version=candidate.version
                )
        except EngineSaysNo as no:
            if no.status == CONFLICT:
                self.tally.faster += 1
                return
            self.tally.refused.add(candidate.candidate_id)
            self._say(f"case {candidate.case_id}, {candidate.camera_id}: {no}")
            return
        self.tally.answered += 1
        self.tally.mistakes += errs
