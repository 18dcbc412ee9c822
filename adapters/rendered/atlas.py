"""Takes rendered people as their maker leaves them into the form in which the city keeps heads."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import msgspec
import numpy as np

from engine.domain.errors import InputError

SCALE = 0.7  # of the city's heads to those that the renderer makes
WEBP_QUALITY = 80


def take(atlases: Sequence[Path], folder: Path) -> Path:
    """Write ``index.json``, sheets and stills of all people of ``atlases`` into ``folder``; the folder.

    An atlas is what the renderer of the invented people writes: a sheet and two stills a person and an
    ``index.json``. Raises InputError for one that cannot be read.
    """
    if (folder / "index.json").is_file():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    people: list[dict[str, Any]] = []
    tile_px, head_px = 0, 0.0
    for atlas in atlases:
        index = _index(atlas)
        tile_px, head_px = round(index["tile"][0] * SCALE), index["head_px"] * SCALE
        for person in index["people"]:
            people.append(_person(atlas, folder, index, person, len(people)))
    content = {"tile_px": tile_px, "head_px": head_px, "people": people}
    (folder / "index.json").write_bytes(msgspec.json.encode(content))
    return folder


def _index(atlas: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = msgspec.json.decode((atlas / "index.json").read_bytes())
    except (OSError, msgspec.DecodeError) as problem:
        raise InputError(
            f"cannot be read ({type(problem).__name__})",
            file=str(atlas / "index.json"),
            mend="name a folder that the renderer of the people made",
        ) from None
    return found


def _person(
    atlas: Path, folder: Path, index: dict[str, Any], person: dict[str, Any], number: int
) -> dict[str, Any]:
    sheet = cv2.imread(str(atlas / person["sheet"]), cv2.IMREAD_UNCHANGED)
    if sheet is None:
        raise InputError("is no picture", file=str(atlas / person["sheet"]), mend="render the atlas again")
    size = (round(sheet.shape[1] * SCALE), round(sheet.shape[0] * SCALE))
    scaled = cv2.resize(sheet, size, interpolation=cv2.INTER_AREA)
    seed = person["seed"]
    cv2.imwrite(str(folder / f"{seed}.webp"), scaled, [cv2.IMWRITE_WEBP_QUALITY, WEBP_QUALITY])
    stills = []
    for place, still in enumerate(person["stills"], start=1):
        stills.append(f"{seed}_enrol{place}.jpg")
        shutil.copyfile(atlas / still["file"], folder / stills[-1])
    tiles = [
        {
            "x": round(tile["x"] * SCALE),
            "y": round(tile["y"] * SCALE),
            "yaw_deg": tile["yaw"],
            "pitch_deg": tile["pitch"],
            "mask": tile["mask"],
            "landmarks": (np.array(tile["landmarks"]) * SCALE).tolist(),
            "face": (np.array(tile["face"]) * SCALE).tolist(),
        }
        for tile in person["tiles"]
    ]
    return {"identity": number, "seed": seed, "sheet": f"{seed}.webp", "stills": stills, "tiles": tiles}
