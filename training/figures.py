"""What the models that come along can do: ``python -m training.figures --held PEOPLE [--shared FOLDER]``.

On people held out, rendered by ``training.rendering`` with the seeds of ``HELD_OUT``; and on real faces and
clips, which are reported and were tuned on by nobody. Prints Markdown for the model cards.
"""

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

from adapters.face.align import aligned_crops
from adapters.face.detector_mask import DetectorMask
from adapters.face.embedder import Embedder
from adapters.face.labelled import Photo, read_picture, read_set
from adapters.face.registry import find, model_folder
from adapters.face.yunet import YuNet
from engine.domain.track import MaskState
from engine.ports import Faces, Image
from training.degrading import clean
from training.finding import grounds
from training.measuring import held_out, held_out_crops, matched, overlaps, tar, told_apart
from training.people import joined, read
from training.scenes import Scene, compose, encoded, premultiplied

SCENES, TOGETHER = 600, 8
SIZES_PX = (12, 16, 24, 40, 80, 1000)  # heights of faces
CLEAR_SCORE = 0.8  # of YuNet, for faces that should be found in real clips
EVERY_S = 0.2
SIGNERS = ("asl_*.mkv", "grid_*.mpg")
NOBODY = "one-by-one-person-detection.mp4"


def scenes(people: Path, cache: Path) -> Iterator[Scene]:
    """Scenes with people who were held out, as a camera delivers them; always the same."""
    tiles = joined(read(people))
    tiles = replace(tiles, pictures=[premultiplied(picture) for picture in tiles.pictures])
    before, r = grounds(cache), np.random.default_rng(7)
    for _ in range(SCENES // TOGETHER):
        yield from encoded([compose(tiles, before, r) for _ in range(TOGETHER)], r)


def finding(detector: YuNet, mask: DetectorMask, people: Path, cache: Path) -> list[str]:
    """Faces found by height, false faces, masks told and how far landmarks are off."""
    there, found = np.zeros(len(SIZES_PX)), np.zeros(len(SIZES_PX))
    false, right, told, off = 0, 0, 0, list[float]()
    for scene in scenes(people, cache):
        faces = detector.detect(scene.picture)
        best, elsewhere = matched(faces, scene)
        false += int(elsewhere.sum())
        for face in np.flatnonzero(scene.asked):
            height = scene.boxes[face, 3] - scene.boxes[face, 1]
            size = int(np.searchsorted(SIZES_PX, height, side="right"))
            there[size] += 1
            if best[face] < 0:
                continue
            found[size] += 1
            if height >= 24:
                marks = scene.landmarks[face]
                apart = max(float(np.linalg.norm(marks[0] - marks[1])), height / 4)
                off.append(float(np.linalg.norm(faces.landmarks[best[face]] - marks, axis=1).mean()) / apart)
                state = mask.state(scene.picture, faces.boxes[best[face]].tolist())
                told += state is not MaskState.UNKNOWN
                right += state is (MaskState.MASKED if scene.masked[face] else MaskState.BARE)
    rows = ["| height of the face | faces | found |", "|---|---|---|"]
    for low, size in zip(SIZES_PX, range(1, len(SIZES_PX)), strict=False):
        if there[size]:
            upper = SIZES_PX[size]
            name = f"{low}-{upper} px" if upper < 1000 else f"{low} px and more"
            rows.append(f"| {name} | {there[size]:.0f} | {found[size] / there[size]:.1%} |")
    over = slice(SIZES_PX.index(24) + 1, None)
    return [
        *rows,
        f"| **24 px and more** | {there[over].sum():.0f} | {found[over].sum() / there[over].sum():.1%} |",
        "",
        f"False faces: {false} in {SCENES} scenes, {100 * false / SCENES:.2f} in 100. Landmarks are"
        f" {np.median(off):.1%} of the distance between the eyes off (median). Masks: told of {told} of"
        f" {len(off)} faces, right of {right / max(told, 1):.1%}.",
    ]


def apart(embedder: Embedder, detector: YuNet) -> list[str]:
    """TAR of views held out, with true landmarks and with those of the detector."""
    seen = held_out_crops()
    found = told_apart(embedder.embed, seen)
    tiles = held_out()
    faces = [detector.detect(picture) for picture in tiles.pictures]
    there = np.array([len(one) > 0 for one in faces])
    marks = np.stack([largest(one)[0] if len(one) else tiles.landmarks[0] for one in faces])
    own = embedder.embed(clean(replace(tiles, landmarks=marks)))
    for kind, probe in (("bare", there & ~seen.masked), ("masked", there & seen.masked)):
        refer = there & ~seen.masked
        share = tar(own[probe], own[refer], seen.person[probe], seen.person[refer])
        found[f"whole {kind}, found by the detector ({probe.sum()} views)"] = share
    return [
        "| views held out, against whole bare views | TAR at FAR 1e-3 |",
        "|---|---|",
        *(f"| {kind} | {share:.1%} |" for kind, share in found.items()),
    ]


def labelled(embedder: Embedder, detector: YuNet, folder: Path) -> str:
    """TAR of photographs of real people, by the landmarks of a detector; a photograph and its copy with a
    drawn mask do not meet."""
    photos, templates = list[Photo](), list[npt.NDArray[np.float32]]()
    every = read_set(folder)
    for photo in every:
        image = read_picture(photo.path)
        faces = detector.detect(image)
        if len(faces):
            photos.append(photo)
            templates.append(embedder.embed(aligned_crops(image, largest(faces)))[0])
    people = {name: number for number, name in enumerate(sorted({p.person for p in photos}))}
    person = np.array([people[p.person] for p in photos])
    takes = np.array([hash((p.person, p.take)) for p in photos])
    masked = np.array([p.masked for p in photos])
    rows, told = np.stack(templates), []
    for kind, probe in (("bare", ~masked), ("masked", masked)):
        scores = rows[probe] @ rows[~masked].T
        same_take = takes[probe][:, None] == takes[~masked][None]
        scores[same_take] = 1.0  # of one take: left out as a view that meets itself
        told.append(f"{kind} {tar_of(scores, person[probe], person[~masked]):.1%}")
    return f"{len(photos)} of {len(every)} photographs with a face; {', '.join(told)}"


def tar_of(
    scores: npt.NDArray[np.float32], person: npt.NDArray[np.int64], of: npt.NDArray[np.int64]
) -> float:
    """As ``tar``, of scores that are there already."""
    return tar(scores, np.eye(scores.shape[1], dtype=np.float32), person, of)


def largest(faces: Faces) -> npt.NDArray[np.float32]:
    return faces.landmarks[[int(faces.boxes[:, 3].argmax())]]


def frames(clip: Path) -> Iterator[Image]:
    """Every fifth of a second of a clip."""
    with av.open(str(clip)) as container:
        last = -EVERY_S
        for frame in container.decode(video=0):
            at = float(frame.time or 0.0)
            if at - last >= EVERY_S:
                last = at
                yield np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)


def clips(detector: YuNet, yunet: YuNet, folder: Path) -> list[str]:
    """Of the faces that YuNet is sure of in real clips, how many are found; and what is found where
    nobody's face shows."""
    rows = []
    for pattern in SIGNERS:
        wanted = found = 0
        for clip in sorted(folder.glob(pattern)):
            for image in frames(clip):
                sure = yunet.detect(image)
                keep = sure.scores >= CLEAR_SCORE
                wanted += int(keep.sum())
                found += int(
                    (overlaps(boxes(sure)[keep], boxes(detector.detect(image))) >= 0.35).any(axis=1).sum()
                )
        rows.append(
            f"- {pattern}: {found} of {wanted} faces that YuNet is sure of ({found / max(wanted, 1):.1%})"
        )
    count = [len(detector.detect(image)) for image in frames(folder / NOBODY)]
    rows.append(f"- {NOBODY}, people from behind: {sum(count)} false faces in {len(count)} frames")
    return rows


def boxes(faces: Faces) -> npt.NDArray[np.float32]:
    return np.concatenate([faces.boxes[:, :2], faces.boxes[:, :2] + faces.boxes[:, 2:]], axis=1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--held", type=Path, required=True, help="people held out, rendered")
    parser.add_argument("--cache", type=Path, required=True, help="for empty scenes")
    parser.add_argument("--shared", type=Path, help="real faces and clips")
    given = parser.parse_args()
    where = model_folder()
    detector, embedder = YuNet(find("demo_detector", where)), Embedder(find("demo_embedder", where))
    print("\n".join(apart(embedder, detector)), "", sep="\n")
    lines = finding(detector, DetectorMask(find("demo_mask", where)), given.held, given.cache)
    print("\n".join(lines), "", sep="\n")
    if given.shared:
        yunet = YuNet(find("yunet_n_dynamic", where))
        faces = given.shared / "faces" / "scrub"
        print(f"- photographs, own landmarks: {labelled(embedder, detector, faces)}")
        print(f"- photographs, landmarks of YuNet: {labelled(embedder, yunet, faces)}")
        print("\n".join(clips(detector, yunet, given.shared / "footage")))


if __name__ == "__main__":
    main()
