"""What keeps an answer from being given by accident: looked too briefly, a held key, a pasted text."""

from dataclasses import replace
from types import MappingProxyType

from tui.language.catalogue import tr
from tui.state import DeskState

HELD = "a held key decides nothing: let go and press once"
AT_ONCE = "keys that come all at once decide nothing: press one"
TOO_QUICK = "too quick: look at both faces first"

PAINT_GUARD_S = 0.7  # nobody has looked at two faces in less
REPEAT_GUARD_S = 0.4  # longer than any keyboard's auto-repeat
BURST_S = 0.05  # nobody types two keys in less; what is pasted comes so


def with_key(state: DeskState, now_s: float) -> DeskState:
    """Remember any key whatever, also one that does nothing."""
    fast = state.key_s is not None and now_s - state.key_s < BURST_S
    if fast:
        return replace(state, key_s=now_s, burst=state.burst + 1)
    return replace(state, key_s=now_s, burst_s=now_s, burst=1)


def pressed(state: DeskState, action_id: str, now_s: float) -> DeskState:
    """Remember every press, also the refused ones: a held key stays one press."""
    return replace(state, pressed_s=MappingProxyType({**state.pressed_s, action_id: now_s}))


def too_soon(state: DeskState, action_id: str, now_s: float, *, after_look: bool) -> str:
    """ "" where a key may act now, else why it does not. ``after_look``: only some time after the paint."""
    last_s = state.pressed_s.get(action_id)
    if last_s is not None and now_s - last_s < REPEAT_GUARD_S:
        return tr(HELD)
    if in_burst(state):
        return tr(AT_ONCE)
    if after_look and state.painted_s is not None and now_s - state.painted_s < PAINT_GUARD_S:
        return tr(TOO_QUICK)
    return ""


def in_burst(state: DeskState) -> bool:
    """True where the last key came faster after another than anybody types."""
    return state.burst > 1


def followed_at_once(before: DeskState, after: DeskState) -> bool:
    """True where more keys came in one burst with the last one of ``before``."""
    return after.burst_s == before.burst_s and after.burst > before.burst
