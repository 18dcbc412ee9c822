"""Pictures of invented people for the desk: rendered heads that come along, laid into plain scenes."""

import math
from functools import cache
from importlib import resources

import cv2
import msgspec
import numpy as np
import numpy.typing as npt

from adapters.city.heads import Index, Tile
from engine.api.schema import Picture

Image = npt.NDArray[np.uint8]
FACE_SHARE = 0.8
PEOPLE = resources.files("configs") / "people"
WHO = {"patient": 19, "alike": 25, "other": 3}  # place in the index
WALL, STREET, SIGN = (104, 96, 84), (82, 78, 74), (150, 130, 96)
YAW_DEG = 33.0  # of a head that is turned by 1


def head(look: str, size: int = 160, *, turned: float = 0.0, mask: bool = False) -> Image:
    """A head whose face fills ``FACE_SHARE`` of the height, before a wall; ``turned`` -1..1 looks aside."""
    image = np.full((size, size, 3), WALL, dtype=np.uint8)
    image[:, : size // 3] = tuple(int(level * 0.9) for level in WALL)
    return _laid(image, look, turned, "worn" if mask else "none")


def frame(look: str, *, width: int = 320, height: int = 180, aside_px: int = 0) -> Image:
    """A street with one person in it, ``aside_px`` right of the middle; somebody else is a mosaic."""
    image = np.full((height, width, 3), WALL, dtype=np.uint8)
    image[height // 2 :] = STREET
    cv2.rectangle(image, (20, 20), (110, height // 2), SIGN, -1)
    cv2.rectangle(image, (156 + aside_px, 108), (184 + aside_px, 170), (90, 70, 60), -1)
    image[70:110, 150 + aside_px : 190 + aside_px] = _laid(
        image[70:110, 150 + aside_px : 190 + aside_px], look, 0.0, "none"
    )
    tiles = np.array([[90, 140], [160, 110]], dtype=np.uint8).repeat(16, axis=0).repeat(16, axis=1)
    image[84:116, 240:272] = tiles[:, :, None]
    return image


def picture(kind: str, image: Image, face_px: float) -> Picture:
    done, jpeg = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 92])
    assert done
    return Picture(
        kind=kind, at=None, width=image.shape[1], height=image.shape[0], face_px=face_px, jpeg=jpeg.tobytes()
    )


def _laid(ground: Image, look: str, turned: float, mask: str) -> Image:
    """A square of ground with a head before it."""
    person = _index().people[WHO[look]]
    tile = min(
        (tile for tile in person.tiles if tile.mask == mask and tile.pitch_deg == 0),
        key=lambda tile: abs(tile.yaw_deg - turned * YAW_DEG),
    )
    cut = _cut(_sheet(person.sheet), tile)
    size = ground.shape[0]
    scaled = cv2.resize(cut, (size, size), interpolation=cv2.INTER_AREA).astype(np.float32)
    share = scaled[:, :, 3:] / 255
    return np.rint(scaled[:, :, :3] * share + ground * (1 - share)).astype(np.uint8)


def _cut(sheet: Image, tile: Tile) -> Image:
    """The square around the face of which it fills its share, transparent beyond the tile."""
    left, top, right, bottom = tile.face
    side = math.ceil((bottom - top) / FACE_SHARE)
    x = round((left + right - side) / 2)
    y = round(bottom - (1 + FACE_SHARE) / 2 * side)
    edge = _index().tile_px
    cut = np.zeros((side, side, 4), dtype=np.uint8)
    x0, y0, x1, y1 = max(x, 0), max(y, 0), min(x + side, edge), min(y + side, edge)
    cut[y0 - y : y1 - y, x0 - x : x1 - x] = sheet[tile.y + y0 : tile.y + y1, tile.x + x0 : tile.x + x1]
    return cut


@cache
def _index() -> Index:
    return msgspec.json.decode((PEOPLE / "index.json").read_bytes(), type=Index)


@cache
def _sheet(name: str) -> Image:
    decoded = cv2.imdecode(np.frombuffer((PEOPLE / name).read_bytes(), np.uint8), cv2.IMREAD_UNCHANGED)
    return np.asarray(decoded, dtype=np.uint8)
