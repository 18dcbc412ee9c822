import asyncio

import pytest

from engine.store.whole import whole


async def test_who_is_cancelled_learns_it_after_the_work_has_ended() -> None:
    go_on, ended = asyncio.Event(), False

    async def work() -> None:
        nonlocal ended
        await go_on.wait()
        ended = True

    waiting = asyncio.create_task(whole(work()))
    for _ in range(5):
        await asyncio.sleep(0)
        waiting.cancel()
    assert not waiting.done()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert ended


async def test_results_and_errors_pass_through() -> None:
    async def good() -> int:
        return 7

    async def bad() -> None:
        raise ValueError("no")

    assert await whole(good()) == 7
    with pytest.raises(ValueError, match="no"):
        await whole(bad())
