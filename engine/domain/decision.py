"""What a person answered about a candidate. Undo is a further record, never a removal."""

from datetime import datetime
from enum import StrEnum

from engine.domain.value import Value

ADEQUATE_FACE_PX = 60.0  # face height on the screen from which "same" may be answered; set, not measured


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


class Part(StrEnum):
    FIRST = "first"
    SECOND = "second"  # of a reviewer who did not know the first answer (G10)


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
    part: Part = Part.FIRST


def standing(decisions: tuple[Decision, ...], part: Part = Part.FIRST) -> dict[str, Decision]:
    """The decision in force per candidate: the newest of this part that was not taken back."""
    withdrawn = {d.withdraws for d in decisions if d.withdraws}
    in_force: dict[str, Decision] = {}
    for decision in decisions:  # in the order in which they were made
        stands = decision.answer is not None and decision.decision_id not in withdrawn
        if stands and decision.part is part:
            in_force[decision.candidate_id] = decision
    return in_force
