import asyncio

import pytest

from engine.api.patience import Patience, StoreSilent


class Work:
    """Waits until it is let go on; remembers how it ended."""

    def __init__(self) -> None:
        self.goes_on, self.over = asyncio.Event(), asyncio.Event()
        self.ended = ""

    async def __call__(self) -> str:
        try:
            await self.goes_on.wait()
        except asyncio.CancelledError:
            self.ended = "cancelled"
            raise
        else:
            self.ended = "whole"
        finally:
            self.over.set()
        return "done"


async def test_work_that_takes_long_while_the_store_gets_on_is_waited_for() -> None:
    looked, work = 0, Work()

    def silent_s() -> float:
        nonlocal looked
        looked += 1
        if looked == 5:
            work.goes_on.set()
        return 0.0

    assert await Patience(silent_s, 0.001).during(work()) == "done"


async def test_nothing_is_begun_while_the_store_is_silent() -> None:
    with pytest.raises(StoreSilent):
        Patience(lambda: 2.0, 2.0).require_answer()
    Patience(lambda: 1.9, 2.0).require_answer()


async def test_work_that_nobody_waits_for_any_more_runs_whole() -> None:
    work = Work()
    with pytest.raises(StoreSilent):
        await Patience(lambda: 2.0, 2.0).during(work())
    work.goes_on.set()
    await work.over.wait()
    assert work.ended == "whole"


async def test_at_the_end_it_is_given_up() -> None:
    patience, work = Patience(lambda: 2.0, 2.0), Work()
    with pytest.raises(StoreSilent):
        await patience.during(work())
    patience.close()
    await work.over.wait()
    assert work.ended == "cancelled"


async def test_who_is_cancelled_cancels_the_work() -> None:
    work = Work()
    waiting = asyncio.create_task(Patience(lambda: 0.0, 2.0).during(work()))
    for _ in range(3):
        await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert work.ended == "cancelled"


async def test_what_the_work_raises_is_raised() -> None:
    async def wrong() -> None:
        raise ValueError("as it is")

    with pytest.raises(ValueError, match="as it is"):
        await Patience(lambda: 0.0, 2.0).during(wrong())
