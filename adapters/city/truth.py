"""The truth of a simulated city, found and kept apart: nothing that searches may read it.

Sizes of faces come from the lens that composes the pictures, at the very instants of the frames.
"""

import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec
import numpy as np

from adapters.city import sources
from adapters.city.archive import Stretch, figures
from adapters.city.days import STAYS
from adapters.city.facts import (
    ASSESSED_PX,
    Beside,
    CameraFact,
    FaceSeen,
    Mask,
    Patient,
    Presence,
    Sighting,
    Stay,
    Truth,
)
from adapters.city.film import FPS
from adapters.city.heads import Heads
from adapters.city.lens import Lens
from adapters.city.paperwork import DATE, at, camera_id
from adapters.city.passes import MASKS, Motion
from adapters.city.simulation import Simulation
from adapters.city.sources import place_id
from engine.domain.errors import InputError

DAY_S = 86_400
MEND = "make the city anew"


def truth_of(city: Simulation, stretches: Sequence[Stretch], heads: Heads) -> Truth:
    """The truth of a city whose archive holds ``stretches``. Patients are named as their case folders."""
    cameras = city.cameras
    errors = np.where(np.isnan(cameras.sigma_s), cameras.offset_s, 0.0)
    watching = _Watching(city, heads, stretches)
    return Truth(
        seed=city.plan.seed,
        size=city.plan.size.name,
        start=at(0),
        end=at(DAY_S),
        cameras=tuple(
            CameraFact(camera_id=camera_id(n, len(city.cameras)), clock_error_s=float(error))
            for n, error in enumerate(errors)
        ),
        patients=tuple(
            _patient(city, watching, f"P{number:02d}", int(resident))
            for number, resident in enumerate(city.patients, start=1)
        ),
    )


def write_truth(path: Path, truth: Truth) -> None:
    """For its owner alone, whole or not at all; the same bytes for the same truth."""
    write_private(path, msgspec.json.encode(truth, order="deterministic"))


def write_private(path: Path, content: bytes) -> None:
    """A file that nobody but its owner reads, at no moment."""
    new = path.with_name(f"{path.name}.{secrets.token_hex(4)}.new")
    try:
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(content)
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)


def read_truth(path: Path) -> Truth:
    """Raises InputError naming file and spot."""
    try:
        truth = msgspec.json.decode(path.read_bytes(), type=Truth)
    except OSError as problem:
        why = (problem.strerror or "cannot be read").lower()
        raise InputError(why, file=str(path), mend="check the path and who may read it") from None
    except msgspec.ValidationError as problem:
        what, _, where = str(problem).partition(" - at `$")
        raise InputError(what, file=str(path), place=where.strip(".`"), mend=MEND) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise InputError(f"is not JSON: {problem}", file=str(path), mend=MEND) from None
    _check(truth, path)
    return truth


def _check(truth: Truth, path: Path) -> None:
    """What types do not say: time zones, stays and cameras that there are."""
    known = {camera.camera_id for camera in truth.cameras}
    for number, patient in enumerate(truth.patients):
        place = f"patients[{number}]"
        for times in (patient.stays, patient.elsewhere, patient.sightings):
            _check_times(times, path, place)
        for seen in patient.sightings:
            if seen.camera_id not in known:
                raise InputError(
                    f"camera {seen.camera_id[:80]!r} is unknown", file=str(path), place=place, mend=MEND
                )
            if seen.stay is not None and not 0 <= seen.stay < len(patient.stays):
                raise InputError(f"there is no stay {seen.stay}", file=str(path), place=place, mend=MEND)
    _check_times((truth,), path, "")


def _check_times(facts: Sequence[Presence | Sighting | Truth], path: Path, place: str) -> None:
    for fact in facts:
        if fact.start.tzinfo is None or fact.end.tzinfo is None:
            raise InputError("a time has no time zone", file=str(path), place=place, mend=MEND)
        if fact.end < fact.start:
            raise InputError("an end lies before its start", file=str(path), place=place, mend=MEND)


def _patient(city: Simulation, watching: "_Watching", case: str, resident: int) -> Patient:
    day = city.day
    held = sources.records(city.plan, day, resident, DATE, case)
    seats = [k for k in range(STAYS) if day.place[resident, k] >= 0]
    out = [k for k in seats if 0 < k < STAYS - 1]

    def where(seat: int) -> tuple[str, datetime, datetime]:
        start_s, end_s = float(day.start_s[resident, seat]), float(day.end_s[resident, seat])
        return place_id(int(day.place[resident, seat])), at(start_s), at(end_s)

    told = {seat: tuple(sorted(s for s, k in held.told if k == seat)) for seat in out}
    stays = [Stay(*where(seat), told[seat]) for seat in out]
    home = [Presence(*where(seat)) for seat in seats if seat not in out]
    taps = [
        Presence(row[stop], _instant(row[time]), _instant(row[time]))
        for row in held.rows.get("transit", [])
        for stop, time in (("stop_on_id", "on_at"), ("stop_off_id", "off_at"))
    ]
    numbers = {seat: number for number, seat in enumerate(out)}
    rows = np.flatnonzero(city.passes.resident == resident)
    return Patient(
        case_id=case,
        stays=tuple(stays),
        elsewhere=(*home, *taps),
        sightings=tuple(watching.sighting(int(row), numbers) for row in rows),
    )


def _instant(local: str) -> datetime:
    """True time of a local time as records hold it."""
    return at((datetime.fromisoformat(local) - datetime.fromisoformat(DATE)).total_seconds())


@dataclass(frozen=True, slots=True)
class _Faces:
    """The frames in which a face was whole in the picture: second of the day -> inter-eye pixels."""

    px: Mapping[float, float]

    def seen(self) -> FaceSeen | None:
        if not self.px:
            return None
        most = max(self.px.values())
        clear = [s for s, px in self.px.items() if px >= ASSESSED_PX] or list(self.px)
        start_s, end_s = min(clear), max(clear)
        return FaceSeen(start=at(start_s), end=at(end_s), inter_eye_px=round(most, 2))

    def together_px(self, other: "_Faces") -> float | None:
        """None where the two are never whole in the picture at once."""
        both = [min(px, other.px[s]) for s, px in self.px.items() if s in other.px]
        return max(both, default=None)


class _Watching:
    """Looks at the passes of a city through its cameras."""

    def __init__(self, city: Simulation, heads: Heads, stretches: Sequence[Stretch]) -> None:
        self._city, self._heads = city, heads
        self._stretch = {row: stretch for stretch in stretches for row in stretch.passes}
        self._lenses: dict[int, Lens] = {}

    def sighting(self, row: int, stay_of_seat: Mapping[int, int]) -> Sighting:
        passes = self._city.passes
        camera, place = int(passes.camera[row]), int(self._city.cameras.place[passes.camera[row]])
        stretch = self._stretch.get(row)
        first_s = stretch.start_s if stretch else float(passes.start_s[row])
        face = self._faces(row, first_s)
        return Sighting(
            camera_id=camera_id(camera, len(self._city.cameras)),
            place_id=place_id(place) if place >= 0 else "",
            start=at(float(passes.start_s[row])),
            end=at(float(passes.end_s[row])),
            stay=stay_of_seat.get(int(passes.seat[row])) if place >= 0 else None,
            facing=passes.motion[row] not in (Motion.LEAVES, Motion.AWAY),
            mask=msgspec.convert(MASKS[passes.mask[row]], Mask),
            recorded=stretch is not None,
            face=face.seen(),
            beside=tuple(self._beside(row, face, first_s)),
        )

    def _beside(self, row: int, face: _Faces, first_s: float) -> list[Beside]:
        found: list[Beside] = []
        for other in self._at_once(row):
            theirs = self._faces(other, first_s)
            together_px, seen = face.together_px(theirs), theirs.seen()
            if together_px is not None and seen is not None:
                number = len(found) + 1
                px = round(together_px, 2)
                found.append(Beside(number=number, start=seen.start, end=seen.end, together_px=px))
        return found

    def _at_once(self, row: int) -> list[int]:
        """Passes of others before the same camera at the same time; where it was filmed, those in the
        same film."""
        passes, stretch = self._city.passes, self._stretch.get(row)
        near = (passes.camera == passes.camera[row]) & (passes.resident != passes.resident[row])
        near &= (passes.start_s < passes.end_s[row]) & (passes.end_s > passes.start_s[row])
        return [int(r) for r in np.flatnonzero(near) if stretch is None or r in stretch.passes]

    def _faces(self, row: int, first_s: float) -> _Faces:
        """The face of one pass in every frame of a film that begins at ``first_s``."""
        passes = self._city.passes
        lens = self._lens(int(passes.camera[row]))
        begin = max(0, int(np.floor((passes.start_s[row] - first_s) * FPS)))
        end = int(np.ceil((passes.end_s[row] - first_s) * FPS))
        px: dict[float, float] = {}
        for frame in range(begin, end + 1):
            at_s = first_s + frame / FPS
            for _, who in figures(self._city, [row], at_s):
                placed = lens.placed(who)
                if placed is not None and placed.seen is not None and placed.seen.whole:
                    px[at_s] = placed.seen.inter_eye_px
        return _Faces(px)

    def _lens(self, camera: int) -> Lens:
        if camera not in self._lenses:
            self._lenses[camera] = Lens(self._city.cameras, camera, self._heads)
        return self._lenses[camera]
