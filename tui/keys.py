"""Every action once: keys, name, words and the reason when it is not possible.

Bindings, the line at the foot, the help and the palette are all made from ``ACTIONS``.
"""

from collections.abc import Iterable

from textual.binding import Binding, BindingType

from tui.action import Action, Where
from tui.actions import (
    approvals,
    audit,
    cases,
    contacts,
    desk,
    everywhere,
    health,
    intake,
    lists,
    look,
    margin,
    stand,
    timeline,
    triage,
    zoom,
)
from tui.state import DeskState

# Two-set (KS X 5002) keyboard left in Hangul mode: the letter a key sends instead of ours.
TWO_SET = dict(
    zip("abcdefghijklmnopqrstuvwxyz", "ㅁㅠㅊㅇㄷㄹㅎㅗㅑㅓㅏㅣㅡㅜㅐㅔㅂㄱㄴㅅㅕㅍㅈㅌㅛㅋ", strict=True)
)
SHIFTED = dict(zip("QWERTOP", "ㅃㅉㄸㄲㅆㅒㅖ", strict=True))  # the others send the same with shift

ACTIONS: tuple[Action, ...] = (
    *triage.ACTIONS,
    *look.ACTIONS,
    *margin.ACTIONS,
    *stand.ACTIONS,
    *desk.ACTIONS,
    *contacts.ACTIONS,
    *timeline.ACTIONS,
    *zoom.ACTIONS,
    *cases.ACTIONS,
    *approvals.ACTIONS,
    *audit.ACTIONS,
    *health.ACTIONS,
    *lists.ACTIONS,
    *intake.ACTIONS,
    *everywhere.ACTIONS,
)
BY_ID = {action.id: action for action in ACTIONS}

SHOWN = {
    "space": "space", "slash": "/", "plus": "+", "equals_sign": "=", "question_mark": "?",
    "right_square_bracket": "]", "left_square_bracket": "[", "exclamation_mark": "!", "full_stop": ".",
    "escape": "esc", "pagedown": "page down", "pageup": "page up",
    "greater_than_sign": ">", "less_than_sign": "<", "down": "↓", "up": "↑", "left": "←", "right": "→",
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
