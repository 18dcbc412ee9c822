from engine.domain.person import Person
from engine.ports import Transaction
from engine.store import second_review
from engine.trace.context import Context
from tests.engine.fakes import NOW, a_candidate, queued

KIM = Person(uid=1001, name="kim")
LEE = Person(uid=1002, name="lee")


async def test_a_second_reviewer_is_blind_until_everything_is_answered(context: Context) -> None:
    await queued(context)

    async def play(tx: Transaction) -> list[bool]:
        for number in (1, 2):
            await context.reviews.add_candidate(tx, a_candidate(f"cand-{number}"))
        before = await second_review.is_blind(tx, "trace-1", LEE, 0)
        await second_review.take(tx, "trace-1", LEE, NOW)
        return [
            before,
            await second_review.is_blind(tx, "trace-1", LEE, 0),
            await second_review.is_blind(tx, "trace-1", LEE, 1),
            await second_review.is_blind(tx, "trace-1", LEE, 2),
            await second_review.is_blind(tx, "trace-1", KIM, 0),
        ]

    assert await context.store.run(play) == [False, True, True, False, False]
    assert await context.store.run(lambda tx: second_review.reviewer(tx, "trace-1")) == "lee"


async def test_who_has_seen_answers_is_remembered_once(context: Context) -> None:
    await queued(context)

    async def play(tx: Transaction) -> tuple[bool, bool]:
        before = await second_review.has_seen(tx, "trace-1", LEE)
        await second_review.note_seen(tx, "trace-1", LEE)
        await second_review.note_seen(tx, "trace-1", LEE)
        return before, await second_review.has_seen(tx, "trace-1", LEE)

    assert await context.store.run(play) == (False, True)


async def test_another_account_of_one_who_has_seen_answers_has_seen_them(context: Context) -> None:
    await queued(context)
    others = (Person(uid=1009, name="lee-2", login_uid=1002), Person(uid=1009, name="lee-2"))

    async def play(tx: Transaction) -> list[bool]:
        await second_review.note_seen(tx, "trace-1", LEE)
        return [await second_review.has_seen(tx, "trace-1", person) for person in others]

    assert await context.store.run(play) == [True, False]


async def test_another_account_of_the_second_reviewer_is_as_blind(context: Context) -> None:
    await queued(context)

    async def play(tx: Transaction) -> bool:
        await context.reviews.add_candidate(tx, a_candidate())
        await second_review.take(tx, "trace-1", LEE, NOW)
        return await second_review.is_blind(tx, "trace-1", Person(uid=1009, name="lee-2", login_uid=1002), 0)

    assert await context.store.run(play)
