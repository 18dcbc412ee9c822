"""Which groups of pictures of a file show nobody moving, told by the bytes of its packets alone.

People who move make bytes. A group whose pictures cost no more than the quietest of its file is still, and
only the middle one of twenty still groups is decoded, as a control: where a face is seen there, somebody
sits, and all twenty are looked at. A short quiet beside movement needs no control: who is there is seen in
the groups beside it. The answer depends on the file alone, never on who is looked for in it (G20).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from engine.ports import Group

Span = tuple[float, float]
"""From, to in seconds after the first frame of a file."""

QUIETEST = 0.1  # share of the groups of a file that its quiet is measured by
LOUDEST = 0.98
STILL_UP_TO = 1.25  # times the quiet: more is movement
SEPARATES_FROM = 2.0  # a file whose loudest groups stay below this many times its quiet is decoded in full:
# noise hides people there, or nothing ever moved, and nobody can tell which
CONTROL_EVERY = 20  # groups
SHORT = 5  # groups of quiet between movement, up to which there is no control
FEWEST = 5  # groups, below which a file tells nothing about its quiet


@dataclass(frozen=True, slots=True)
class Still:
    """Up to twenty groups in a row in which nothing moves: one in the middle, and the others."""

    control: Span
    rest: tuple[Span, ...]


def parted(groups: Sequence[Group], end_s: float) -> tuple[list[Span], list[Still]]:
    """The stretches of a file in which something moves, and those in which nothing does; what is in
    neither is a short quiet beside movement. ``end_s`` is where the last group ends."""
    if not groups:
        return [(0.0, end_s)], []
    # what lies before the first key frame known is looked at with the first group
    begins = [0.0, *(group.offset_s for group in groups[1:])]
    ends = [*begins[1:], end_s]
    moving: list[Span] = []
    still: list[Still] = []
    spans = zip(quiet_groups(groups), zip(begins, ends, strict=True), strict=True)
    for quiet, together in groupby(spans, key=lambda told: told[0]):
        run = [span for _, span in together]
        if not quiet:
            moving.append((run[0][0], run[-1][1]))
        elif len(run) > SHORT:
            still += [_still(run[at : at + CONTROL_EVERY]) for at in range(0, len(run), CONTROL_EVERY)]
    return moving, still


def _still(run: Sequence[Span]) -> Still:
    middle = run[len(run) // 2]
    return Still(middle, ((run[0][0], middle[0]), (middle[1], run[-1][1])))


def quiet_groups(groups: Sequence[Group]) -> list[bool]:
    """Whether each group is as quiet as the quietest of the file; none where these do not stand out."""
    known = np.array([g.bytes_a_picture for g in groups if g.bytes_a_picture is not None])
    if len(known) < FEWEST:
        return [False] * len(groups)
    quiet, loud = np.quantile(known, (QUIETEST, LOUDEST))
    if loud < SEPARATES_FROM * quiet:
        return [False] * len(groups)
    return [g.bytes_a_picture is not None and g.bytes_a_picture <= STILL_UP_TO * float(quiet) for g in groups]
