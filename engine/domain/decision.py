"""What a person answered about a candidate. Undo is a further record, never a removal."""

from datetime import datetime
from enum import StrEnum

from engine.domain.value import Value


class Answer(StrEnum):
    SAME = "same"
    NOT_SAME = "not_same"
    CANNOT_TELL = "cannot_tell"


class UnclearBecause(StrEnum):
    BLUR = "blur"
    MASK = "mask"
    TURNED_AWAY = "turned_away"
    OCCLUDED = "occluded"
    TWIN_LIKE = "twin_like"
    OTHER = "other"


class Decision(Value, frozen=True, kw_only=True):
    """``withdraws`` names an earlier decision of the same person that this one takes back; then
    ``answer`` is None."""

    decision_id: str
    candidate_id: str
    decided_by: str
    decided_at: datetime
    answer: Answer | None
    because: UnclearBecause | None = None
    withdraws: str = ""


def standing(decisions: tuple[Decision, ...]) -> dict[str, Decision]:
    """The decision in force per candidate: the newest that was not taken back."""
    withdrawn = {d.withdraws for d in decisions if d.withdraws}
    in_force: dict[str, Decision] = {}
    for decision in decisions:  # in the order in which they were made
        if decision.answer is not None and decision.decision_id not in withdrawn:
            in_force[decision.candidate_id] = decision
    return in_force
