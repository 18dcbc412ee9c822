"""Footage of the subject and of somebody beside them, and what is asked of a worker about it."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import cv2
import msgspec
import numpy as np

from adapters.face.model import OnnxFaceModel
from adapters.footage.reader import AvReader
from adapters.footage.redact import MosaicRedactor
from engine.domain.camera import Camera, Segment
from engine.domain.clip import Sighting
from engine.domain.grant import WindowGrant
from engine.domain.interval import Interval
from engine.domain.track import FacePoint, Still
from engine.ports import Image
from engine.schedule.frames import DrawClip, FromWorker
from engine.trace.replay import encoded
from engine.vault.grants import GrantSigner
from tests.guarantees.house import NOON
from tests.guarantees.worker_line import SEED, WorkerLine, a_grant, segment_of, write_video

RATE, SECONDS = 10, 8.0
FROM_S, TO_S = 2.0, 5.0  # the subject is in view; the other one always is
OTHER_AT = (420, 180)
GREY = 110


@dataclass(frozen=True, slots=True)
class Stage:
    """``sighting`` is of the subject, as a scan would have seen them."""

    path: Path
    segment: Segment
    sighting: Sighting
    interval: Interval


def scene(subject: Image | None, other: Image) -> Image:
    """A frame of 640x480 with one or two people."""
    frame = np.full((480, 640, 3), GREY, np.uint8) if subject is None else subject.copy()
    x, y = OTHER_AT
    part = other[: 480 - y, : 640 - x]
    frame[y : y + part.shape[0], x : x + part.shape[1]] = part
    return frame


def a_stage(folder: Path, camera: Camera, shared: Path, model: OnnxFaceModel, other: Image) -> Stage:
    subject = cv2.imread(str(shared / "faces" / "enrol" / "A_0.png"))
    moments = [n / RATE for n in range(int(SECONDS * RATE))]
    frames = [scene(subject if FROM_S <= at <= TO_S else None, other) for at in moments]
    path = write_video(folder / "stage.mp4", frames, RATE)
    (box,) = model.detect(subject).boxes.tolist()
    points, seen = [], None
    reader = AvReader(os.open(path, os.O_RDONLY), "stage")
    for frame in reader.frames(FROM_S, TO_S, 0.3):
        at = NOON + timedelta(seconds=frame.offset_s)
        points.append(FacePoint(at=at, box=(box[0], box[1], box[2], box[3]), inter_eye_px=30.0))
        seen = seen or MosaicRedactor().face_still(frame, at, box, [])
    reader.close()
    assert isinstance(seen, Still)
    return Stage(
        path,
        segment_of(camera, path, NOON, SECONDS),
        Sighting(path=tuple(points), beside=(), seen=seen),
        Interval(start=NOON, end=NOON + timedelta(seconds=SECONDS)),
    )


def clip_grant(camera: Camera, stage: Stage, **given: object) -> WindowGrant:
    """A grant for the clip, as the engine would give it now."""
    grant = a_grant(camera, stage.interval, encoded(stage.sighting), [stage.segment.sha256], clip=True)
    return msgspec.structs.replace(grant, **given)


def asking(
    camera: Camera, stage: Stage, grant: WindowGrant | None = None, *, signer: GrantSigner | None = None
) -> DrawClip:
    signed = (signer or GrantSigner(SEED)).sign(grant or clip_grant(camera, stage))
    return DrawClip(camera=camera, segments=(stage.segment,), grant=signed, sighting=encoded(stage.sighting))


def said(worker: WorkerLine, message: DrawClip, paths: Sequence[Path]) -> FromWorker:
    """What a worker answers."""
    begin(worker, message, paths)
    return worker.hear_any()


def begin(worker: WorkerLine, message: DrawClip, paths: Sequence[Path]) -> None:
    opened = [os.open(path, os.O_RDONLY) for path in paths]
    try:
        worker.say(message, opened)
    finally:
        for descriptor in opened:
            os.close(descriptor)
