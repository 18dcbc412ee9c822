"""What is known about a model file and about its scores."""

from enum import StrEnum

from engine.domain.value import Value


class ModelKind(StrEnum):
    DETECTOR = "detector"
    EMBEDDER = "embedder"
    MASK = "mask"


class ModelDescriptor(Value, frozen=True, kw_only=True):
    """How an ONNX file is fed. ``input_width`` and ``input_height`` 0 mean any multiple of 32.

    The input is ``(pixel - mean) / scale`` per channel, in ``channels`` order (``rgb`` or
    ``bgr``), NCHW float32. ``family`` picks the decoder of the outputs (``yunet``, ``template``,
    ``rfb_mask``, ``yunet_mask``). ``alignment`` is ``arcface112`` for embedders, empty otherwise. ``demo``:
    learnt from invented people, for footage that a rehearsal statement lists and nothing else (G27).
    ``needs_inter_eye_px`` is of detectors: pixels between the eyes, as it sees them, with which it finds
    most faces in one look; ``looks_closely``, whether it looks again around each face that it found in a
    shrunk image.
    """

    name: str
    kind: ModelKind
    family: str
    sha256: str
    bytes: int
    licence: str
    input_width: int
    input_height: int
    channels: str
    mean: tuple[float, float, float]
    scale: tuple[float, float, float]
    alignment: str = ""
    dimensions: int = 0
    needs_inter_eye_px: float = 8.0
    looks_closely: bool = False
    file: str = ""
    url: str = ""
    demo: bool = False


class CalibrationBand(Value, frozen=True, kw_only=True):
    """llr = clip(intercept + slope * cosine, -lower, upper) for pairs of one mask state and
    inter-eye distances from ``inter_eye_from_px`` up (the next band takes over). ``pair`` is
    ``bare`` (both bare), ``one_masked`` or ``both_masked``."""

    pair: str
    inter_eye_from_px: float
    intercept: float
    slope: float
    lower: float
    upper: float
    mated: int
    non_mated: int


class Calibration(Value, frozen=True, kw_only=True):
    """Fitted numbers of one embedder, with where they come from; never images or templates.

    Faces below ``floor_inter_eye_px`` or ``floor_blur`` (variance of the Laplacian of the aligned
    crop), or turned further than ``max_yaw_deg``, cannot be assessed: nothing was measured there,
    or it showed too little (docs/CALIBRATION.md). ``rendered``: fitted on heads of people who do not
    exist; it speaks in a rehearsal only (G27).
    """

    name: str
    embedder_sha256: str
    provenance: str
    floor_inter_eye_px: float
    floor_blur: float = 7.5
    max_yaw_deg: float = 30.0
    rendered: bool = False
    bands: tuple[CalibrationBand, ...]
    figures: dict[str, float] = {}
