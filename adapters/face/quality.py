"""What a face offers to a comparison: sharpness and the turn of the head."""

import cv2
import numpy as np
import numpy.typing as npt

from engine.ports import Image

NOSE_DEPTH = 0.55
"""How far the tip of the nose stands before the eyes, in distances between the eyes. A round value
for adults; the angle is only as good as this and serves as a gate, not as a measurement."""

FACE_ROWS, FACE_COLUMNS = slice(30, 102), slice(26, 86)
"""Brows to chin and cheek to cheek of an aligned crop."""

COLOURLESS = 4.0
"""Mean distance between the largest and the smallest colour channel below which a picture counts as
without colour. Night cameras under infrared light give 0; the palest colour clip measured gave 11."""

EYES_COVERED = 0.28
"""Luma of the eyes against the skin between hairline and nose below which dark glasses are assumed.
Measured on 328 crops: 0.30 and more as they are; 0.30 and less, median 0.11, with glasses drawn."""

Floats = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]


def blur(crops: Image) -> Floats:
    """(n,) variance of the Laplacian of aligned crops (n, 112, 112, 3); larger is sharper.

    Looks inside the face only: hair against a wall, or the end of the image, is sharp anyway.
    """
    inside = crops[:, FACE_ROWS, FACE_COLUMNS]
    return np.array(
        [
            cv2.Laplacian(cv2.cvtColor(np.ascontiguousarray(face), cv2.COLOR_BGR2GRAY), cv2.CV_32F).var()
            for face in inside
        ],
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


def colourless(crops: Image) -> Bools:
    """(n,) whether aligned crops (n, 112, 112, 3) are without colour, as under infrared light."""
    # along an axis of three, numpy's own max and min take ten times as long
    blue, green, red = crops[..., 0], crops[..., 1], crops[..., 2]
    spread = np.maximum(np.maximum(blue, green), red) - np.minimum(np.minimum(blue, green), red)
    return np.asarray(spread.mean(axis=(1, 2), dtype=np.float32) < COLOURLESS, np.bool_)


def eyes_covered(crops: Image) -> Bools:
    """(n,) whether both eyes of aligned crops (n, 112, 112, 3) lie behind something dark.

    Looks at the median luma where the alignment puts the eyes, against the bright end of the skin
    around them.
    """
    covered = []
    for crop in crops:
        grey = cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY)
        eyes = max(float(np.median(grey[45:60, x - 9 : x + 10])) for x in (38, 73))
        skin = float(np.percentile(grey[20:66, 28:84], 80))
        covered.append(eyes < EYES_COVERED * max(skin, 1.0))
    return np.array(covered, np.bool_)
