"""Worker processes: started, spoken to, replaced when they die. One worker does one thing at a time.

Traces that wait for the same minutes of a camera are served by one reading of the footage. Whose
turn it is goes by fairness: the trace with the fewest windows so far comes next.
"""

import asyncio
import contextlib
import socket
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

import msgspec

from engine.domain.camera import MAX_WINDOW_S, Segment
from engine.domain.errors import InputError, Refused
from engine.domain.track import Enrolment, WindowResult
from engine.ports import FootageSource, ParsedRecords, RecordMapping, WindowRequest
from engine.schedule.channel import ChannelClosed, EngineEnd, close_all
from engine.schedule.frames import (
    Cancel,
    Enrol,
    Enrolled,
    Failed,
    FromWorker,
    Inspect,
    Inspected,
    ParseRecords,
    Prepare,
    Ready,
    RecordsParsed,
    ReferenceStill,
    Scan,
    ScanDone,
    ScanProgress,
    SubjectOfScan,
    ToWorker,
)
from engine.vault.grants import GrantSigner

SUBJECTS_PER_SCAN = 10
TRIES = 2  # a window that killed two workers is given up and said so
STOP_WITHIN_S = 2.0  # a revoked grant has ended by then, or its worker has
JOB_LIMIT_S = 900.0


@dataclass(eq=False)
class _Call:
    """One question, one answer."""

    message: ToWorker
    answer: asyncio.Future[Any]
    descriptors: Callable[[], list[int]] = list
    tries: int = 0


@dataclass(eq=False)
class _Wanted:
    request: WindowRequest
    answer: asyncio.Future[WindowResult]
    tries: int = 0
    grant_id: str = ""


@dataclass(eq=False)
class _Worker:
    process: asyncio.subprocess.Process
    channel: EngineEnd
    scanning: list[_Wanted] = field(default_factory=list)
    revoked: set[str] = field(default_factory=set)


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
    ) -> None:
        self._size = size
        self._command = tuple(command)
        self._prepare = prepare
        self._signer = signer
        self._footage = footage
        self._environment = environment
        self._calls: deque[_Call] = deque()
        self._wanted: list[_Wanted] = []
        self._served: Counter[str] = Counter()
        self._workers: list[_Worker] = []
        self._something = asyncio.Condition()
        self._closing = False
        self._tasks: list[asyncio.Task[None]] = []
        self.face_search = "no worker has answered yet"
        self.jobs = 0

    async def __aenter__(self) -> Self:
        first = await self._start()
        others = [self._start() for _ in range(self._size - 1)]
        self._workers = [first, *await asyncio.gather(*others)]
        self._tasks = [
            asyncio.create_task(self._serve(number), name=f"worker {number}") for number in range(self._size)
        ]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closing = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for worker in self._workers:
            await _end(worker)

    # --- what the rest of the engine asks -------------------------------------------------------

    async def scan(self, request: WindowRequest) -> WindowResult:
        wanted = _Wanted(request, asyncio.get_running_loop().create_future())
        self._wanted.append(wanted)
        await self._wake()
        return await wanted.answer

    async def enrol(self, stills: Sequence[tuple[str, bytes]]) -> Enrolment:
        message = Enrol(stills=tuple(ReferenceStill(file=file, content=content) for file, content in stills))
        answer = await self._call(message)
        assert isinstance(answer, Enrolled)
        return answer.enrolment

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
        answer = await self._call(
            ParseRecords(
                case_id=case_id,
                file=file,
                content=content,
                mapping=mapping,
                subject_keys=subject_keys,
                received_at=received_at,
            )
        )
        assert isinstance(answer, RecordsParsed)
        return answer.parsed

    async def inspect(self, segment: Segment) -> Inspected:
        """Technical facts of a footage file, without looking at what it shows."""
        footage = self._footage
        if footage is None:
            raise InputError("this site has no footage", place="footage")
        answer = await self._call(Inspect(segment=segment), lambda: [footage.open(segment)])
        assert isinstance(answer, Inspected)
        return answer

    def revoke(self, trace_id: str, why: str) -> None:
        for wanted in [w for w in self._wanted if w.request.trace_id == trace_id]:
            self._wanted.remove(wanted)
            _give(wanted, WindowResult(window_id=wanted.request.window.window_id, stopped=why))
        for worker in self._workers:
            ids = tuple(w.grant_id for w in worker.scanning if w.request.trace_id == trace_id)
            if ids:
                worker.revoked.update(ids)
                self._tasks.append(asyncio.create_task(self._stop(worker, ids, why)))

    # --- inside ---------------------------------------------------------------------------------

    async def _call(self, message: ToWorker, descriptors: Callable[[], list[int]] = list) -> FromWorker:
        call = _Call(message, asyncio.get_running_loop().create_future(), descriptors)
        self._calls.append(call)
        await self._wake()
        answer: FromWorker = await call.answer
        return answer

    async def _wake(self) -> None:
        async with self._something:
            self._something.notify_all()

    async def _start(self) -> _Worker:
        ours, theirs = socket.socketpair()
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command,
                str(theirs.fileno()),
                pass_fds=(theirs.fileno(),),
                stdin=asyncio.subprocess.DEVNULL,
                env=self._environment,
            )
        finally:
            theirs.close()
        channel = EngineEnd(ours)
        worker = _Worker(process, channel)
        await channel.send(self._prepare)
        answer = await channel.receive()
        if isinstance(answer, Failed):
            await _end(worker)
            raise _raised(answer)
        assert isinstance(answer, Ready)
        self.face_search = answer.face_search
        return worker

    async def _serve(self, number: int) -> None:
        while not self._closing:
            async with self._something:
                await self._something.wait_for(lambda: bool(self._calls or self._wanted))
                call = self._calls.popleft() if self._calls else None
                group = [] if call else self._next_group()
            worker = self._workers[number]
            try:
                if call is not None:
                    await self._answer(worker, call)
                elif group:
                    await self._scan(worker, group)
            except (ChannelClosed, TimeoutError):
                self._again(call, group)
                await _end(worker)
                self._workers[number] = await self._start()
                await self._wake()

    def _next_group(self) -> list[_Wanted]:
        """The next window of the trace that got fewest so far, and everybody who waits for the same
        camera in the same ten minutes."""
        first = min(self._wanted, key=lambda w: self._served[w.request.trace_id])
        same = [w for w in self._wanted if _key(w) == _key(first) and w is not first]
        group = [first, *same][:SUBJECTS_PER_SCAN]
        for wanted in group:
            self._wanted.remove(wanted)
            self._served[wanted.request.trace_id] += 1
        return group

    async def _answer(self, worker: _Worker, call: _Call) -> None:
        try:
            descriptors = call.descriptors()
        except InputError as problem:
            call.answer.set_exception(problem)
            return
        try:
            await worker.channel.send(call.message, descriptors)
        finally:
            close_all(descriptors)
        answer = await asyncio.wait_for(worker.channel.receive(), JOB_LIMIT_S)
        if call.answer.done():
            return
        if isinstance(answer, Failed):
            call.answer.set_exception(_raised(answer))
        else:
            call.answer.set_result(answer)

    async def _scan(self, worker: _Worker, group: list[_Wanted]) -> None:
        subjects = await self._permitted(group)
        if not subjects:
            return
        live = [wanted for wanted, _ in subjects]
        segments = {s.file: s for wanted in live for s in wanted.request.segments}
        opened, missing = self._open(list(segments.values()))
        job = live[0].request.window.window_id
        worker.scanning = live
        worker.revoked = set()
        self.jobs += 1
        message = Scan(
            job=job,
            camera=live[0].request.camera,
            segments=tuple(segment for segment, _ in opened),
            subjects=tuple(subject for _, subject in subjects),
        )
        descriptors = [descriptor for _, descriptor in opened]
        try:
            try:
                await worker.channel.send(message, descriptors)
            finally:
                close_all(descriptors)
            answer = await asyncio.wait_for(self._until_done(worker, live), JOB_LIMIT_S)
        finally:
            worker.scanning = []
        self._hand_out(live, answer, missing)

    async def _permitted(self, group: list[_Wanted]) -> list[tuple[_Wanted, SubjectOfScan]]:
        """Those whose authorisation still stands, with a freshly signed grant each."""
        subjects: list[tuple[_Wanted, SubjectOfScan]] = []
        for wanted in group:
            if wanted.answer.done():
                continue
            try:
                grant = await wanted.request.permit()
            except Exception as refused:
                if not wanted.answer.done():
                    wanted.answer.set_exception(refused)
                continue
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

    def _open(self, segments: Sequence[Segment]) -> tuple[list[tuple[Segment, int]], tuple[str, ...]]:
        opened: list[tuple[Segment, int]] = []
        missing: list[str] = []
        for segment in segments:
            try:
                if self._footage is None:
                    raise InputError("this site has no footage", place="footage")
                opened.append((segment, self._footage.open(segment)))
            except InputError as problem:
                missing.append(str(problem))
        return opened, tuple(missing)

    async def _until_done(self, worker: _Worker, group: list[_Wanted]) -> FromWorker:
        while True:
            answer = await worker.channel.receive()
            if not isinstance(answer, ScanProgress):
                return answer
            for wanted in group:
                wanted.request.progress(answer.fraction, answer.frames, answer.faces)

    def _hand_out(self, group: list[_Wanted], answer: FromWorker, missing: tuple[str, ...]) -> None:
        if isinstance(answer, Failed):
            for wanted in group:
                if not wanted.answer.done():
                    wanted.answer.set_exception(_raised(answer))
            return
        assert isinstance(answer, ScanDone)
        results = {r.grant_id: r.result for r in answer.results}
        for wanted in group:
            result = results[wanted.grant_id]
            if missing:
                result = _with_problems(result, missing)
            _give(wanted, result)

    async def _stop(self, worker: _Worker, grant_ids: tuple[str, ...], why: str) -> None:
        """Tell the worker; where it does not let go in time, end it."""
        with contextlib.suppress(ChannelClosed):
            await worker.channel.send(Cancel(grant_ids=grant_ids, why=why))
        await asyncio.sleep(STOP_WITHIN_S * 0.75)
        still = {w.grant_id for w in worker.scanning}
        if still and still <= worker.revoked:
            with contextlib.suppress(ProcessLookupError):
                worker.process.kill()

    def _again(self, call: _Call | None, group: list[_Wanted]) -> None:
        """A worker died: its work goes to another one, once."""
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
            wanted.tries += 1
            if wanted.tries < TRIES:
                self._wanted.append(wanted)
            else:
                window = wanted.request.window
                line = f"camera {window.camera_id}: the worker ended twice while it read this footage"
                _give(wanted, WindowResult(window_id=window.window_id, problems=(line,)))


def _key(wanted: _Wanted) -> tuple[str, int]:
    window = wanted.request.window
    return window.camera_id, int(window.interval.start.timestamp() // MAX_WINDOW_S)


def _give(wanted: _Wanted, result: WindowResult) -> None:
    if not wanted.answer.done():
        wanted.answer.set_result(result)


def _with_problems(result: WindowResult, problems: tuple[str, ...]) -> WindowResult:
    return msgspec.structs.replace(result, problems=(*result.problems, *problems))


def _raised(failed: Failed) -> Exception:
    if failed.kind == "input":
        return InputError(failed.problem, file=failed.file, place=failed.place, mend=failed.mend)
    if failed.kind == "refused":
        return Refused(failed.problem, rule=failed.rule, mend=failed.mend)
    return RuntimeError(failed.problem)


async def _end(worker: _Worker) -> None:
    worker.channel.close()
    with contextlib.suppress(ProcessLookupError):
        worker.process.kill()
    await worker.process.wait()
