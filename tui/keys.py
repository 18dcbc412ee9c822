"""Every action once: keys, name, words and the reason when it is not possible.

Bindings, the line at the foot, the help and the palette are all made from ``ACTIONS``.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from textual.binding import Binding, BindingType

from tui.state import DeskState, Pane, undo_target, why_no_answer, why_not_same

# Two-set (KS X 5002) keyboard left in Hangul mode: the letter a key sends instead of ours.
TWO_SET = dict(
    zip("abcdefghijklmnopqrstuvwxyz", "ㅁㅠㅊㅇㄷㄹㅎㅗㅑㅓㅏㅣㅡㅜㅐㅔㅂㄱㄴㅅㅕㅍㅈㅌㅛㅋ", strict=True)
)
SHIFTED = dict(zip("QWERTOP", "ㅃㅉㄸㄲㅆㅒㅖ", strict=True))  # the others send the same with shift


class Where(StrEnum):
    """The screens on which an action lives."""

    DESK = "desk"
    ZOOM = "zoom"


Reason = Callable[[DeskState], str]


def always(_: DeskState) -> str:
    return ""


def _with_candidates(state: DeskState) -> str:
    return "" if state.candidates else "this trace has no candidates"


def _with_candidate(state: DeskState) -> str:
    return "" if state.candidate is not None else "no candidate is shown"


def _with_answer(state: DeskState) -> str:
    if state.writing:
        return "the last answer is still being written"
    return "" if undo_target(state) is not None else "you have answered nothing that stands"


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One thing a person can do.

    ``do_`` + ``handler`` is a method of the screen or of the desk; ``argument`` is handed to it when
    not empty. ``reason`` gives "" or why it is not possible now. ``dangerous`` marks what makes a fact of
    something or sends it out of the house; ``once`` what a held key must not do again, ``after_look``
    what nobody can mean before having looked at the pictures for a moment.
    """

    id: str
    keys: tuple[str, ...]
    handler: str
    label: str
    description: str
    where: frozenset[Where] = frozenset({Where.DESK})
    argument: str = ""
    reason: Reason = always
    dangerous: bool = False
    once: bool = False
    after_look: bool = False
    foot: bool = False


BOTH = frozenset({Where.DESK, Where.ZOOM})
ZOOM = frozenset({Where.ZOOM})

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
        id="zoom", keys=("z",), handler="zoom", label="zoom", reason=_with_candidate, foot=True,
        description="both faces as large as this screen allows",
    ),
    Action(
        id="next_undecided", keys=("n",), handler="next_undecided", label="next", foot=True,
        description="next candidate without an answer, in the next trace when this one has none",
    ),
    Action(
        id="next_candidate", keys=("j",), handler="move_candidate", argument="1", label="down",
        reason=_with_candidates, description="next candidate",
    ),
    Action(
        id="previous_candidate", keys=("k", "p"), handler="move_candidate", argument="-1", label="up",
        reason=_with_candidates, description="previous candidate",
    ),
    Action(
        id="next_trace", keys=("J", "right_square_bracket"), handler="move_trace", argument="1",
        label="next trace", description="next trace",
    ),
    Action(
        id="previous_trace", keys=("K", "left_square_bracket"), handler="move_trace", argument="-1",
        label="previous trace", description="previous trace",
    ),
    Action(
        id="down", keys=("down",), handler="arrow", argument="1", label="down",
        description="in this pane: next trace, next candidate, or scroll",
    ),
    Action(
        id="up", keys=("up",), handler="arrow", argument="-1", label="up",
        description="in this pane: previous trace, previous candidate, or scroll",
    ),
    Action(
        id="read_on", keys=("pagedown",), handler="scroll_words", argument="4", label="read on",
        description="scroll the evidence down",
    ),
    Action(
        id="read_back", keys=("pageup",), handler="scroll_words", argument="-4", label="read back",
        description="scroll the evidence up",
    ),
    Action(
        id="next_pane", keys=("tab",), handler="move_pane", argument="1", label="pane", foot=True,
        description="next pane",
    ),
    Action(
        id="previous_pane", keys=("shift+tab",), handler="move_pane", argument="-1", label="pane back",
        description="previous pane",
    ),
    *(
        Action(
            id=f"pane_{pane}", keys=(str(number),), handler="go_to_pane", argument=pane.value,
            label=pane.value, description=f"pane {number}: {pane.value}",
        )
        for number, pane in enumerate(Pane, start=1)
    ),
    Action(
        id="frame", keys=("f",), handler="toggle_frame", label="whole frame", where=ZOOM, foot=True,
        description="the whole frame instead of the faces, and back",
    ),
    Action(
        id="next_picture", keys=("j", "down", "right"), handler="move_picture", argument="1",
        label="next picture", where=ZOOM, foot=True, description="next picture of the candidate",
    ),
    Action(
        id="previous_picture", keys=("k", "up", "left"), handler="move_picture", argument="-1",
        label="previous picture", where=ZOOM, description="previous picture of the candidate",
    ),
    Action(
        id="leave_zoom", keys=("z", "escape"), handler="leave_zoom", label="back", where=ZOOM, foot=True,
        description="back to the desk",
    ),
    Action(
        id="help", keys=("question_mark", "f1"), handler="show_help", label="help", where=BOTH, foot=True,
        description="all keys, and why one is not possible now",
    ),
    Action(
        id="quit", keys=("q", "ctrl+q", "ctrl+c"), handler="leave", label="quit", where=BOTH, foot=True,
        description="leave the desk; the traces go on",
    ),
)  # fmt: skip
BY_ID = {action.id: action for action in ACTIONS}

SHOWN = {
    "space": "space", "question_mark": "?", "right_square_bracket": "]", "left_square_bracket": "[",
    "escape": "esc", "pagedown": "page down", "pageup": "page up",
    "down": "↓", "up": "↑", "left": "←", "right": "→",
}  # fmt: skip


def hangul(key: str) -> str:
    """What the same key sends in Hangul mode, "" for keys that send the same or no letter."""
    return SHIFTED.get(key) or TWO_SET.get(key, "")


def actions(where: Where) -> tuple[Action, ...]:
    return tuple(action for action in ACTIONS if where in action.where)


def bindings(where: Where) -> list[BindingType]:
    """For Textual; every key leads to ``Desk.action_act``."""
    return [
        Binding(key, f"app.act('{action.id}')", action.label, show=False)
        for action in actions(where)
        for letter in action.keys
        for key in (letter, hangul(letter))
        if key
    ]


def shown(action: Action) -> str:
    """Its first key as people write it."""
    return SHOWN.get(action.keys[0], action.keys[0])


def disabled(state: DeskState, chosen: Iterable[Action]) -> frozenset[str]:
    """Ids of the actions that are not possible now."""
    return frozenset(action.id for action in chosen if action.reason(state))
