"""Filmed passes through the eyes of a worker: key frames one by one, and paths of several views."""

import dataclasses
import os
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from adapters.city.film import GROUP
from adapters.city.heads import Heads
from adapters.city.lens import Seen
from adapters.city.simulation import Simulation
from adapters.face.model import OnnxFaceModel
from adapters.face.photo import decode_photo
from adapters.footage.reader import AvReader
from adapters.footage.redact import MosaicRedactor
from adapters.match.exact import ExactMatcher
from adapters.rendered import sightings
from adapters.rendered.filming import Set, Shot
from adapters.rendered.sightings import Sightings
from engine.domain.errors import InputError
from engine.domain.model import Calibration
from engine.domain.track import MaskState
from engine.ports import Faces, Image
from engine.trace.enrol import enrol
from engine.trace.tracking import Path as Track
from engine.trace.tracking import Sight, Tracker, mean_template, sights_of
from engine.trace.tracks import MASK_VIEWS, quality_of

NOBODY = -1
TOLD = (MaskState.UNKNOWN, MaskState.BARE, MaskState.MASKED)
SAME_FACE = 0.6  # between the middles of found and true eyes, in true distances between the eyes
LEAST_PX, LEAST_BLUR, MOST_YAW_DEG = 20.0, 0.0, 45.0  # looser than any gate, to see what the gates do


class Eyes:
    """One embedder with its gates; detector and mask model are shared by all of them."""

    def __init__(self, model: OnnxFaceModel, gates: Calibration, dimensions: int) -> None:
        self.model, self.gates, self.dimensions = model, gates, dimensions

    def comparable(self, px: float, blur: float, yaw_deg: float, colourless: bool) -> bool:
        """As a scan decides; see engine/trace/evidence.py."""
        gates = self.gates
        return (
            px >= gates.floor_inter_eye_px
            and blur >= gates.floor_blur
            and abs(yaw_deg) <= gates.max_yaw_deg
            and not colourless
        )


def references(
    heads: Heads, model: OnnxFaceModel, calibration: Calibration, stills: int = 2
) -> npt.NDArray[np.float32]:
    """(heads, dimensions) templates as enrolment makes them of the first ``stills`` stills of a head; NaN
    where enrolment refuses them."""
    found: list[npt.NDArray[np.float32] | None] = []
    for head in range(len(heads)):
        given = list(heads.stills(head).items())[:stills]
        pictures = [(name, decode_photo(content, name)[1]) for name, content in given]
        # before there is a line, nothing but the renderer knows that two stills show one person
        together = [pictures] if calibration.bands else [[picture] for picture in pictures]
        try:
            made = [enrol(some, model, ExactMatcher(), MosaicRedactor(), calibration) for some in together]
        except InputError:
            found.append(None)
        else:
            total = np.sum([np.frombuffer(one.template, "<f4") for one in made], axis=0)
            found.append(np.asarray(total / np.linalg.norm(total), np.float32))
    dimensions = next((len(t) for t in found if t is not None), 1)
    blind = np.full(dimensions, np.nan, np.float32)
    return np.stack([blind if t is None else t for t in found])


def collect(
    city: Simulation, heads: Heads, rows: npt.NDArray[np.int64], eyes: Mapping[str, Eyes], cache: Path
) -> dict[str, Sightings]:
    """Film the passes ``rows``, camera after camera, and look at them with every embedder.

    What was seen before one camera is kept in ``cache`` and not made again. Returns sightings by the name
    of the embedder.
    """
    cache.mkdir(parents=True, exist_ok=True)
    film = Set(city, heads, cache)
    found: dict[str, list[Sightings]] = {name: [] for name in eyes}
    for camera in np.unique(city.passes.camera[rows]):
        here = rows[city.passes.camera[rows] == camera]
        mark = f"{city.plan.seed}-{camera}-{zlib.crc32(here.tobytes()):08x}"
        files = {name: cache / f"{mark}-{name}.npz" for name in eyes}
        if not all(file.is_file() for file in files.values()):
            seen: dict[str, list[Sightings]] = {name: [] for name in eyes}
            for row in here:
                shot = film.shoot(int(row))
                try:
                    for name, part in _look(city, shot, eyes).items():
                        seen[name].append(part)
                finally:
                    shot.file.unlink()
            for name, parts in seen.items():
                sightings.joined(parts).save(files[name])
        for name, file in files.items():
            found[name].append(sightings.load(file))
    return {name: sightings.joined(parts) for name, parts in found.items()}


def _look(city: Simulation, shot: Shot, eyes: Mapping[str, Eyes]) -> dict[str, Sightings]:
    detector = next(iter(eyes.values())).model
    reader = AvReader(os.open(shot.file, os.O_RDONLY), shot.file.name)
    try:
        trackers = {name: Tracker() for name in eyes}
        rows: dict[str, list[tuple[object, ...]]] = {name: [] for name in eyes}
        templates: dict[str, list[npt.NDArray[np.float32]]] = {name: [] for name in eyes}
        who: dict[tuple[float, float], int] = {}
        for number, frame in enumerate(reader.frames(0.0, reader.duration_s, 0.0)):
            faces = detector.detect(frame.image)
            if not len(faces):
                continue
            crops = detector.crops(frame.image, faces)
            rows_seen = _owners(faces, shot.seen[number])
            for i, row in enumerate(rows_seen):
                who[frame.offset_s, float(faces.boxes[i][0])] = row
            for name, one in eyes.items():
                sights = _sights(one, frame.offset_s, crops, faces)
                trackers[name].add(
                    frame.offset_s, [s if ok else dataclasses.replace(s, template=None) for s, ok in sights]
                )
                for (sight, ok), row in zip(sights, rows_seen, strict=True):
                    if number % GROUP == 0 and sight.template is not None:
                        rows[name].append(_row(city, True, row, -1, [sight], ok))
                        templates[name].append(sight.template)
        for name, tracker in trackers.items():
            for path in tracker.paths:
                mean = mean_template(path.sights)
                if mean is None:
                    continue
                good = [s for s in path.sights if s.template is not None]
                owner = _majority([who[s.offset_s, float(s.box[0])] for s in good])
                told = TOLD.index(_told(path, eyes[name].model, reader))
                rows[name].append(_row(city, False, owner, told, good, True))
                templates[name].append(mean[0])
    finally:
        reader.close()
    for name, one in eyes.items():
        rows[name].append(_filmed(city, shot))
        templates[name].append(np.zeros(one.dimensions, np.float32))
    return {n: sightings.from_rows(rows[n], templates[n], eyes[n].dimensions) for n in eyes}


def _sights(one: Eyes, offset_s: float, crops: Image, faces: Faces) -> list[tuple[Sight, bool]]:
    """Sights of a frame, and whether a scan would compare each. Those that it would not, but that could
    be looked at, have a template all the same."""
    blur, yaw_deg = one.model.measure(crops, faces)
    colourless, covered = one.model.obstacles(crops)
    px = faces.inter_eye_px
    ok = [one.comparable(*q) for q in zip(px, blur, yaw_deg, colourless, strict=True)]
    loose = (px >= LEAST_PX) & (blur >= LEAST_BLUR) & (np.abs(yaw_deg) <= MOST_YAW_DEG)
    templates = one.model.embed(crops[loose]) if loose.any() else np.empty((0, one.dimensions), np.float32)
    sights = sights_of(offset_s, faces, templates, loose, blur, yaw_deg, covered)
    return list(zip(sights, ok, strict=True))


def _row(
    city: Simulation, key: bool, row: int, told: int, sights: Sequence[Sight], ok: bool
) -> tuple[object, ...]:
    quality = quality_of(sights)
    measured = (quality.inter_eye_px, quality.blur, quality.yaw_deg)
    return (key, *_whose(city, row), told, len(sights), *measured, ok)


def _filmed(city: Simulation, shot: Shot) -> tuple[object, ...]:
    px = [s.inter_eye_px for frame in shot.seen for row, s in frame if row == shot.row and s.whole]
    return (False, *_whose(city, shot.row), -1, 0, max(px, default=0.0), 0.0, 0.0, False)


def _whose(city: Simulation, row: int) -> tuple[int, int, int]:
    """Head, pass and mask."""
    if row == NOBODY:
        return NOBODY, NOBODY, NOBODY
    return int(city.head[city.passes.resident[row]]), row, int(city.passes.mask[row])


def _owners(faces: Faces, shown: Sequence[tuple[int, Seen]]) -> list[int]:
    """The pass that each found face belongs to."""
    found = []
    for marks in faces.landmarks:
        middle = (marks[0] + marks[1]) / 2
        apart = [
            float(np.linalg.norm(middle - (s.landmarks[0] + s.landmarks[1]) / 2)) / max(s.inter_eye_px, 1.0)
            for _, s in shown
        ]
        nearest = int(np.argmin(apart)) if apart else NOBODY
        found.append(shown[nearest][0] if apart and apart[nearest] < SAME_FACE else NOBODY)
    return found


def _majority(rows: Sequence[int]) -> int:
    values, counts = np.unique(np.array(rows), return_counts=True)
    return int(values[counts.argmax()])


def _told(path: Track, model: OnnxFaceModel, reader: AvReader) -> MaskState:
    """As engine/trace/tracks.py asks: the majority over the best views."""
    states = []
    for sight in path.best(MASK_VIEWS):
        frame = next(reader.frames(sight.offset_s, sight.offset_s + 0.5, 0.0), None)
        if frame is not None:
            states.append(model.mask_state(frame.image, [float(v) for v in sight.box]))
    known = [s for s in states if s is not MaskState.UNKNOWN]
    if not known:
        return MaskState.UNKNOWN
    return MaskState.MASKED if 2 * known.count(MaskState.MASKED) >= len(known) else MaskState.BARE
