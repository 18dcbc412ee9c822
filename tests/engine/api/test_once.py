import asyncio
from datetime import timedelta

import pytest

from engine.api.asked import Asked
from engine.api.once import HOUSE_KEY, forget_old, once
from engine.domain.errors import Refused
from engine.domain.person import Person
from engine.ports import Transaction
from engine.store.sealing import case_key
from engine.trace.context import Context
from engine.vault.keys import Erased
from tests.engine.fakes import SetClock

KIM = Asked(person=Person(uid=1001, name="kim"), key="a-key-of-kim", request_sha256="one")


def with_key(key: str, request: str = "one", uid: int = 1001) -> Asked:
    return Asked(person=Person(uid=uid, name="kim"), key=key, request_sha256=request)


class Counter:
    """Work that counts how often it was really done."""

    def __init__(self) -> None:
        self.done = 0

    async def __call__(self, tx: Transaction) -> int:
        self.done += 1
        return self.done


async def test_the_same_key_does_it_once_and_answers_alike(context: Context) -> None:
    work = Counter()
    answers = [await once(context, KIM, HOUSE_KEY, int, work) for _ in range(3)]
    assert (answers, work.done) == ([1, 1, 1], 1)


async def test_many_at_once_under_one_key_do_it_once(context: Context) -> None:
    work = Counter()
    answers = await asyncio.gather(*(once(context, KIM, HOUSE_KEY, int, work) for _ in range(20)))
    assert (set(answers), work.done) == ({1}, 1)


async def test_another_key_another_person_or_no_key_does_it_again(context: Context) -> None:
    work = Counter()
    for asked in (KIM, with_key("another-key"), with_key(KIM.key, uid=1002), with_key(""), with_key("")):
        await once(context, asked, HOUSE_KEY, int, work)
    assert work.done == 5


async def test_a_key_that_stood_for_something_else_is_refused(context: Context) -> None:
    work = Counter()
    await once(context, KIM, HOUSE_KEY, int, work)
    with pytest.raises(Refused, match="used for another request"):
        await once(context, with_key(KIM.key, "two"), HOUSE_KEY, int, work)
    assert work.done == 1


async def test_what_an_earlier_release_kept_without_padding_still_answers(context: Context) -> None:
    work = Counter()
    await once(context, KIM, HOUSE_KEY, int, work)

    async def as_it_was(tx: Transaction) -> None:
        bare = context.sealer.seal(HOUSE_KEY, "receipt", f"{KIM.person.uid}/{KIM.key}", 1)
        await tx.execute("UPDATE receipt SET sealed = ?", (bare,))

    await context.store.run(as_it_was)
    assert (await once(context, KIM, HOUSE_KEY, int, work), work.done) == (1, 1)


async def test_a_receipt_of_an_earlier_release_still_answers(context: Context) -> None:
    """Its digest had no key; the change is not made a second time, and the key stands for nothing else."""
    work = Counter()
    await once(context, KIM, HOUSE_KEY, int, work)

    async def as_it_was(tx: Transaction) -> None:
        await tx.execute("UPDATE receipt SET request_sha256 = ?", (KIM.request_sha256,))

    await context.store.run(as_it_was)
    assert (await once(context, KIM, HOUSE_KEY, int, work), work.done) == (1, 1)
    with pytest.raises(Refused, match="used for another request"):
        await once(context, with_key(KIM.key, "two"), HOUSE_KEY, int, work)


async def test_what_was_refused_may_be_tried_again_under_the_same_key(context: Context) -> None:
    async def refuse(tx: Transaction) -> int:
        raise Refused("not yet")

    with pytest.raises(Refused, match="not yet"):
        await once(context, KIM, HOUSE_KEY, int, refuse)
    assert await once(context, KIM, HOUSE_KEY, int, Counter()) == 1


async def test_an_erased_case_takes_the_receipts_with_it(context: Context) -> None:
    key = case_key("case-1")

    async def name(tx: Transaction) -> str:
        return "Kim Minsu"

    context.sealer.vault.ensure(key)
    await once(context, KIM, key, str, name)
    stored = await context.store.run(lambda tx: tx.row("SELECT sealed FROM receipt"))
    assert stored is not None
    assert b"Minsu" not in stored["sealed"]
    context.sealer.vault.destroy(frozenset({key}))
    with pytest.raises(Erased):
        await once(context, KIM, key, str, name)


async def test_no_key_that_was_destroyed_is_made_again_for_a_receipt(context: Context) -> None:
    key, work = case_key("case-1"), Counter()
    context.sealer.vault.ensure(key)
    context.sealer.vault.destroy(frozenset({key}))
    with pytest.raises(Erased):
        await once(context, KIM, key, int, work)
    assert not context.sealer.vault.has(key)
    assert await context.store.run(lambda tx: tx.rows("SELECT 1 FROM receipt")) == []


async def test_receipts_are_kept_for_a_week(context: Context, clock: SetClock) -> None:
    work = Counter()
    await once(context, KIM, HOUSE_KEY, int, work)
    clock.forward(timedelta(days=6).total_seconds())
    assert await forget_old(context) == 0
    clock.forward(timedelta(days=1, seconds=1).total_seconds())
    assert await forget_old(context) == 1
    await once(context, KIM, HOUSE_KEY, int, work)
    assert work.done == 2
