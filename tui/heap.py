"""Rounds of the garbage collector, kept away from keys: a full one over all that a desk is made of takes
a tenth of a second, as long as a key may take altogether."""

import asyncio
import gc

SETTLES_AFTER_S = 2.0  # the first screen stands
OBJECTS_BEFORE_A_ROUND = 10_000  # the usual 700 are made by painting three lines


def settle_heap() -> None:
    """Leave what there is now out of later rounds; what goes out of use goes all the same, but for
    circles."""
    gc.collect()
    gc.freeze()


def settle_heap_soon() -> None:
    """Once, when the desk stands. Needs a running event loop."""
    gc.set_threshold(OBJECTS_BEFORE_A_ROUND, 10, 10)
    asyncio.get_running_loop().call_later(SETTLES_AFTER_S, settle_heap)
