"""One model file in ONNX Runtime, checked against its descriptor before anything is asked of it."""

import re
from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from adapters.face.registry import verify
from engine.domain.errors import InputError
from engine.domain.model import ModelDescriptor

Tensor = npt.NDArray[np.float32]

# TensorProto.external_data (field 13) holding the entry "location", as protobuf writes it.
EXTERNAL_DATA = re.compile(rb"\x6a[\x00-\xff]{1,3}\x0a\x08location", re.DOTALL)

DEMO = "tracedesk.demo"
"""Key in the metadata of the models that come along: whoever copies one under another name still has it."""


class Session:
    """A loaded model with one float32 NCHW input. ``shape`` has None where any size goes."""

    def __init__(self, descriptor: ModelDescriptor) -> None:
        """Raises InputError for a file of the wrong size, hash or shape."""
        self.descriptor = descriptor
        content = verify(descriptor)
        if EXTERNAL_DATA.search(content):
            raise self._wrong("keeps weights in a second file", "a model must be a single ONNX file")
        options = ort.SessionOptions()
        # One thread a session, one worker a core; spinning threads starve the other workers.
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.add_session_config_entry("session.inter_op.allow_spinning", "0")
        options.log_severity_level = 4
        try:
            self._run = ort.InferenceSession(content, options, providers=providers())
        except Exception as problem:  # ONNX Runtime raises its own classes, all below Exception
            raise self._wrong(f"cannot be loaded ({first_line(problem)})") from None
        if DEMO in self._run.get_modelmeta().custom_metadata_map and not descriptor.demo:
            raise self._wrong("learnt from invented people (G27)", "its description must say demo = true")
        inputs = self._run.get_inputs()
        if len(inputs) != 1 or inputs[0].type != "tensor(float)" or len(inputs[0].shape) != 4:
            raise self._wrong("is a model of the wrong shape: expected one float32 input N x 3 x H x W")
        self._input = inputs[0].name
        self.shape: tuple[int | None, ...] = tuple(d if isinstance(d, int) else None for d in inputs[0].shape)
        self.outputs: tuple[str, ...] = tuple(o.name for o in self._run.get_outputs())
        expected = (None, 3, descriptor.input_height or None, descriptor.input_width or None)
        for has, wants in zip(self.shape, expected, strict=True):
            if has is not None and wants is not None and has != wants:
                size = "x".join(str(d or "?") for d in self.shape)
                raise self._wrong(f"is a model of the wrong shape: its input is {size}")
        if not descriptor.input_width and None not in self.shape[2:]:
            raise self._wrong("is a model of the wrong shape: it takes one image size only")

    @property
    def fixed_batch(self) -> int | None:
        """How many images the model takes at once, None where any number goes."""
        return self.shape[0]

    def need(self, outputs: Sequence[str]) -> None:
        """Raises InputError where an output is missing."""
        if missing := [name for name in outputs if name not in self.outputs]:
            raise self._wrong(f"is a model of the wrong shape: it has no output {missing[0]}")

    def run(self, blob: Tensor, outputs: Sequence[str] | None = None) -> list[Tensor]:
        """Outputs for a float32 blob (n, 3, height, width). Raises InputError where it fails."""
        try:
            answers: list[Tensor] = self._run.run(list(outputs) if outputs else None, {self._input: blob})
        except Exception as problem:  # as above
            raise self._wrong(f"cannot be run ({first_line(problem)})") from None
        return answers

    def _wrong(self, problem: str, mend: str = "") -> InputError:
        name = self.descriptor.name
        return InputError(
            problem,
            file=self.descriptor.file,
            mend=mend or f"check the description of {name}, or use another model",
        )


def providers() -> list[str]:
    """Execution providers in order of wish: the GPU where there is one."""
    available = ort.get_available_providers()
    return [p for p in ("CUDAExecutionProvider", "CPUExecutionProvider") if p in available]


def first_line(problem: Exception) -> str:
    return (str(problem).strip().splitlines() or [type(problem).__name__])[0][:160]


def pixels_to_blob(
    images: npt.NDArray[np.uint8], descriptor: ModelDescriptor, into: Tensor | None = None
) -> Tensor:
    """BGR images (n, height, width, 3) as the model wants them: (n, 3, height, width) float32.

    ``into``: an array of at least that height and width to be filled from its top left corner; what lies
    beyond the images is left as it is.
    """
    count, height, width, _ = images.shape
    blob = np.empty((count, 3, height, width), np.float32) if into is None else into
    shown = blob[:, :, :height, :width]
    for image, planes in zip(images, shown, strict=True):
        channels = cv2.split(image)
        for plane, channel in zip(
            planes, (2, 1, 0) if descriptor.channels == "rgb" else (0, 1, 2), strict=True
        ):
            np.copyto(plane, channels[channel], casting="unsafe")
    mean = np.asarray(descriptor.mean, np.float32).reshape(1, 3, 1, 1)
    scale = np.asarray(descriptor.scale, np.float32).reshape(1, 3, 1, 1)
    if mean.any():
        shown -= mean
    if (scale != 1).any():
        shown /= scale
    return blob
