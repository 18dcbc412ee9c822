"""Frames of a clip: small, and with one face in them or none; everything else is mosaicked (G9)."""

import math
from collections.abc import Sequence
from datetime import datetime

import cv2
import numpy as np

from adapters.footage.redact import (
    MosaicRedactor,
    block_px,
    check,
    mosaic,
    redacted,
    still,
)
from engine.domain.track import Still
from engine.ports import Frame, Image

WIDTH_PX = 320
FRAME_ROWS = 6
"""At most so many rows of blocks are left of a whole frame, half as many as in a single picture: somebody who
moves is cut up differently in every frame, and laying the frames over each other brings some of it back. With
12, EdgeFace ranked undetected faces of 200 px in 480 better than chance from 40 frames laid over each other
(mean rank 16.9 of 50, 50 tries); with 8 just not, up to 260 px from 60 frames (20.5), with 6 not (24.3)."""

SAME_LEVELS = 8.0  # grey levels that two pictures of one frame differ by on average, at most
INSIDE = 0.15  # of a face still on each side: what is left is the face alone

Box = Sequence[float]


class ClipRedactor:
    """The ``ClipDrawer`` of a worker. Boxes are x, y, width, height in pixels of the frame."""

    def clip_frame(
        self, frame: Frame, at: datetime, keep: Box | None, others: Sequence[Box], tallest_px: float
    ) -> Still:
        """The whole frame, at most 320 px wide; ``tallest_px``: how high the
        kept face is at most in this clip. Raises ValueError where ``keep`` is no box inside the frame."""
        height_px, width_px = frame.image.shape[:2]
        block = max(math.ceil(height_px / FRAME_ROWS), block_px(tallest_px))
        if keep is None:
            image, face_px = mosaic(frame.image, block), 0.0
        else:
            check(keep, frame.image)
            image, face_px = redacted(frame.image, keep, others, block), keep[3]
        return still("clip", at, image, min(1.0, WIDTH_PX / width_px), face_px)

    def shows(self, frame: Frame, keep: Box, seen: Still) -> bool:
        """Whether a face still of this frame is what ``seen`` is. Raises ValueError where ``keep`` is no box
        inside the frame."""
        now = MosaicRedactor().face_still(frame, seen.at, keep, [])
        ours, theirs = _decoded(now.jpeg), _decoded(seen.jpeg)
        if ours is None or theirs is None or ours.shape != theirs.shape:
            return False
        rows, columns = (slice(int(side * INSIDE), int(side * (1 - INSIDE))) for side in ours.shape[:2])
        apart = np.abs(ours[rows, columns].astype(np.float32) - theirs[rows, columns].astype(np.float32))
        return bool(apart.size) and float(apart.mean()) <= SAME_LEVELS


def _decoded(jpeg: bytes) -> Image | None:
    found = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR) if jpeg else None
    return None if found is None else np.asarray(found, np.uint8)
