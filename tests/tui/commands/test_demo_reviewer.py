"""The simulated reviewer, before an engine in memory and before a real one."""

import asyncio
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from engine.api.client import EngineAway, EngineSaysNo
from engine.api.schema import CandidateView, TraceDetail, TraceView, ViewReply
from engine.domain.decision import Answer
from engine.domain.trace import TraceState
from tests.engine.api.conftest import open_house
from tests.engine.api.requests import one_candidate, traced
from tests.screens.fake_engine import NOW, a_candidate, a_detail, a_trace
from tui.commands.decisions import FULL_SIZE_PX
from tui.commands.demo_reviewer import Reviewed, review

LOOK_S = 0.7
TURNS = 400


class Engine:
    """Candidates and their answers; time passes only while somebody sleeps."""

    def __init__(self, *details: TraceDetail) -> None:
        self.details = {d.trace.trace_id: d for d in details}
        self.time = NOW
        self.viewed: dict[str, tuple[str, float, datetime]] = {}
        self.answers: dict[str, Answer] = {}
        self.others: set[str] = set()
        self.refuses: dict[str, str] = {}
        self.at_once = self.most_at_once = 0
        self.reads = 0
        self.slept: list[float] = []
        self.before_decision: Callable[[str], None] = lambda _: None
        self.while_waiting: Callable[[], None] = lambda: None
        self.away = False

    def now(self) -> datetime:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        until = self.time + timedelta(seconds=seconds)
        for _ in range(TURNS):  # time passes once everybody else has done what can be done now
            await asyncio.sleep(0)
        self.time = max(self.time, until)
        self.while_waiting()

    async def _busy(self) -> None:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(0)
        self.at_once -= 1

    def candidate(self, candidate_id: str) -> CandidateView:
        return next(c for d in self.details.values() for c in d.candidates if c.candidate_id == candidate_id)

    def change(self, candidate_id: str, **given: object) -> CandidateView:
        changed = self.candidate(candidate_id)
        changed = msgspec.structs.replace(changed, version=changed.version + 1, **given)
        detail = self.details[changed.trace_id]
        found = tuple(changed if c.candidate_id == candidate_id else c for c in detail.candidates)
        self.details[changed.trace_id] = msgspec.structs.replace(detail, candidates=found)
        return changed

    async def traces(self) -> tuple[TraceView, ...]:
        return tuple(
            msgspec.structs.replace(d.trace, undecided=sum(c.answer is None for c in d.candidates))
            for d in self.details.values()
        )

    async def trace(self, trace_id: str) -> TraceDetail:
        self.reads += 1
        return self.details[trace_id]

    async def view(self, candidate_id: str, face_height_px: float) -> ViewReply:
        await self._busy()
        if self.away:
            raise EngineAway("it ended")
        view_id = f"V-{len(self.viewed)}"
        not_before = self.time + timedelta(seconds=LOOK_S)
        self.viewed[view_id] = (candidate_id, face_height_px, not_before)
        return ViewReply(
            view_id=view_id,
            candidate_id=candidate_id,
            adequate=True,
            not_before=not_before,
            subject=(),
            pictures=(),
        )

    async def decide(self, candidate_id: str, view_id: str, answer: Answer, *, version: int) -> CandidateView:
        await self._busy()
        self.before_decision(candidate_id)
        seen, height_px, not_before = self.viewed[view_id]
        assert seen == candidate_id
        assert height_px == FULL_SIZE_PX
        assert self.time >= not_before, "answered sooner than anybody can look"
        if version != self.candidate(candidate_id).version:
            raise EngineSaysNo(409, "conflict", "the candidate was changed by lee")
        if candidate_id in self.refuses:
            raise EngineSaysNo(422, "G1", self.refuses[candidate_id])
        assert candidate_id not in self.answers, "answered twice"
        self.answers[candidate_id] = answer
        return self.change(candidate_id, answer=answer)


def mine(*numbers: int) -> Callable[[TraceDetail], set[str]]:
    """The candidates with these numbers are the patient."""
    return lambda detail: {f"C-{detail.trace.case_id}-{n}" for n in numbers}


class Dice(random.Random):
    """Chance that counts how often it was asked."""

    thrown = 0

    def random(self) -> float:
        self.thrown += 1
        return super().random()


async def reviewed(
    engine: Engine, *, error: float = 0.0, seed: int = 1, traces: str = "A", dice: Dice | None = None
) -> Reviewed:
    said: list[str] = []
    done = await review(
        engine,
        [f"T-{case}" for case in traces],
        mine(1, 3),
        error=error,
        chance=dice or random.Random(seed),
        say=said.append,
        sleep=engine.sleep,
        now=engine.now,
    )
    engine.said = said  # type: ignore[attr-defined]
    return done


def truly(engine: Engine) -> dict[str, Answer]:
    return {c: Answer.SAME if c.endswith(("-1", "-3")) else Answer.NOT_SAME for c in engine.answers}


async def test_every_candidate_is_looked_at_and_answered_by_the_truth() -> None:
    engine = Engine(a_detail("A"), a_detail("B", 2), a_detail("C"))
    done = await reviewed(engine, traces="AB")
    assert sorted(engine.answers) == ["C-A-1", "C-A-2", "C-A-3", "C-A-4", "C-B-1", "C-B-2"]
    assert engine.answers == truly(engine)
    assert (done.answered, done.mistakes, done.faster, done.refused) == (6, 0, 0, 0)


async def test_what_was_answered_already_is_left_alone() -> None:
    engine = Engine(a_detail("A"))
    engine.change("C-A-2", answer=Answer.SAME)
    assert (await reviewed(engine)).answered == 3
    assert engine.candidate("C-A-2").answer is Answer.SAME


async def test_it_is_said_that_a_program_answers() -> None:
    engine = Engine(a_detail("A"))
    done = await reviewed(engine, error=0.0)
    first, last = engine.said  # type: ignore[attr-defined]
    assert first == "a program answers in the place of a reviewer, wrongly with probability 0"
    assert last == "the program answered 4 candidates, 0 of them wrongly on purpose"
    assert msgspec.to_builtins(done)["reviewer"] == "simulated"


async def test_with_certain_error_every_answer_is_the_wrong_one() -> None:
    engine = Engine(a_detail("A"))
    done = await reviewed(engine, error=1.0)
    assert not any(engine.answers[c] is answer for c, answer in truly(engine).items())
    assert done.mistakes == 4


async def test_errors_come_as_often_as_asked_for_and_again_with_the_same_chance() -> None:
    async def wrong(seed: int) -> set[str]:
        engine = Engine(a_detail("A", 400))
        done = await reviewed(engine, error=0.25, seed=seed)
        found = {c for c, answer in truly(engine).items() if engine.answers[c] is not answer}
        assert done.mistakes == len(found)
        return found

    first = await wrong(1)
    assert 70 < len(first) < 130
    assert await wrong(1) == first
    assert await wrong(2) != first


@pytest.mark.parametrize("error", [-0.1, 1.1, float("nan")])
async def test_an_error_that_is_no_probability_is_refused(error: float) -> None:
    engine = Engine(a_detail("A"))
    with pytest.raises(ValueError, match="no probability"):
        await reviewed(engine, error=error)
    assert not engine.viewed


async def test_a_hundred_candidates_take_one_look_not_a_hundred() -> None:
    engine = Engine(a_detail("A", 100))
    await reviewed(engine)
    assert len(engine.answers) == 100
    assert (engine.time - NOW).total_seconds() < 2 * LOOK_S
    assert 1 < engine.most_at_once <= 2, "as many requests as there are connections, but one"


async def test_where_somebody_is_faster_theirs_stands() -> None:
    engine = Engine(a_detail("A"))

    def faster(candidate_id: str) -> None:
        if candidate_id == "C-A-1" and not engine.others:
            engine.others.add(candidate_id)
            engine.change(candidate_id, answer=Answer.NOT_SAME)

    engine.before_decision = faster
    done = await reviewed(engine)
    assert engine.candidate("C-A-1").answer is Answer.NOT_SAME
    assert "C-A-1" not in engine.answers
    assert (done.answered, done.faster) == (3, 1)
    assert engine.said[-1].endswith("; 1 times somebody was faster")  # type: ignore[attr-defined]


async def test_what_changed_without_an_answer_is_looked_at_again() -> None:
    engine = Engine(a_detail("A", 1))

    def touched(candidate_id: str) -> None:
        if not engine.others:
            engine.others.add(candidate_id)
            engine.change(candidate_id)  # answered and taken back

    engine.before_decision = touched
    dice = Dice(1)
    done = await reviewed(engine, error=1.0, dice=dice)
    assert dice.thrown == 1, "a second look is no second chance"
    assert engine.answers == {"C-A-1": Answer.NOT_SAME}
    assert (done.answered, done.faster, done.mistakes) == (1, 1, 1)


async def test_what_the_engine_refuses_is_told_and_not_asked_again() -> None:
    engine = Engine(a_detail("A"))
    engine.refuses["C-A-2"] = "the authorisation was revoked [G1]"
    done = await reviewed(engine)
    assert (done.answered, done.refused) == (3, 1)
    assert "case A, cam1: the authorisation was revoked [G1]" in engine.said  # type: ignore[attr-defined]
    assert [c for c, *_ in engine.viewed.values()].count("C-A-2") == 1


async def test_it_goes_on_until_the_machine_has_done_its_work() -> None:
    running = msgspec.structs.replace(a_detail("A", 1), trace=a_trace("A", TraceState.RUNNING))
    engine = Engine(running)
    waits = 0

    def later() -> None:
        nonlocal waits
        waits += engine.candidate("C-A-1").answer is not None
        detail = engine.details["T-A"]
        if waits == 3:
            found = (*detail.candidates, a_candidate(3))
            engine.details["T-A"] = msgspec.structs.replace(detail, candidates=found)
        if waits == 6:
            done = a_trace("A", TraceState.COMPLETE)
            found = (*engine.details["T-A"].candidates, a_candidate(4))
            engine.details["T-A"] = msgspec.structs.replace(detail, trace=done, candidates=found)

    engine.while_waiting = later
    assert (await reviewed(engine)).answered == 3
    assert sorted(engine.answers) == ["C-A-1", "C-A-3", "C-A-4"]
    assert engine.reads <= 6, "each look at a trace is in the audit: none where nothing is undecided"


async def test_that_the_engine_ends_is_said_as_by_any_client() -> None:
    engine = Engine(a_detail("A"))
    engine.away = True
    with pytest.raises(EngineAway, match="it ended"):
        await reviewed(engine)


async def test_a_real_engine_takes_the_answers(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        one_candidate(house.pool)
        trace = await traced(house.client, house.pool)

        async def sleep(seconds: float) -> None:
            house.clock.forward(seconds)

        done = await review(
            house.client,
            [trace.trace_id],
            lambda detail: {c.candidate_id for c in detail.candidates},
            error=0.0,
            chance=random.Random(1),
            say=lambda _: None,
            sleep=sleep,
            now=house.clock.now,
        )
        detail = await house.client.trace(trace.trace_id)
        assert done.answered == 1
        assert [c.answer for c in detail.candidates] == [Answer.SAME]
        assert detail.trace.state is TraceState.COMPLETE
        assert {v.basis for v in detail.visits} & {"sighting", "both"}
        views = [line for line in await house.client.audit() if line.action == "view"]
        assert len(views) == 1
