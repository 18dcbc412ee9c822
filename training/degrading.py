"""What lies between a rendered head and the crop that a camera of the street leaves of it."""

from fractions import Fraction

import av
import cv2
import numpy as np
import numpy.typing as npt

from adapters.face.align import CROP_PX, similarity
from training.people import Tiles

Image = npt.NDArray[np.uint8]
EYES_PX = 35.24  # between the eyes of an aligned crop
SMALLEST_PX, LARGEST_PX = 9.0, 44.0  # between the eyes of the faces that are learnt from
CELL_PX = 160  # of the mosaic in which crops are encoded together
BORDER_PX = 10


def crop(tile: Image, marks: npt.NDArray[np.float32], r: np.random.Generator) -> Image:
    """One tile (BGR or BGRA, with landmarks (5, 2)) as an aligned crop (112, 112, 3): laid on something,
    shrunk to a size of the street, lit, blurred and noisy, and aligned by landmarks that are a little off.
    Not yet encoded: see ``encoded``."""
    px = SMALLEST_PX * (LARGEST_PX / SMALLEST_PX) ** r.random()
    side = max(24, min(CELL_PX - 2 * BORDER_PX, round(CROP_PX * px / EYES_PX)))
    scale = side / CROP_PX
    apart = float(np.linalg.norm(marks[0] - marks[1]))
    off = r.normal(0, r.uniform(0.0, 0.06) * apart, (5, 2))
    matrix = similarity((marks + off)[None])[0]
    matrix = _about_middle(matrix, r)
    matrix *= scale
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    edge = cv2.BORDER_REPLICATE
    if tile.shape[-1] == 4:
        alpha = cv2.warpAffine(tile[..., 3], matrix, (side, side), flags=how)[..., None] / 255.0
        face = cv2.warpAffine(tile[..., :3], matrix, (side, side), flags=how, borderMode=edge)
        small = face * alpha + background(side, r) * (1 - alpha)
    else:
        small = cv2.warpAffine(tile, matrix, (side, side), flags=how, borderMode=edge).astype(np.float32)
    return _lit(np.asarray(small, np.float32), r)


def _about_middle(matrix: npt.NDArray[np.float64], r: np.random.Generator) -> npt.NDArray[np.float64]:
    """The alignment turned, scaled and shifted as a detector errs."""
    angle, zoom = np.radians(r.normal(0, 2.5)), np.exp(r.normal(0, 0.035))
    a = zoom * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    middle = np.array([56.0, 72.0])
    return np.concatenate(
        [a @ matrix[:, :2], (a @ (matrix[:, 2] - middle) + middle + r.normal(0, 1.3, 2))[:, None]], axis=1
    )


def background(side: int, r: np.random.Generator) -> npt.NDArray[np.float32]:
    """Something to lie behind a head: a flat colour, a slope of light, or blobs."""
    colour = r.uniform(20, 230) + r.normal(0, 18, 3)
    plain = np.broadcast_to(colour, (side, side, 3)).astype(np.float32)
    kind = r.random()
    if kind < 0.35:
        return plain
    cells = int(r.integers(2, 10))
    blobs = r.normal(0, r.uniform(8, 60), (cells, cells, 1 if kind < 0.7 else 3)).astype(np.float32)
    spread = cv2.resize(
        blobs, (side, side), interpolation=int(r.choice([cv2.INTER_LINEAR, cv2.INTER_NEAREST]))
    )
    return np.asarray(plain + spread.reshape(side, side, -1), np.float32)


def _lit(picture: npt.NDArray[np.float32], r: np.random.Generator) -> Image:
    """Exposure, contrast, white balance, blur of focus and of motion, and noise."""
    mean = picture.mean()
    picture = (picture - mean) * np.exp(r.normal(0, 0.16)) + mean * np.exp(r.normal(0, 0.16)) + r.normal(0, 6)
    picture = picture * np.exp(r.normal(0, 0.05, 3)).astype(np.float32)
    if r.random() < 0.08:
        picture = np.repeat(picture.mean(axis=-1, keepdims=True), 3, axis=-1)
    if r.random() < 0.5:
        picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), r.uniform(0.3, 1.1)), np.float32)
    if r.random() < 0.15:
        length = int(r.integers(2, 5))
        line = np.ones((1, length), np.float32) / length
        picture = np.asarray(cv2.filter2D(picture, -1, line if r.random() < 0.7 else line.T), np.float32)
    if r.random() < 0.6:
        picture = picture + r.uniform(0.5, 6) * r.standard_normal(picture.shape, np.float32)
    return np.clip(picture, 0, 255).astype(np.uint8)


def encoded(crops: list[Image], r: np.random.Generator) -> list[Image]:
    """The crops as H.264 leaves them: together in one key frame, with a quantiser drawn by chance."""
    columns = 12
    rows = -(-len(crops) // columns)
    canvas = np.empty((rows * CELL_PX, columns * CELL_PX, 3), np.uint8)
    canvas[:] = 128
    for number, small in enumerate(crops):
        y, x = number // columns * CELL_PX, number % columns * CELL_PX
        bordered = cv2.copyMakeBorder(small, BORDER_PX, BORDER_PX, BORDER_PX, BORDER_PX, cv2.BORDER_REPLICATE)
        canvas[y : y + bordered.shape[0], x : x + bordered.shape[1]] = bordered
    found = key_frame(canvas, int(r.integers(18, 33)))
    back = []
    for number, small in enumerate(crops):
        y, x = number // columns * CELL_PX + BORDER_PX, number % columns * CELL_PX + BORDER_PX
        back.append(found[y : y + small.shape[0], x : x + small.shape[1]])
    return back


def key_frame(picture: Image, qp: int) -> Image:
    """A BGR picture of even sides, encoded as a single H.264 key frame and decoded again."""
    encoder = av.CodecContext.create("libx264", "w")
    encoder.height, encoder.width, encoder.pix_fmt = picture.shape[0], picture.shape[1], "yuv420p"
    encoder.time_base, encoder.framerate, encoder.thread_count = Fraction(1, 5), Fraction(5, 1), 1
    encoder.options = {"preset": "ultrafast", "qp": str(qp), "tune": "zerolatency"}
    decoder = av.CodecContext.create("h264", "r")
    decoder.thread_count = 1
    packets = [*encoder.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")), *encoder.encode(None)]
    frames = [frame for packet in packets for frame in decoder.decode(packet)] + list(decoder.decode(None))
    return np.asarray(frames[0].to_ndarray(format="bgr24"), np.uint8)


def full_size(small: Image) -> Image:
    """A crop of any side at the 112 px that the network takes."""
    if small.shape[0] == CROP_PX:
        return small
    how = cv2.INTER_AREA if small.shape[0] > CROP_PX else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(small, (CROP_PX, CROP_PX), interpolation=how), np.uint8)


def batch(tiles: Tiles, r: np.random.Generator) -> Image:
    """Crops (n, 112, 112, 3) BGR of tiles; three of four have been through H.264."""
    crops = [crop(tile, marks, r) for tile, marks in zip(tiles.pictures, tiles.landmarks, strict=True)]
    through = r.random(len(crops)) < 0.75
    if through.any():
        places = np.flatnonzero(through)
        for place, made in zip(places, encoded([crops[i] for i in places], r), strict=True):
            crops[place] = made
    return np.stack([full_size(small) for small in crops])


def clean(tiles: Tiles) -> Image:
    """Crops (n, 112, 112, 3) BGR as they are, without any loss; what is see-through is grey."""
    made = np.empty((len(tiles), CROP_PX, CROP_PX, 3), np.uint8)
    for target, tile, matrix in zip(made, tiles.pictures, similarity(tiles.landmarks), strict=True):
        warped = cv2.warpAffine(tile, matrix, (CROP_PX, CROP_PX), flags=cv2.INTER_LINEAR).astype(np.float32)
        if tile.shape[-1] == 4:
            alpha = warped[..., 3:] / 255.0
            target[:] = warped[..., :3] * alpha + 150.0 * (1 - alpha)
        else:
            target[:] = warped
    return made
