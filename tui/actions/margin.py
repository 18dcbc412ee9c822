"""What is noted beside a candidate, and second reviewers."""

from tui.actions.triage import with_candidate
from tui.casework.margin import why_not_second, why_not_see
from tui.clean import REPLACEMENT
from tui.keyboard.action import Action
from tui.language.catalogue import tr
from tui.state import DeskState


def _whole_note(state: DeskState) -> str:
    """A note of which not every letter is here would lose some when it is written again."""
    if reason := with_candidate(state):
        return reason
    candidate = state.candidate
    if candidate is None or REPLACEMENT not in candidate.note:
        return ""
    return tr(
        "this note has signs that no screen shows: tracedesk candidates note {candidate}",
        candidate=candidate.candidate_id,
    )


ACTIONS: tuple[Action, ...] = (
    Action(
        id="note", keys=("m",), handler="note", label="note", reason=_whole_note, foot=True,
        description="write a note about this candidate",
    ),
    Action(
        id="want_second", keys=("f",), handler="want_second", label="2nd reviewer",
        reason=with_candidate, once=True,
        description="ask for a second, blind reviewer of this candidate, or take that back",
    ),
    Action(
        id="be_second", keys=("F",), handler="be_second", label="review second", reason=why_not_second,
        once=True, description="become the second reviewer of this trace, blind to the first answers",
    ),
    Action(
        id="see_answers", keys=("B",), handler="see_answers", label="see answers", reason=why_not_see,
        once=True, description="see what others answered, instead of being the second reviewer",
    ),
)  # fmt: skip
