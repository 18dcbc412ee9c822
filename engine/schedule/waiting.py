"""What waits for a worker: questions with one answer, and windows that traces want."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import msgspec

from engine.domain.camera import MAX_WINDOW_S
from engine.domain.record import Record
from engine.domain.track import WindowResult
from engine.ports import WindowRequest
from engine.schedule.frames import MOST_RECORDS, Failed, FromWorker, RecordsPart, ScanDone, ToWorker
from engine.schedule.process import OnTheWay, raised


@dataclass(eq=False)
class Call:
    """One question, one answer. ``records`` came before it, ``truncated`` where there were too many."""

    message: ToWorker
    expected: type[Any]
    answer: asyncio.Future[Any]
    descriptors: Callable[[], list[int]] = list
    tries: int = 0
    records: list[Record] = field(default_factory=list)
    truncated: bool = False

    def begin(self) -> None:
        """Asked, or asked again: what an earlier worker said does not count."""
        self.records.clear()
        self.truncated = False

    def hear(self, said: OnTheWay) -> None:
        """Take what comes before the answer, up to the cap."""
        if isinstance(said, RecordsPart):
            room = MOST_RECORDS - len(self.records)
            self.records += said.records[:room]
            self.truncated = self.truncated or len(said.records) > room


@dataclass(eq=False)
class Wanted:
    """A window that a trace waits for."""

    request: WindowRequest
    answer: asyncio.Future[WindowResult]
    asked_s: float = 0.0  # on the clock of the event loop
    tries: int = 0
    grant_id: str = ""
    begun: bool = False  # a worker has its grant
    stopped: str = ""  # why it was revoked

    @property
    def over(self) -> bool:
        """Nobody may, or wants to, begin it any more."""
        return bool(self.stopped) or self.answer.done()

    @cached_property
    def reading(self) -> tuple[str, int]:
        """Whoever waits for the same camera in the same ten minutes shares one reading."""
        window = self.request.window
        return window.camera_id, int(window.interval.start.timestamp() // MAX_WINDOW_S)

    def give(self, result: WindowResult) -> None:
        """The result, unless nobody waits any more."""
        if not self.answer.done():
            self.answer.set_result(result)

    def give_stopped(self, why: str) -> None:
        self.give(WindowResult(window_id=self.request.window.window_id, stopped=why))

    def give_problem(self, what: str) -> None:
        """Nothing was found out, and why: the trace goes on without this window."""
        window = self.request.window
        self.give(WindowResult(window_id=window.window_id, problems=(f"camera {window.camera_id}: {what}",)))


def fail(answer: asyncio.Future[Any], problem: Exception) -> None:
    """The error, unless nobody waits any more."""
    if not answer.done():
        answer.set_exception(problem)


def hand_out(group: list[Wanted], answer: FromWorker, missing: dict[str, str]) -> None:
    """To each who waited, their own result and nobody else's. ``missing`` says by file what could not
    be opened."""
    if isinstance(answer, Failed) and answer.kind == "internal":
        for wanted in group:  # a fault of ours in one window costs that window, not the trace
            wanted.give_problem(f"internal error while it was read, {answer.problem}")
        return
    if not isinstance(answer, ScanDone):
        for wanted in group:
            fail(wanted.answer, raised(answer))
        return
    results = {r.grant_id: r.result for r in answer.results}
    for wanted in group:
        result = results.get(wanted.grant_id)
        if result is None:
            wanted.give_stopped("the worker did not accept the grant")
            continue
        lines = tuple(missing[s.file] for s in wanted.request.segments if s.file in missing)
        wanted.give(msgspec.structs.replace(result, problems=(*result.problems, *lines)))
