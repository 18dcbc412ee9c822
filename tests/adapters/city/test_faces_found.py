"""Whether the detector finds the faces that the city's cameras would show, through the real encoder."""

from pathlib import Path

import av
import numpy as np
import pytest

from adapters.city.archive import figures
from adapters.city.film import GROUP, Encoder, write
from adapters.city.heads import Heads
from adapters.city.passes import Motion
from adapters.city.scene import Scene, Seen
from adapters.city.simulation import Simulation
from adapters.face.registry import find
from adapters.face.yunet import YuNet

SMALLEST_PX = 24.0
LEAST_FOUND = 0.90
CAMERAS, PASSES = 4, 10
FACING = (Motion.COMES, Motion.PAYS, Motion.TOWARDS)


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    """Intersection over union of two boxes (x0, y0, x1, y1)."""
    sides = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
    shared = float(np.prod(np.clip(sides, 0, None)))
    return shared / float(np.prod(a[2:] - a[:2]) + np.prod(b[2:] - b[:2]) - shared)


def a_group(city: Simulation, scene: Scene, rows: list[int]) -> tuple[list[np.ndarray], list[list[Seen]]]:
    """One frame from the middle of each of these passes, with the whole faces in it."""
    frames, faces = [], []
    for number, row in enumerate(rows):
        at_s = (city.passes.start_s[row] + city.passes.end_s[row]) / 2
        shown = [who for _, who in figures(city, [row], float(at_s))]
        frame, seen = scene.frame(number, shown)
        frames.append(frame)
        faces.append([one for one in seen if one is not None and one.whole])
    return frames, faces


@pytest.fixture(params=["demo_detector", "yunet_n_dynamic"])
def detector(request: pytest.FixtureRequest) -> YuNet:
    """The one that comes along, and the usual one where it lies beside the checkout."""
    if request.param.startswith("demo"):
        return YuNet(find(request.param, Path("no models here")))
    return YuNet(find(request.param, request.getfixturevalue("shared") / "models"))


def test_nine_of_ten_faces_over_24_px_are_found(
    town: Simulation, heads: Heads, detector: YuNet, tmp_path: Path
) -> None:
    facing = np.isin(town.passes.motion, FACING)
    busy = np.argsort(-np.bincount(town.passes.camera[facing], minlength=len(town.cameras)))[:CAMERAS]
    found = wanted = masked = 0
    for camera in busy.tolist():
        mine = np.flatnonzero(facing & (town.passes.camera == camera))
        rows = mine[np.linspace(0, len(mine) - 1, PASSES).astype(int)].tolist()
        frames, faces = a_group(town, Scene(town.plan.seed, town.cameras, camera, heads), rows)
        path = tmp_path / f"{camera}.mp4"
        assert len(frames) == GROUP
        write(path, [Encoder().group(frames)])
        with av.open(str(path)) as container:
            pictures = [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]
        for row, picture, there in zip(rows, pictures, faces, strict=True):
            boxes = [np.r_[box[:2], box[:2] + box[2:]] for box in detector.detect(picture).boxes]
            for seen in there:
                if seen.face[2] - seen.face[0] <= SMALLEST_PX:
                    continue
                wanted += 1
                masked += int(town.passes.mask[row] > 0)
                found += any(overlap(seen.face, box) > 0.35 for box in boxes)
    assert wanted >= 30
    assert masked >= 10, "masks are among them"
    assert found / wanted >= LEAST_FOUND, f"{found} of {wanted}, {masked} of them masked"
