"""Looking at candidates and answering; ranges of candidates that nobody will look at."""

from tui.casework.ranges import NEVER_AN_ANSWER, why_nothing_to_do
from tui.casework.undo import undo_target
from tui.keyboard.action import Action, Where, on
from tui.language.catalogue import tr
from tui.state import DeskState, Pane, why_no_answer, why_not_same

BOTH = on(Where.DESK, Where.ZOOM)
END_THE_RANGE = "a range is open: v ends it"


def with_candidates(state: DeskState) -> str:
    return "" if state.candidates else tr("this trace has no candidates")


def with_candidate(state: DeskState) -> str:
    """One candidate on the card, and no range."""
    if state.candidate is None:
        return tr("no candidate is shown")
    return tr(END_THE_RANGE) if state.range_from else ""


def without_range(state: DeskState) -> str:
    return tr(END_THE_RANGE) if state.range_from else ""


def _with_way_back(state: DeskState) -> str:
    return "" if state.range_from or state.alone else tr("nothing to go back from")


def _zoomable(state: DeskState) -> str:
    """Faces of a candidate, or any other pane."""
    return with_candidate(state) if state.pane is Pane.CARD else ""


def _same(state: DeskState) -> str:
    return tr(NEVER_AN_ANSWER) if state.range_from else why_not_same(state)


def _cannot_tell(state: DeskState) -> str:
    return tr(NEVER_AN_ANSWER) if state.range_from else why_no_answer(state)


def _not_same(state: DeskState) -> str:
    return why_nothing_to_do(state) if state.range_from else why_no_answer(state)


def with_answer(state: DeskState) -> str:
    """Something that can be taken back."""
    if state.writing:
        return tr("the last answer is still being written")
    return "" if undo_target(state) is not None else tr("you have no answer to take back")


ACTIONS: tuple[Action, ...] = (
    Action(
        id="same", keys=("a",), handler="answer", argument="same", label="same", where=BOTH,
        reason=_same, description="the same person, after a view that is large enough",
        dangerous=True, once=True, after_look=True, foot=True,
    ),
    Action(
        id="not_same", keys=("x",), handler="answer", argument="not_same", label="not same", where=BOTH,
        reason=_not_same, once=True, after_look=True, foot=True,
        description="not the same person; in a range: set aside as not reviewed, or take up again",
    ),
    Action(
        id="cannot_tell", keys=("space",), handler="answer_cannot_tell", label="cannot tell", where=BOTH,
        reason=_cannot_tell, description="cannot tell, with a reason (1-6)", once=True, after_look=True,
        foot=True,
    ),
    Action(
        id="undo", keys=("u",), handler="undo", label="undo", where=BOTH, reason=with_answer, once=True,
        foot=True, description="take back what you did last; again goes further back",
    ),
    Action(
        id="zoom", keys=("z",), handler="zoom", label="zoom", reason=_zoomable, foot=True,
        description="both faces as large as this screen allows; in another pane: that pane alone, and back",
    ),
    Action(
        id="next_undecided", keys=("n",), handler="next_undecided", label="next", foot=True,
        where=BOTH, reason=without_range,
        description="next candidate without an answer, in the next trace when this one has none",
    ),
    Action(
        id="next_candidate", keys=("j",), handler="move_candidate", argument="1", label="down",
        reason=with_candidates, description="next candidate; extends a range",
    ),
    Action(
        id="previous_candidate", keys=("k", "p"), handler="move_candidate", argument="-1", label="up",
        reason=with_candidates, description="previous candidate; extends a range",
    ),
    Action(
        id="range", keys=("v",), handler="range", label="range", reason=with_candidates, foot=True,
        description="begin a range here, or end it; x sets the unanswered in it aside as not reviewed",
    ),
    Action(
        id="go_back", keys=("escape",), handler="go_back", label="go back", reason=_with_way_back,
        description="end the range; bring all panes back; in pane 4: end a merge, take the filter away",
    ),
    Action(
        id="history", keys=("h",), handler="history", label="history", reason=without_range,
        description="your last answers of this sitting, to take one of them back",
    ),
)  # fmt: skip
