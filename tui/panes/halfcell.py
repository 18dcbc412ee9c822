"""Pictures in half cells: each character ``▀`` is two pixels, one above the other."""

from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt
from rich.color import Color
from rich.segment import Segment
from rich.style import Style

Image = npt.NDArray[np.uint8]

# The greys of a 16-colour terminal, and a 4x4 ordered dither: half a step, so that eyes stay eyes.
GREYS = np.array([0, 85, 170, 255], dtype=np.uint8)
BAYER = (np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]]) + 0.5) / 16 - 0.5
DITHER = 0.5


def decoded(jpeg: bytes) -> Image | None:
    """BGR pixels (height, width, 3), None where the bytes are no picture."""
    if not jpeg:
        return None
    try:
        image = cv2.imdecode(np.frombuffer(jpeg, dtype=np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        return None
    return None if image is None else np.asarray(image, dtype=np.uint8)


def resized(image: Image, width: int, height: int) -> Image:
    """To exactly that many pixels; averages when shrinking, interpolates when enlarging."""
    how = cv2.INTER_AREA if height <= image.shape[0] else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(image, (width, height), interpolation=how), dtype=np.uint8)


def in_four_greys(image: Image) -> Image:
    """For 16 colours: brightness only, spread over and dithered to the four greys of every palette."""
    grey = cv2.equalizeHist(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)).astype(np.float64)
    tiles = (grey.shape[0] // 4 + 1, grey.shape[1] // 4 + 1)
    wave = np.tile(BAYER, tiles)[: grey.shape[0], : grey.shape[1]]
    level = np.clip(np.rint(grey / 85.0 + DITHER * wave), 0, 3).astype(np.intp)
    return np.repeat(GREYS[level][:, :, None], 3, axis=2)


def rows_of(image: Image) -> list[list[Segment]]:
    """One list of segments for every two rows of pixels; ``image`` has an even height."""
    upper, lower = image[0::2], image[1::2]
    rows = []
    for above, below in zip(upper.tolist(), lower.tolist(), strict=True):
        pairs = [(*a, *b) for a, b in zip(above, below, strict=True)]
        cells: list[Segment] = []
        start = 0
        for at in range(1, len(pairs) + 1):
            if at == len(pairs) or pairs[at] != pairs[start]:
                cells.append(Segment("▀" * (at - start), _style(*pairs[start])))
                start = at
        rows.append(cells)
    return rows


@lru_cache(maxsize=4096)
def _style(b: int, g: int, r: int, b_low: int, g_low: int, r_low: int) -> Style:
    return Style(color=Color.from_rgb(r, g, b), bgcolor=Color.from_rgb(r_low, g_low, b_low))
