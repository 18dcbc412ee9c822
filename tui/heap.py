"""Rounds of the garbage collector, kept away from keys: a full one over all that a desk is made of takes
a tenth of a second, as long as a key may take altogether. And few threads, each of which keeps memory."""

import asyncio
import gc
from concurrent.futures import ThreadPoolExecutor

SETTLES_AFTER_S = 2.0  # the first screen stands
BESIDE = 2  # threads for what is done beside the screen; every one keeps what it once needed
OBJECTS_BEFORE_A_ROUND = 10_000  # the usual 700 are made by painting three lines


def settle_heap() -> None:
    """Leave what there is now out of later rounds; what goes out of use goes all the same, but for
    circles."""
    gc.collect()
    gc.freeze()


def settle_heap_soon() -> None:
    """Once, when the desk stands. Needs a running event loop."""
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(BESIDE, "beside"))
    gc.set_threshold(OBJECTS_BEFORE_A_ROUND, 10, 10)
    loop.call_later(SETTLES_AFTER_S, settle_heap)
