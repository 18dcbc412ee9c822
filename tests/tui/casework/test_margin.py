"""Notes, wishes for a second reviewer, and becoming that one."""

import asyncio
from dataclasses import replace

import msgspec

from engine.api.client import EngineSaysNo
from engine.api.schema import CandidateView
from engine.domain.decision import Answer
from tests.screens.fake_engine import ME, FakeEngine, a_candidate, a_detail
from tests.tui.casework.test_triage import Listener, at_desk
from tests.tui.test_state import opened
from tui.casework.frozen import frozen
from tui.casework.margin import Margin, why_not_second, why_not_see
from tui.casework.ranges import begun, why_nothing_to_do
from tui.casework.triage import Triage
from tui.state import DeskState, why_no_answer, with_detail, with_reply


async def open_desk(engine: FakeEngine) -> tuple[Margin, Triage, Listener]:
    triage, listener = at_desk(engine)
    await triage.open("T-A")
    return Margin(engine, triage, listener.say), triage, listener


async def test_a_note_is_written_and_shown_with_who_wrote_it() -> None:
    engine = FakeEngine()
    margin, triage, _ = await open_desk(engine)
    assert await margin.note(triage.state.candidates[0], "same coat as at the café")
    assert engine.notes == [("C-A-1", "same coat as at the café")]
    assert (triage.state.candidates[0].note, triage.state.candidates[0].noted_by) == (
        "same coat as at the café",
        ME,
    )
    assert margin.drafts == {}


async def test_a_note_that_came_too_late_is_refused_and_kept_as_a_draft() -> None:
    engine = FakeEngine()
    margin, triage, listener = await open_desk(engine)
    seen = triage.state.candidates[0]
    engine.answer_elsewhere("C-A-1", Answer.NOT_SAME, "lee")
    assert not await margin.note(seen, "mine")
    assert "changed by lee" in listener.lines[-1]
    now = triage.state.candidates[0]
    assert now.decided_by == "lee", "how it stands was asked for"
    assert margin.draft(now) == "mine"
    assert await margin.note(now, margin.draft(now)), "and now it can be written"


async def test_a_wish_for_a_second_reviewer_is_taken_back_by_the_same_key() -> None:
    engine = FakeEngine()
    margin, triage, _ = await open_desk(engine)
    for wanted in (True, False):
        assert await margin.want_second(triage.state.candidates[0])
        assert engine.wished[-1] == ("C-A-1", wanted)
    assert triage.state.candidates[0].second_wanted_by == ""


async def test_an_engine_that_is_away_loses_no_note() -> None:
    engine = FakeEngine()
    margin, triage, listener = await open_desk(engine)
    engine.away = True
    assert not await margin.note(triage.state.candidates[0], "mine")
    assert not await margin.want_second(triage.state.candidates[0])
    assert not await margin.be_second("T-A")
    assert all("did not reply" in line for line in listener.lines)
    assert margin.drafts == {"C-A-1": "mine"}


async def test_what_others_answered_goes_at_once_for_the_second_reviewer_also_on_a_frozen_desk() -> None:
    engine = FakeEngine({"T-A": a_detail("A", 2)})
    engine.answer_elsewhere("C-A-1", Answer.SAME, "kim")
    margin, triage, listener = await open_desk(engine)
    triage.become(frozen(triage.state, ()))
    assert triage.state.candidates[0].answer is Answer.SAME
    assert await margin.be_second("T-A")
    assert [c.answer for c in triage.state.candidates] == [None, None]
    assert triage.state.detail is not None and triage.state.detail.blind
    assert "first answers are hidden" in listener.lines[-1]


async def test_a_refusal_to_become_the_second_reviewer_is_said() -> None:
    engine = FakeEngine()
    margin, triage, listener = await open_desk(engine)
    engine.refusal = EngineSaysNo(409, "conflict", "lee is the second reviewer already")
    assert not await margin.be_second("T-A")
    assert listener.lines == ["lee is the second reviewer already"]
    assert triage.state.detail is not None


def test_only_who_is_asked_and_has_answered_nothing_becomes_the_second_reviewer() -> None:
    wanted = with_reply(opened(), a_candidate(1, second_wanted_by="kim"))
    assert why_not_second(wanted) == ""
    assert "nobody else" in why_not_second(opened())
    assert "nobody else" in why_not_second(with_reply(opened(), a_candidate(1, second_wanted_by=ME)))
    answered = with_reply(wanted, a_candidate(2, answer=Answer.SAME, decided_by=ME))
    assert "you have answered here" in why_not_second(answered)
    blind = with_detail(replace(opened()), msgspec.structs.replace(a_detail("A"), blind=True))
    assert "already" in why_not_second(blind)
    assert "no trace" in why_not_second(DeskState())


async def test_answers_that_were_withheld_are_read_anew_also_on_a_frozen_desk() -> None:
    engine = FakeEngine({"T-A": a_detail("A", 2)})
    engine.answer_elsewhere("C-A-1", Answer.SAME, "kim")
    engine.withhold("T-A")
    margin, triage, listener = await open_desk(engine)
    assert why_not_see(triage.state) == "" and why_not_second(triage.state) == ""
    assert "first choose" in why_no_answer(triage.state)
    triage.become(begun(frozen(triage.state, ())))
    assert "first choose" in why_nothing_to_do(triage.state)
    assert await margin.see_answers("T-A")
    assert [c.answer for c in triage.state.candidates] == [Answer.SAME, None]
    assert "withheld" in why_not_see(triage.state)
    assert "first answers are shown" in listener.lines[-1]


async def test_a_refusal_to_show_them_is_said() -> None:
    engine = FakeEngine()
    margin, triage, listener = await open_desk(engine)
    engine.refusal = EngineSaysNo(404, "unknown", "there is no trace T-A")
    assert not await margin.see_answers("T-A")
    assert listener.lines == ["there is no trace T-A"]
    assert triage.state.detail is not None
    assert "no trace" in why_not_see(DeskState())


async def test_what_is_typed_while_a_note_is_written_stays_as_a_draft() -> None:
    class Slow(FakeEngine):
        async def note(self, candidate_id: str, text: str, *, version: int) -> CandidateView:
            await self.may_write.wait()
            return await super().note(candidate_id, text, version=version)

    engine = Slow()
    engine.may_write.clear()
    margin, triage, _ = await open_desk(engine)
    writing = asyncio.create_task(margin.note(triage.state.candidates[0], "same coat"))
    await asyncio.sleep(0)
    margin.drafts["C-A-1"] = "same coat, another bag"
    engine.may_write.set()
    assert await writing
    assert margin.draft(triage.state.candidates[0]) == "same coat, another bag"
