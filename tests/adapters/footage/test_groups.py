"""Groups of pictures, and how much moves in them, told without decoding."""

import contextlib
import os
from pathlib import Path

import av
import numpy as np
import pytest

from adapters.footage.reader import AvReader
from engine.trace.stillness import quiet_groups

RATE, GOP, GROUPS = 5, 10, 12
MOVING = (4, 5, 6)


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A textured scene with a little noise, through which a block walks in three of twelve groups."""
    path = tmp_path_factory.mktemp("walk") / "walk.mp4"
    chance = np.random.default_rng(1)
    scene = chance.integers(60, 180, (12, 20, 3)).repeat(20, axis=0).repeat(16, axis=1)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        stream.options = {"x264-params": f"keyint={GOP}:min-keyint={GOP}:scenecut=0:threads=1", "crf": "28"}
        for number in range(GROUPS * GOP):
            image = scene + chance.normal(0, 4.0, scene.shape)
            if number // GOP in MOVING:
                x = 4 * (number - GOP * MOVING[0])
                image[60:180, x : x + 60] = chance.integers(0, 255, (60, 30, 1)).repeat(2, 0).repeat(2, 1)
            frame = av.VideoFrame.from_ndarray(np.clip(image, 0, 255).astype(np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def test_every_group_is_told_with_the_time_of_its_key_frame(walk: Path) -> None:
    with contextlib.closing(AvReader(os.open(walk, os.O_RDONLY), walk.name)) as reader:
        told = [group.offset_s for group in reader.groups()]
        assert told == pytest.approx([2.0 * n for n in range(GROUPS)])
        assert told == pytest.approx([f.offset_s for f in reader.key_frames(0.0, reader.duration_s)])


def test_groups_in_which_somebody_walks_are_not_quiet(walk: Path) -> None:
    with contextlib.closing(AvReader(os.open(walk, os.O_RDONLY), walk.name)) as reader:
        quiet = quiet_groups(reader.groups())
    assert [n for n in range(GROUPS) if not quiet[n]] == list(MOVING)


def test_frames_are_read_as_before_after_the_groups_were_told(walk: Path) -> None:
    with contextlib.closing(AvReader(os.open(walk, os.O_RDONLY), walk.name)) as reader:
        before = [f.offset_s for f in reader.frames(3.0, 5.0, 0.5)]
        reader.groups()
        assert [f.offset_s for f in reader.frames(3.0, 5.0, 0.5)] == before
        assert len(before) == 4


@pytest.mark.parametrize("step_s", [0.25, 0.3, 0.6])
def test_which_frames_are_read_does_not_hang_on_where_reading_begins(walk: Path, step_s: float) -> None:
    with contextlib.closing(AvReader(os.open(walk, os.O_RDONLY), walk.name)) as reader:
        every = [f.offset_s for f in reader.frames(0.0, 10.0, step_s)]
        assert len(every) == pytest.approx(10.0 / step_s, abs=1)
        for from_s in (0.1, 1.9, 2.0, 2.15, 3.05, 3.95, 4.05, 4.25):  # key frames are two seconds apart
            read = [f.offset_s for f in reader.frames(from_s, 10.0, step_s)]
            # one more may come that begins up to half a frame before
            assert [at for at in read if at >= from_s] == [at for at in every if at >= from_s]
