"""YuNet: faces with five landmarks. Wu et al. 2023, "YuNet: A Tiny Millisecond-level Face Detector"."""

import cv2
import numpy as np
import numpy.typing as npt

from adapters.face.session import Session, pixels_to_blob
from engine.domain.errors import InputError
from engine.domain.model import ModelDescriptor
from engine.ports import Faces, Image

STRIDES = (8, 16, 32)
OUTPUTS = tuple(f"{part}_{stride}" for part in ("cls", "obj", "bbox", "kps") for stride in STRIDES)
WIDTHS = {"cls": 1, "obj": 1, "bbox": 4, "kps": 10}
SCORE_THRESHOLD = 0.6  # finds 91.7 % of real masked faces; lower lets in backs of heads
MOST_BLOBS = 8  # sizes of input whose memory is kept
NMS_IOU = 0.3  # the default of OpenCV's FaceDetectorYN

Floats = npt.NDArray[np.float32]


class YuNet:
    """Detector for a dynamic input or for one fixed size, into which images are letterboxed. Not thread
    safe."""

    def __init__(self, descriptor: ModelDescriptor, score_threshold: float = SCORE_THRESHOLD) -> None:
        """Raises InputError for a model of the wrong shape."""
        self.session = Session(descriptor)
        self.session.need(OUTPUTS)
        self.score_threshold = score_threshold
        # one picture after the other has the same size: its memory is made once
        self._blobs: dict[tuple[int, int], tuple[tuple[int, ...], Floats]] = {}
        self.fixed = (descriptor.input_width, descriptor.input_height) if descriptor.input_width else None
        width, height = self.fixed or (64, 64)
        blank = np.zeros((height, width, 3), np.uint8)
        for name, answer in zip(OUTPUTS, self._answers(blank, (width, height)), strict=True):
            part, _, stride = name.partition("_")
            cells = (width // int(stride)) * (height // int(stride))
            if answer.shape != (1, cells, WIDTHS[part]):
                raise InputError(
                    f"is a model of the wrong shape: {name} gives {'x'.join(map(str, answer.shape))}",
                    file=descriptor.file,
                    mend="use a YuNet detector with five landmarks",
                )

    def detect(self, image: Image, width: int | None = None) -> Faces:
        """Faces of an image in its own pixels, best first.

        ``width`` is the width at which to look; wider images are shrunk to it first.
        """
        canvas, size, scale = self._fit(image, width)
        cells = self._decode(size[0], self._answers(canvas, size))
        kept = suppress(cells)
        return Faces(kept.boxes / scale, kept.landmarks / scale, kept.scores)

    def _fit(self, image: Image, width: int | None) -> tuple[Image, tuple[int, int], float]:
        """The image scaled, the width and height to which it is padded at right and bottom, and by how
        much it was scaled."""
        height_px, width_px = image.shape[:2]
        scale = min(1.0, width / width_px) if width else 1.0
        if self.fixed:
            scale = min(self.fixed[0] / width_px, self.fixed[1] / height_px)
        if scale != 1.0:
            size = (max(1, round(width_px * scale)), max(1, round(height_px * scale)))
            image = shrunk(image, size)
        return image, self.fixed or (up_to_32(image.shape[1]), up_to_32(image.shape[0])), scale

    def _answers(self, canvas: Image, size: tuple[int, int]) -> list[Floats]:
        """Padding is black before mean and scale, as the pictures are that detectors learn from."""
        shape, blob = self._blobs.get(size, ((0, 0), None))
        if blob is None or shape != canvas.shape[:2]:
            if len(self._blobs) >= MOST_BLOBS:
                self._blobs.clear()
            blob = pixels_to_blob(np.zeros((1, size[1], size[0], 3), np.uint8), self.session.descriptor)
            self._blobs[size] = (canvas.shape[:2], blob)
        return self.session.run(pixels_to_blob(canvas[None], self.session.descriptor, blob), OUTPUTS)

    def _decode(self, width: int, answers: list[Floats]) -> Faces:
        """Cells over the threshold. Score = sqrt(cls * obj); centre = (cell + d) * stride;
        size = exp(d) * stride; landmark = (cell + d) * stride."""
        by_name = dict(zip(OUTPUTS, answers, strict=True))
        boxes, landmarks, scores = [], [], []
        for stride in STRIDES:
            product = by_name[f"cls_{stride}"][0, :, 0] * by_name[f"obj_{stride}"][0, :, 0]
            (over,) = np.nonzero(product >= self.score_threshold**2)
            if not len(over):
                continue
            columns = width // stride
            boxes.append(boxes_of(by_name[f"bbox_{stride}"][0, over], over, columns, stride))
            points = by_name[f"kps_{stride}"][0, over].reshape(-1, 5, 2)
            landmarks.append((points + places(over, columns)[:, None]) * stride)
            scores.append(np.sqrt(product[over]))
        if not boxes:
            return none_found()
        return Faces(
            np.concatenate(boxes).astype(np.float32),
            np.concatenate(landmarks).astype(np.float32),
            np.concatenate(scores).astype(np.float32),
        )


def places(cells: npt.NDArray[np.integer], columns: int) -> Floats:
    """(n, 2) column and row of cells by number."""
    return np.stack([cells % columns, cells // columns], axis=1).astype(np.float32)


def boxes_of(bbox: Floats, cells: npt.NDArray[np.integer], columns: int, stride: int) -> Floats:
    """(n, 4) left, top, width and height in pixels of what cells answer (n, 4)."""
    centre = (places(cells, columns) + bbox[:, :2]) * stride
    size = np.exp(np.minimum(bbox[:, 2:], 10.0)) * stride
    return np.concatenate([centre - size / 2, size], axis=1)


def suppress(faces: Faces, iou: float = NMS_IOU) -> Faces:
    """The best of each heap of overlapping boxes, best first; what is not a number is dropped."""
    if not len(faces):
        return faces
    sane = np.isfinite(faces.boxes).all(1) & np.isfinite(faces.landmarks).all((1, 2))
    boxes, landmarks, scores = faces.boxes[sane], faces.landmarks[sane], faces.scores[sane]
    if not len(scores):
        return none_found()
    kept = np.asarray(cv2.dnn.NMSBoxes(boxes.tolist(), scores.tolist(), 0.0, iou), np.intp).reshape(-1)
    return Faces(boxes[kept], landmarks[kept], scores[kept])


def none_found() -> Faces:
    return Faces(np.empty((0, 4), np.float32), np.empty((0, 5, 2), np.float32), np.empty(0, np.float32))


def shrunk(image: Image, size: tuple[int, int]) -> Image:
    """The image at a width and height: halved first where it gets less than half as large, as nothing is
    lost between pixels then; averaging over odd areas costs four to ten times more."""
    height, width = image.shape[:2]
    if size[0] * 2 <= width and size[1] * 2 <= height and width % 2 == 0 and height % 2 == 0:
        half = (width // 2, height // 2)
        image = np.asarray(cv2.resize(image, half, interpolation=cv2.INTER_AREA), np.uint8)
    how = cv2.INTER_AREA if size[0] * 2 < image.shape[1] else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, size, interpolation=how), np.uint8)


def up_to_32(side: int) -> int:
    """The next multiple of 32, as the strides ask for."""
    return -(-side // 32) * 32
