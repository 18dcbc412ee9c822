"""Detector, embedder and mask classifier as the engine asks for them."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from adapters.face import quality
from adapters.face.align import aligned_crops
from adapters.face.detector_mask import DetectorMask
from adapters.face.embedder import Embedder
from adapters.face.mask import MaskClassifier, overlap
from adapters.face.yunet import SCORE_THRESHOLD, YuNet
from engine.domain.errors import InputError
from engine.domain.model import ModelDescriptor, ModelKind
from engine.domain.track import MaskState
from engine.ports import Faces, Image, Templates

CLOSE_PX = 48.0  # longer side of a face in a second look, at most; landmarks get no better beyond
CLOSE_SIDES = 2.4  # side of what a second look sees, in longer sides of the face
SAME_FACE = 0.4  # overlap of a face of a second look with that of the first
MASKS: dict[str, type[MaskClassifier] | type[DetectorMask]] = {
    "rfb_mask": MaskClassifier,
    "yunet_mask": DetectorMask,
}


class OnnxFaceModel:
    """The ``FaceModel`` of a worker. Not thread safe.

    ``detect_width``: width in pixels at which the detector looks; 0 looks at full size. Templates
    always come from the full image. Without a mask model every mask state is unknown.
    """

    def __init__(
        self,
        *,
        detector: ModelDescriptor,
        embedder: ModelDescriptor,
        mask: ModelDescriptor | None = None,
        detect_width: int = 0,
        score_threshold: float = SCORE_THRESHOLD,
    ) -> None:
        """Verifies and loads the files. Raises InputError naming the one that cannot be used."""
        of_kind(detector, ModelKind.DETECTOR, "yunet")
        of_kind(embedder, ModelKind.EMBEDDER, "template")
        self.detect_width = detect_width
        self._detector = YuNet(detector, score_threshold)
        self._needs_px, self._looks_closely = detector.needs_inter_eye_px, detector.looks_closely
        self._embedder = Embedder(embedder)
        self._mask: MaskClassifier | DetectorMask | None = None
        if mask is not None:
            of_kind(mask, ModelKind.MASK, *MASKS)
            self._mask = MASKS[mask.family](mask)

    @property
    def calibration_key(self) -> str:
        return self._embedder.descriptor.sha256

    def detect(self, image: Image, least_inter_eye_px: float = 0.0) -> Faces:
        width = self.detect_width or image.shape[1]
        if least_inter_eye_px > 0:
            width = min(width, round(image.shape[1] * self._needs_px / least_inter_eye_px))
        if width >= image.shape[1]:
            return self._detector.detect(image)
        found = self._detector.detect(image, width)
        return self._seen_closely(image, found, width / image.shape[1]) if self._looks_closely else found

    def _seen_closely(self, image: Image, faces: Faces, scale: float) -> Faces:
        """Faces that were found in an image shrunk to ``scale``, with box and landmarks as a second look
        around each gives them: so small, landmarks are off by a tenth of the face, and a template of a
        crop by them may be like nobody's. A face that was large enough, or is not found again, stays as it
        was."""
        boxes, landmarks = faces.boxes.copy(), faces.landmarks.copy()
        for number, (x, y, width, height) in enumerate(faces.boxes):
            longer = max(float(width), float(height), 1.0)
            shrink = min(1.0, CLOSE_PX / longer)
            if shrink <= scale:
                continue
            half = CLOSE_SIDES * longer / 2
            left, top = max(0, int(x + width / 2 - half)), max(0, int(y + height / 2 - half))
            around = image[top : int(y + height / 2 + half), left : int(x + width / 2 + half)]
            if around.size == 0:
                continue
            close = self._detector.detect(np.ascontiguousarray(around), round(around.shape[1] * shrink))
            own = np.array([x - left, y - top, x - left + width, y - top + height], np.float32)
            corners = np.concatenate([close.boxes[:, :2], close.boxes[:, :2] + close.boxes[:, 2:]], axis=1)
            over = overlap(corners, own)
            if len(over) and over.max() >= SAME_FACE:
                best = int(over.argmax())
                boxes[number] = close.boxes[best] + (left, top, 0, 0)
                landmarks[number] = close.landmarks[best] + (left, top)
        return Faces(boxes, landmarks, faces.scores)

    def crops(self, image: Image, faces: Faces) -> Image:
        return aligned_crops(image, faces.landmarks)

    def measure(self, crops: Image, faces: Faces) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        return quality.blur(crops), quality.yaw_deg(faces.landmarks)

    def obstacles(self, crops: Image) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
        return quality.colourless(crops), quality.eyes_covered(crops)

    def embed(self, crops: Image) -> Templates:
        return self._embedder.embed(crops)

    def mask_state(self, image: Image, box: Sequence[float]) -> MaskState:
        return self._mask.state(image, box) if self._mask else MaskState.UNKNOWN


def of_kind(descriptor: ModelDescriptor, kind: ModelKind, *families: str) -> None:
    """Raises InputError where a model is not of the kind, or of none of the families asked for."""
    if descriptor.kind is not kind or descriptor.family not in families:
        raise InputError(
            f"{descriptor.name} is of the kind {descriptor.kind}, family {descriptor.family}",
            mend=f"choose one of the kind {kind}, family {' or '.join(families)}: see tracedesk models list",
        )
