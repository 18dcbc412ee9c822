"""Reference photographs from bytes, with limits, inside a worker."""

import hashlib

import cv2
import numpy as np

from engine.domain.errors import InputError
from engine.ports import Image

MAX_BYTES = 32 * 1024 * 1024
MIN_SIDE_PX = 64
MAX_SIDE_PX = 10_000
JPEG, PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"
MEND = "use a JPEG or PNG photograph"


def decode_photo(content: bytes, file: str) -> tuple[str, Image]:
    """sha256 of the bytes, and the picture (height, width, 3) BGR, turned upright by its own mark.

    Raises InputError naming the file where it is no photograph, or larger than is sensible.
    """
    if len(content) > MAX_BYTES:
        problem = f"has {len(content) >> 20} MiB, at most {MAX_BYTES >> 20} are read"
        raise InputError(problem, file=file, mend="make the photograph smaller")
    digest = hashlib.sha256(content).hexdigest()
    if not content.startswith((JPEG, PNG)):  # the other decoders of the library stay out of reach
        raise InputError("cannot be read as a picture", file=file, mend=MEND)
    if cut_off(content):
        raise InputError("is cut off before its end", file=file, mend="copy the photograph again")
    try:
        decoded = cv2.imdecode(np.frombuffer(content, dtype=np.uint8), cv2.IMREAD_COLOR)
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
    """True for a JPEG or PNG that does not reach its end mark; the decoder would fill the rest with
    grey, or set aside the gigabytes that a damaged length asks for.

    In the data of a JPEG no 0xFF is followed by the byte of a mark, so the last start of a scan is
    followed by the end mark of this very picture (ITU-T T.81, B.1.1). A PNG is a row of chunks of a
    told length up to IEND (W3C PNG, 5.3).
    """
    if content.startswith(JPEG):
        return content.rfind(b"\xff\xd9") < content.rfind(b"\xff\xda")
    at = len(PNG)
    while at + 12 <= len(content):
        length, kind = int.from_bytes(content[at : at + 4], "big"), content[at + 4 : at + 8]
        at += 12 + length
        if kind == b"IEND":
            return at > len(content)
    return True
