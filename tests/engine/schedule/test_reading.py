"""A reading in parts: what is handed out where somebody drops out between two of them."""

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
from engine.schedule.frames import Failed, FromWorker, GrantResult, Scan, ScanDone, SubjectOfScan, ToWorker
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
    """Ten frames for each subject; ``T`` was ``stopped``; nothing for the one that is left out."""
    names = [s.grant.grant.decode() for s in message.subjects]
    return ScanDone(
        job="",
        results=tuple(
            GrantResult(
                grant_id=name,
                result=WindowResult(window_id=name, frames=10, stopped=stopped if name == "T" else ""),
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


async def test_what_the_parts_gave_is_added_up() -> None:
    asked, (result,) = await read(lambda _, message: done(message), asking("T"))
    assert asked == [(1, MAX_DESCRIPTORS), (1, MAX_DESCRIPTORS), (1, 10)]
    assert (result.frames, result.stopped) == (30, "")


async def test_who_is_revoked_between_two_parts_is_left_out_and_told_so() -> None:
    mine, other = asking("T"), asking("U", FILES[:MAX_DESCRIPTORS])

    def answer(number: int, message: Scan) -> FromWorker:
        mine[0].stopped = "revoked"
        return done(message)

    asked, (first, second) = await read(answer, mine, other)
    assert asked == [(2, MAX_DESCRIPTORS)]  # nobody else wants the files of the later parts
    assert (first.stopped, first.frames) == ("revoked", 0)
    assert (second.stopped, second.frames) == ("", 10)


async def test_whose_grant_ends_in_a_part_goes_no_further_and_hears_why() -> None:
    asked, (first, second) = await read(
        lambda _, message: done(message, stopped="expired"), asking("T"), asking("U")
    )
    assert [subjects for subjects, _ in asked] == [2, 1, 1]
    assert (first.stopped, second.stopped) == ("expired", "")


async def test_whose_grant_is_not_accepted_in_a_later_part_has_nothing_at_all() -> None:
    asked, (first, second) = await read(
        lambda number, message: done(message, without="T" if number == 2 else ""), asking("T"), asking("U")
    )
    assert [subjects for subjects, _ in asked] == [2, 2, 1]
    assert (first.stopped, first.frames) == ("the worker did not accept the grant", 0)
    assert second.frames == 30


async def test_a_fault_in_a_later_part_costs_the_window() -> None:
    fault = Failed(kind="internal", problem="ZeroDivisionError in scan.py:1")
    _, (result,) = await read(lambda number, message: done(message) if number == 1 else fault, asking("T"))
    assert result.frames == 0
    assert "ZeroDivisionError" in result.problems[0]
