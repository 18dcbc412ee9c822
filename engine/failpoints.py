"""Named places at which a test may break the engine: right before and after each sync or rename of its own.

A place costs one look into an empty dictionary. Nothing but a test arms one: no setting, no variable
of the environment and no request can.
"""

from collections.abc import Callable

NAMES: set[str] = set()
"""Every place that code names, filled as modules are imported; a test compares it with what it reached."""

_armed: dict[str, Callable[[], None]] = {}


def name(point: str) -> str:
    """Declare a place, once, at import: ``AFTER_RENAME = name("keys.after_rename")``."""
    if point in NAMES:
        raise ValueError(f"failpoint {point} is declared twice")
    NAMES.add(point)
    return point


def reached(point: str) -> None:
    """Do what a test armed here: raise an OSError, kill the process, or note the passage."""
    if action := _armed.get(point):
        action()


def arm(point: str, action: Callable[[], None]) -> None:
    """For tests. Raises KeyError for a place that no code names."""
    if point not in NAMES:
        raise KeyError(point)
    _armed[point] = action


def disarm() -> None:
    """For tests: nothing is armed any more."""
    _armed.clear()
