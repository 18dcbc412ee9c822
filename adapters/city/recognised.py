"""Which candidates of a trace truly are the patient.

A candidate tells a camera and a time, not where in the picture somebody stood. It is the patient where the
patient's face was in a recorded picture of that camera at that time, unless the time fits the face of
somebody beside better. Of several candidates at one instant only one can be the patient: the strongest.
Companions who pass at exactly the same time are therefore told apart by the strength of the evidence alone.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from adapters.city.facts import Beside, FaceSeen, Patient, Sighting, Truth
from adapters.city.reported import Candidate, Spanned, Trace

FIT_S = 2.0  # footage is sampled; a face is seen so much later, or lost so much sooner, at most
START_WEIGHT = 0.25  # faces are largest, and best timed, at the end of most passes


class Clocks:
    """True time from the time that a reader of the site takes something to have happened at."""

    def __init__(self, truth: Truth) -> None:
        self._error = {c.camera_id: timedelta(seconds=c.clock_error_s) for c in truth.cameras}

    def true_span(self, camera_id: str, span: Spanned) -> tuple[datetime, datetime]:
        """A camera that there is not has no error."""
        error = self.error(camera_id)
        return span.start - error, span.end - error

    def error(self, camera_id: str) -> timedelta:
        return self._error.get(camera_id, timedelta())


def true_candidates(truth: Truth, trace: Trace) -> dict[str, Sighting]:
    """The candidates of a trace that are its patient, by id, each with the sighting that it shows."""
    patient = next((p for p in truth.patients if p.case_id == trace.trace.case_id), None)
    return recognised(Clocks(truth), patient, trace.candidates) if patient is not None else {}


def recognised(clocks: Clocks, patient: Patient, candidates: Sequence[Candidate]) -> dict[str, Sighting]:
    """As ``true_candidates``, for the candidates of the patient's own trace."""
    found: dict[str, Sighting] = {}
    taken: list[tuple[Candidate, Sighting]] = []
    for candidate in sorted(candidates, key=_weakness):  # stable: of equals the first
        sighting = _shows(clocks, patient, candidate)
        if sighting is None or any(
            sighting is other and candidate.start <= one.end and one.start <= candidate.end
            for one, other in taken
        ):
            continue
        taken.append((candidate, sighting))
        found[candidate.candidate_id] = sighting
    return found


def overlap(a: tuple[datetime, datetime], b: tuple[datetime, datetime], slack_s: float = 0.0) -> bool:
    """Whether two spans have an instant in common, or lie at most ``slack_s`` apart."""
    slack = timedelta(seconds=slack_s)
    return a[0] <= b[1] + slack and b[0] <= a[1] + slack


def apart_s(span: tuple[datetime, datetime], face: FaceSeen | Beside) -> float:
    """How badly a span of time fits that of a face, in weighted seconds."""
    start_s = abs((span[0] - face.start).total_seconds())
    return abs((span[1] - face.end).total_seconds()) + START_WEIGHT * start_s


def _shows(clocks: Clocks, patient: Patient, candidate: Candidate) -> Sighting | None:
    span = clocks.true_span(candidate.camera_id, candidate)
    fitting = [
        (apart_s(span, seen.face), seen)
        for seen in patient.sightings
        if seen.camera_id == candidate.camera_id
        and seen.recorded
        and seen.face is not None
        and overlap(span, (seen.face.start, seen.face.end), FIT_S)
    ]
    if not fitting:
        return None
    best_s, seen = min(fitting, key=lambda fit: fit[0])
    return None if any(apart_s(span, other) < best_s for other in seen.beside) else seen


def _weakness(candidate: Candidate) -> float:
    return -candidate.llr if candidate.llr is not None else float("inf")
