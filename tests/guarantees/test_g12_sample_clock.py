"""G12: a camera whose clock runs fast tells true times, frame by frame, in a real scan."""

from datetime import timedelta
from pathlib import Path

import pytest

from engine.domain.interval import Interval
from engine.schedule.frames import Enrolled
from tests.guarantees.house import NOON, a_camera
from tests.guarantees.worker_line import WorkerLine, a_grant, a_subject, pictures, segment_of, write_video


@pytest.mark.parametrize("offset_s", [90.0, -420.0], ids=lambda s: f"{s:+.0f} s")
def test_g12_a_sighting_by_a_wrong_clock_is_told_in_true_time(
    worker: WorkerLine, shared: Path, tmp_path: Path, offset_s: float
) -> None:
    """The same second of the same clip, whatever the device showed; and its sigma goes with it."""
    camera = a_camera(offset_s=offset_s, sigma_s=2.0)
    clip = write_video(tmp_path / "clip.mp4", list(pictures(shared / "footage" / "asl_again.mkv", 3)), 10)
    device = NOON + timedelta(seconds=offset_s)
    segment = segment_of(camera, clip, device, 2.5)
    answer = worker.enrols((shared / "faces" / "enrol" / "A_0.png").read_bytes())
    assert isinstance(answer, Enrolled)
    template = answer.enrolment.template
    true_minutes = Interval(start=NOON, end=NOON + timedelta(minutes=1))
    grant = a_grant(camera, true_minutes, template, [segment.sha256])
    (result,) = worker.results(camera, [(segment, clip)], [a_subject(grant, template)])
    best = max(result.tracks, key=lambda t: t.llr)
    assert best.interval.start >= NOON
    assert best.interval.end <= NOON + timedelta(seconds=2.5)
    assert best.interval.duration_s > 1.0
    assert best.interval.sigma_s == 2.0
    assert all(best.interval.start <= point.at <= best.interval.end for point in best.points)
