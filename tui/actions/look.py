"""Looking closer at a candidate: the frames of its track, its footage, confirmed sightings beside it."""

from tui.actions.triage import BOTH, with_candidate
from tui.casework.sightings import confirmed, conflicts
from tui.keyboard.action import Action, Where, on
from tui.language.catalogue import tr
from tui.state import DeskState

CLIP, COMPARE = on(Where.CLIP), on(Where.COMPARE)


def _with_picture(state: DeskState) -> str:
    return tr("no candidate is shown") if state.candidate is None else ""


def _with_confirmed(state: DeskState) -> str:
    if reason := with_candidate(state):
        return reason
    return "" if confirmed(state) else tr("no other sighting of this trace is confirmed")


def _with_conflict(state: DeskState) -> str:
    return "" if conflicts(state) else tr("no confirmed sightings contradict each other")


ACTIONS: tuple[Action, ...] = (
    Action(
        id="next_frame", keys=("right_square_bracket",), handler="move_frame", argument="1",
        label="frame", where=BOTH, foot=True, reason=_with_picture, description="next frame of the track",
    ),
    Action(
        id="previous_frame", keys=("left_square_bracket",), handler="move_frame", argument="-1",
        label="frame back", where=BOTH, reason=_with_picture, description="previous frame of the track",
    ),
    Action(
        id="compare", keys=("c",), handler="compare", label="compare", where=BOTH, reason=_with_confirmed,
        once=True, foot=True, description="this candidate beside a confirmed sighting of the same trace",
    ),
    Action(
        id="clip", keys=("o",), handler="clip", label="clip", where=BOTH, reason=with_candidate, once=True,
        foot=True, description="the footage around this sighting, everyone else mosaicked",
    ),
    Action(
        id="conflicts", keys=("C",), handler="conflicts", label="contradiction",
        reason=_with_conflict, once=True,
        description="two confirmed sightings that cannot both be true, side by side",
    ),
    Action(
        id="play", keys=("space",), handler="play", label="pause", where=CLIP, foot=True,
        description="stop here, or go on",
    ),
    Action(
        id="clip_next", keys=("right_square_bracket", "right"), handler="step", argument="1",
        label="frame", where=CLIP, foot=True, description="stop, and one frame on",
    ),
    Action(
        id="clip_previous", keys=("left_square_bracket", "left"), handler="step", argument="-1",
        label="frame back", where=CLIP, description="stop, and one frame back",
    ),
    Action(
        id="clip_first", keys=("home",), handler="first_frame", label="first", where=CLIP,
        description="stop at the first frame",
    ),
    Action(
        id="clip_last", keys=("end",), handler="last_frame", label="last", where=CLIP,
        description="stop at the last frame",
    ),
    Action(
        id="next_pair", keys=("right_square_bracket",), handler="move_pair", argument="1",
        label="other sighting", where=COMPARE, foot=True, description="the next sighting, or contradiction",
    ),
    Action(
        id="previous_pair", keys=("left_square_bracket",), handler="move_pair", argument="-1",
        label="sighting back", where=COMPARE, description="the sighting, or contradiction, before",
    ),
    Action(
        id="choose_left", keys=("1", "left"), handler="choose", argument="0", label="left", where=COMPARE,
        foot=True, description="choose the left sighting",
    ),
    Action(
        id="choose_right", keys=("2", "right"), handler="choose", argument="1", label="right",
        where=COMPARE, foot=True, description="choose the right sighting",
    ),
    Action(
        id="take_back", keys=("u",), handler="take_back", label="take back", where=COMPARE, once=True,
        foot=True, description="take your answer about the chosen sighting back",
    ),
    Action(
        id="leave_look", keys=("escape",), handler="go_back", label="back", where=CLIP | COMPARE, foot=True,
        description="back to the desk",
    ),
)  # fmt: skip
