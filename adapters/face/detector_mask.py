"""Whether a face wears a mask, by a detector of the family of YuNet that answers for that, too."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from adapters.face.mask import MIN_OVERLAP, around, overlap
from adapters.face.session import Session, pixels_to_blob
from adapters.face.yunet import STRIDES, boxes_of
from engine.domain.errors import InputError
from engine.domain.model import ModelDescriptor
from engine.domain.track import MaskState
from engine.ports import Image

SIDE_PX = 96  # of the picture that is looked at; a face is a third of it
AROUND = 3.0  # side of the looked-at square in longer sides of the face box
MIN_SCORE = 0.4
PARTS = ("cls", "obj", "bbox", "mask")
OUTPUTS = tuple(f"{part}_{stride}" for part in PARTS for stride in STRIDES)


class DetectorMask:
    """Looks at a square around one face. Not thread safe."""

    def __init__(self, descriptor: ModelDescriptor) -> None:
        """Raises InputError for a model of the wrong shape."""
        self.session = Session(descriptor)
        self.session.need(OUTPUTS)
        self.descriptor = descriptor
        scores, boxes, masked = self._answers(np.zeros((SIDE_PX, SIDE_PX, 3), np.uint8))
        cells = sum((SIDE_PX // stride) ** 2 for stride in STRIDES)
        if scores.shape != (cells,) or boxes.shape != (cells, 4) or masked.shape != (cells,):
            raise InputError(
                "is a model of the wrong shape: expected a score, a box and a mask a cell",
                file=descriptor.file,
                mend="use a detector that answers for masks",
            )

    def state(self, image: Image, box: Sequence[float]) -> MaskState:
        """Mask state of the face in ``box`` (x, y, width, height in pixels); unknown where no face
        is found there."""
        canvas, face = around(image, box, (SIDE_PX, SIDE_PX), AROUND)
        scores, boxes, masked = self._answers(canvas)
        weight = scores * (overlap(boxes, face) >= MIN_OVERLAP)
        best = int(weight.argmax())
        if weight[best] < MIN_SCORE:
            return MaskState.UNKNOWN
        return MaskState.MASKED if masked[best] > 0.5 else MaskState.BARE

    def _answers(
        self, canvas: Image
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Score and probability of a mask (cells,) and corners (cells, 4) as fractions of the picture."""
        answers = self.session.run(pixels_to_blob(canvas[None], self.descriptor), OUTPUTS)
        found = dict(zip(OUTPUTS, answers, strict=True))
        scores, boxes, masked = [], [], []
        for stride in STRIDES:
            cls, obj, bbox, mask = (found[f"{part}_{stride}"][0] for part in PARTS)
            scores.append(np.sqrt(cls[:, 0] * obj[:, 0]))
            cells = np.arange(len(bbox))
            left_top, size = np.split(boxes_of(bbox, cells, SIDE_PX // stride, stride), 2, axis=1)
            boxes.append(np.concatenate([left_top, left_top + size], axis=1) / SIDE_PX)
            masked.append(mask[:, 0])
        return np.concatenate(scores), np.concatenate(boxes).astype(np.float32), np.concatenate(masked)
