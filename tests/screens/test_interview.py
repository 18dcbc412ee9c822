"""Writing an interview down: nothing typed is lost, and what is handed in is what was read back."""

import asyncio

import pytest
from textual import events

from engine.api.case_schema import Kept
from engine.api.client import EngineAway, EngineSaysNo
from engine.api.schema import RecordFile, RecordsTaken
from tests.screens.driving import NARROW, WIDE, Seat, seated
from tests.screens.fake_engine import FakeEngine
from tests.screens.forming import at_form, open_form, typed
from tui.panes.entry import LineField
from tui.screens.asking import Confirm
from tui.screens.help import HelpScreen
from tui.screens.interview import InterviewScreen, Pauses

AT_ONCE = Pauses(look_s=0.001, keep_s=0.001)
LIBRARY = "City library, 1 Mar 14:10-15:00, sure, mask, 2 with Kim"
MARKET = "Hana market, 16:00-16:20, likely"


def draft(seat: Seat, case: str = "A") -> str:
    kept = seat.engine.texts.get((case, "draft"))
    return "" if kept is None else kept.text


def handed_in(seat: Seat) -> list[str]:
    """Rows of all files that the engine was given."""
    files = [what[1] for call, what in seat.engine.asked_for if call == "records"]  # type: ignore[index]
    assert all(isinstance(file, RecordFile) for file in files)
    return [line for file in files for line in file.content.decode().splitlines()[1:]]


async def hand_in(seat: Seat) -> None:
    await seat.press("f10")
    await seat.until(lambda: isinstance(seat.desk.screen, Confirm))
    await seat.press("y", "enter")
    await seat.until(lambda: isinstance(seat.desk.screen, InterviewScreen))


async def test_a_line_is_read_back_in_words_with_its_place() -> None:
    async with at_form(InterviewScreen, pauses=AT_ONCE) as seat:
        await typed(seat, LIBRARY)
        words = "✓ Sun 1 Mar 2026 14:10–15:00 KST, City library (library), ±30 min, mask, with 2 others"
        await seat.until(lambda: words in seat.text())


async def test_what_is_wrong_stands_under_its_line_with_the_mend() -> None:
    async with at_form(InterviewScreen, pauses=AT_ONCE) as seat:
        await typed(seat, "City library, 1 Mar 14:70")
        assert "… there is no time 14:70: write it as 14:10" in seat.text()
        await seat.press("enter")
        assert "! there is no time 14:70: write it as 14:10" in seat.text()


async def test_tab_takes_the_first_place_a_digit_another_and_one_writes_on() -> None:
    async with at_form(InterviewScreen, pauses=AT_ONCE) as seat:
        await typed(seat, "ca")
        await seat.until(lambda: "1 Cafe Onda" in seat.text())
        await seat.press("backspace", "backspace")
        await typed(seat, "-ro, 1 Mar 9-10")
        await seat.until(lambda: "2 City library" in seat.text())
        await seat.press("tab")
        assert "Hana market [hana], 1 Mar 9-10" in seat.text()
        await seat.press("2")
        assert "City library [library], 1 Mar 9-10" in seat.text()
        assert "City library (library)" in seat.text()
        await seat.press("end", "2")
        assert "City library [library], 1 Mar 9-102" in seat.text(), "after the choice digits are text again"


async def test_a_digit_of_which_there_is_no_place_begins_the_time() -> None:
    async with at_form(InterviewScreen, pauses=AT_ONCE) as seat:
        await typed(seat, "onda")
        await seat.until(lambda: "1 Cafe Onda" in seat.text())
        await seat.press("tab")
        await seat.press("2")
        await typed(seat, " Mar 9-10")
        assert "Cafe Onda [onda], 2 Mar 9-10" in seat.text()
        assert "✓ Mon 2 Mar 2026 09:00–10:00" in seat.text()


async def test_a_place_that_nobody_knows_stays_as_text_and_says_that_it_opens_no_camera() -> None:
    async with at_form(InterviewScreen, pauses=AT_ONCE) as seat:
        await typed(seat, "Grandmother, 1 Mar 14:10-15:00")
        await seat.until(lambda: "it stays as text and opens no camera" in seat.text())
        await hand_in(seat)
        await seat.until(lambda: handed_in(seat))
        assert handed_in(seat)[0].startswith("Grandmother,,2026-03-01T14:10,")


async def test_letters_that_are_keys_elsewhere_are_text_here_and_f1_helps() -> None:
    async with at_form(InterviewScreen, pauses=AT_ONCE) as seat:
        await seat.press("q", "question_mark", "a", "colon", "2")
        assert "q?a:2" in seat.text()
        await seat.press("f1")
        assert isinstance(seat.desk.screen, HelpScreen)
        await seat.press("escape")
        assert isinstance(seat.desk.screen, InterviewScreen)


async def test_the_draft_is_kept_and_stands_there_when_one_comes_again() -> None:
    engine = FakeEngine()
    async with at_form(InterviewScreen, engine=engine, pauses=AT_ONCE) as seat:
        await typed(seat, LIBRARY)
        await seat.press("enter")
        await typed(seat, "half a li")
        await seat.until(lambda: draft(seat) == f"{LIBRARY}\nhalf a li")
        await seat.until(lambda: "draft kept" in seat.text())
    async with at_form(
        InterviewScreen, engine=engine, pauses=AT_ONCE
    ) as seat:  # another desk, as after a hang-up
        await seat.until(lambda: LIBRARY in seat.text())
        assert "half a li" in seat.text()


def test_a_hang_up_loses_two_seconds_at_most() -> None:
    assert Pauses().keep_s <= 2.0


async def test_leaving_keeps_the_draft_at_once() -> None:
    async with at_form(InterviewScreen, pauses=Pauses(look_s=600, keep_s=600)) as seat:
        await typed(seat, LIBRARY)
        await seat.press("escape")
        await seat.until(lambda: draft(seat) == LIBRARY)


async def test_with_the_engine_away_nothing_is_lost_and_the_draft_is_kept_later() -> None:
    async with at_form(InterviewScreen, pauses=AT_ONCE) as seat:
        seat.engine.away = True
        await typed(seat, LIBRARY)
        await seat.until(lambda: "could not be kept" in seat.text())
        assert "draft not kept yet" in seat.text()
        await seat.press("escape")
        await open_form(seat, InterviewScreen, pauses=AT_ONCE)
        await seat.until(lambda: LIBRARY in seat.text())
        seat.engine.away = False
        await typed(seat, "x")
        await seat.until(lambda: draft(seat) == f"{LIBRARY}\nx")


async def test_a_draft_that_could_not_be_fetched_is_not_written_over() -> None:
    engine = FakeEngine()
    engine.texts["A", "draft"] = Kept(kind="draft", text=MARKET)
    async with at_form(InterviewScreen, engine=engine, pauses=AT_ONCE) as seat:
        await seat.until(lambda: MARKET in seat.text())
        await seat.press("escape")
    async with seated(engine) as seat:
        fetch, asked = engine.kept, 0

        async def kept(case_id: str, kind: str) -> Kept:
            nonlocal asked
            asked += 1
            if asked < 3:
                raise EngineAway("the engine is away")
            return await fetch(case_id, kind)

        engine.kept = kept  # type: ignore[method-assign]
        await open_form(seat, InterviewScreen, pauses=AT_ONCE)
        await typed(seat, LIBRARY)
        await seat.until(lambda: asked >= 3)
        await seat.until(lambda: draft(seat) == f"{MARKET}\n{LIBRARY}")
        assert MARKET in seat.text() and LIBRARY in seat.text()


async def test_a_draft_that_was_never_fetched_stands_before_what_was_typed_when_one_comes_back() -> None:
    engine = FakeEngine()
    engine.texts["A", "draft"] = Kept(kind="draft", text=MARKET)
    fetch = engine.kept

    async def away(case_id: str, kind: str) -> Kept:
        raise EngineAway("the engine is away")

    async with seated(engine) as seat:
        engine.kept = away  # type: ignore[method-assign]
        await open_form(seat, InterviewScreen, pauses=Pauses(look_s=0.001, keep_s=600))
        await typed(seat, LIBRARY)
        await seat.press("escape")
        engine.kept = fetch  # type: ignore[method-assign]
        await open_form(seat, InterviewScreen, pauses=AT_ONCE)
        await seat.until(lambda: draft(seat) == f"{MARKET}\n{LIBRARY}")


async def test_what_is_typed_before_the_draft_is_here_does_not_take_its_place() -> None:
    engine = FakeEngine()
    engine.texts["A", "draft"] = Kept(kind="draft", text=MARKET)
    fetch, may_answer = engine.kept, asyncio.Event()

    async def kept(case_id: str, kind: str) -> Kept:
        if kind == "draft":
            await may_answer.wait()
        return await fetch(case_id, kind)

    engine.kept = kept  # type: ignore[method-assign]
    async with at_form(InterviewScreen, engine=engine, pauses=AT_ONCE) as seat:
        await typed(seat, LIBRARY)
        may_answer.set()
        await seat.until(lambda: draft(seat) == f"{MARKET}\n{LIBRARY}")


async def test_handing_in_sends_what_was_read_back_and_forgets_the_draft() -> None:
    async with at_form(InterviewScreen, pauses=AT_ONCE) as seat:
        await typed(seat, LIBRARY)
        await seat.press("enter")
        await typed(seat, MARKET)
        await seat.until(lambda: "Hana market (hana)" in seat.text())
        await hand_in(seat)
        await seat.until(lambda: "2 records taken" in seat.text())
        assert handed_in(seat) == [
            "City library,library,2026-03-01T14:10,2026-03-01T15:00,certain,yes,2",
            "Hana market,hana,2026-03-01T16:00,2026-03-01T16:20,likely,,",
        ]
        await seat.until(lambda: draft(seat) == "")
        assert LIBRARY not in seat.text()


async def test_what_was_dropped_and_warned_of_is_shown() -> None:
    engine = FakeEngine()
    engine.says_taken = RecordsTaken(
        file="i.csv", taken=1, dropped={"cancelled": 2}, warnings=("i.csv: row 2: no position",)
    )
    async with at_form(InterviewScreen, engine=engine, pauses=AT_ONCE) as seat:
        await typed(seat, LIBRARY)
        await hand_in(seat)
        await seat.until(lambda: "left out: 2 × cancelled" in seat.text())
        assert "! i.csv: row 2: no position" in seat.text()


async def test_a_line_that_cannot_be_read_stops_handing_in_and_is_at_hand() -> None:
    async with at_form(InterviewScreen, pauses=AT_ONCE) as seat:
        await typed(seat, "City library, 1 Mar 14:70")
        await seat.press("enter")
        await typed(seat, LIBRARY)
        await seat.press("f10")
        assert isinstance(seat.desk.screen, InterviewScreen)
        assert "line 1: there is no time 14:70" in seat.text()
        assert "▌  1 City library, 1 Mar 14:70" in seat.text()


async def test_a_refusal_is_shown_whole_and_every_line_stays() -> None:
    async with at_form(InterviewScreen, pauses=AT_ONCE) as seat:
        await typed(seat, LIBRARY)
        await seat.until(lambda: draft(seat))
        seat.engine.refusal = EngineSaysNo(403, "G28", "no epidemic order stands: all is read-only [G28]")
        await hand_in(seat)
        await seat.until(lambda: "refused: no epidemic order stands: all is read-only [G28]" in seat.text())
        assert LIBRARY in seat.text()


async def test_what_was_handed_in_can_be_written_again_as_another_version() -> None:
    async with at_form(InterviewScreen, pauses=AT_ONCE) as seat:
        await seat.press("f7")
        assert "nothing was handed in from here yet" in seat.text()
        await typed(seat, LIBRARY)
        await hand_in(seat)
        await seat.until(lambda: len(handed_in(seat)) == 1 and LIBRARY not in seat.text())
        await seat.press("f7", "up")
        assert f"▌  1 {LIBRARY}" in seat.text()
        await typed(seat, " and Lee")
        await hand_in(seat)
        await seat.until(lambda: len(handed_in(seat)) == 2)


async def test_the_last_row_hands_in_without_a_function_key() -> None:
    async with at_form(InterviewScreen, pauses=AT_ONCE) as seat:
        await typed(seat, LIBRARY)
        await seat.press("enter", "enter")
        assert "▌    [ hand in (1) ]" in seat.text()
        await seat.press("enter")
        assert isinstance(seat.desk.screen, Confirm)
        await seat.press("escape", "up")
        await typed(seat, "home")
        assert "▌  2 home" in seat.text()


async def test_moving_fast_between_lines_mixes_none_of_them_up() -> None:
    async with at_form(InterviewScreen, pauses=AT_ONCE) as seat:
        for word in ("one", "two", "three"):
            await typed(seat, word)
            await seat.press("enter")
        await seat.pilot.press("up", "x", "up", "y", "up", "z", "down", "down", "down")
        await seat.until(lambda: draft(seat) == "onez\ntwoy\nthreex")


async def test_keys_that_come_all_at_once_go_to_the_lines_that_they_were_meant_for() -> None:
    async with at_form(InterviewScreen, pauses=AT_ONCE) as seat:
        await typed(seat, "cafe")
        await seat.until(lambda: "1 Cafe Onda" in seat.text())
        field = seat.desk.screen.query_one(LineField)
        for key in ("tab", "comma", "x", "enter", "y", "up", "z", "down", "down", "enter"):
            character = "," if key == "comma" else key if len(key) == 1 else None
            field.post_message(events.Key(key, character))
        await seat.until(lambda: draft(seat) == "Cafe Onda [onda],xz\ny")


async def test_several_lines_may_be_pasted_and_nothing_in_them_commands_the_terminal() -> None:
    async with at_form(InterviewScreen, pauses=AT_ONCE) as seat:
        await typed(seat, "Old ")
        seat.desk.screen.focused.post_message(  # type: ignore[union-attr]
            events.Paste(f"{LIBRARY}\n\n\x1b[2J\x07Hana market, 16-17\n")
        )
        await seat.until(lambda: draft(seat).count("\n") == 1)
        first, second = draft(seat).split("\n")
        assert first == f"Old {LIBRARY}"
        assert "\x1b" not in second and second.endswith("Hana market, 16-17")
        seat.desk.screen.focused.post_message(events.Paste("x\n" * 250))  # type: ignore[union-attr]
        await seat.until(lambda: "51 lines were left out: 200 at most" in seat.text())
        assert draft(seat).startswith(f"Old {LIBRARY}\n") and draft(seat).endswith("x\nx")


async def test_backspace_in_an_empty_line_takes_it_out() -> None:
    async with at_form(InterviewScreen, pauses=AT_ONCE) as seat:
        await typed(seat, LIBRARY)
        await seat.press("enter", "backspace")
        assert f"▌  1 {LIBRARY}" in seat.text()
        assert "  2 " not in seat.text()


@pytest.mark.parametrize("size", [WIDE, NARROW, (60, 18)])
async def test_forty_lines_fit_on_every_screen_and_the_one_at_hand_is_seen(size: tuple[int, int]) -> None:
    async with at_form(InterviewScreen, size=size, pauses=AT_ONCE) as seat:
        lines = "\n".join(f"시립도서관 {n}, 1 Mar 14:10-15:00, 확실, 마스크" for n in range(40))
        seat.desk.screen.focused.post_message(events.Paste(lines))  # type: ignore[union-attr]
        await seat.until(lambda: "▌ 40" in seat.text())
        await seat.press("up", "up")
        assert "▌ 38 시립도서관 37" in seat.text()
        assert "esc back" in seat.text()
