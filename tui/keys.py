"""Every action once: keys, name, words and the reason when it is not possible.

Bindings, the line at the foot, the help and the palette are all made from ``ACTIONS`` and from the keys
that this person gave them (``keymap.py``).
"""

from collections.abc import Iterable, Mapping

from textual.binding import Binding, BindingType

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
from tui.keyboard.action import WRITING, Action, Where
from tui.keyboard.names import hangul, shown_key
from tui.state import DeskState

VIM = {"left": "h", "down": "j", "up": "k", "right": "l"}
Keymap = Mapping[str, tuple[str, ...]]
"""Keys by action id, as Textual calls them; actions that are not in it keep their own."""


def with_letters(actions: Iterable[Action], changed: Keymap, writing: frozenset[Where] = WRITING) -> Keymap:
    """The keys of every action. Where an arrow does something its letter of vi does too, unless that letter
    does something else on one of the same screens, is text there, or a person chose the keys."""
    keys = {action: changed.get(action.id, action.keys) for action in actions}
    whole: dict[str, tuple[str, ...]] = {}
    for action, own in keys.items():
        beside = {key for other, theirs in keys.items() if other.where & action.where for key in theirs}
        chosen = action.id in changed or action.where & writing
        letters = (VIM[key] for key in own if key in VIM and not chosen)
        whole[action.id] = (*own, *(letter for letter in letters if letter not in beside))
    return whole


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
OWN_KEYS = with_letters(ACTIONS, {})

_keys = OWN_KEYS


def use_keys(changed: Keymap) -> None:
    """From now on these actions have these keys, the others their own."""
    global _keys
    _keys = with_letters(ACTIONS, changed)


def keys_of(action: Action) -> tuple[str, ...]:
    """The keys of an action as things stand."""
    return _keys.get(action.id, action.keys)


def actions(where: Where) -> tuple[Action, ...]:
    return tuple(action for action in ACTIONS if where in action.where)


def bindings(where: Where) -> list[BindingType]:
    """For Textual: one binding an action, with its own keys; ``textual_keymap`` has the person's. Every key
    leads to ``Desk.action_act``."""
    return [
        Binding(
            _bound(OWN_KEYS[action.id]), f"app.act('{action.id}')", action.label, show=False, id=action.id
        )
        for action in actions(where)
    ]


def textual_keymap() -> dict[str, str]:
    """For ``App.set_keymap``: the keys of the actions that have others than their own."""
    return {action_id: _bound(keys) for action_id, keys in _keys.items() if keys != OWN_KEYS[action_id]}


def _bound(keys: Iterable[str]) -> str:
    """With what each sends from a keyboard left in Hangul mode."""
    return ",".join(key for letter in keys for key in (letter, hangul(letter)) if key)


def shown(action: Action) -> str:
    """Its first key as people write it."""
    return shown_key(keys_of(action)[0])


def disabled(state: DeskState, chosen: Iterable[Action]) -> frozenset[str]:
    """Ids of the actions that are not possible now."""
    return frozenset(action.id for action in chosen if action.reason(state))
