"""Reference photographs from bytes, with limits, inside a worker."""

import hashlib

import cv2
import numpy as np

from engine.domain.errors import InputError
from engine.ports import Image

MAX_BYTES = 32 * 1024 * 1024
MIN_SIDE_PX = 64
MAX_SIDE_PX = 10_000
MEND = "use a JPEG or PNG photograph"


def decode_photo(content: bytes, file: str) -> tuple[str, Image]:
    """sha256 of the bytes, and the picture (height, width, 3) BGR, turned upright by its own mark.

    Raises InputError naming the file where it is no photograph, or larger than is sensible.
    """
    if len(content) > MAX_BYTES:
        raise InputError(f"has {len(content) >> 20} MiB, at most {MAX_BYTES >> 20} are read", file=file)
    digest = hashlib.sha256(content).hexdigest()
    try:
        decoded = cv2.imdecode(np.frombuffer(content, dtype=np.uint8), cv2.IMREAD_COLOR) if content else None
    except cv2.error:  # raised for pictures over OpenCV's own pixel limit
        decoded = None
    if decoded is None:
        raise InputError("cannot be read as a picture", file=file, mend=MEND)
    image: Image = np.ascontiguousarray(decoded, dtype=np.uint8)
    height, width = image.shape[:2]
    if not (MIN_SIDE_PX <= height <= MAX_SIDE_PX and MIN_SIDE_PX <= width <= MAX_SIDE_PX):
        raise InputError(f"is {width}x{height} pixels", file=file, mend=MEND)
    return digest, image
