"""How long nobody has touched the desk, and what an input method did with a key. No widget in sight."""

import re
from collections.abc import Callable

from tui.keyboard.names import is_composed

HINT_EVERY_S = 60.0
# Ids that name nobody: those that the engine makes, and a case's where it is written like one. No space,
# no letter beyond ASCII, nothing long enough for an address.
CASE_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
CASE_ID_SAFE = re.compile(r"[A-Za-z0-9-]{1,32}")


class Idle:
    """``clock`` gives seconds that only run forward."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._touched_s = clock()

    def touched(self) -> None:
        self._touched_s = self._clock()

    @property
    def untouched_s(self) -> float:
        return self._clock() - self._touched_s

    def over(self, after_s: float) -> bool:
        """True after so many seconds without a touch; never where ``after_s`` is 0."""
        return after_s > 0 and self.untouched_s >= after_s


class InputMethod:
    """Tells when a key was swallowed by an input method, at most once a minute."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._told_s: float | None = None

    def swallowed(self, character: str | None) -> bool:
        """True where this character is no key of ours and nobody was told of it lately."""
        if character is None or not is_composed(character):
            return False
        now_s = self._clock()
        if self._told_s is not None and now_s - self._told_s < HINT_EVERY_S:
            return False
        self._told_s = now_s
        return True


def may_be_copied(text: str) -> bool:
    """True for what looks like an id that the engine made: a candidate, a trace, an authorisation."""
    return CASE_SAFE.fullmatch(text) is not None


def case_may_be_copied(case_id: str) -> bool:
    """True for the id of a case that is written like an id: people may put a name there."""
    return CASE_ID_SAFE.fullmatch(case_id) is not None
