from engine.domain.person import Person
from engine.ports import Transaction
from engine.store import second_review
from engine.store.margins import want_no_second, want_second
from engine.trace.context import Context
from tests.engine.fakes import NOW, a_candidate, a_decision, queued

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


async def test_answers_are_withheld_while_a_second_reviewer_is_wanted_and_one_may_be_it(
    context: Context,
) -> None:
    await queued(context)

    async def play(tx: Transaction) -> list[bool]:
        said = []

        async def now(person: Person = LEE) -> None:
            said.append(await second_review.is_withheld(tx, "trace-1", person))

        await context.reviews.add_candidate(tx, a_candidate())
        await want_second(tx, "cand-1", "kim", NOW)
        await now()  # nobody has answered
        await context.reviews.add_decision(tx, a_decision("cand-1"), KIM)
        await now()
        await now(KIM)  # has answered
        await tx.execute("UPDATE trace SET state = 'cancelled'")
        await now()  # there will be no second review
        await tx.execute("UPDATE trace SET state = 'complete'")
        await want_no_second(tx, "cand-1")
        await want_second(tx, "cand-1", "lee", NOW)
        await now()  # nobody else wants one
        await want_no_second(tx, "cand-1")
        await want_second(tx, "cand-1", "kim", NOW)
        back = a_decision("cand-1", None, decision_id="back", withdraws="dec-cand-1")
        await context.reviews.add_decision(tx, back, KIM)
        await now()  # the answer was taken back
        await context.reviews.add_decision(tx, a_decision("cand-1", decision_id="anew"), KIM)
        await second_review.take(tx, "trace-1", Person(uid=1003, name="han"), NOW)
        await now()  # somebody is it
        return said

    assert await context.store.run(play) == [False, True, False, False, False, False, False]
