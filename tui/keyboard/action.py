"""One thing a person can do, as a value: keys, words, and why it may not be possible now."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from tui.state import DeskState


class Where(StrEnum):
    """The screens on which an action lives."""

    DESK = "desk"
    ZOOM = "zoom"
    CLIP = "clip"
    COMPARE = "compare"
    CASES = "cases"
    APPROVALS = "approvals"
    AUDIT = "audit"
    HEALTH = "health"
    INTERVIEW = "interview"
    CONSENT = "consent"
    PHOTOS = "photos"
    SCOPE = "scope"


OVER_THE_DESK = frozenset({Where.ZOOM, Where.CLIP, Where.COMPARE})  # they go back to the desk, nowhere else
MODES = (Where.DESK, Where.CASES, Where.APPROVALS, Where.AUDIT, Where.HEALTH)
WRITING = frozenset({Where.INTERVIEW})  # where letters are text, and no keys

Reason = Callable[[DeskState], str]


def always(_: DeskState) -> str:
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One thing a person can do.

    ``do_`` + ``handler`` is a method of the screen or of the desk; ``argument`` is handed to it when
    not empty. ``reason`` gives "" or why it is not possible now; a screen may know further reasons
    (``why_not``). ``dangerous`` marks what makes a fact of something or sends it out of the house;
    ``once`` what a held key must not do again, ``after_look`` what nobody can mean before having looked
    at the pictures for a moment. ``foot`` puts it at the foot of the screen; the help has all.
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


def on(*screens: Where) -> frozenset[Where]:
    return frozenset(screens)
