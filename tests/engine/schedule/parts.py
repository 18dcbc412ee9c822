"""A reading of more files than are handed over at once, by a worker that answers as told."""

import asyncio
import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from engine.domain.camera import Camera, CameraWindow, Segment
from engine.domain.grant import SignedGrant
from engine.domain.interval import Interval
from engine.domain.track import MaskState, WindowResult
from engine.ports import WindowRequest
from engine.schedule.channel import MAX_DESCRIPTORS, close_all
from engine.schedule.frames import FromWorker, GrantResult, Scan, ScanDone, SubjectOfScan, ToWorker
from engine.schedule.process import OnTheWay, WorkerProcess
from engine.schedule.reading import Reading
from engine.schedule.waiting import Wanted

NOON = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
FILES = tuple(
    Segment(
        camera_id="hall", file=f"{n}", start_device=NOON, end_device=NOON + timedelta(seconds=1), sha256=""
    )
    for n in range(2 * MAX_DESCRIPTORS + 10)
)


class Archive:
    def segments(self, camera_id: str) -> Sequence[Segment]:
        return FILES

    def open(self, segment: Segment) -> int:
        return os.open(os.devnull, os.O_RDONLY)


class Told(WorkerProcess):
    """A worker that answers as told, and remembers how many subjects and files it was asked for."""

    def __init__(self, answer: Callable[[int, Scan], FromWorker]) -> None:
        self.asked: list[tuple[int, int]] = []
        self._answer = answer

    async def ask(
        self,
        message: ToWorker,
        descriptors: Sequence[int] = (),
        heard: Callable[[OnTheWay], None] | None = None,
    ) -> FromWorker:
        close_all(descriptors)
        assert isinstance(message, Scan)
        assert len(message.segments) == len(descriptors) <= MAX_DESCRIPTORS
        self.asked.append((len(message.subjects), len(descriptors)))
        return self._answer(len(self.asked), message)


def asking(trace_id: str, files: Sequence[Segment] = FILES) -> tuple[Wanted, SubjectOfScan]:
    async def nobody() -> None:
        raise AssertionError

    window = CameraWindow(
        window_id=trace_id,
        camera_id="hall",
        interval=Interval(start=NOON, end=NOON + timedelta(minutes=10)),
        weight=1.0,
        record_ids=(),
    )
    request = WindowRequest(
        trace_id=trace_id,
        window=window,
        camera=Camera(camera_id="hall", name="", lat=37.0, lon=127.0),
        segments=tuple(files),
        template=b"",
        reference_mask=MaskState.BARE,
        permit=nobody,  # type: ignore[arg-type]
        progress=lambda *_: None,
    )
    wanted = Wanted(request, asyncio.get_running_loop().create_future(), grant_id=trace_id, begun=True)
    signed = SignedGrant(grant=trace_id.encode(), signature=b"")
    return wanted, SubjectOfScan(grant=signed, template=b"", reference_mask=MaskState.BARE)


def done(message: Scan, stopped: str = "", without: str = "") -> ScanDone:
    """Ten frames for each subject, and its own name; ``T`` was ``stopped``; nothing for who is left out."""
    names = [s.grant.grant.decode() for s in message.subjects]
    return ScanDone(
        job="",
        results=tuple(
            GrantResult(
                grant_id=name,
                result=WindowResult(
                    window_id=name, frames=10, sampling=name, stopped=stopped if name == "T" else ""
                ),
            )
            for name in names
            if name != without
        ),
    )


async def read(
    answer: Callable[[int, Scan], FromWorker], *subjects: tuple[Wanted, SubjectOfScan]
) -> tuple[list[tuple[int, int]], list[WindowResult]]:
    worker = Told(answer)
    await Reading(Archive(), subjects).by(worker)
    return worker.asked, [wanted.answer.result() for wanted, _ in subjects]
