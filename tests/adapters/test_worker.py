"""The real worker behind the pool: cameras that write a new file every few seconds."""

import os
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.assembly.workers import WORKER_COMMAND, worker_environment
from engine.domain.camera import CameraWindow, Segment
from engine.domain.grant import WindowGrant
from engine.domain.interval import Interval
from engine.domain.track import MaskState
from engine.ports import WindowRequest
from engine.schedule.pool import Pool
from engine.vault.grants import GrantSigner
from tests.guarantees.house import NOON, a_camera, template
from tests.guarantees.worker_line import SEED, a_grant, noise, preparation, segment_of, write_video

HALL = a_camera()
TEN_MINUTES = Interval(start=NOON, end=NOON + timedelta(minutes=10))


class Archive:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def segments(self, camera_id: str) -> Sequence[Segment]:
        return ()

    def open(self, segment: Segment) -> int:
        return os.open(self._folder / segment.file, os.O_RDONLY)


@pytest.mark.parametrize("count", [100, 300])
async def test_every_one_of_many_small_files_of_a_window_is_looked_at(
    shared: Path, tmp_path: Path, count: int
) -> None:
    files = [write_video(tmp_path / f"{n:03d}.mp4", [noise(n, 64, 48)] * 2, 2) for n in range(count)]
    clips = tuple(segment_of(HALL, file, NOON + timedelta(seconds=n), 1.0) for n, file in enumerate(files))

    async def permit() -> WindowGrant:
        return a_grant(HALL, TEN_MINUTES, template(1), [clip.sha256 for clip in clips])

    request = WindowRequest(
        trace_id="T-A",
        window=CameraWindow(
            window_id="hall/1", camera_id="hall", interval=TEN_MINUTES, weight=1.0, record_ids=()
        ),
        camera=HALL,
        segments=clips,
        template=template(1),
        reference_mask=MaskState.BARE,
        permit=permit,
        progress=lambda *_: None,
    )
    async with Pool(
        size=1,
        command=WORKER_COMMAND,
        prepare=preparation(shared / "models", None),
        signer=GrantSigner(SEED),
        footage=Archive(tmp_path),
        environment=worker_environment(),
    ) as pool:
        result = await pool.scan(request)
    assert result.problems == ()
    assert result.stopped == ""
    assert result.frames >= count
    assert result.frames % count == 0
