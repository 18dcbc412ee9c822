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
    if cut_off(content):
        raise InputError("is cut off before its end", file=file, mend="copy the photograph again")
    try:
        decoded = cv2.imdecode(np.frombuffer(content, dtype=np.uint8), cv2.IMREAD_COLOR) if content else None
    except cv2.error:  # raised for pictures over OpenCV's own pixel limit
        problem = f"has more pixels than can be read (at most {MAX_SIDE_PX} a side)"
        raise InputError(problem, file=file, mend="make the photograph smaller") from None
    if decoded is None:
        raise InputError("cannot be read as a picture", file=file, mend=MEND)
    image: Image = np.ascontiguousarray(decoded, dtype=np.uint8)
    height, width = image.shape[:2]
    if not (MIN_SIDE_PX <= height <= MAX_SIDE_PX and MIN_SIDE_PX <= width <= MAX_SIDE_PX):
        raise InputError(f"is {width}x{height} pixels", file=file, mend=MEND)
    return digest, image


def cut_off(content: bytes) -> bool:
    """True for a JPEG or PNG that lacks its end mark; the decoder would fill the rest with grey.

    In the data of a JPEG no 0xFF is followed by the byte of a mark, so the last start of a scan is
    followed by the end mark of this very picture (ITU-T T.81, B.1.1).
    """
    if content.startswith(b"\xff\xd8"):
        return content.rfind(b"\xff\xd9") < content.rfind(b"\xff\xda")
    return content.startswith(b"\x89PNG") and b"IEND" not in content[-4096:]
