"""Pictures of the street, composed so that it is known where every face is: what a detector learns from."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from training.degrading import background, key_frame
from training.people import Tiles

Image = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
SIDE_PX = 320
LEAST_EYES_PX, MOST_EYES_PX = 3.5, 64.0
COUNTS_FROM_PX = 12.0  # brow to chin; below it a face is neither asked for nor held against the detector
VISIBLE = 0.65  # of a face that must show for it to be asked for


@dataclass(frozen=True, slots=True)
class Scene:
    """``picture`` (320, 320, 3) BGR; ``boxes`` (n, 4) x0 y0 x1 y1; ``landmarks`` (n, 5, 2); ``masked`` (n,);
    ``asked`` (n,): whether a face must be found. All in pixels."""

    picture: Image
    boxes: Floats
    landmarks: Floats
    masked: npt.NDArray[np.bool_]
    asked: npt.NDArray[np.bool_]


def compose(tiles: Tiles, grounds: Sequence[Image], r: np.random.Generator) -> Scene:
    """A scene with people drawn from ``tiles``, whose pictures must be ``premultiplied`` and who must have
    faces, before one of ``grounds`` or before clutter."""
    canvas = ground(grounds, r)
    clutter(canvas, r, int(r.integers(0, 8)))
    boxes: list[Floats] = []
    landmarks: list[Floats] = []
    masked: list[bool] = []
    front = np.zeros((SIDE_PX, SIDE_PX), np.uint8)  # who is in front at each pixel, 0 for nobody
    whole: list[tuple[int, int]] = []  # number of each face, and its pixels before others came in front
    eyes_px = np.sort(
        LEAST_EYES_PX * (MOST_EYES_PX / LEAST_EYES_PX) ** (r.random(crowd(r)) ** 1.4)
    )  # more small than large
    for number, px in enumerate(eyes_px, start=1):  # the nearest last
        row = int(r.integers(len(tiles)))
        marks = tiles.landmarks[row]
        scale = px / max(float(np.linalg.norm(marks[0] - marks[1])), 8.0)
        at = r.uniform(-0.1, 1.1, 2) * SIDE_PX
        middle = tiles.faces[row].reshape(2, 2).mean(axis=0) * scale
        shift = np.round(at - middle)
        paint = scaled(tiles.pictures[row], scale)
        away = r.random() < 0.25
        if away:
            paint = from_behind(paint, r)
        body(canvas, paint, shift, r, front, number)
        lay(canvas, paint, shift, front, number)
        if not away:
            boxes.append(tiles.faces[row] * scale + np.tile(shift, 2))
            landmarks.append(marks * scale + shift)
            masked.append(tiles.mask[row] > 0)
            whole.append((number, visible(front, number, boxes[-1])))
    clutter(canvas, r, int(r.integers(0, 2)), avoid=boxes)
    picture = seen(canvas, r)
    found, marks = (
        np.array(boxes, np.float32).reshape(-1, 4),
        np.array(landmarks, np.float32).reshape(-1, 5, 2),
    )
    inside = (marks > 1).all((1, 2)) & (marks < SIDE_PX - 2).all((1, 2))
    tall = (found[:, 3] - found[:, 1]) >= COUNTS_FROM_PX
    seen_share = [visible(front, n, b) / max(pixels, 1) for (n, pixels), b in zip(whole, boxes, strict=True)]
    asked = inside & tall & (np.array(seen_share) >= VISIBLE)
    return Scene(picture, found, marks, np.array(masked, np.bool_), np.asarray(asked, np.bool_))


def crowd(r: np.random.Generator) -> int:
    return int(r.choice([0, 1, 2, 4, 6, 9, 12], p=[0.08, 0.12, 0.18, 0.2, 0.18, 0.14, 0.1]))


def ground(grounds: Sequence[Image], r: np.random.Generator) -> Image:
    """A piece of an empty scene, or something without any meaning."""
    if r.random() < 0.6 and grounds:
        whole = grounds[int(r.integers(len(grounds)))]
        side = int(r.integers(SIDE_PX // 2, min(whole.shape[:2]) + 1))
        y, x = (int(r.integers(0, whole.shape[axis] - side + 1)) for axis in (0, 1))
        cut = whole[y : y + side, x : x + side]
        how = cv2.INTER_AREA if side > SIDE_PX else cv2.INTER_LINEAR
        return np.asarray(cv2.resize(cut, (SIDE_PX, SIDE_PX), interpolation=how), np.uint8)
    canvas = background(SIDE_PX, r)
    if r.random() < 0.5:
        grain = r.uniform(4, 30) * r.standard_normal((SIDE_PX // 2, SIDE_PX // 2, 1), np.float32)
        canvas = (
            canvas
            + cv2.GaussianBlur(cv2.resize(grain, (SIDE_PX, SIDE_PX)), (0, 0), r.uniform(0.6, 5))[..., None]
        )
    return np.ascontiguousarray(np.clip(canvas, 0, 255), np.uint8)


def clutter(canvas: Image, r: np.random.Generator, things: int, avoid: Sequence[Floats] = ()) -> None:
    """Boxes, ovals, stripes, rows of signs and pairs of dots, in the colours of things and of skin; painted
    into ``canvas``, clear of the boxes to ``avoid``."""
    for _ in range(things):
        x, y = (int(v) for v in r.uniform(0, SIDE_PX, 2))
        width, height = (int(v) for v in np.exp(r.uniform(np.log(4), np.log(120), 2)))
        if any(
            x - width < b[2] and x + width > b[0] and y - height < b[3] and y + height > b[1] for b in avoid
        ):
            continue
        skin = r.random() < 0.35
        colour = (np.array([120.0, 150.0, 200.0]) if skin else np.full(3, 120.0)) * r.uniform(0.3, 1.6)
        colour = np.clip(colour + r.normal(0, 12 if skin else 45, 3), 0, 255).tolist()
        other = np.clip(np.array(colour) * r.uniform(0.2, 1.8), 0, 255).tolist()
        kind = r.integers(5)
        if kind == 0:
            cv2.rectangle(canvas, (x, y), (x + width, y + height), colour, -1)
            cv2.rectangle(canvas, (x, y), (x + width, y + height), other, int(r.integers(1, 4)))
        elif kind == 1:
            cv2.ellipse(
                canvas, (x, y), (width // 2 + 2, height // 2 + 2), r.uniform(0, 180), 0, 360, colour, -1
            )
        elif kind == 2:
            for line in range(int(r.integers(2, 9))):
                cv2.line(canvas, (x, y + line * 5), (x + width, y + line * 5), other, int(r.integers(1, 4)))
        elif kind == 3:
            text = "".join(chr(int(c)) for c in r.integers(48, 91, int(r.integers(1, 8))))
            cv2.putText(
                canvas,
                text,
                (x, y),
                cv2.FONT_HERSHEY_SIMPLEX,
                r.uniform(0.3, 1.6),
                colour,
                int(r.integers(1, 4)),
            )
        else:  # an oval with two dots and a line that is no face: a socket, a bag, the front of a car
            size = max(6, min(width, height) // 2)
            cv2.ellipse(canvas, (x, y), (size, size + 2), 0, 0, 360, colour, -1)
            for way in (-1, 1):
                spot = (x + way * size // 2, y + int(r.normal(0, size / 2)))
                cv2.circle(canvas, spot, max(1, size // 7), other, -1)
            if r.random() < 0.5:
                cv2.line(canvas, (x - size // 2, y - size // 2), (x + size // 2, y - size // 2), other, 1)


def premultiplied(tile: Image) -> Image:
    """A tile with alpha, its colours times it, as they are laid."""
    colours = tile[..., :3] * (tile[..., 3:] / 255.0)
    return np.concatenate([colours, tile[..., 3:]], axis=-1).astype(np.uint8)


def scaled(tile: Image, scale: float) -> Floats:
    """A premultiplied tile at another size: (side, side, 4) float32."""
    side = max(6, round(tile.shape[0] * scale))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(tile, (side, side), interpolation=how), np.float32)


def from_behind(paint: Floats, r: np.random.Generator) -> Floats:
    """The outline of a head filled with hair, or with its own skin and hair in disorder: no face."""
    alpha = paint[..., 3:] / 255.0
    side = paint.shape[0]
    crown = paint[: side // 3, ..., :3][alpha[: side // 3, ..., 0] > 0.9]
    colour = crown.mean(axis=0) if len(crown) else np.array([25.0, 25.0, 30.0])
    if r.random() < 0.7:
        strands = cv2.resize(
            r.normal(0, 9, (max(2, side // 16), max(2, side // 3), 1)).astype(np.float32), (side, side)
        )
        inside = np.clip(colour + strands[..., None], 0, 255)
        neck = np.asarray(paint[..., :3] / np.maximum(alpha, 1e-3))
        down = np.clip((np.arange(side)[:, None, None] / side - 0.72) / 0.05, 0, 1)
        inside = inside * (1 - down) + neck * down
    else:
        pieces = max(2, side // 4)
        cells = cv2.resize(
            paint[..., :3] / np.maximum(alpha, 1e-3), (pieces, pieces), interpolation=cv2.INTER_AREA
        )
        cells = r.permutation(cells.reshape(-1, 3)).reshape(pieces, pieces, 3)
        inside = cv2.resize(cells, (side, side), interpolation=cv2.INTER_LINEAR)
    return np.concatenate([inside * alpha, paint[..., 3:]], axis=-1).astype(np.float32)


def body(
    canvas: Image, paint: Floats, shift: Floats, r: np.random.Generator, front: Image, number: int
) -> None:
    """Trunk and arms below the shoulders, in the colour that the tile ends with; ``front`` learns that
    person ``number`` stands there."""
    side = paint.shape[0]
    left, top = float(shift[0]), float(shift[1]) + side - 2
    row = paint[-3]
    clothed = row[row[:, 3] > 200, :3]
    colour = (clothed.mean(axis=0) if len(clothed) else np.full(3, 90.0)) * r.uniform(0.85, 1.05)
    long = side * r.uniform(1.0, 3.0)
    corners = np.array(
        [
            (left + side * 0.06, top),
            (left + side * 0.94, top),
            (left + side * 0.85, top + long),
            (left + side * 0.15, top + long),
        ]
    )
    outline = np.round(corners).astype(np.int32)
    cv2.fillConvexPoly(canvas, outline, colour.tolist(), cv2.LINE_AA)
    cv2.fillConvexPoly(front, outline, number)


def lay(canvas: Image, paint: Floats, shift: Floats, front: Image, number: int) -> None:
    """Lays colours times alpha into the canvas; ``front`` learns that person ``number`` is there."""
    side, (left, top) = paint.shape[0], shift.astype(int)
    alpha = np.clip(paint[..., 3] / 255.0, 0, 1)
    x0, y0, x1, y1 = max(0, left), max(0, top), min(SIDE_PX, left + side), min(SIDE_PX, top + side)
    if x1 > x0 and y1 > y0:
        cut = np.s_[y0 - top : y1 - top, x0 - left : x1 - left]
        under = canvas[y0:y1, x0:x1]
        under[:] = np.clip(under * (1 - alpha[cut][..., None]) + paint[cut][..., :3], 0, 255)
        front[y0:y1, x0:x1][alpha[cut] > 0.5] = number


def visible(front: Image, number: int, box: Floats) -> int:
    """Pixels of a box in which person ``number`` stands in front."""
    x0, y0, x1, y1 = np.clip(box, 0, SIDE_PX).astype(int)
    return int((front[y0:y1, x0:x1] == number).sum())


def seen(picture: Image, r: np.random.Generator) -> Image:
    """The scene as a camera sees it: light, focus and noise."""
    mean = picture.mean()
    canvas = (picture.astype(np.float32) - mean) * np.exp(r.normal(0, 0.15)) + mean * np.exp(r.normal(0, 0.2))
    canvas = canvas * np.exp(r.normal(0, 0.05, 3)).astype(np.float32)
    if r.random() < 0.07:
        canvas = np.repeat(canvas.mean(axis=-1, keepdims=True), 3, axis=-1)
    if r.random() < 0.4:
        canvas = cv2.GaussianBlur(canvas, (0, 0), r.uniform(0.3, 1.0))
    if r.random() < 0.5:
        canvas = canvas + r.uniform(0.5, 6) * r.standard_normal((SIDE_PX, SIDE_PX, 1), np.float32)
    return np.clip(canvas, 0, 255).astype(np.uint8)


def encoded(scenes: Sequence[Scene], r: np.random.Generator) -> list[Scene]:
    """The scenes as H.264 leaves them, side by side in one key frame with a quantiser drawn by chance."""
    found = key_frame(np.concatenate([scene.picture for scene in scenes], axis=1), int(r.integers(18, 33)))
    return [
        replace(scene, picture=np.ascontiguousarray(cut))
        for scene, cut in zip(scenes, np.split(found, len(scenes), axis=1), strict=True)
    ]
