"""A desk that was left opens where it was left, and shows no face on the way there."""

from pathlib import Path

from engine.api.case_schema import Kept
from tests.screens.driving import seated
from tests.screens.fake_engine import FakeEngine, a_detail
from tui.comfort.sitting import FILE, LastTrace, place_in
from tui.state import Pane


async def test_a_desk_opens_where_it_was_left(tmp_path: Path) -> None:
    engine, last = FakeEngine(), LastTrace(tmp_path / FILE)
    async with seated(engine, last=last) as seat:
        await seat.press("J")
        await seat.pictures("C-B-1")
        await seat.press("j")
        await seat.pictures("C-B-2")
        await seat.press("3", "q")
        await seat.until(lambda: seat.desk._exit)
    assert last.path.read_text(encoding="utf-8") == 'trace_id = "T-B"\n'
    before = len(engine.views)
    async with seated(engine, last=LastTrace(tmp_path / FILE)) as seat:
        state = seat.desk.triage.state
        assert (state.trace_id, state.candidate_id, state.pane) == ("T-B", "C-B-2", Pane.TIMELINE)
        assert [candidate for candidate, _ in engine.views[before:]] == ["C-B-2"]
        await seat.press("K")
        await seat.pictures("C-A-1")


async def test_a_change_is_kept_while_the_work_goes_on() -> None:
    async with seated() as seat:
        await seat.press("j", "2")
        seat.clock.pass_s(5)
        await seat.until(lambda: ("A", "desk") in seat.engine.texts)
        kept = place_in(seat.engine.texts["A", "desk"].text)
        assert (kept.trace, kept.candidate, kept.pane) == ("T-A", "C-A-2", "card")


async def test_who_goes_on_to_what_waits_is_not_led_to_where_the_trace_was_left() -> None:
    engine = FakeEngine({"T-A": a_detail("A", candidates=1), "T-B": a_detail("B", candidates=3)})
    await engine.keep("B", "desk", '{"trace": "T-B", "candidate": "C-B-3", "pane": "card"}')
    async with seated(engine) as seat:
        await seat.press("J")
        await seat.until(lambda: seat.desk.triage.state.candidate_id == "C-B-3")
        await seat.press("K")
        await seat.until(lambda: seat.desk.triage.state.candidate_id == "C-A-1")
        await seat.press("n")
        await seat.until(lambda: seat.desk.triage.state.candidate_id == "C-B-1")


async def test_what_was_kept_by_nobody_one_knows_is_ignored(tmp_path: Path) -> None:
    engine, last = FakeEngine(), LastTrace(tmp_path / FILE)
    last.write("T-Z")
    for text in ("{", '{"trace": "T-A", "candidate": "C-B-1", "pane": "kitchen"}'):
        await engine.keep("A", "desk", text)
        async with seated(engine, last=last) as seat:
            state = seat.desk.triage.state
            assert (state.trace_id, state.candidate_id, state.pane) == ("T-A", "C-A-1", Pane.CARD)
        assert {candidate for candidate, _ in engine.views} == {"C-A-1"}


async def test_an_engine_that_is_away_is_not_asked_to_keep_a_place_at_every_paint() -> None:
    class Counting(FakeEngine):
        tries = 0

        async def keep(self, case_id: str, kind: str, text: str, *, version: int | None = None) -> Kept:
            self.tries += kind == "desk"
            return await super().keep(case_id, kind, text, version=version)

    engine = Counting()
    async with seated(engine) as seat:
        engine.away = True
        engine.tell()
        await seat.until(lambda: "engine away" in seat.text())
        await seat.press("j")
        await seat.passing(10.0)
        assert engine.tries == 0
        engine.away = False
        await seat.until(lambda: ("A", "desk") in engine.texts)
        assert engine.tries == 1


async def test_an_engine_that_went_away_keeps_nobody_at_the_desk() -> None:
    async with seated() as seat:
        await seat.press("j")
        seat.engine.away = True
        await seat.press("q")
        await seat.until(lambda: seat.desk._exit)
