"""Whether a face wears a mask: RFB-640, a detector that tells bare faces from masked ones."""

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from adapters.face.session import Session, pixels_to_blob
from engine.domain.errors import InputError
from engine.domain.model import ModelDescriptor
from engine.domain.track import MaskState
from engine.ports import Image

AROUND = 6.0  # side of the looked-at square in longer sides of the face box; 2.5 and 4 miss bare faces
MIN_SCORE = 0.5
MIN_OVERLAP = 0.3
OUTPUTS = ("scores", "boxes")


class MaskClassifier:
    """Looks at a square around one face."""

    def __init__(self, descriptor: ModelDescriptor) -> None:
        """Raises InputError for a model of the wrong shape."""
        self.session = Session(descriptor)
        self.session.need(OUTPUTS)
        self.descriptor = descriptor
        self.size = (descriptor.input_width, descriptor.input_height)
        scores, boxes = self._answers(np.zeros((self.size[1], self.size[0], 3), np.uint8))
        if scores.ndim != 2 or scores.shape[1] != 3 or boxes.shape != (len(scores), 4):
            raise InputError(
                "is a model of the wrong shape: expected scores n x 3 and boxes n x 4",
                file=descriptor.file,
                mend="use a detector of bare and masked faces",
            )

    def state(self, image: Image, box: Sequence[float]) -> MaskState:
        """Mask state of the face in ``box`` (x, y, width, height in pixels); unknown where no face
        is found there."""
        canvas, face = around(image, box, self.size, AROUND)
        scores, boxes = self._answers(canvas)
        weight = scores[:, 1:].max(axis=1) * (overlap(boxes, face) >= MIN_OVERLAP)
        best = int(weight.argmax())
        if weight[best] < MIN_SCORE:
            return MaskState.UNKNOWN
        return MaskState.MASKED if scores[best, 2] > scores[best, 1] else MaskState.BARE

    def _answers(self, canvas: Image) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        scores, boxes = self.session.run(pixels_to_blob(canvas[None], self.descriptor), OUTPUTS)
        return scores[0], boxes[0]


def overlap(boxes: npt.NDArray[np.float32], box: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """(n,) intersection over union of corner boxes (n, 4) with one."""
    corner = np.maximum(boxes[:, :2], box[:2])
    size = np.clip(np.minimum(boxes[:, 2:], box[2:]) - corner, 0, None)
    shared = size[:, 0] * size[:, 1]
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    own = (box[2] - box[0]) * (box[3] - box[1])
    return np.asarray(shared / np.maximum(areas + own - shared, 1e-9), np.float32)


def around(
    image: Image, box: Sequence[float], size: tuple[int, int], times: float
) -> tuple[Image, npt.NDArray[np.float32]]:
    """A square around a face, ``times`` its longer side, letterboxed into ``size`` (width, height), and the
    face as fractions of that (left, top, right, bottom). Beyond the image is black."""
    x, y, width, height = box
    side = times * max(width, height, 1.0)
    left, top = x + width / 2 - side / 2, y + height / 2 - side / 2
    to_width, to_height = size
    scale = min(to_width, to_height) / side
    shift = ((to_width - side * scale) / 2, (to_height - side * scale) / 2)
    matrix = np.array(
        [[scale, 0, shift[0] - left * scale], [0, scale, shift[1] - top * scale]], dtype=np.float64
    )
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    canvas = np.asarray(cv2.warpAffine(image, matrix, size, flags=how), np.uint8)
    corners = np.array([[x, y], [x + width, y + height]]) * scale + matrix[:, 2]
    return canvas, (corners / np.array(size)).astype(np.float32).reshape(-1)
