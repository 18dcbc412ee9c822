"""The detector learns: ``python -m training.finding FOLDER --more PEOPLE`` (about 50 minutes on one core).

Checkpoints lie in FOLDER; a run that was cut off goes on from the last one.
"""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import torch

from adapters.city import cameras, plan
from adapters.city.heads import Heads
from adapters.city.scene import Scene as EmptyScene
from training.detector import Detector
from training.embedder import parameters
from training.loop import Course, ahead, device
from training.people import HELD_OUT, Tiles, chosen, joined, read
from training.scenes import compose, encoded, premultiplied
from training.targets import loss, targets

BATCH = 16
RATE, DECAY, WARM, KEEP = 3e-3, 0.01, 0.06, 0.998
TOWNS = (2001, 2002, 2003)  # whose empty scenes are stood before; none of them is the demo's
CAMERAS = 40  # of each
Batch = tuple[npt.NDArray[np.uint8], list[npt.NDArray[np.float32]]]


def grounds(cache: Path) -> list[npt.NDArray[np.uint8]]:
    """What cameras of simulated towns see when nobody is there; kept in ``cache``."""
    cache.mkdir(parents=True, exist_ok=True)
    found = []
    for seed in TOWNS:
        hung, heads = cameras.hang(plan.build(seed, plan.TOWN)), Heads()
        for camera in range(min(CAMERAS, len(hung.spot))):
            file = cache / f"{seed}-{camera}.png"
            if not file.is_file():
                empty = EmptyScene(seed, hung, camera, heads).ground[0]
                cv2.imwrite(str(file), cv2.cvtColor(empty, cv2.COLOR_YUV2BGR_I420))
            found.append(np.asarray(cv2.imread(str(file)), np.uint8))
    return found


def people(folders: Sequence[Path]) -> Tiles:
    """Views with alpha and faces of everybody who is not held out, premultiplied."""
    tiles = joined(t for folder in folders for t in read(folder) if int(t.person[0]) not in HELD_OUT)
    usable = np.isfinite(tiles.faces).all(axis=1) & np.array([p.shape[-1] == 4 for p in tiles.pictures])
    tiles = chosen(tiles, np.flatnonzero(usable))
    return replace(tiles, pictures=[premultiplied(picture) for picture in tiles.pictures])


def batch(tiles: Tiles, before: Sequence[npt.NDArray[np.uint8]], seed: int, step: int) -> Batch:
    """Pictures (BATCH, 320, 320, 3) BGR and what the cells of each stride answer for."""
    r = np.random.default_rng([seed, step])
    scenes = [compose(tiles, before, r) for _ in range(BATCH)]
    half = BATCH // 2
    scenes = encoded(scenes[:half], r) + (encoded(scenes[half:], r) if r.random() < 0.5 else scenes[half:])
    return np.stack([scene.picture for scene in scenes]), targets(scenes)


def learn(
    tiles: Tiles,
    before: Sequence[npt.NDArray[np.uint8]],
    folder: Path,
    *,
    steps: int,
    every: int,
    seed: int,
    rate: float = RATE,
    start: Path | None = None,
) -> Detector:
    """The network after ``steps`` batches: the running mean of its weights."""
    torch.manual_seed(seed)
    where = device()
    network = Detector().to(where, memory_format=torch.channels_last)
    if start is not None:
        network.load_state_dict(torch.load(start, weights_only=True))
    mean = Detector().to(where)
    course = Course(network, mean, folder, steps=steps, rate=rate, decay=DECAY, warm=WARM, keep=KEEP)
    for pictures, asked in ahead(partial(batch, tiles, before, seed), course.done, steps):
        network.train()
        images = torch.from_numpy(pictures).to(where).permute(0, 3, 1, 2).float()
        with torch.autocast(where, torch.bfloat16):
            maps = network.maps(images.contiguous(memory_format=torch.channels_last))
        course.step(loss([m.float() for m in maps], [torch.from_numpy(a).to(where) for a in asked]))
        if course.done % every == 0 or course.done == steps:
            print(course.save(), flush=True)
    return mean


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="for checkpoints")
    parser.add_argument(
        "--more", type=Path, action="append", required=True, help="rendered people with alpha"
    )
    parser.add_argument("--steps", type=int, default=7500)
    parser.add_argument("--every", type=int, default=400)
    parser.add_argument("--rate", type=float, default=RATE, help="of learning, at its highest")
    parser.add_argument("--start", type=Path, help="weights to go on from, instead of none")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(given.threads)
    tiles, before = people(given.more), grounds(given.folder / "grounds")
    print(
        f"{len(np.unique(tiles.person))} people, {len(tiles)} views, {parameters(Detector())} weights",
        flush=True,
    )
    network = learn(
        tiles,
        before,
        given.folder,
        steps=given.steps,
        every=given.every,
        seed=given.seed,
        rate=given.rate,
        start=given.start,
    )
    torch.save(network.state_dict(), given.folder / "detector.pt")


if __name__ == "__main__":
    main()
