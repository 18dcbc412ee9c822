"""The newest draft is what is kept in the end."""

import asyncio

import pytest

from tui.forms.keeper import Keeper


async def test_what_is_written_meanwhile_is_kept_last() -> None:
    kept: list[str] = []
    go_on = asyncio.Event()

    async def keep(text: str) -> None:
        await go_on.wait()
        kept.append(text)

    keeper = Keeper(keep)
    keeper.wanted = "one"
    first = asyncio.create_task(keeper.write())
    await asyncio.sleep(0)
    keeper.wanted = "two"
    second = asyncio.create_task(keeper.write())
    go_on.set()
    await asyncio.gather(first, second)
    assert kept == ["one", "two"]
    assert not keeper.behind


async def test_a_failure_leaves_it_behind_so_that_it_is_tried_again() -> None:
    async def keep(text: str) -> None:
        raise ConnectionError

    keeper = Keeper(keep)
    keeper.wanted = "one"
    with pytest.raises(ConnectionError):
        await keeper.write()
    assert keeper.behind
