"""Templates of aligned faces, by any network that its descriptor can describe."""

import numpy as np

from adapters.face.align import CROP_PX
from adapters.face.session import Session, Tensor, pixels_to_blob
from engine.domain.errors import InputError
from engine.domain.model import ModelDescriptor
from engine.ports import Image, Templates

MAX_BATCH = 16  # beyond it nothing is gained on a CPU and memory grows


class Embedder:
    """EdgeFace, MobileFaceNet, SFace and their like: a 112 x 112 crop in, a vector out."""

    def __init__(self, descriptor: ModelDescriptor) -> None:
        """Raises InputError for a model of the wrong shape, or one whose answers are no templates."""
        if descriptor.alignment != "arcface112" or descriptor.dimensions < 1:
            raise InputError(
                "an embedder needs alignment = arcface112 and dimensions", file=f"{descriptor.name}.toml"
            )
        self.session = Session(descriptor)
        self.descriptor = descriptor
        if len(self.session.outputs) != 1:
            raise self._wrong(f"has {len(self.session.outputs)} outputs where one is expected")
        grey = np.full((1, CROP_PX, CROP_PX, 3), 128, np.uint8)
        grey[:, ::2] = 64
        self.embed(grey)

    def embed(self, crops: Image) -> Templates:
        """Templates (n, dimensions) of length 1 for crops (n, 112, 112, 3) BGR uint8."""
        step = self.session.fixed_batch or MAX_BATCH
        parts = [self._batch(crops[i : i + step], step) for i in range(0, len(crops), step)]
        if not parts:
            return np.empty((0, self.descriptor.dimensions), np.float32)
        vectors = np.concatenate(parts)
        length = np.linalg.norm(vectors.astype(np.float64), axis=1, keepdims=True)
        if not (np.isfinite(length).all() and (length > 0).all()):
            raise self._wrong("gives answers that are no templates (not finite, or of length 0)")
        return np.asarray(vectors / length, np.float32)

    def _batch(self, crops: Image, step: int) -> Tensor:
        blob = pixels_to_blob(crops, self.descriptor)
        if self.session.fixed_batch and len(crops) < step:
            blob = np.concatenate([blob, np.zeros((step - len(crops), *blob.shape[1:]), np.float32)])
        (answer,) = self.session.run(blob)
        if answer.dtype != np.float32 or answer.shape != (len(blob), self.descriptor.dimensions):
            shape = "x".join(map(str, answer.shape))
            raise self._wrong(f"gives {shape} where {len(blob)}x{self.descriptor.dimensions} is expected")
        return answer[: len(crops)]

    def _wrong(self, problem: str) -> InputError:
        return InputError(
            f"is a model of the wrong shape: {problem}",
            file=self.descriptor.file,
            mend=f"check the description of {self.descriptor.name}, or use another model",
        )
