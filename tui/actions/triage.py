"""Looking at candidates and answering."""

from tui.action import Action, Where, on
from tui.state import DeskState, undo_target, why_no_answer, why_not_same

BOTH = on(Where.DESK, Where.ZOOM)


def with_candidates(state: DeskState) -> str:
    return "" if state.candidates else "this trace has no candidates"


def with_candidate(state: DeskState) -> str:
    return "" if state.candidate is not None else "no candidate is shown"


def _with_answer(state: DeskState) -> str:
    if state.writing:
        return "the last answer is still being written"
    return "" if undo_target(state) is not None else "you have answered nothing that stands"


ACTIONS: tuple[Action, ...] = (
    Action(
        id="same", keys=("a",), handler="answer", argument="same", label="same", where=BOTH,
        reason=why_not_same, description="the same person, after a view that is large enough",
        dangerous=True, once=True, after_look=True, foot=True,
    ),
    Action(
        id="not_same", keys=("x",), handler="answer", argument="not_same", label="not same", where=BOTH,
        reason=why_no_answer, description="not the same person", once=True, after_look=True, foot=True,
    ),
    Action(
        id="cannot_tell", keys=("space",), handler="answer_cannot_tell", label="cannot tell", where=BOTH,
        reason=why_no_answer, description="cannot tell, with a reason (1-6)", once=True, after_look=True,
        foot=True,
    ),
    Action(
        id="undo", keys=("u",), handler="undo", label="undo", reason=_with_answer, once=True, foot=True,
        description="take back your last answer; again goes further back",
    ),
    Action(
        id="zoom", keys=("z",), handler="zoom", label="zoom", reason=with_candidate, foot=True,
        description="both faces as large as this screen allows",
    ),
    Action(
        id="next_undecided", keys=("n",), handler="next_undecided", label="next", foot=True,
        description="next candidate without an answer, in the next trace when this one has none",
    ),
    Action(
        id="next_candidate", keys=("j",), handler="move_candidate", argument="1", label="down",
        reason=with_candidates, description="next candidate",
    ),
    Action(
        id="previous_candidate", keys=("k", "p"), handler="move_candidate", argument="-1", label="up",
        reason=with_candidates, description="previous candidate",
    ),
)  # fmt: skip
