"""Working a case at the desk, by keyboard."""

import msgspec
import pytest
from textual._context import visible_screen_stack
from textual.widgets import Footer

from engine.api.client import EngineSaysNo
from engine.api.schema import TraceDetail
from engine.domain.decision import Answer, UnclearBecause
from engine.domain.trace import TraceState
from tests.screens.driving import NARROW, WIDE, seated
from tests.screens.fake_engine import HELLO, FakeEngine, a_candidate, a_detail, a_trace
from tui.app import GOOD_BYE
from tui.screens.because import BecauseScreen
from tui.screens.clip import ClipScreen
from tui.screens.help import HelpScreen
from tui.screens.zoom import ZoomScreen
from tui.state import Pane
from tui.terminal.theme import SIXTEEN


async def test_ten_rows_stand_there_with_their_state_in_words() -> None:
    async with seated() as seat:
        text = seat.text()
        for word in (
            "to review",
            "running",
            "queued",
            "busy",
            "complete",
            "records only",
            "failed",
            "not authorised",
        ):
            assert word in text
        assert "somebody else's case" in text
        assert "4 to do" in text


async def test_progress_is_painted_from_the_newest_snapshot_only() -> None:
    async with seated() as seat:
        detail = seat.engine.details["T-C"]
        for done in range(12, 20):
            trace = msgspec.structs.replace(detail.trace, windows_done=done)
            seat.engine.details["T-C"] = msgspec.structs.replace(detail, trace=trace)
            seat.engine.tell()
        await seat.until(lambda: "19/24" in seat.text())


async def test_the_header_says_rehearsal_demo_models_case_expiry_person_link_and_time() -> None:
    hello = msgspec.structs.replace(HELLO, demo_models=True)
    async with seated(FakeEngine(hello=hello), size=(160, 40)) as seat:
        head = seat.text().splitlines()[0]
        for part in (
            "REHEARSAL",
            "demo models",
            "no second person",
            "case A",
            "authorised 5 h 1",
            "investigator",
        ):
            assert part in head
        assert "● connected" in head and "KST" in head


async def test_a_server_is_not_called_a_rehearsal() -> None:
    async with seated(FakeEngine(hello=msgspec.structs.replace(HELLO, profile="server"))) as seat:
        assert "REHEARSAL" not in seat.text()


async def test_the_model_speaks_only_after_the_person() -> None:
    engine = FakeEngine({"T-A": a_detail("A", 1)})
    given = a_candidate(1, support="strong support that it is the patient")  # an engine that talks too early
    engine.details["T-A"] = msgspec.structs.replace(engine.details["T-A"], candidates=(given,))
    async with seated(engine) as seat:
        assert "strong support" not in seat.text()
        assert "the model speaks after you" in seat.text()
        await seat.press("x")
        await seat.until(lambda: "moderate support" in seat.text())
        assert "× not the same" in seat.text()


async def test_another_persons_answer_is_not_shown_before_ones_own() -> None:
    engine = FakeEngine({"T-A": a_detail("A", 1)})
    given = a_candidate(1, answer=Answer.SAME, decided_by="somebody", support="strong support")
    engine.details["T-A"] = msgspec.structs.replace(engine.details["T-A"], candidates=(given,))
    async with seated(engine) as seat:
        assert "answered by another person" in seat.text()
        assert "same person" not in seat.text() and "strong support" not in seat.text()


async def test_a_case_is_worked_by_keyboard_from_doubt_to_confirmation() -> None:
    async with seated() as seat:
        await seat.press("x")
        await seat.pictures("C-A-2")
        await seat.press("space")
        assert isinstance(seat.desk.screen, BecauseScreen)
        await seat.press("3")
        await seat.pictures("C-A-3")
        await seat.zoomed()
        await seat.press("a")
        await seat.pictures("C-A-4")
        assert seat.desk.screen is seat.desk.desk
        given = [(c, answer, because) for c, _, answer, because in seat.engine.decisions]
        assert given == [
            ("C-A-1", Answer.NOT_SAME, None),
            ("C-A-2", Answer.CANNOT_TELL, UnclearBecause.TURNED_AWAY),
            ("C-A-3", Answer.SAME, None),
        ]


async def test_the_next_card_comes_only_after_the_answer_is_written() -> None:
    engine = FakeEngine()
    async with seated(engine) as seat:
        engine.may_write.clear()
        await seat.press("x")
        await seat.until(lambda: seat.desk.triage.state.writing)
        assert seat.desk.triage.state.candidate_id == "C-A-1"
        await seat.press("x", "space")
        assert "still being written" in seat.text()
        engine.may_write.set()
        await seat.pictures("C-A-2")
        assert len(engine.decisions) == 1


async def test_leaving_while_an_answer_is_written_asks_once() -> None:
    engine = FakeEngine()
    async with seated(engine) as seat:
        engine.may_write.clear()
        await seat.press("x")
        await seat.until(lambda: seat.desk.triage.state.writing)
        await seat.press("q")
        assert "q again leaves" in seat.text()
        engine.may_write.set()
        await seat.pictures("C-A-2")


async def test_who_stayed_after_all_is_asked_again_before_another_answer_is_left_behind() -> None:
    async with seated() as seat:
        for candidate_id, following in (("C-A-1", "C-A-2"), ("C-A-2", "C-A-3")):
            await seat.pictures(candidate_id)
            seat.engine.may_write.clear()
            await seat.press("x")
            await seat.until(lambda: seat.desk.triage.state.writing)
            await seat.press("q")
            assert "q again leaves" in seat.text()
            seat.engine.may_write.set()
            await seat.pictures(following)
        assert not seat.desk._exit


async def test_pictures_are_asked_for_once_for_each_candidate_shown() -> None:
    async with seated() as seat:
        for _ in range(5):
            seat.engine.tell()
            seat.desk.paint()
            await seat.pilot.pause()
        assert [candidate for candidate, _ in seat.engine.views] == ["C-A-1"]
        await seat.press("j")
        await seat.pictures("C-A-2")
        assert [candidate for candidate, _ in seat.engine.views] == ["C-A-1", "C-A-2"]


async def test_undo_goes_back_one_answer_at_a_time() -> None:
    async with seated() as seat:
        await seat.press("x")
        await seat.pictures("C-A-2")
        await seat.press("x")
        await seat.pictures("C-A-3")
        await seat.press("u")
        await seat.pictures("C-A-2")
        await seat.press("u")
        await seat.pictures("C-A-1")
        assert seat.engine.undone == ["C-A-2", "C-A-1"]
        await seat.press("u")
        assert "no answer to take back" in seat.text()


async def test_the_korean_keyboard_in_hangul_mode_answers_too() -> None:
    async with seated() as seat:
        await seat.press("ㅌ")
        await seat.pictures("C-A-2")
        assert seat.engine.decisions[0][2] is Answer.NOT_SAME
        await seat.press("ㅕ")
        await seat.pictures("C-A-1")


async def test_moving_between_candidates_traces_and_panes() -> None:
    async with seated() as seat:
        state = seat.desk.triage
        await seat.press("j", "down", "k")
        assert state.state.candidate_id == "C-A-2"
        await seat.press("J")
        await seat.pictures("C-B-1")
        await seat.press("tab", "1", "up")
        await seat.until(lambda: state.state.trace_id == "T-A")
        assert state.state.pane is Pane.TRACES
        await seat.press("shift+tab")
        assert state.state.pane is Pane.CONTACTS


@pytest.mark.parametrize("rows", [39, 40])
async def test_a_click_beside_the_rows_opens_no_trace_that_is_not_shown(rows: int) -> None:
    engine = FakeEngine()
    for number in range(20):
        engine.details[f"T-X{number}"] = a_detail(f"X{number}", 1)
    async with seated(engine, size=(120, rows)) as seat:
        lines = seat.text().splitlines()
        (below,) = [y for y, line in enumerate(lines) if "more above or below" in line]
        await seat.pilot.click(offset=(5, below))
        assert seat.desk.triage.state.trace_id == "T-A"


async def test_n_goes_on_in_the_next_trace_when_this_one_is_done() -> None:
    engine = FakeEngine({"T-A": a_detail("A", 1), "T-B": a_detail("B", 2)})
    async with seated(engine) as seat:
        await seat.press("x")
        await seat.until(lambda: seat.desk.triage.state.undecided == 0)
        await seat.press("n")
        await seat.pictures("C-B-1")


async def test_a_refusal_is_one_line_and_the_card_stays() -> None:
    async with seated() as seat:
        seat.engine.refusal = EngineSaysNo(403, "G1", "the authorisation was revoked at 12:19 [G1]")
        await seat.press("x")
        await seat.until(lambda: "the authorisation was revoked at 12:19 [G1]" in seat.text())
        assert seat.desk.triage.state.candidate_id == "C-A-1"


async def test_an_answer_of_a_colleague_is_seen_here_without_a_key_press() -> None:
    async with seated() as seat:
        await seat.press("j")
        seat.engine.answer_elsewhere("C-A-1", Answer.NOT_SAME, "lee")
        await seat.until(lambda: seat.desk.triage.state.candidates[0].decided_by == "lee")
        assert seat.desk.triage.state.candidate_id == "C-A-2", "the cursor stays where it is"
        seat.engine.answer_elsewhere("C-A-1", Answer.SAME, "lee")
        await seat.until(lambda: seat.desk.triage.state.candidates[0].answer is Answer.SAME)


async def test_after_a_restart_of_the_engine_the_cursor_and_what_was_looked_at_are_kept() -> None:
    async with seated() as seat:
        await seat.press("j")
        await seat.pictures("C-A-2")
        viewed = dict(seat.desk.triage.state.viewed)
        seat.engine.away = True
        seat.engine.tell()
        await seat.until(lambda: "engine away" in seat.text())
        seat.engine.away = False
        await seat.until(lambda: "connected" in seat.text())
        state = seat.desk.triage.state
        assert (state.candidate_id, state.trace_id) == ("C-A-2", "T-A")
        assert dict(state.viewed) == viewed
        assert state.painted_s is not None


async def test_details_that_take_their_time_come_however_much_happens_meanwhile() -> None:
    class Slow(FakeEngine):
        asked = 0

        async def trace(self, trace_id: str) -> TraceDetail:
            self.asked += 1
            await self.may_write.wait()
            return await super().trace(trace_id)

    engine = Slow()
    async with seated(engine) as seat:
        engine.may_write.clear()
        engine.asked = 0
        for _ in range(5):  # a trace at work finds somebody with every paint
            engine.answer_elsewhere("C-A-1", Answer.NOT_SAME, "lee")
            await seat.passing(0.25)
        assert engine.asked == 1
        engine.may_write.set()
        await seat.until(lambda: seat.desk.triage.state.candidates[0].decided_by == "lee")
        await seat.until(lambda: engine.asked == 2)
        await seat.passing(1.0)
        assert engine.asked == 2, "once more for all that happened meanwhile"


async def test_an_engine_that_goes_away_is_shown_and_found_again() -> None:
    async with seated() as seat:
        seat.engine.away = True
        seat.engine.tell()
        await seat.until(lambda: "engine away" in seat.text())
        assert "case A" in seat.text()
        seat.engine.away = False
        await seat.until(lambda: "● connected" in seat.text())


async def test_help_names_every_key_with_the_reason_when_it_is_off() -> None:
    async with seated() as seat:
        await seat.press("question_mark")
        assert isinstance(seat.desk.screen, HelpScreen)
        text = " ".join(seat.text().split())
        assert "not now: the face stood only" in text
        assert "not now: you have no answer to take back" in text
        await seat.press("pagedown", "pagedown")
        await seat.until(lambda: "not now: you have no answer" not in " ".join(seat.text().split()))
        await seat.press("end")
        await seat.until(lambda: "There, J and K are j and k" in seat.text())
        await seat.press("home")
        await seat.press("escape")
        assert seat.desk.screen is seat.desk.desk


async def test_the_desk_is_seen_around_the_help_as_it_is() -> None:
    async with seated() as seat:
        at = next(n for n, line in enumerate(seat.text().splitlines()) if "/24" in line)
        before = seat.desk.screen._compositor.render_strips()[at].crop(0, 10)  # left of the help
        await seat.press("question_mark")
        assert "esc closes" in seat.whole()
        visible_screen_stack.set(seat.desk._background_screens)
        assert seat.desk.screen._compositor.render_strips()[at].crop(0, 10) == before


async def test_changing_ones_mind_about_cannot_tell_leaves_no_answer() -> None:
    async with seated() as seat:
        await seat.press("space", "escape")
        assert seat.desk.screen is seat.desk.desk
        assert seat.engine.decisions == []


async def test_leaving_says_that_the_traces_go_on() -> None:
    async with seated() as seat:
        await seat.press("q")
        assert [str(line) for line in seat.desk._exit_renderables] == [GOOD_BYE.format("tracedesk")]


async def test_a_trace_without_candidates_does_not_say_that_nobody_was_there() -> None:
    trace = a_trace("A", TraceState.COMPLETE)
    detail = msgspec.structs.replace(a_detail("A", 0), trace=trace)
    async with seated(FakeEngine({"T-A": detail})) as seat:
        await seat.until(lambda: "That nobody was found does not mean" in seat.text())


async def test_the_palette_is_made_of_the_keys_and_takes_no_picture_of_the_screen() -> None:
    async with seated() as seat:
        titles = {command.title for command in seat.desk.get_system_commands(seat.desk.screen)}
        assert "zoom" in titles
        assert not any("creenshot" in title for title in titles)


async def test_textuals_leaking_footer_is_not_used_and_nothing_is_mounted_while_working() -> None:
    async with seated() as seat:
        assert not seat.desk.screen.query(Footer)
        before = len(seat.desk.screen.query("*"))
        await seat.press("j", "k", "j", "n")
        await seat.pictures("C-A-3")
        await seat.press("x")
        await seat.until(lambda: seat.engine.decisions)
        assert len(seat.desk.screen.query("*")) == before


@pytest.mark.parametrize("size", [NARROW, (100, 30), (60, 18)])
async def test_every_pane_can_be_reached_at_every_size(size: tuple[int, int]) -> None:
    async with seated(size=size) as seat:
        wanted = {"1": "somebody else's case", "2": "PATIENT", "3": "not covered", "4": "U-002"}
        for key, sign in wanted.items():
            await seat.press(key)
            await seat.until(
                lambda sign=sign: sign in seat.text() or (sign.startswith("some") and "busy" in seat.text())
            )
        assert "REHEARSAL" in seat.text()


async def test_a_terminal_too_small_says_what_is_needed() -> None:
    async with seated(size=(59, 17)) as seat:
        assert "60 columns and 18 rows" in " ".join(seat.text().split())
        await seat.pilot.resize_terminal(*WIDE)
        await seat.pictures("C-A-1")


async def test_a_card_that_is_not_on_the_screen_asks_for_no_pictures() -> None:
    engine = FakeEngine()
    async with seated(engine, size=NARROW) as seat:
        await seat.press("3", "j")
        assert seat.desk.triage.state.candidate_id == "C-A-2"
        await seat.pilot.pause()
        assert [candidate for candidate, _ in engine.views] == ["C-A-1"]
        await seat.press("2")
        await seat.pictures("C-A-2")


async def test_zoom_asks_for_a_view_of_its_own_with_the_true_height() -> None:
    async with seated() as seat:
        card_px = seat.engine.views[-1][1]
        await seat.zoomed()
        assert card_px < 60 <= seat.engine.views[-1][1] < 76
        assert "large enough to confirm" in seat.text()
        assert "REHEARSAL" in seat.text()


async def test_under_the_zoom_nothing_is_painted_again() -> None:
    async with seated() as seat:
        await seat.zoomed()
        painted: list[object] = []
        seat.desk.desk.traces.show = lambda *_: painted.append(_)  # type: ignore[method-assign]
        for _ in range(3):
            seat.engine.tell()
            await seat.pilot.pause()
            seat.desk.paint()
        assert painted == []
        await seat.press("escape")
        await seat.until(lambda: painted)


async def test_zoom_shows_the_frame_and_the_other_pictures() -> None:
    async with seated() as seat:
        await seat.zoomed()
        assert "frame 1 of 2  12:07:00" in seat.text()
        await seat.press("right_square_bracket")
        assert "frame 2 of 2  12:07:01" in seat.text()
        await seat.press("left_square_bracket", "j")
        assert "frame 2 of 2  12:07:01" in seat.text()
        await seat.press("z")
        assert isinstance(seat.desk.screen, ZoomScreen) and seat.desk.screen.has_class("whole")
        assert "the whole frame of candidate 1" in seat.text()
        await seat.press("z")
        assert not seat.desk.screen.has_class("whole") and "frame 2 of 2" in seat.text()
        await seat.press("escape")
        assert seat.desk.screen is seat.desk.desk
        assert "CANDIDATE 12:07:01 2/2" in seat.text(), "the card shows the frame that was looked at"


async def test_a_card_without_candidates_says_where_work_waits() -> None:
    async with seated() as seat:
        await seat.press("J", "J")
        await seat.until(lambda: "n 6 wait in other traces" in seat.text())
        seat.engine.details["T-B"] = a_detail("B", 1)
        seat.engine.tell()
        await seat.until(lambda: "n 5 wait in other traces" in seat.text())
        await seat.press("n")
        await seat.until(lambda: seat.desk.triage.state.candidate_id)
        assert "wait in other traces" not in seat.text()


async def test_next_clip_and_undo_lead_from_the_zoom_to_the_desk_and_do_it_there() -> None:
    async with seated() as seat:
        await seat.zoomed()
        await seat.press("u")
        assert "you have no answer to take back" in seat.text()
        await seat.press("c")
        assert "no other sighting of this trace is confirmed" in seat.text()
        await seat.press("n")
        assert seat.desk.screen is seat.desk.desk
        assert seat.desk.triage.state.candidate_id == "C-A-2"
        await seat.pictures("C-A-2")
        await seat.zoomed()
        await seat.press("o")
        assert isinstance(seat.desk.screen, ClipScreen)
        await seat.press("escape")
        assert seat.desk.screen is seat.desk.desk


async def test_sixteen_colours_get_the_terminals_own_and_four_greys_for_faces() -> None:
    async with seated(theme=SIXTEEN.name) as seat:
        cells = [
            segment.style.color.triplet
            for strip in seat.desk.screen._compositor.render_strips()
            for segment in strip
            if "▀" in segment.text and segment.style is not None and segment.style.color is not None
        ]
        assert {tuple(cell) for cell in cells if cell} <= {(n, n, n) for n in (0, 85, 170, 255)}
        assert "REHEARSAL" in seat.text() and "x not same" in seat.text()


async def test_without_colours_the_selected_row_active_pane_and_states_can_still_be_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with seated() as seat:
        assert seat.desk.no_color
        await seat.until(lambda: "▌◆ A to review" in seat.text())
        text = seat.text()
        assert "┏━ 2 candidate" in text and "╭─ 1 traces" in text


async def test_on_the_smallest_screen_every_row_of_traces_says_how_long_it_took() -> None:
    async with seated(size=(60, 18)) as seat:
        await seat.press("1")
        rows = [line for line in seat.text().splitlines() if "complete" in line or "to review" in line]
        assert len(rows) == 3 and all(row.rstrip().endswith("0:54") for row in rows)
