"""A track that may be the patient. It stays a bystander until a person says otherwise (G10)."""

from engine.domain.track import Track
from engine.domain.value import Value


class Candidate(Value, frozen=True, kw_only=True):
    """``infeasible`` is "" or the journey that cannot have been made, in words."""

    candidate_id: str
    case_id: str
    trace_id: str
    track: Track
    infeasible: str = ""
