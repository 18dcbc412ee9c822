"""The board: what each case waits for, who was asked for what, and what can be done from there."""

import asyncio
from datetime import timedelta

import msgspec
import pytest

from engine.api.case_schema import BoardCase, Kept
from engine.api.client import EngineAway, EngineSaysNo
from engine.api.schema import TraceStart
from engine.domain.authorisation import AuthorisationState
from engine.domain.source_request import SourceRequestState
from engine.domain.trace import TraceState
from tests.screens.driving import NARROW, Seat, seated
from tests.screens.fake_casework import a_board_case, a_request, an_authorisation
from tests.screens.fake_engine import HELLO, NOW, FakeEngine, a_detail, a_trace
from tui.screens.asking import AskText, Confirm
from tui.screens.cases import CasesScreen

TALL = (120, 50)


def the_board(seat: Seat) -> CasesScreen:
    screen = seat.desk.screen
    assert isinstance(screen, CasesScreen)
    return screen


async def at_case(seat: Seat, case_id: str) -> None:
    """Go to the board and put the cursor on this case."""
    await seat.mode("f3", "waits for")
    await seat.until(lambda: the_board(seat).current_row() is not None)
    the_board(seat).board.point_at(case_id)
    await seat.until(lambda: (case := the_board(seat).current_case()) and case.case_id == case_id)
    the_board(seat).pointed()
    await seat.pilot.pause()


def reads_of_the_board(engine: FakeEngine) -> list[int]:
    """A list that grows with every read of the board."""
    asked: list[int] = []
    board = engine.board

    async def counted() -> object:
        asked.append(1)
        return await board()

    engine.board = counted  # type: ignore[method-assign,assignment]
    return asked


async def test_every_case_says_in_a_word_what_it_waits_for_and_how_its_trace_stands() -> None:
    async with seated() as seat:
        await seat.mode("f3", "cases 9", "! notice", "◇ approval", "□ records", "✓ nothing")
        text = seat.text()
        assert "◆ to review  4 to do" in text and "▶ running 11/24" in text
        assert "! late 7 h" in text and "5 h left" in text


async def test_what_is_due_first_stands_first_and_s_sorts_otherwise() -> None:
    async with seated() as seat:
        await seat.mode("f3", "due first", "! late")
        first = [line for line in seat.text().splitlines() if "investigator" in line or " lee " in line][1]
        assert "! late" in first
        await seat.press("s")
        await seat.until(lambda: "cases 9  id" in seat.text())
        assert [row.case.case_id for row in the_board(seat)._rows] == sorted("ABCDEFGHI")
        await seat.press("s")
        await seat.until(lambda: "cases 9  owner" in seat.text())
        assert the_board(seat)._rows[-1].case.owner == "lee"


async def test_sources_say_of_whom_they_were_asked_whether_they_came_and_that_they_are_late() -> None:
    engine = FakeEngine()
    more = (
        a_request(5, "B", NOW, asked_at=NOW - timedelta(hours=3)),
        a_request(6, "B", NOW, state=SourceRequestState.REFUSED, answered_at=NOW - timedelta(hours=1)),
        a_request(7, "B", NOW, state=SourceRequestState.ANSWERED, answered_at=NOW - timedelta(hours=2)),
    )
    engine.source_asks |= {ask.request_id: ask for ask in more}
    async with seated(engine, size=TALL) as seat:
        await at_case(seat, "B")
        text = seat.text()
        assert "! late" in text and "card from province; waits 27 h, asked by lee" in text
        assert "○ asked" in text and "waits 3 h" in text
        assert "× refused" in text and "1 h ago, after 31 h" in text
        assert "✓ received" in text and "2 h ago, after 31 h" in text


async def test_a_search_of_records_is_seen_to_run_while_the_face_search_waits_for_approval() -> None:
    running = a_trace("B", TraceState.RUNNING, finished=None, candidates=0, undecided=0, windows_done=3)
    engine = FakeEngine(
        {"T-A": a_detail("A"), "T-B": msgspec.structs.replace(a_detail("B", 0), trace=running)}
    )
    async with seated(engine, size=TALL) as seat:
        await at_case(seat, "B")
        assert "records only: running" in seat.text()
        assert "face search: waits for approval since 3 h" in seat.text()
        assert "waits for somebody else's approval: an authoriser" in seat.text()


async def test_footage_that_is_deleted_first_notice_and_handover_are_told_with_their_times() -> None:
    async with seated(size=TALL) as seat:
        await at_case(seat, "B")
        assert (
            "! deleted in 4 h 59 min  cam1" in seat.text() or "! deleted in 5 h 00 min  cam1" in seat.text()
        )
        await at_case(seat, "A")
        assert "Cafe Onda will call back about the roster at four.  (lee, 9 h ago)" in seat.text()
        assert "due in 3 days, Thu 5 Mar" in seat.text()


async def test_enter_opens_the_trace_of_the_case_on_the_desk() -> None:
    async with seated() as seat:
        await at_case(seat, "B")
        await seat.press("enter")
        assert seat.desk.screen is seat.desk.desk
        await seat.until(lambda: seat.desk.triage.state.trace_id == "T-B")
        await seat.pictures("C-B-1")


async def test_a_case_without_a_trace_says_that_there_is_none() -> None:
    async with seated(FakeEngine({"T-A": a_detail("A")})) as seat:
        await at_case(seat, "D")
        await seat.press("enter")
        assert "enter its trace: this case has no trace yet" in seat.text()
        assert isinstance(seat.desk.screen, CasesScreen)


async def test_a_handover_note_is_kept_and_stands_there() -> None:
    async with seated(size=TALL) as seat:
        await at_case(seat, "I")
        await seat.press("h")
        assert isinstance(seat.desk.screen, AskText)
        await seat.press(*"ok", "enter")
        await seat.until(lambda: ("keep", ("I", "handover", "ok")) in seat.engine.asked_for)
        await seat.passing(3.0)
        await seat.until(lambda: "ok  (investigator, 0 s ago)" in seat.text())


async def test_a_note_that_was_begun_is_there_again_after_escape_and_after_a_refusal() -> None:
    async with seated(size=TALL) as seat:
        await at_case(seat, "I")
        await seat.press("h", *"half", "escape", "h")
        assert "half" in seat.text()
        seat.engine.away = True
        keep, kept = seat.engine.keep, seat.engine.kept

        async def away(*_: object, **__: object) -> Kept:
            raise EngineAway("no engine")

        seat.engine.keep = seat.engine.kept = away  # type: ignore[method-assign,assignment]
        await seat.press("enter")
        await seat.until(lambda: "what you typed is still here" in seat.text())
        seat.engine.keep, seat.engine.kept = keep, kept  # type: ignore[method-assign]
        seat.engine.away = False
        await seat.press("h", "end", *"way", "enter")
        await seat.until(lambda: ("keep", ("I", "handover", "halfway")) in seat.engine.asked_for)


async def test_the_note_of_a_colleague_who_wrote_meanwhile_is_not_written_over() -> None:
    async with seated(size=TALL) as seat:
        await at_case(seat, "I")
        await seat.press("h", *"mine")
        theirs = Kept(kind="handover", text="theirs", by="lee", at=NOW, version=1)
        seat.engine.texts["I", "handover"] = theirs
        await seat.press("enter")
        await seat.until(lambda: "the note was changed by lee" in seat.text())
        assert "what you typed is still here" in seat.text()
        assert seat.engine.texts["I", "handover"] == theirs
        await seat.passing(3.0)
        await seat.until(lambda: "theirs  (lee" in seat.text())
        await seat.press("h")
        assert "mine" in seat.text()
        await seat.press("enter")
        await seat.until(lambda: ("keep", ("I", "handover", "mine")) in seat.engine.asked_for)


async def test_a_note_that_may_tell_answers_is_read_only_by_who_says_so() -> None:
    engine = FakeEngine()
    note = engine.texts["A", "handover"]
    engine.unread["A", "handover"] = note
    engine.texts["A", "handover"] = msgspec.structs.replace(note, text="", withheld=True)
    async with seated(engine, size=TALL) as seat:
        await at_case(seat, "A")
        assert "Cafe Onda" not in seat.text() and "not shown, since it may tell answers" in seat.text()
        await seat.press("h", "enter")
        assert engine.unread, "the key that led there and enter read nothing"
        await seat.press("escape", "h", "y", "enter")
        await seat.until(lambda: "the note of lee stands with the case now" in seat.text())
        await seat.passing(3.0)
        await seat.until(lambda: "Cafe Onda" in seat.text())


@pytest.mark.parametrize("text", ["x" * 300, "two\nlines", "x" * 5_000 + "\n"])
async def test_a_note_of_any_length_is_edited_here_and_nothing_of_it_is_lost(text: str) -> None:
    engine = FakeEngine()
    note = engine.texts["A", "handover"]
    engine.texts["A", "handover"] = msgspec.structs.replace(note, text=text)
    async with seated(engine) as seat:
        await at_case(seat, "A")
        await seat.press("h", "y", "enter")
        await seat.until(lambda: engine.texts["A", "handover"].text == f"{text}y")


@pytest.mark.parametrize("text", ["bell\x07"])
async def test_a_note_with_signs_that_no_screen_shows_is_not_changed_by_being_edited_here(text: str) -> None:
    engine = FakeEngine()
    note = engine.texts["A", "handover"]
    engine.texts["A", "handover"] = msgspec.structs.replace(note, text=text)
    async with seated(engine) as seat:
        await at_case(seat, "A")
        await seat.press("h")
        assert isinstance(seat.desk.screen, CasesScreen)
        assert "the note has signs that no screen shows: tracedesk case handover A" in seat.text()


class Slow(FakeEngine):
    """Its board takes its time."""

    def __init__(self) -> None:
        super().__init__()
        self.may_come = asyncio.Event()

    async def board(self) -> tuple[BoardCase, ...]:
        await self.may_come.wait()
        return await super().board()


async def test_while_the_cases_are_on_their_way_a_key_says_so_instead_of_that_there_is_none() -> None:
    engine = Slow()
    async with seated(engine) as seat:
        await seat.mode("f3", "cases")
        await seat.press("i")
        assert "interview: asking the engine…" in seat.text()
        await seat.press("r")
        assert "run: asking the engine…" in seat.text()
        engine.may_come.set()


async def test_a_trace_is_started_under_the_authorisation_in_force_and_looked_at_again_later() -> None:
    engine = FakeEngine({"T-A": a_detail("A")})
    async with seated(engine) as seat:
        await at_case(seat, "C")
        await seat.press("r")
        start = TraceStart(case_id="C", authorisation_id="Z-2")
        await seat.until(lambda: ("start", start) in engine.asked_for)
        await at_case(seat, "A")
        await seat.press("r")
        await seat.until(lambda: ("again", "T-A") in engine.asked_for)


async def test_no_trace_is_started_without_an_authorisation_in_force() -> None:
    engine = FakeEngine({"T-A": a_detail("A")})
    engine.papers["Z-3"] = msgspec.structs.replace(engine.papers["Z-3"], face_search=True)
    async with seated(engine) as seat:
        for case_id in ("B", "D"):
            await at_case(seat, case_id)
            await seat.press("r")
            assert "r run: no authorisation is in force" in seat.text()
        assert engine.asked_for == []


async def test_what_the_engine_refuses_is_said_in_its_own_words() -> None:
    engine = FakeEngine({"T-A": a_detail("A")})
    async with seated(engine) as seat:
        await at_case(seat, "C")
        engine.refusal = EngineSaysNo(403, "refused", "the ground was withdrawn (G3)")
        await seat.press("r")
        await seat.until(lambda: "the ground was withdrawn (G3)" in seat.text())


async def test_asking_a_source_goes_step_by_step_and_escape_asks_for_nothing() -> None:
    async with seated() as seat:
        await at_case(seat, "I")
        await seat.press("a", *"card", "enter", *"city", "escape")
        assert isinstance(seat.desk.screen, CasesScreen)
        assert seat.engine.asked_for == []
        await seat.press("a", *"card", "enter", *"city", "enter", *"7", "enter")
        await seat.until(lambda: seat.engine.asked_for)
        call, (case_id, wanted) = seat.engine.asked_for[0]  # type: ignore[misc]
        assert (call, case_id) == ("ask", "I")
        assert (wanted.source, wanted.authority, wanted.reference) == ("card", "city", "7")


async def test_a_source_that_does_not_exist_is_not_asked_for() -> None:
    async with seated() as seat:
        await at_case(seat, "I")
        await seat.press("a", *"tea", "enter")
        assert "no such source: tea" in seat.text() and isinstance(seat.desk.screen, CasesScreen)
        assert "one of: entry, roster, card" in seat.text()


async def test_a_source_is_named_in_any_letters_and_without_an_authority_nothing_is_noted() -> None:
    async with seated() as seat:
        await at_case(seat, "I")
        await seat.press("a", *"CARD", "enter", "enter")
        assert "no authority was named: nothing is noted" in seat.text()
        assert seat.engine.asked_for == []


async def test_an_answer_of_a_source_is_noted_with_its_number_and_a_refusal_after_a_yes() -> None:
    async with seated() as seat:
        await at_case(seat, "B")
        await seat.press("W")
        assert isinstance(seat.desk.screen, Confirm)
        await seat.press("enter")  # without a yes
        assert isinstance(seat.desk.screen, Confirm) and seat.engine.asked_for == []
        await seat.press("escape", "w", *"9", "enter")
        await seat.until(lambda: seat.engine.asked_for)
        call, (case_id, request_id, answer) = seat.engine.asked_for[0]  # type: ignore[misc]
        assert (call, case_id, request_id) == ("answer", "B", "Q-1")
        assert answer.answered and answer.reference == "9"
        await seat.passing(3.0)
        await seat.until(lambda: "✓ received" in seat.text())
        await seat.press("w")
        assert "nothing that was asked for is waited for" in seat.text()


async def test_the_filter_goes_by_id_owner_state_and_what_is_waited_for() -> None:
    async with seated() as seat:
        await seat.mode("f3", "cases 9")
        await seat.press("slash", *"lee approval", "enter")
        await seat.until(lambda: "cases 1/9" in seat.text())
        assert [row.case.case_id for row in the_board(seat)._rows] == ["B"]
        await seat.press("slash", *["backspace"] * 12, *"zz", "enter")
        await seat.until(lambda: "no case has these letters" in seat.text())
        await seat.press("slash", "backspace", "backspace", "enter")
        await seat.until(lambda: "cases 9" in seat.text())
        await seat.press("slash", *"zz", "enter")
        await seat.until(lambda: "cases 0/9" in seat.text() and "esc shows all" in seat.text())
        await seat.press("escape")
        await seat.until(lambda: "cases 9" in seat.text() and "filter:" not in seat.text())
        await seat.press("escape")
        assert "no filter hides rows" in seat.text()


async def test_the_board_is_asked_for_again_when_papers_change_and_not_for_answers() -> None:
    engine = FakeEngine()
    async with seated(engine) as seat:
        await seat.mode("f3", "cases 9")
        asked = reads_of_the_board(engine)
        engine.on_board["J"] = a_board_case("J", NOW)
        engine.happens("candidate", "A")
        await seat.passing(3.0)
        assert asked == [] and "cases 9" in seat.text()
        engine.happens("authorisation", "A")
        await seat.passing(3.0)
        await seat.until(lambda: "cases 10" in seat.text())
        assert len(asked) == 1


async def test_many_events_ask_for_the_board_once_in_two_seconds() -> None:
    engine = FakeEngine()
    async with seated(engine) as seat:
        await seat.mode("f3", "cases 9")
        asked = reads_of_the_board(engine)
        await seat.passing(2.0)
        asked.clear()
        for _ in range(10):
            engine.happens("trace", "A")
            await seat.passing(0.1)
        assert len(asked) <= 1


async def test_beside_the_board_it_is_not_asked_for_and_the_top_line_says_the_ground_all_the_same() -> None:
    engine = FakeEngine()
    asked = reads_of_the_board(engine)
    async with seated(engine) as seat:
        await seat.until(lambda: "consent" in seat.head())
        engine.happens("authorisation", "A")
        engine.happens("ground", "A")
        detail = engine.details["T-A"]
        trace = msgspec.structs.replace(detail.trace, ground="withdrawn")
        engine.details["T-A"] = msgspec.structs.replace(detail, trace=trace)
        engine.tell()
        await seat.passing(60.0)
        await seat.until(lambda: "consent withdrawn" in seat.head())
        assert asked == []


async def test_who_works_on_no_case_does_not_even_ask_for_the_board() -> None:
    engine = FakeEngine(hello=msgspec.structs.replace(HELLO, roles=("auditor",)))
    asked = reads_of_the_board(engine)
    async with seated(engine) as seat:
        await seat.press("f3", after_s=3.0)
        await seat.passing(5.0)
        assert asked == []


async def test_a_refusal_of_the_board_is_said_in_its_place() -> None:
    engine = FakeEngine()

    async def refused() -> object:
        raise EngineSaysNo(403, "refused", "this is not for your role (G24)")

    engine.board = refused  # type: ignore[method-assign,assignment]
    async with seated(engine) as seat:
        await seat.mode("f3", "this is not for your role (G24)")


@pytest.mark.parametrize("size", [NARROW, (60, 18), (200, 60)])
async def test_list_and_details_stand_there_at_every_size(size: tuple[int, int]) -> None:
    async with seated(size=size) as seat:
        await seat.mode("f3", "cases 9", "newest trace", "search")
        assert "◆ to review" in seat.text()
        assert "? help" in seat.text()


async def test_a_click_puts_the_cursor_on_a_row_and_tab_lets_the_arrows_scroll_the_details() -> None:
    async with seated(size=NARROW) as seat:
        await seat.mode("f3", "cases 9")
        second = the_board(seat)._rows[1].case.case_id
        await seat.pilot.click("#list", offset=(5, 3))
        await seat.until(lambda: the_board(seat).board.cursor == second)
        await seat.press("tab", "down", "down")
        assert the_board(seat).details.scroll_offset.y == 2
        assert the_board(seat).board.cursor == second


async def test_hostile_notes_are_shown_as_text() -> None:
    engine = FakeEngine()
    note = engine.on_board["A"].handover
    assert note is not None
    engine.texts["A", "handover"] = msgspec.structs.replace(
        note, text="[red]x[/red] \x1b[2J [@click=app.quit]y[/]"
    )
    async with seated(engine, size=TALL) as seat:
        await at_case(seat, "A")
        assert "[red]x[/red] \ufffd[2J [@click=app.quit]y[/]" in seat.text()


async def test_an_authorisation_that_has_expired_permits_no_start() -> None:
    engine = FakeEngine({"T-A": a_detail("A")})
    over = an_authorisation(
        2, "C", NOW, expires_at=NOW - timedelta(minutes=1), state=AuthorisationState.APPROVED
    )
    engine.papers["Z-2"] = over
    async with seated(engine) as seat:
        await at_case(seat, "C")
        await seat.press("r")
        assert "no authorisation is in force" in seat.text() and engine.asked_for == []
