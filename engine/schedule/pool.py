"""Worker processes: started, spoken to, replaced when they die. One worker does one thing at a time.

Traces that wait for the same minutes of a camera are served by one reading of the footage, and take
turns in saying which comes next.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self, TypeVar

from engine.domain.camera import Segment
from engine.domain.clip import DrawnClip
from engine.domain.errors import InputError
from engine.domain.track import Enrolment, WindowResult
from engine.ports import ClipRequest, FootageSource, ParsedRecords, RecordMapping, WindowRequest
from engine.schedule.channel import ChannelClosed
from engine.schedule.clips import WantedClip
from engine.schedule.frames import (
    Enrol,
    Enrolled,
    Inspect,
    Inspected,
    ParseRecords,
    Prepare,
    RecordsParsed,
    ReferenceStill,
    SubjectOfScan,
    ToWorker,
)
from engine.schedule.process import JOB_LIMIT_S, WorkerProcess, raised
from engine.schedule.reading import Reading
from engine.schedule.turns import Turns
from engine.schedule.waiting import Call, Wanted, fail
from engine.vault.grants import GrantSigner

A = TypeVar("A", Enrolled, RecordsParsed, Inspected)

TRIES = 2  # a window that killed two workers is given up and said so
SETTLE_S = 0.3  # nothing was asked for so long: whoever wants the same minutes has said so
GATHER_S = 3.0  # however much is being asked, nobody waits longer for others than this
STOP_WITHIN_S = 1.5  # a worker has let go of a revoked grant by then, or is ended: both within two seconds


@dataclass(eq=False)
class _Place:
    """A place in the pool: the process in it, and for whom it is about to read footage or reading."""

    process: WorkerProcess
    scanning: list[Wanted | WantedClip] = field(default_factory=list)


class Pool:
    """A WorkerPool of ``size`` processes. ``command`` starts one; a descriptor number is appended."""

    def __init__(
        self,
        *,
        size: int,
        command: Sequence[str],
        prepare: Prepare,
        signer: GrantSigner,
        footage: FootageSource | None,
        environment: dict[str, str],
        job_limit_s: float = JOB_LIMIT_S,
    ) -> None:
        self._size = size
        self._command = tuple(command)
        self._prepare = prepare
        self._signer = signer
        self._footage = footage
        self._environment = environment
        self._job_limit_s = job_limit_s
        self._calls: deque[Call] = deque()
        self._clips: deque[WantedClip] = deque()
        self._wanted: list[Wanted] = []
        self._turns = Turns()
        self._places: list[_Place] = []
        self._answers_running = 0
        self._asked_s = 0.0  # when anything was asked last, on the clock of the event loop
        self._something = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()
        self.face_search = "no worker has answered yet"

    @property
    def size(self) -> int:
        return self._size

    @property
    def at_work(self) -> int:
        """Workers that read footage or answer right now."""
        return min(self._size, self._answers_running + sum(bool(p.scanning) for p in self._places))

    async def __aenter__(self) -> Self:
        """All at once: an engine that comes back is not to wait for one after the other. Where they do not
        start, the first reason is raised."""
        outcomes = await asyncio.gather(*(self._start() for _ in range(self._size)), return_exceptions=True)
        started = [o for o in outcomes if isinstance(o, WorkerProcess)]
        for problem in outcomes:
            if isinstance(problem, BaseException):
                await asyncio.gather(*(process.end() for process in started))
                raise problem
        self._places = [_Place(process) for process in started]
        self.face_search = started[0].face_search
        self._tasks = {
            asyncio.create_task(self._serve(place), name=f"worker {number}")
            for number, place in enumerate(self._places)
        }
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for place in self._places:
            await place.process.end()

    # --- what the rest of the engine asks -------------------------------------------------------

    async def scan(self, request: WindowRequest) -> WindowResult:
        loop = asyncio.get_running_loop()
        wanted = Wanted(request, loop.create_future(), asked_s=loop.time())
        self._wanted.append(wanted)
        self._asked_s = loop.time()
        await self._wake()
        for pause_s in (SETTLE_S, GATHER_S):
            loop.call_later(pause_s, self._wake_later)
        return await wanted.answer

    async def clip(self, request: ClipRequest) -> DrawnClip:
        wanted = WantedClip(request, asyncio.get_running_loop().create_future())
        self._clips.append(wanted)
        await self._wake()
        return await wanted.answer

    async def enrol(self, stills: Sequence[tuple[str, bytes]]) -> Enrolment:
        message = Enrol(stills=tuple(ReferenceStill(file=file, content=content) for file, content in stills))
        return (await self._call(message, Enrolled)).enrolment

    async def parse_records(
        self,
        *,
        case_id: str,
        file: str,
        content: bytes,
        mapping: RecordMapping,
        subject_keys: frozenset[str],
        received_at: datetime,
    ) -> ParsedRecords:
        message = ParseRecords(
            case_id=case_id,
            file=file,
            content=content,
            mapping=mapping,
            subject_keys=subject_keys,
            received_at=received_at,
        )
        call = self._asked(message, RecordsParsed)
        said: RecordsParsed = await self._answered(call)
        return ParsedRecords(
            records=tuple(call.records),
            dropped=said.dropped,
            warnings=said.warnings,
            truncated=call.truncated,
        )

    async def inspect(self, segment: Segment) -> Inspected:
        """Technical facts of a footage file, without looking at what it shows."""
        footage = self._footage
        if footage is None:
            raise InputError("this site has no footage", place="footage")
        return await self._call(Inspect(segment=segment), Inspected, lambda: [footage.open(segment)])

    def revoke(self, trace_id: str, why: str) -> None:
        for wanted in [w for w in self._wanted if w.request.trace_id == trace_id]:
            self._wanted.remove(wanted)
            wanted.give_stopped(why)
        for clip in [c for c in self._clips if c.request.trace_id == trace_id]:
            self._clips.remove(clip)
            clip.give_stopped(why)
        for place in self._places:
            here = [w for w in place.scanning if w.request.trace_id == trace_id]
            for reading in here:
                reading.stopped = why
                if not reading.begun:
                    reading.give_stopped(why)
            if begun := [w for w in here if w.begun]:
                task = asyncio.create_task(self._stop(place, begun, why))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    # --- inside ---------------------------------------------------------------------------------

    async def _call(
        self, message: ToWorker, expected: type[A], descriptors: Callable[[], list[int]] = list
    ) -> A:
        answer: A = await self._answered(self._asked(message, expected, descriptors))
        return answer

    def _asked(
        self, message: ToWorker, expected: type[A], descriptors: Callable[[], list[int]] = list
    ) -> Call:
        call = Call(message, expected, asyncio.get_running_loop().create_future(), descriptors)
        self._calls.append(call)
        self._asked_s = asyncio.get_running_loop().time()
        return call

    async def _answered(self, call: Call) -> Any:
        await self._wake()
        return await call.answer

    async def _wake(self) -> None:
        async with self._something:
            self._something.notify_all()

    def _wake_later(self) -> None:
        task = asyncio.create_task(self._wake())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _start(self) -> WorkerProcess:
        return await WorkerProcess.start(self._command, self._prepare, self._environment, self._job_limit_s)

    async def _serve(self, place: _Place) -> None:
        while True:
            async with self._something:
                await self._something.wait_for(
                    lambda: bool(self._calls or self._clips) or self._scan_is_due()
                )
                call = self._calls.popleft() if self._calls else None
                clip = self._clips.popleft() if self._clips and not call else None
                group = [] if call or clip else self._turns.take(self._wanted)
            try:
                if call is not None:
                    await self._answering(place, call)
                elif clip is not None:
                    await self._draw(place, clip)
                else:
                    await self._scan(place, group)
            except (ChannelClosed, TimeoutError):
                place.scanning = []
                self._again(call, group, by_itself=not place.process.killed)
                if clip is not None:
                    clip.give_up()
                await place.process.end()
                place.process = await self._replacement()
                await self._wake()

    async def _replacement(self) -> WorkerProcess:
        """A new process, as soon as one can be started."""
        while True:
            try:
                return await self._start()
            except (InputError, OSError, ChannelClosed):
                await asyncio.sleep(1.0)

    def _scan_is_due(self) -> bool:
        """Whether to read footage now, or to wait a moment for traces that are still enrolling and may
        want the same minutes."""
        if not self._wanted:
            return False
        now_s = asyncio.get_running_loop().time()
        settled = self._answers_running == 0 and now_s - self._asked_s >= SETTLE_S
        return settled or now_s - self._wanted[0].asked_s >= GATHER_S

    async def _answering(self, place: _Place, call: Call) -> None:
        self._answers_running += 1
        try:
            await self._answer(place, call)
        finally:
            self._answers_running -= 1
            self._asked_s = asyncio.get_running_loop().time()
            await self._wake()

    async def _answer(self, place: _Place, call: Call) -> None:
        try:
            descriptors = call.descriptors()
        except InputError as problem:
            fail(call.answer, problem)
            return
        call.begin()
        answer = await place.process.ask(call.message, descriptors, call.hear)
        if not isinstance(answer, call.expected):
            fail(call.answer, raised(answer))
        elif not call.answer.done():
            call.answer.set_result(answer)

    async def _scan(self, place: _Place, group: list[Wanted]) -> None:
        place.scanning = [*group]
        subjects = [(w, s) for w, s in await self._permitted(group) if not w.over]
        live = [wanted for wanted, _ in subjects]
        place.scanning = [*live]
        if not live:
            return
        for wanted in live:
            wanted.begun = True
        await Reading(self._footage, subjects).by(place.process)
        place.scanning = []

    async def _draw(self, place: _Place, clip: WantedClip) -> None:
        if not clip.over:
            place.scanning = [clip]
            await clip.by(place.process, self._signer, self._footage)
            place.scanning = []

    async def _permitted(self, group: list[Wanted]) -> list[tuple[Wanted, SubjectOfScan]]:
        """Those whose authorisation still stands, with a freshly signed grant each. They are asked for
        together, so that one write to the disk does for all."""
        asking = [wanted for wanted in group if not wanted.over]
        grants = await asyncio.gather(*(w.request.permit() for w in asking), return_exceptions=True)
        subjects: list[tuple[Wanted, SubjectOfScan]] = []
        for wanted, grant in zip(asking, grants, strict=True):
            if isinstance(grant, Exception):
                fail(wanted.answer, grant)
                continue
            if isinstance(grant, BaseException):
                raise grant
            wanted.grant_id = grant.grant_id
            subjects.append(
                (
                    wanted,
                    SubjectOfScan(
                        grant=self._signer.sign(grant),
                        template=wanted.request.template,
                        reference_mask=wanted.request.reference_mask,
                    ),
                )
            )
        return subjects

    async def _stop(self, place: _Place, revoked: list[Wanted | WantedClip], why: str) -> None:
        """Tell the worker; where it does not let go in time, end it. It need not say that it has heard
        where its scan is over; where nobody is left in it, the scan has to be over."""
        process = place.process
        grant_ids = tuple(wanted.grant_id for wanted in revoked)
        telling = asyncio.wait_for(process.cancel(grant_ids, why), STOP_WITHIN_S)
        await asyncio.gather(telling, asyncio.sleep(STOP_WITHIN_S), return_exceptions=True)
        heard = process.heard(grant_ids)
        at_it = place.process is process and not set(revoked).isdisjoint(place.scanning)
        if at_it and not (heard and any(not w.stopped for w in place.scanning)):
            process.kill()
        for wanted in revoked:
            wanted.give_stopped(why)

    def _again(self, call: Call | None, group: list[Wanted], *, by_itself: bool) -> None:
        """A worker died: its work goes to another one, once, except what was to stop anyway. Where it was
        ended for the sake of a revocation, that was nobody's fault who goes on."""
        if call is not None and not call.answer.done():
            call.tries += 1
            if call.tries < TRIES:
                self._calls.appendleft(call)
            else:
                call.answer.set_exception(
                    InputError("the worker ended while it read this", mend="see the log")
                )
        for wanted in group:
            if wanted.answer.done():
                continue
            if wanted.stopped:
                wanted.give_stopped(wanted.stopped)
                continue
            wanted.tries += by_itself
            wanted.begun = False
            if wanted.tries < TRIES:
                self._wanted.append(wanted)
            else:
                wanted.give_problem("the worker ended twice while it read this footage")
