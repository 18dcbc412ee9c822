"""Rounds of the garbage collector, kept away from keys: a full one over all that a desk is made of takes
a tenth of a second, as long as a key may take altogether. And few threads, each of which keeps memory."""

import asyncio
import contextlib
import ctypes
import gc
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

from textual._styles_cache import StylesCache

SETTLES_AFTER_S = 2.0  # the first screen stands
LOOKS_EVERY_S, QUIET_S, ROUND_EVERY_S = 0.1, 0.3, 5.0
# New objects before a small round; the usual 700 are made by painting three lines. Full rounds come between
# keys: by themselves only to somebody who never rests.
ROUNDS = (5_000, 10, 1_000)
BESIDE = 2  # threads for what is done beside the screen; every one keeps what it once needed


# mallopt(3) of the GNU C library: blocks from this size on are mapped by themselves, and so go back at once.
M_MMAP_THRESHOLD, LARGE_BYTES = -3, 256 * 1024


def give_back_large_blocks() -> None:
    """What a large answer took for a moment goes back to the system, not into holes of the heap: the C
    library would keep ever larger blocks for the next one. Other libraries do as they do."""
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, LARGE_BYTES)


def settle() -> None:
    """Leave what there is now out of later rounds; what goes out of use goes all the same, but for
    circles."""
    gc.collect()
    gc.freeze()


def full_round() -> None:
    """Textual 8.2.8 remembers the insides of a widget's frame by the widget's own cache, and so keeps the
    drawn lines of a thousand widgets that are gone: every help that was closed, some 370 kB."""
    StylesCache.get_inner_outer.cache_clear()
    gc.collect()


async def tidy(
    untouched_s: Callable[[], float],
    *,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    collect: Callable[[], object] = full_round,
) -> None:
    """A full round every few seconds, in a moment without keys. ``untouched_s`` says how long nobody has
    touched the desk."""
    looks = 0
    while True:
        await sleep(LOOKS_EVERY_S)
        looks += 1
        if looks * LOOKS_EVERY_S >= ROUND_EVERY_S and untouched_s() >= QUIET_S:
            collect()
            looks = 0


def keep_rounds_from_keys(untouched_s: Callable[[], float]) -> asyncio.Task[None]:
    """From now on, in the running event loop; whoever holds the task can end it."""
    give_back_large_blocks()
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(BESIDE, "beside"))
    loop.call_later(SETTLES_AFTER_S, settle)
    gc.set_threshold(*ROUNDS)
    return loop.create_task(tidy(untouched_s))
