"""Small handmade truths and the traces that answer them. Times are minutes after noon."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from adapters.city.facts import (
    Beside,
    CameraFact,
    FaceSeen,
    Patient,
    Presence,
    Sighting,
    Stay,
    Truth,
)
from engine.domain.decision import Answer


def at(minutes: float, seconds: float = 0.0) -> datetime:
    return datetime(2026, 3, 2, 3, tzinfo=UTC) + timedelta(minutes=minutes, seconds=seconds)


def a_stay(place: str, start: float, end: float, *told: str) -> Stay:
    return Stay(place, at(start), at(end), told)


def a_sighting(camera: str, minute: float, **given: Any) -> Sighting:
    """Six seconds before a camera, the face large for the last three of them."""
    seen = Sighting(
        camera_id=camera,
        place_id="",
        start=at(minute),
        end=at(minute, 6),
        stay=None,
        facing=True,
        mask="none",
        recorded=True,
        face=FaceSeen(start=at(minute, 3), end=at(minute, 6), inter_eye_px=40.0),
    )
    return msgspec.structs.replace(seen, **given)


def small(sighting: Sighting, px: float) -> Sighting:
    assert sighting.face is not None
    return msgspec.structs.replace(sighting, face=msgspec.structs.replace(sighting.face, inter_eye_px=px))


def somebody(number: int, minute: float, late_s: float = 0.0, px: float = 30.0) -> Beside:
    """Who comes ``late_s`` after the patient of ``a_sighting``."""
    return Beside(number=number, start=at(minute, 3 + late_s), end=at(minute, 6 + late_s), together_px=px)


def a_truth(*patients: Patient, errors_s: dict[str, float] | None = None) -> Truth:
    errors = {"door": 0.0, "till": 0.0, "street": 0.0, **(errors_s or {})}
    return Truth(
        seed=1,
        size="town",
        start=at(-720),
        end=at(720),
        cameras=tuple(CameraFact(camera_id=c, clock_error_s=e) for c, e in errors.items()),
        patients=patients,
    )


def a_patient(
    stays: tuple[Stay, ...] = (),
    sightings: tuple[Sighting, ...] = (),
    elsewhere: tuple[Presence, ...] = (),
    case: str = "P01",
) -> Patient:
    return Patient(case_id=case, stays=stays, elsewhere=elsewhere, sightings=sightings)


@dataclass(frozen=True)
class Visit:
    start: datetime
    end: datetime
    place_id: str
    basis: str = "record"
    cameras: tuple[str, ...] = ()
    sigma_s: float = 60.0


@dataclass(frozen=True)
class Found:
    candidate_id: str
    camera_id: str
    start: datetime
    end: datetime
    llr: float | None = 5.0
    answer: Answer | None = None


@dataclass(frozen=True)
class Exposure:
    camera: str
    start: datetime
    end: datetime


@dataclass(frozen=True)
class Window:
    camera_id: str
    start: datetime
    end: datetime


@dataclass(frozen=True)
class Row:
    case_id: str


@dataclass(frozen=True)
class Report:
    trace: Row
    visits: tuple[Visit, ...] = ()
    candidates: tuple[Found, ...] = ()
    exposures: tuple[Exposure, ...] = ()
    opened: tuple[Window, ...] = ()


def a_visit(place: str, start: float, end: float, **given: Any) -> Visit:
    return replace(Visit(at(start), at(end), place), **given)


def a_find(camera: str, minute: float, late_s: float = 0.0, **given: Any) -> Found:
    """The track of somebody who came ``late_s`` after the patient of ``a_sighting``."""
    start, end = at(minute, 2.8 + late_s), at(minute, 6 + late_s)
    return replace(Found(f"{camera}/{minute}/{late_s}", camera, start, end), **given)


def an_exposure(camera: str, minute: float, late_s: float = 0.0) -> Exposure:
    return Exposure(camera, at(minute, 3 + late_s), at(minute, 6 + late_s))


def a_window(camera: str, start: float, end: float) -> Window:
    return Window(camera, at(start), at(end))


def a_report(case: str = "P01", **given: Any) -> Report:
    return replace(Report(Row(case)), **given)
