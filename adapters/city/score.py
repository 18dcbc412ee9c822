"""Truth against trace: what the traces of a simulated city found of what there was to be found."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import product

import msgspec

from adapters.city.facts import ASSESSED_PX, Patient, Presence, Sighting, Stay, Truth
from adapters.city.recognised import FIT_S, Clocks, apart_s, overlap, recognised
from adapters.city.reported import Candidate, Exposed, Opened, Trace, Visited
from engine.domain.decision import Answer

# Records are minutes off, interviews up to an hour; more would join a morning with an afternoon.
LEAST_SLACK_S, MOST_SLACK_S = 900.0, 3600.0
SURE_S = 60.0  # somebody at a door is at the place a minute before or after
NO_PLACE = frozenset({"phone", "transit"})  # what tells no place that somebody stayed at
IN_VIEW = 0.5  # a sighting counts as opened where so much of it lies in opened windows
SEEN, TOLD = ("sighting", "both"), ("record", "both")


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """Of one patient, or of all. A *visit* is a stay outside home.

    - ``visits_true``: stays; ``visits_records``: those that a visit of the trace at the same place and time
      tells which rests on records, alone or with a sighting; ``visits_found``: with any visit.
    - ``visits_wrong``: visits of the trace that rest on a confirmed sighting where the patient was then
      neither at that place nor before one of these cameras; ``visits_wrong_records``: those from records
      alone where the patient was not at that place.
    - ``recoverable``: stays that no record of a place tells, but a camera of that place saw the patient's
      face, in footage that was opened; ``recovered``: those found by a confirmed sighting of that stay.
    - ``sightings_recorded``: passes with the face large enough to be assessed, in any footage there is.
    - ``sightings_true``: passes with the face large enough to be assessed, in footage that was opened;
      ``sightings_found``: those with a candidate. Bare: without mask; masked: with one, worn well or not.
    - ``candidates``, and ``false_candidates``: those that are not the patient.
    - ``contacts_true``: people whose faces were large enough together with the patient's at a sighting
      that was confirmed; ``contacts_found``: those with an exposure at that camera and time.
    """

    visits_true: int = 0
    visits_records: int = 0
    visits_found: int = 0
    visits_wrong: int = 0
    visits_wrong_records: int = 0
    recoverable: int = 0
    recovered: int = 0
    sightings_recorded: int = 0
    sightings_true_bare: int = 0
    sightings_found_bare: int = 0
    sightings_true_masked: int = 0
    sightings_found_masked: int = 0
    candidates: int = 0
    false_candidates: int = 0
    contacts_true: int = 0
    contacts_found: int = 0
    camera_hours_opened: float = 0.0


class PatientScore(msgspec.Struct, frozen=True, kw_only=True):
    """``traced`` is false where no trace of the patient was compared: then nothing was found."""

    case_id: str
    traced: bool
    figures: Figures


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """``camera_hours_once`` counts footage that several traces opened once; ``camera_hours_city`` is what
    all cameras could have recorded over the authorised interval."""

    patients: tuple[PatientScore, ...]
    traces: int
    camera_hours_once: float
    camera_hours_city: float

    @property
    def total(self) -> Figures:
        """Sums over the patients."""
        names = Figures.__struct_fields__
        return Figures(**{name: sum(getattr(p.figures, name) for p in self.patients) for name in names})

    @property
    def false_candidates_per_trace(self) -> float:
        return self.total.false_candidates / self.traces if self.traces else 0.0


def score(truth: Truth, traces: Iterable[Trace]) -> Score:
    """Compare each patient's trace with the truth. Traces of cases that are no patients are left out."""
    clocks = Clocks(truth)
    of_case = {trace.trace.case_id: trace for trace in traces}
    mine = [of_case.get(patient.case_id) for patient in truth.patients]
    patients = tuple(
        PatientScore(
            case_id=patient.case_id,
            traced=trace is not None,
            figures=_Compared(clocks, patient, trace).figures(),
        )
        for patient, trace in zip(truth.patients, mine, strict=True)
    )
    traced = [trace for trace in mine if trace is not None]
    return Score(
        patients=patients,
        traces=len(traced),
        camera_hours_once=_hours(window for trace in traced for window in trace.opened),
        camera_hours_city=len(truth.cameras) * (truth.end - truth.start).total_seconds() / 3600.0,
    )


class _Compared:
    """One patient and what their trace says."""

    def __init__(self, clocks: Clocks, patient: Patient, trace: Trace | None) -> None:
        self._clocks, self._patient = clocks, patient
        self._visits: Sequence[Visited] = trace.visits if trace else ()
        self._candidates: Sequence[Candidate] = trace.candidates if trace else ()
        self._exposures: Sequence[Exposed] = trace.exposures if trace else ()
        self._opened: Sequence[Opened] = trace.opened if trace else ()
        self._found = recognised(clocks, patient, self._candidates)
        confirmed = {c.candidate_id for c in self._candidates if c.answer is Answer.SAME}
        self._confirmed = {id(s) for c, s in self._found.items() if c in confirmed}

    def figures(self) -> Figures:
        stays = self._patient.stays
        seen = [s for s in self._patient.sightings if self._to_be_seen(s)]
        bare = [s for s in seen if s.mask == "none"]
        masked = [s for s in seen if s.mask != "none"]
        hidden = [n for n, stay in enumerate(stays) if not set(stay.told) - NO_PLACE]
        recoverable = [n for n in hidden if any(s.stay == n for s in seen)]
        contacts_true, contacts_found = self._contacts()
        return Figures(
            visits_true=len(stays),
            visits_records=sum(self._is_told(stay, TOLD) for stay in stays),
            visits_found=sum(self._is_told(stay, (*SEEN, *TOLD)) for stay in stays),
            visits_wrong=sum(v.basis in SEEN and not self._truly_seen(v) for v in self._visits),
            visits_wrong_records=sum(
                v.basis not in SEEN and bool(v.place_id) and not self._truly_at(v, _slack_s(v))
                for v in self._visits
            ),
            recoverable=len(recoverable),
            recovered=sum(self._is_recovered(n) for n in recoverable),
            sightings_recorded=sum(_is_assessable(s) for s in self._patient.sightings),
            sightings_true_bare=len(bare),
            sightings_found_bare=sum(self._is_found(s) for s in bare),
            sightings_true_masked=len(masked),
            sightings_found_masked=sum(self._is_found(s) for s in masked),
            candidates=len(self._candidates),
            false_candidates=len(self._candidates) - len(self._found),
            contacts_true=contacts_true,
            contacts_found=contacts_found,
            camera_hours_opened=_hours(self._opened),
        )

    def _is_told(self, stay: Stay, bases: Sequence[str]) -> bool:
        return any(visit.basis in bases and _at(visit, stay, _slack_s(visit)) for visit in self._visits)

    def _truly_at(self, visit: Visited, slack_s: float) -> bool:
        return any(_at(visit, p, slack_s) for p in (*self._patient.stays, *self._patient.elsewhere))

    def _truly_seen(self, visit: Visited) -> bool:
        """Whether the patient was before one of the cameras, seen or not, or at the place all the same.
        A sighting is timed by its camera; only a record beside it brings the slack of records."""
        for camera_id in visit.cameras:
            span = self._clocks.true_span(camera_id, visit)
            for sighting in self._patient.sightings:
                if sighting.camera_id == camera_id and overlap(span, (sighting.start, sighting.end), FIT_S):
                    return True
        errors_s = [abs(self._clocks.error(c).total_seconds()) for c in visit.cameras]
        slack_s = SURE_S + max(errors_s, default=0.0)
        return self._truly_at(visit, slack_s if visit.basis == "sighting" else _slack_s(visit))

    def _to_be_seen(self, sighting: Sighting) -> bool:
        """Recorded, facing the camera, large enough to be assessed, in opened footage."""
        face = sighting.face
        if face is None or not _is_assessable(sighting):
            return False
        spans = [
            self._clocks.true_span(o.camera_id, o) for o in self._opened if o.camera_id == sighting.camera_id
        ]
        inside = [
            (max(a, face.start), min(b, face.end)) for a, b in spans if a <= face.end and face.start <= b
        ]
        if face.start == face.end:
            return bool(inside)
        return _seconds(inside) >= IN_VIEW * (face.end - face.start).total_seconds()

    def _is_found(self, sighting: Sighting) -> bool:
        return any(found is sighting for found in self._found.values())

    def _is_recovered(self, stay: int) -> bool:
        confirmed = any(s.stay == stay and id(s) in self._confirmed for s in self._patient.sightings)
        return confirmed and self._is_told(self._patient.stays[stay], SEEN)

    def _contacts(self) -> tuple[int, int]:
        """True contacts, and those of them that an exposure tells: each exposure tells one at most, the
        one whose time fits best. People whose faces were too small use up exposures, but do not count."""
        true, told = 0, 0
        free = dict(enumerate(self._exposures))
        for sighting in self._patient.sightings:
            if id(sighting) not in self._confirmed:
                continue
            true += sum(other.together_px >= ASSESSED_PX for other in sighting.beside)
            spans = {
                n: self._clocks.true_span(e.camera, e)
                for n, e in free.items()
                if e.camera == sighting.camera_id
            }
            pairs = sorted(
                (apart_s(span, other), other.number, n)
                for (n, span), other in product(spans.items(), sighting.beside)
                if overlap(span, (other.start, other.end), FIT_S)
            )
            large = {other.number: other.together_px >= ASSESSED_PX for other in sighting.beside}
            for _, number, n in pairs:
                if n in free and number in large:
                    del free[n]
                    told += large.pop(number)
        return true, told


def _is_assessable(sighting: Sighting) -> bool:
    face = sighting.face
    return sighting.recorded and face is not None and face.inter_eye_px >= ASSESSED_PX


def _at(visit: Visited, presence: Presence, slack_s: float) -> bool:
    same = bool(visit.place_id) and visit.place_id == presence.place_id
    return same and overlap((visit.start, visit.end), (presence.start, presence.end), slack_s)


def _slack_s(visit: Visited) -> float:
    """How far off in time a visit may lie from the stay that it tells: three standard deviations, within
    reason."""
    return min(max(3 * visit.sigma_s, LEAST_SLACK_S), MOST_SLACK_S)


def _hours(windows: Iterable[Opened]) -> float:
    """Hours of footage; what several windows share counts once."""
    of_camera: dict[str, list[tuple[datetime, datetime]]] = {}
    for window in windows:
        of_camera.setdefault(window.camera_id, []).append((window.start, window.end))
    return sum(_seconds(spans) for spans in of_camera.values()) / 3600.0


def _seconds(spans: Iterable[tuple[datetime, datetime]]) -> float:
    """Length of the union."""
    total_s, until = 0.0, None
    for start, end in sorted(spans):
        begins = start if until is None else max(start, until)
        total_s += max(0.0, (end - begins).total_seconds())
        until = end if until is None else max(end, until)
    return total_s
