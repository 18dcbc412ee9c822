"""Looking, answering and taking back, without a screen."""

import asyncio
from collections.abc import Callable

import msgspec

from engine.api.client import EngineSaysNo
from engine.api.schema import Conflict, Picture, ViewReply
from engine.domain.decision import Answer, UnclearBecause
from tests.screens.fake_engine import ME, FakeEngine, a_detail
from tui.casework.frozen import frozen
from tui.casework.triage import Triage
from tui.state import DeskState, moved, painted, unpainted


class Listener:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, words: str, tone: str) -> None:
        self.lines.append(words)


def at_height(height_px: float) -> Callable[[Picture | None], float]:
    return lambda _: height_px


def at_desk(engine: FakeEngine) -> tuple[Triage, Listener]:
    listener = Listener()
    triage = Triage(engine, lambda: None, listener.say)
    triage.become(DeskState(person=ME))
    return triage, listener


async def looked(engine: FakeEngine, height_px: float = 61.0) -> tuple[Triage, Listener]:
    triage, listener = at_desk(engine)
    await triage.open("T-A")
    assert await triage.look(at_height(height_px))
    triage.become(painted(triage.state, "C-A-1", 0.0))
    return triage, listener


async def test_looking_tells_the_engine_how_high_the_face_stands() -> None:
    engine = FakeEngine()
    triage, _ = await looked(engine, 25.0)
    assert engine.views == [("C-A-1", 25.0)]
    assert not triage.state.viewed["C-A-1"].adequate


async def test_a_view_that_turns_out_smaller_is_asked_for_again_with_the_truth() -> None:
    engine = FakeEngine()
    triage, _ = at_desk(engine)
    await triage.open("T-A")
    await triage.look(lambda picture: 80.0 if picture is None else 40.0)
    assert engine.views == [("C-A-1", 80.0), ("C-A-1", 40.0)]
    assert triage.state.viewed["C-A-1"].face_height_px == 40.0
    assert not triage.state.viewed["C-A-1"].adequate


async def test_nothing_is_asked_of_a_face_that_stands_nowhere() -> None:
    engine = FakeEngine()
    triage, heard = at_desk(engine)
    await triage.open("T-A")
    assert not await triage.look(at_height(0.0))
    assert engine.views == []
    assert not await triage.look(lambda picture: 80.0 if picture is None else 0.0)  # gone while it came
    assert len(engine.views) == 1
    assert triage.view is None and heard.lines == []


async def test_a_view_of_a_candidate_left_before_it_was_painted_is_forgotten() -> None:
    triage, _ = at_desk(FakeEngine())
    await triage.open("T-A")
    await triage.look(at_height(61.0))
    view_id = triage.state.viewed["C-A-1"].view_id
    triage.become(moved(triage.state, 1))
    triage.become(moved(triage.state, -1))
    assert not triage.stands(view_id, at_height(61.0), 5.0)
    assert triage.state.viewed == {} and triage.state.painted_s is None


async def test_pictures_that_stood_on_the_screen_stand_there_anew_when_they_are_shown_again() -> None:
    triage, _ = at_desk(FakeEngine())
    await triage.open("T-A")
    await triage.look(at_height(61.0))
    assert triage.view is not None
    assert triage.stands(triage.view.view_id, at_height(61.0), 5.0)
    triage.become(unpainted(triage.state))
    assert not triage.stands(triage.view.view_id, at_height(0.0), 6.0)
    assert triage.stands(triage.view.view_id, at_height(25.0), 7.0), "smaller now, and large enough before"
    assert triage.state.painted_s == 7.0 and triage.state.viewed["C-A-1"].face_height_px == 61.0


async def test_an_answer_names_the_view_it_came_from_and_goes_on_to_the_next() -> None:
    engine = FakeEngine()
    triage, listener = await looked(engine)
    assert await triage.answer(Answer.SAME)
    assert engine.decisions == [("C-A-1", "V-1", Answer.SAME, None)]
    assert triage.state.candidate_id == "C-A-2"
    assert triage.view is None
    assert "written" in listener.lines[-1]


async def test_a_refused_answer_is_said_in_one_line_and_loses_nothing() -> None:
    engine = FakeEngine()
    triage, listener = await looked(engine)
    engine.refusal = EngineSaysNo(409, "G10", "answered within 0.7 s of seeing the pictures; look first")
    assert not await triage.answer(Answer.NOT_SAME)
    assert listener.lines == ["answered within 0.7 s of seeing the pictures; look first"]
    assert triage.state.candidate_id == "C-A-1"
    assert "C-A-1" in triage.state.viewed and not triage.state.writing
    engine.refusal = None
    assert await triage.answer(Answer.NOT_SAME)


async def test_an_engine_that_goes_away_while_answering_leaves_the_card_where_it_is() -> None:
    engine = FakeEngine()
    triage, listener = await looked(engine)
    engine.away = True
    assert not await triage.answer(Answer.CANNOT_TELL, UnclearBecause.BLUR)
    assert "look whether your answer stands" in listener.lines[-1]
    assert triage.state.candidate_id == "C-A-1" and not triage.state.writing


async def test_undo_takes_back_and_shows_the_candidate_again() -> None:
    engine = FakeEngine()
    triage, _ = await looked(engine)
    await triage.answer(Answer.NOT_SAME)
    await triage.undo()
    assert engine.undone == ["C-A-1"]
    assert triage.state.candidate_id == "C-A-1"
    assert triage.state.undecided == 4


async def test_undo_follows_an_answer_into_its_trace() -> None:
    engine = FakeEngine()
    triage, _ = await looked(engine)
    await triage.answer(Answer.NOT_SAME)
    await triage.open("T-B")
    await triage.undo()
    assert (triage.state.trace_id, triage.state.candidate_id) == ("T-A", "C-A-1")


async def test_what_the_engine_does_not_take_back_does_not_block_what_it_would() -> None:
    engine = FakeEngine()
    triage, listener = await looked(engine)
    await triage.answer(Answer.NOT_SAME)
    engine.refusal = EngineSaysNo(403, "refused", "there is nothing to take back")
    await triage.undo()
    assert listener.lines[-1] == "there is nothing to take back"
    assert triage.state.answered == ()


async def test_pictures_that_come_for_a_candidate_already_left_are_dropped() -> None:
    engine = FakeEngine()
    triage, _ = at_desk(engine)
    await triage.open("T-A")

    def moves_on(_: Picture | None) -> float:
        triage.become(DeskState(person=ME, trace_id="T-A", detail=triage.state.detail, candidate_id="C-A-2"))
        return 25.0

    assert not await triage.look(moves_on)
    assert triage.view is None
    assert triage.state.viewed == {}


async def test_an_answer_to_what_a_colleague_has_answered_meanwhile_is_refused_with_who_and_when() -> None:
    engine = FakeEngine()
    triage, listener = await looked(engine)
    engine.answer_elsewhere("C-A-1", Answer.NOT_SAME, "lee")
    assert not await triage.answer(Answer.SAME)
    assert "changed by lee at 12:21" in listener.lines[-1]
    assert engine.decisions == []
    await triage.open("T-A")
    assert triage.state.candidate_id == "C-A-1"
    assert await triage.answer(Answer.SAME), "after a look at how it stands now"


async def test_taking_back_what_was_changed_meanwhile_shows_how_it_stands_and_can_be_tried_again() -> None:
    engine = FakeEngine()
    triage, listener = await looked(engine)
    await triage.answer(Answer.NOT_SAME)
    engine.answer_elsewhere("C-A-1", Answer.SAME, "lee")
    await triage.undo()
    assert "changed by lee" in listener.lines[-1]
    assert engine.undone == []
    (answered,) = [c for c in triage.state.candidates if c.candidate_id == "C-A-1"]
    assert (answered.answer, answered.decided_by) == (Answer.SAME, "lee")
    await triage.undo()
    assert engine.undone == ["C-A-1"]


async def test_a_range_is_set_aside_as_not_reviewed_and_taken_up_again_as_a_whole() -> None:
    engine = FakeEngine()
    triage, listener = await looked(engine)
    await triage.answer(Answer.NOT_SAME)
    assert await triage.set_aside("T-A", ("C-A-2", "C-A-3"))
    assert engine.ranges == [("T-A", ("C-A-2", "C-A-3"), True)]
    assert "2 set aside: not reviewed" in listener.lines[-1]
    assert (triage.state.candidate_id, triage.state.undecided) == ("C-A-4", 1)
    await triage.undo()
    assert engine.ranges[-1] == ("T-A", ("C-A-2", "C-A-3"), False)
    assert (triage.state.candidate_id, triage.state.undecided) == ("C-A-2", 3)
    await triage.undo()
    assert engine.undone == ["C-A-1"], "then the answer before it"


async def test_a_range_that_the_engine_does_not_set_aside_stays_as_it_was() -> None:
    engine = FakeEngine()
    triage, listener = await looked(engine)
    engine.answer_elsewhere("C-A-2", Answer.SAME, "lee")
    assert not await triage.set_aside("T-A", ("C-A-1", "C-A-2"))
    assert "C-A-2 has an answer" in listener.lines[-1]
    assert triage.state.undecided == 4 and not triage.state.writing and triage.state.done == ()


async def test_an_undo_of_a_range_opens_its_trace() -> None:
    engine = FakeEngine()
    triage, _ = await looked(engine)
    await triage.set_aside("T-A", ("C-A-1",))
    await triage.open("T-B")
    await triage.undo()
    assert (triage.state.trace_id, triage.state.candidate_id) == ("T-A", "C-A-1")


async def test_on_a_frozen_desk_ones_own_range_shows_at_once_and_nothing_else() -> None:
    engine = FakeEngine()
    triage, _ = await looked(engine)
    triage.become(frozen(triage.state, ()))
    engine.answer_elsewhere("C-A-4", Answer.SAME, "lee")
    await triage.set_aside("T-A", ("C-A-1",))
    first, *_, last = triage.state.candidates
    assert first.aside and last.answer is None


async def test_a_contradiction_is_said_once_when_it_comes_up() -> None:
    engine = FakeEngine()
    triage, listener = at_desk(engine)
    await triage.open("T-A")
    for number in (1, 2):
        engine.answer_elsewhere(f"C-A-{number}", Answer.SAME, ME)
    both = Conflict(first_id="C-A-1", second_id="C-A-2", because="12 km apart within 3 minutes")
    engine.details["T-A"] = msgspec.structs.replace(engine.details["T-A"], conflicts=(both,))
    for _ in range(2):
        await triage.open("T-A")
    assert listener.lines == ["2 confirmed sightings cannot both be true: press C"]
    await triage.open("T-B")
    await triage.open("T-A")
    assert len(listener.lines) == 2, "a trace that is opened with one says so"


async def test_eight_quick_answers_bring_a_gentle_word_and_are_written_all_the_same() -> None:
    engine = FakeEngine({"T-A": a_detail("A", 9)})
    triage, listener = at_desk(engine)
    await triage.open("T-A")
    for number in range(8):
        assert await triage.look(at_height(61.0))
        triage.become(painted(triage.state, triage.state.candidate_id, 0.0))
        assert await triage.answer(Answer.NOT_SAME, at_s=100.0 + 2 * number)
        assert listener.lines[-1].startswith("8 answers in 14 s: look twice") == (number == 7)
    assert len(engine.decisions) == 8 and "written" in listener.lines[-1]


async def test_an_answer_that_is_written_late_is_told_of_the_candidate_it_was_given_about() -> None:
    engine = FakeEngine()
    triage, listener = await looked(engine)
    engine.may_write.clear()
    answering = asyncio.create_task(triage.answer(Answer.NOT_SAME))
    await asyncio.sleep(0)
    triage.become(moved(triage.state, 2))
    engine.may_write.set()
    await answering
    assert triage.state.candidate_id == "C-A-3", "who went on meanwhile stays there"
    assert listener.lines[-1].startswith("1: ")


async def test_what_goes_wrong_with_pictures_nobody_waits_for_any_more_is_not_told() -> None:
    class Slow(FakeEngine):
        async def view(self, candidate_id: str, face_height_px: float) -> ViewReply:
            await self.may_write.wait()
            raise EngineSaysNo(403, "G1", "the authorisation has expired")

    engine = Slow()
    engine.may_write.clear()
    triage, listener = at_desk(engine)
    await triage.open("T-A")
    looking = asyncio.create_task(triage.look(at_height(61.0)))
    await asyncio.sleep(0)
    triage.become(moved(triage.state, 1))
    engine.may_write.set()
    assert not await looking
    assert (triage.waiting, listener.lines) == ("fetching…", [])


async def test_nothing_is_taken_back_or_set_aside_while_an_answer_is_on_its_way() -> None:
    """As from the list of the last answers, which was open before that."""
    engine = FakeEngine()
    triage, listener = await looked(engine)
    assert await triage.answer(Answer.NOT_SAME)
    (given,) = triage.state.answered
    assert await triage.look(at_height(61.0))
    triage.become(painted(triage.state, "C-A-2", 0.0))
    engine.may_write.clear()
    answering = asyncio.create_task(triage.answer(Answer.NOT_SAME))
    await asyncio.sleep(0)
    assert not await triage.take_back(given)
    assert not await triage.set_aside("T-A", ("C-A-4",))
    assert (engine.undone, engine.ranges) == ([], [])
    assert listener.lines[-1] == "the last answer is still being written"
    assert triage.state.writing
    engine.may_write.set()
    assert await answering
