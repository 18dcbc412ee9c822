from engine.ports import Transaction
from engine.store import second_review
from engine.trace.context import Context
from tests.engine.fakes import NOW, a_candidate, queued


async def test_a_second_reviewer_is_blind_until_everything_is_answered(context: Context) -> None:
    await queued(context)

    async def play(tx: Transaction) -> list[bool]:
        for number in (1, 2):
            await context.reviews.add_candidate(tx, a_candidate(f"cand-{number}"))
        before = await second_review.is_blind(tx, "trace-1", "lee", 0)
        await second_review.take(tx, "trace-1", "lee", NOW)
        return [
            before,
            await second_review.is_blind(tx, "trace-1", "lee", 0),
            await second_review.is_blind(tx, "trace-1", "lee", 1),
            await second_review.is_blind(tx, "trace-1", "lee", 2),
            await second_review.is_blind(tx, "trace-1", "kim", 0),
        ]

    assert await context.store.run(play) == [False, True, True, False, False]
    assert await context.store.run(lambda tx: second_review.reviewer(tx, "trace-1")) == "lee"


async def test_who_has_seen_answers_is_remembered_once(context: Context) -> None:
    await queued(context)

    async def play(tx: Transaction) -> tuple[bool, bool]:
        before = await second_review.has_seen(tx, "trace-1", "lee")
        await second_review.note_seen(tx, "trace-1", "lee")
        await second_review.note_seen(tx, "trace-1", "lee")
        return before, await second_review.has_seen(tx, "trace-1", "lee")

    assert await context.store.run(play) == (False, True)
