"""G11: what a scan cannot assess is no candidate and no "no"; what it did not find was not absent."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import msgspec
import numpy as np
import pytest

from engine.api.schema import Hello
from engine.domain.interval import Interval
from engine.domain.trace import TraceState
from engine.domain.track import Enrolment, MaskState, WindowResult
from engine.ports import Image
from engine.schedule.frames import Enrolled
from tests.guarantees.house import ME, NOON, House, a_camera, a_house, a_track
from tests.guarantees.worker_line import (
    WorkerLine,
    a_grant,
    a_subject,
    pictures,
    preparation,
    segment_of,
    write_video,
)
from tui.commands.summary import print_summary
from tui.commands.trace_result import result

HALL = a_camera()
CLIP = "asl_again.mkv"  # shows A close up for two and a half seconds


@pytest.fixture(scope="module")
def patient(worker: WorkerLine, shared: Path) -> Enrolment:
    answer = worker.enrols(*((shared / "faces" / "enrol" / f"A_{n}.png").read_bytes() for n in (0, 1)))
    assert isinstance(answer, Enrolled)
    return answer.enrolment


def found(worker: WorkerLine, patient: Enrolment, path: Path) -> WindowResult:
    segment = segment_of(HALL, path, NOON, 2.0)
    minutes = Interval(start=segment.start_device, end=segment.end_device)
    grant = a_grant(HALL, minutes, patient.template, [segment.sha256])
    (one,) = worker.results(HALL, [(segment, path)], [a_subject(grant, patient.template)])
    assert one.problems == ()
    return one


def seen_as(shared: Path, to: Path, change: Callable[[Image], Image]) -> Path:
    """The clip as another camera would have seen it."""
    images = [change(image) for image in pictures(shared / "footage" / CLIP, 3)]
    return write_video(to / "clip.mp4", images, 10)


def plain(image: Image) -> Image:
    return image


def far_away(px: float) -> Callable[[Image], Image]:
    """So far that ``px`` pixels are left between the eyes (86 close up), with the wall around."""

    def change(image: Image) -> Image:
        small = cv2.resize(image, None, fx=px / 86, fy=px / 86, interpolation=cv2.INTER_AREA)
        wall = np.full_like(image, 127)
        wall[100 : 100 + small.shape[0], 100 : 100 + small.shape[1]] = small
        return wall

    return change


def defocused(image: Image) -> Image:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), 5), np.uint8)


def infrared(image: Image) -> Image:
    return cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)


def test_g11_a_good_clip_of_the_patient_gives_a_candidate(
    worker: WorkerLine, patient: Enrolment, shared: Path, tmp_path: Path
) -> None:
    """Otherwise the refusals below would prove nothing."""
    assert found(worker, patient, seen_as(shared, tmp_path, plain)).tracks


@pytest.mark.parametrize(
    "change",
    [far_away(12.0), far_away(17.0), defocused, infrared],
    ids=["12 px between the eyes", "17 px between the eyes", "defocused", "infrared"],
)
def test_g11_a_poor_clip_of_the_patient_cannot_be_assessed(
    worker: WorkerLine, patient: Enrolment, shared: Path, tmp_path: Path, change: Callable[[Image], Image]
) -> None:
    """It is the patient; the answer is neither yes nor no, but that it cannot be told."""
    one = found(worker, patient, seen_as(shared, tmp_path, change))
    assert one.frames > 0
    assert one.tracks == ()
    assert one.cannot_assess > 0


def test_g11_small_faces_are_counted_as_seen_but_not_assessed(
    worker: WorkerLine, patient: Enrolment, shared: Path, tmp_path: Path
) -> None:
    one = found(worker, patient, seen_as(shared, tmp_path, far_away(17.0)))
    assert one.faces > 0
    assert one.cannot_assess == one.faces


@pytest.fixture(scope="module")
def uncalibrated(shared: Path) -> Iterator[WorkerLine]:
    with WorkerLine(preparation(shared / "models", None, calibrations=())) as line:
        yield line


def test_g11_a_model_without_calibration_offers_no_search(uncalibrated: WorkerLine) -> None:
    assert "calibration" in uncalibrated.ready.face_search


def test_g11_a_model_without_calibration_finds_nobody_and_denies_nobody(
    uncalibrated: WorkerLine, patient: Enrolment, shared: Path, tmp_path: Path
) -> None:
    """Asked all the same, below the engine."""
    one = found(uncalibrated, patient, seen_as(shared, tmp_path, plain))
    assert one.faces > 0
    assert one.tracks == ()
    assert one.cannot_assess == one.faces


ABSENT = re.compile(
    r"was not there|not present|absent|no match|never there|ruled out|excluded|does not appear", re.IGNORECASE
)


async def nothing_found(house: House) -> tuple[str, list[str]]:
    """A trace whose cameras saw faces and found nobody: its trace id, everything that is said of it."""
    await house.case()
    trace = await house.traced()
    assert trace.trace.state is TraceState.COMPLETE
    assert trace.candidates == ()
    rows = [msgspec.json.encode(trace).decode()]
    stored = await house.store.run(lambda tx: tx.rows("SELECT line FROM audit"))
    return trace.trace.trace_id, [*rows, *(row["line"] for row in stored)]


async def test_g11_a_trace_that_found_nobody_never_says_that_nobody_was_there(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        _, said = await nothing_found(house)
        assert not [line for line in said if ABSENT.search(line)]


async def test_g11_what_no_record_covers_is_a_gap_also_where_a_camera_looked(tmp_path: Path) -> None:
    """The cameras of the hall ran and found nobody; the timeline says "not covered", nothing else."""
    async with a_house(tmp_path) as house:
        trace_id, _ = await nothing_found(house)
        found = await house.tracing.detail(ME, trace_id)
        assert found.gaps
        assert {gap.reason for gap in found.gaps} == {"not covered"}
        assert all(v.basis == "record" for v in found.visits)


async def test_g11_the_summary_of_nothing_found_denies_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with a_house(tmp_path) as house:
        trace_id, _ = await nothing_found(house)
        details = [await house.tracing.detail(ME, trace_id)]
    hello = Hello(version="0", api_min=1, api_max=1, profile="rehearsal", person=ME.name, site="test")
    print_summary(hello, details, result(hello, details))
    said = capsys.readouterr().out
    assert "case A: complete" in said
    assert not ABSENT.search(said)


async def test_g11_a_track_keeps_the_mask_state_it_was_scored_under(tmp_path: Path) -> None:
    """An unknown mask is said to be unknown, not taken for a bare face."""
    async with a_house(tmp_path) as house:
        await house.case()
        house.pool.tracks = lambda _: (msgspec.structs.replace(a_track(), mask=MaskState.UNKNOWN),)
        found = await house.traced()
        for candidate in found.candidates:
            assert candidate.mask is MaskState.UNKNOWN
            assert any("mask not available" in line for line in candidate.evidence)
