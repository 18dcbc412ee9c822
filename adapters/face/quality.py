"""What a face offers to a comparison: sharpness and the turn of the head."""

import cv2
import numpy as np
import numpy.typing as npt

from engine.ports import Image

NOSE_DEPTH = 0.55
"""How far the tip of the nose stands before the eyes, in distances between the eyes. A round value
for adults; the angle is only as good as this and serves as a gate, not as a measurement."""

Floats = npt.NDArray[np.float32]


def blur(crops: Image) -> Floats:
    """(n,) variance of the Laplacian of aligned crops (n, 112, 112, 3); larger is sharper."""
    return np.array(
        [cv2.Laplacian(cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY), cv2.CV_32F).var() for crop in crops],
        dtype=np.float32,
    )


def yaw_deg(landmarks: npt.NDArray[np.floating]) -> Floats:
    """(n,) turn of the head in degrees from landmarks (n, 5, 2); 0 is frontal, positive to image right.

    Under a weak perspective the eyes are seen e cos(yaw) apart and the nose tip is seen
    e NOSE_DEPTH sin(yaw) beside their middle, along the line of the eyes.
    """
    across = landmarks[:, 1] - landmarks[:, 0]
    apart = np.maximum(np.hypot(across[:, 0], across[:, 1]), 1e-6)
    nose = landmarks[:, 2] - (landmarks[:, 0] + landmarks[:, 1]) / 2
    beside = (nose * across).sum(axis=1) / apart
    return np.asarray(np.degrees(np.arctan2(beside, NOSE_DEPTH * apart)), np.float32)
