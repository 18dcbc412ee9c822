"""The embedder learns: ``python -m training.learning FOLDER`` (about an hour on one core).

Loss = identity margin + closeness to what is known of the person. Checkpoints lie in FOLDER; a run that was
cut off goes on from the last one.
"""

import argparse
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from adapters.face.registry import model_folder
from training import degrading, teacher
from training.embedder import DIMENSIONS, Embedder, as_input, parameters
from training.loop import Course, ahead, device
from training.measuring import held_out_crops, told_apart
from training.people import HELD_OUT, Tiles, chosen, joined, people_folder, read

BATCH = 128
MARGIN, SCALE = 0.35, 24.0  # CosFace, Wang et al. 2018
TO_TEACHER, TO_SHAPE = 2.0, 0.5
RATE, DECAY, WARM = 3e-3, 0.02, 0.08
MASKED = 0.5  # of what a batch shows
KEEP = 0.999  # of the running mean of the weights at each step


class Loss(nn.Module):
    """What the network answers for; thrown away afterwards, with everything it knows of persons."""

    def __init__(self, templates: npt.NDArray[np.float32], shapes: npt.NDArray[np.float32]) -> None:
        super().__init__()
        self.register_buffer("templates", torch.from_numpy(templates))
        self.register_buffer("shapes", torch.from_numpy(shapes))
        self.persons = nn.Parameter(torch.from_numpy(templates.copy()))
        self.shape = nn.Linear(DIMENSIONS, shapes.shape[1])

    def forward(self, answers: Tensor, person: Tensor) -> dict[str, Tensor]:
        """Parts of the loss for vectors (n, 128) of the persons (n,)."""
        unit = functional.normalize(answers)
        cosine = unit @ functional.normalize(self.persons).T
        margin = functional.one_hot(person, len(self.persons)) * MARGIN
        to_teacher = 1 - (unit * self.templates[person]).sum(dim=1)
        return {
            "identity": functional.cross_entropy(SCALE * (cosine - margin), person),
            "teacher": TO_TEACHER * to_teacher.mean(),
            "shape": TO_SHAPE * functional.mse_loss(self.shape(answers), self.shapes[person]),
        }


@dataclass(frozen=True, slots=True)
class Pool:
    """What is learnt from. ``person`` (n,) are rows of ``templates`` and ``shapes``."""

    tiles: Tiles
    person: npt.NDArray[np.int64]
    templates: npt.NDArray[np.float32]
    shapes: npt.NDArray[np.float32]

    def crops(self, seed: int, step: int) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
        """The batch of one step: crops (BATCH, 112, 112, 3) BGR and rows of persons."""
        r = np.random.default_rng([seed, step])
        masked = self.tiles.mask > 0
        few = round(BATCH * MASKED)
        rows = np.concatenate(
            [r.choice(np.flatnonzero(masked), few), r.choice(np.flatnonzero(~masked), BATCH - few)]
        )
        return (
            degrading.batch(chosen(self.tiles, rows), r),
            self.person[rows],
        )


def pool(folders: list[Path], models: Path, cache: Path) -> Pool:
    """All people of the folders but those held out; what the teacher says of them is kept in ``cache``."""
    tiles = joined(t for folder in folders for t in read(folder) if int(t.person[0]) not in HELD_OUT)
    known = cache / "teacher.npz"
    if known.is_file():
        kept = np.load(known)
        seeds, templates, shapes = kept["seeds"], kept["templates"], kept["shapes"]
    else:
        seeds, templates = teacher.templates(tiles, models)
        shapes = teacher.shapes(seeds)
        np.savez(known, seeds=seeds, templates=templates, shapes=shapes)
    return Pool(tiles, np.searchsorted(seeds, tiles.person), templates, shapes)


def learn(learnt_from: Pool, folder: Path, steps: int, every: int, seed: int) -> Embedder:
    """The network after ``steps`` batches: the running mean of its weights."""
    torch.manual_seed(seed)
    where = device()
    network = Embedder().to(where, memory_format=torch.channels_last)
    loss = Loss(learnt_from.templates, learnt_from.shapes).to(where)
    course = Course(
        network,
        Embedder().to(where),
        folder,
        steps=steps,
        rate=RATE,
        decay=DECAY,
        warm=WARM,
        keep=KEEP,
        beside=loss,
    )
    seen = held_out_crops()
    for crops, person in ahead(partial(learnt_from.crops, seed), course.done, steps):
        network.train()
        images = as_input(torch.from_numpy(crops).to(where)).contiguous(memory_format=torch.channels_last)
        with torch.autocast(where, torch.bfloat16):
            answers = network(images)
        course.step(loss(answers.float(), torch.from_numpy(person).to(where)))
        if course.done % every == 0 or course.done == steps:
            apart = told_apart(partial(embed, course.mean), seen)
            held_out = ", ".join(f"{kind} {share:.1%}" for kind, share in apart.items())
            print(f"{course.save()}; held out: {held_out}", flush=True)
    return course.mean


def embed(network: Embedder, crops: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """(n, 128) templates of length 1."""
    network.eval()
    where = next(network.parameters()).device
    with torch.no_grad():
        parts = [
            network(as_input(torch.from_numpy(part).to(where))).cpu()
            for part in np.array_split(crops, -(-len(crops) // BATCH))
        ]
    found = torch.cat(parts)
    return np.asarray((found / found.norm(dim=1, keepdim=True)).numpy(), np.float32)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="for checkpoints")
    parser.add_argument("--more", type=Path, action="append", default=[], help="further rendered people")
    parser.add_argument("--steps", type=int, default=8000)
    parser.add_argument("--every", type=int, default=400)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(given.threads)
    learnt_from = pool([people_folder() / "train", *given.more], model_folder(), given.folder)
    print(
        f"{len(learnt_from.templates)} people, {len(learnt_from.tiles)} views,"
        f" {parameters(Embedder())} weights"
    )
    network = learn(learnt_from, given.folder, given.steps, given.every, given.seed)
    torch.save(network.state_dict(), given.folder / "embedder.pt")


if __name__ == "__main__":
    main()
