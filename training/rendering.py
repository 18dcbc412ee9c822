"""Further invented people, rendered: ``python -m training.rendering --first 30000 --count 1500 FOLDER``.

Writes what ``train/`` of the people holds, with an alpha channel: a sheet of tiles a person, and a line in
``index.jsonl`` with the place, mask, turn and landmarks of each tile. A run that was cut off goes on where
it stopped.
"""

import argparse
import importlib.util
import json
import sys
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from training.people import people_folder

TILE_PX, COLUMNS = 176, 4
HEAD_PX = 112  # chin to crown; a tile shows the shoulders too
VIEWS = 4  # of a face that is bare, and of the same behind a mask
QUALITY = 90  # of the sheets
UNDER = 0.2  # of masks hang under the nose


@cache
def renderer() -> Any:
    """The renderer that lies beside the people, as a module. Raises FileNotFoundError where it is missing."""
    path = people_folder() / "render_people.py"
    if not path.is_file():
        raise FileNotFoundError(f"{path}: set TRACEDESK_PEOPLE to the folder of the invented people")
    spec = importlib.util.spec_from_file_location("render_people", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["render_people"] = module  # numba finds its functions again by this name
    spec.loader.exec_module(module)
    return module


@cache
def people() -> Any:
    """The mesh bundle, opened once a process."""
    return renderer().People(str(people_folder() / "people.npz"))


def sheet(seed: int) -> tuple[np.ndarray, dict[str, Any]]:
    """All tiles of one person as one picture (BGRA), and its line of the index."""
    everybody, who, r = people(), people().identity(seed), np.random.default_rng([seed, 6])
    rows = 2
    picture = np.zeros((rows * TILE_PX, COLUMNS * TILE_PX, 4), np.uint8)
    tiles = []
    for row in range(rows):
        mask = "none" if row == 0 else "under" if r.random() < UNDER else "worn"
        mesh = everybody.build(who, renderer().random_expression(r), mask)
        for column in range(VIEWS):
            view = renderer().random_view(r, mask)
            view.pop("expression")
            rgba, info = everybody.render(who, head_px=HEAD_PX, size=(TILE_PX, TILE_PX), mesh=mesh, **view)
            x, y = column * TILE_PX, row * TILE_PX
            picture[y : y + TILE_PX, x : x + TILE_PX] = cv2.cvtColor(rgba, cv2.COLOR_RGBA2BGRA)
            tiles.append(
                {
                    "x": x,
                    "y": y,
                    "mask": mask,
                    "yaw": round(view["yaw"], 1),
                    "pitch": round(view["pitch"], 1),
                    "landmarks": info["landmarks"],
                    "face": info["face"],
                }
            )
    return picture, {"seed": seed, "sheet": f"{seed}.webp", "tile_px": TILE_PX, "tiles": tiles}


def render(first: int, count: int, folder: Path) -> int:
    """Render people ``first`` to ``first + count - 1`` who are not there yet; how many were rendered."""
    folder.mkdir(parents=True, exist_ok=True)
    index = folder / "index.jsonl"
    there = set()
    if index.is_file():
        there = {json.loads(line)["seed"] for line in index.read_text("utf-8").splitlines()}
    todo = [seed for seed in range(first, first + count) if seed not in there]
    with index.open("a", encoding="utf-8") as log:
        for seed in todo:
            picture, line = sheet(seed)
            cv2.imwrite(str(folder / line["sheet"]), picture, [cv2.IMWRITE_WEBP_QUALITY, QUALITY])
            log.write(json.dumps(line) + "\n")
            log.flush()
    return len(todo)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--first", type=int, default=30_000)
    parser.add_argument("--count", type=int, default=1500)
    given = parser.parse_args()
    done = render(given.first, given.count, given.folder)
    print(f"{done} people rendered into {given.folder}")


if __name__ == "__main__":
    main()
