"""The brake on erasure (G15): what may be destroyed now, and what waits for the custodian.

A clock that jumps forwards makes everything due at once. Keys cannot be brought back, so more than a
few of them, by number and by share, go only after a person in charge of keys has agreed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

FEW_KEYS = 20
SMALL_SHARE_PERCENT = 5


@dataclass(frozen=True, slots=True)
class Plan:
    """Keys to destroy now and keys that wait, each in the order in which they were given."""

    now: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()


def plan(due: Sequence[str], all: int, confirmed: bool, lately: int = 0) -> Plan:
    """``due`` are ids of keys, ``all`` how many keys there are. More than 20 keys that are also more
    than 5 % of all wait, every one of them, unless the custodian has ``confirmed`` these.

    ``lately`` counts keys that went without the custodian within a day: a clock that creeps forwards
    an hour at a time does not get round the brake.
    """
    together = len(due) + lately
    many = together > FEW_KEYS and together * 100 > SMALL_SHARE_PERCENT * (all + lately)
    if many and not confirmed:
        return Plan(waiting=tuple(due))
    return Plan(now=tuple(due))
