"""One question at a time, not too often, and the latest answer wins."""

import asyncio

from engine.api.client import EngineAway, EngineSaysNo
from tui.fresh import Fresh


class Source:
    """Answers with what it is told to, when it is told to."""

    def __init__(self) -> None:
        self.answers: list[object] = []
        self.asked = 0
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def __call__(self) -> object:
        self.asked += 1
        await self.may_answer.wait()
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def asking(*answers: object, most_s: float | None = None) -> tuple[Source, Fresh[object]]:
    source = Source()
    source.answers = list(answers)
    return source, Fresh(source, least_s=2.0, most_s=most_s)


async def test_it_is_due_at_first_then_only_when_something_happened_and_not_too_often() -> None:
    _, fresh = asking("a", "b")
    assert fresh.due(0.0, 1)
    await fresh.fetch(0.0, 1)
    assert fresh.value == "a"
    assert not fresh.due(100.0, 1)
    assert not fresh.due(1.9, 2)
    assert fresh.due(2.0, 2)


async def test_what_ages_is_asked_again_without_a_sign() -> None:
    _, fresh = asking("a", most_s=10.0)
    await fresh.fetch(0.0)
    assert not fresh.due(9.9)
    assert fresh.due(10.0)


async def test_while_one_question_is_on_its_way_no_other_is_asked() -> None:
    source, fresh = asking("a", "b")
    source.may_answer.clear()
    first = asyncio.create_task(fresh.fetch(0.0, 1))
    await asyncio.sleep(0)
    assert not fresh.due(50.0, 2)
    await fresh.fetch(50.0, 2)
    source.may_answer.set()
    await first
    assert source.asked == 1 and fresh.due(50.0, 2)


async def test_a_question_that_was_given_up_is_asked_again() -> None:
    source, fresh = asking("a")
    source.may_answer.clear()
    task = asyncio.create_task(fresh.fetch(0.0, 1))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    source.may_answer.set()
    assert fresh.due(5.0, 2)


async def test_after_a_change_from_here_it_is_asked_at_once() -> None:
    _, fresh = asking("a", "b")
    await fresh.fetch(0.0, 1)
    fresh.outdate()
    assert fresh.due(0.1, 1)


async def test_what_goes_wrong_is_kept_in_words_and_the_answer_before_stays() -> None:
    _, fresh = asking("a", EngineAway("x"), EngineSaysNo(403, "refused", "not for you"), ValueError(), "b")
    for at_s, problem, refused in (
        (0.0, "", False),
        (2.0, "the engine is away", False),
        (4.0, "not for you", True),
        (6.0, "unreadable answer (ValueError)", False),
    ):
        await fresh.fetch(at_s)
        assert (fresh.value, fresh.problem, fresh.refused) == ("a", problem, refused)
    await fresh.fetch(8.0)
    assert (fresh.value, fresh.problem) == ("b", "")


async def test_an_engine_that_was_away_is_asked_again_without_a_sign_and_a_refusal_is_not() -> None:
    _, fresh = asking(EngineAway("x"), EngineSaysNo(403, "refused", "no"))
    await fresh.fetch(0.0, 1)
    assert fresh.due(2.0, 1)
    await fresh.fetch(2.0, 1)
    assert not fresh.due(60.0, 1)


async def test_the_version_grows_only_with_what_is_new() -> None:
    _, fresh = asking("a", "a", "b")
    versions = []
    for at_s in (0.0, 2.0, 4.0):
        await fresh.fetch(at_s)
        versions.append(fresh.version)
    assert versions == [1, 1, 2]
