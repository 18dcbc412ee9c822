"""Faces turned upright: five landmarks onto their places in a 112 x 112 crop."""

import cv2
import numpy as np
import numpy.typing as npt

from engine.ports import Image

CROP_PX = 112

# Where ArcFace puts eyes, nose and mouth corners (Deng et al. 2019), in pixels of the crop.
TEMPLATE = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]],
    dtype=np.float64,
)


def similarity(landmarks: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Least-squares rotation, scale and shift (n, 2, 3) that bring landmarks (n, 5, 2) onto TEMPLATE.

    Umeyama 1991. In the plane and without mirroring its solution is one complex number: with
    centred points z and w, a = sum(conj(z) w) / sum |z|^2. Points that all coincide give a = 0.
    """
    from_points = landmarks[..., 0].astype(np.float64) + 1j * landmarks[..., 1].astype(np.float64)
    to_points = TEMPLATE[:, 0] + 1j * TEMPLATE[:, 1]
    from_mean, to_mean = from_points.mean(axis=-1), to_points.mean()
    z, w = from_points - from_mean[..., None], to_points - to_mean
    spread = np.maximum((np.abs(z) ** 2).sum(axis=-1), 1e-12)
    a = (z.conj() * w).sum(axis=-1) / spread
    b = to_mean - a * from_mean
    return np.stack(
        [np.stack([a.real, -a.imag, b.real], axis=-1), np.stack([a.imag, a.real, b.imag], axis=-1)], axis=-2
    )


def aligned_crops(image: Image, landmarks: npt.NDArray[np.floating]) -> Image:
    """Crops (n, 112, 112, 3) BGR uint8 of the faces whose landmarks (n, 5, 2) are given."""
    crops = np.empty((len(landmarks), CROP_PX, CROP_PX, 3), np.uint8)
    for crop, matrix in zip(crops, similarity(landmarks), strict=True):
        cv2.warpAffine(image, matrix, (CROP_PX, CROP_PX), dst=crop, flags=cv2.INTER_LINEAR)
    return crops
