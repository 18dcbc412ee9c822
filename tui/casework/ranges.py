"""A range of candidates: it sets aside what nobody answered, as not reviewed. It never answers."""

from dataclasses import replace

from engine.api.schema import CandidateView
from tui.language.catalogue import tr
from tui.state import WITHHELD, DeskState

NEVER_AN_ANSWER = "a range never answers: end it with v, and look at one"


def begun(state: DeskState) -> DeskState:
    """A range of one, from the cursor on."""
    return replace(state, range_from=state.candidate_id)


def ended(state: DeskState) -> DeskState:
    return replace(state, range_from="")


def in_range(state: DeskState) -> tuple[CandidateView, ...]:
    """The candidates from where the range began to the cursor, in the order of the card; none without a
    range."""
    ids = [c.candidate_id for c in state.candidates]
    if state.range_from not in ids or state.candidate_id not in ids:
        return ()
    first, last = sorted((ids.index(state.range_from), state.place))
    return state.candidates[first : last + 1]


def to_set_aside(state: DeskState) -> tuple[str, ...]:
    """Ids of what the range would set aside: never what anybody has answered."""
    return tuple(c.candidate_id for c in in_range(state) if c.answer is None and not c.aside)


def to_take_up(state: DeskState) -> tuple[str, ...]:
    """Ids of what the range would take up again: only where nothing in it is left to set aside."""
    if to_set_aside(state):
        return ()
    return tuple(c.candidate_id for c in in_range(state) if c.answer is None and c.aside)


def why_nothing_to_do(state: DeskState) -> str:
    """ "" where the range sets something aside or takes something up, else why not."""
    if state.withheld:
        return tr(WITHHELD)
    if state.writing:
        return tr("the last answer is still being written")
    if to_set_aside(state) or to_take_up(state):
        return ""
    return tr("everything in this range has an answer")
