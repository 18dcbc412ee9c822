"""Own keys, own colours, the clipboard, a screen that hides, and words about an input method."""

import asyncio
from collections.abc import Iterator

import msgspec
import pytest
from textual.command import CommandPalette

from tests.screens.driving import NARROW, Seat, seated
from tests.screens.fake_engine import HELLO, FakeEngine
from tui.app import Desk
from tui.comfort.settings import Settings
from tui.keys import use_keys
from tui.screens.asking import AskText, Confirm
from tui.screens.because import BecauseScreen
from tui.screens.lock import LockScreen
from tui.screens.zoom import ZoomScreen
from tui.terminal.theme import CONTRAST, CONTRAST_DESK, LIGHT, LIGHT_DESK

SERVER = msgspec.structs.replace(HELLO, profile="server")


@pytest.fixture
def own_keys() -> Iterator[None]:
    """A person who answers with b and undoes with x and backspace."""
    use_keys({"not_same": ("b",), "undo": ("x", "backspace"), "help": ("h", "question_mark")})
    try:
        yield
    finally:
        use_keys({})


# --- keys ---------------------------------------------------------------------------------------


async def test_a_persons_own_keys_work_and_the_desks_own_do_not_any_more(own_keys: None) -> None:
    async with seated() as seat:
        await seat.press("b")
        await seat.pictures("C-A-2")
        assert len(seat.engine.decisions) == 1
        await seat.press("u")
        assert seat.engine.undone == []
        await seat.press("x")
        await seat.pictures("C-A-1")
        assert (len(seat.engine.decisions), seat.engine.undone) == (1, ["C-A-1"])
        await seat.press("ㅠ")
        await seat.pictures("C-A-2")
        assert len(seat.engine.decisions) == 2, "b of a keyboard in Hangul mode"


async def test_foot_help_and_refusals_show_a_persons_own_keys(own_keys: None) -> None:
    async with seated() as seat:
        foot = seat.text().splitlines()[-1]
        assert "b not same" in foot and "(x undo)" in foot and "h help" in foot
        await seat.press("x")
        assert "x undo: you have no answer to take back" in seat.text()
        await seat.press("h")
        assert "x ⌫" in seat.text() or "x backspace" in seat.text()


async def test_the_palette_names_a_persons_own_keys(own_keys: None) -> None:
    async with seated() as seat:
        told = {c.title: c.help for c in seat.desk.get_system_commands(seat.desk.screen)}
        assert told["undo"].startswith("x backspace: take back")
        await seat.press("colon")
        await seat.until(lambda: "every action by name" in seat.text() and "y: copy the id of" in seat.text())
        for letter in "previous trace":
            await seat.press("space" if letter == " " else letter)
        await seat.until(lambda: "K: previous trace" in seat.text())


async def test_the_palette_says_in_our_words_that_nothing_fits() -> None:
    async with seated() as seat:
        await seat.press("colon", *"zzzz")
        await seat.until(lambda: "no action has these letters" in seat.text())
        assert "No matches found" not in seat.text()
        await seat.press("escape")
        assert seat.desk.screen is seat.desk.desk


async def test_own_keys_hold_on_the_zoom_as_well(own_keys: None) -> None:
    async with seated() as seat:
        await seat.zoomed()
        await seat.press("b")
        await seat.until(lambda: seat.engine.decisions)
        assert seat.engine.decisions[0][0] == "C-A-1"


async def test_home_and_end_go_to_the_ends_of_the_pane_at_hand() -> None:
    async with seated() as seat:
        await seat.press("G")
        assert seat.desk.triage.state.candidate_id == "C-A-4"
        await seat.press("home")
        assert seat.desk.triage.state.candidate_id == "C-A-1"
        await seat.press("1", "end")
        await seat.until(lambda: seat.desk.triage.state.trace_id == "T-I")


# --- an input method ----------------------------------------------------------------------------


async def test_syllables_of_an_input_method_do_nothing_and_are_explained_once_a_minute() -> None:
    async with seated() as seat:
        await seat.press("가")
        assert "switch to English" in seat.text()
        assert seat.engine.decisions == []
        await seat.press("1", "나")
        assert "switch to English" not in seat.text()
        await seat.press("다", after_s=61)
        assert "switch to English" in seat.text()


async def test_nothing_is_said_of_an_input_method_while_somebody_writes() -> None:
    async with seated() as seat:
        seat.desk.push_screen(AskText("Why"))
        await seat.pilot.pause()
        await seat.press("김")
        assert "김" in seat.text()
        await seat.press("escape")
        assert "switch to English" not in seat.text()


# --- colours ------------------------------------------------------------------------------------


def colours(seat: Seat) -> set[str]:
    return {
        segment.style.color.name
        for strip in seat.desk.screen._compositor.render_strips()
        for segment in strip
        if segment.style is not None and segment.style.color is not None and "▀" not in segment.text
    }


async def test_every_text_takes_the_colours_of_another_theme_at_once() -> None:
    async with seated(theme=LIGHT_DESK.name) as seat:
        await seat.until(lambda: LIGHT.notice in colours(seat))
        commands = {c.title: c.callback for c in seat.desk.get_system_commands(seat.desk.screen)}
        commands[f"theme: {CONTRAST_DESK.name}"]()
        await seat.until(lambda: CONTRAST.muted in colours(seat))
        left = {LIGHT.notice, LIGHT.muted, LIGHT.accent, LIGHT.good, LIGHT.text, LIGHT.ground}
        await seat.until(lambda: not left & colours(seat))


async def test_the_theme_of_the_settings_is_there_from_the_start() -> None:
    desk = Desk(FakeEngine(), settings=Settings(theme="tracedesk-contrast"))
    async with desk.run_test():
        assert desk.theme == CONTRAST_DESK.name


# --- the clipboard ------------------------------------------------------------------------------


async def test_what_is_at_hand_gives_its_id_and_nothing_else() -> None:
    settings = Settings(clipboard="osc52")
    async with seated(settings=settings) as seat:
        await seat.press("y")
        assert (seat.desk.clipboard, "copied" in seat.text()) == ("C-A-1", True)
        await seat.press("1", "y")
        assert seat.desk.clipboard == "T-A"
        await seat.press("3", "y")
        assert seat.desk.clipboard == "A"


async def test_copying_can_be_off() -> None:
    async with seated(settings=Settings(clipboard="off")) as seat:
        await seat.press("y")
        assert seat.desk.clipboard == ""
        assert "copying is off; the id is C-A-1" in seat.text()


# --- a screen that hides ------------------------------------------------------------------------


def words(seat: Seat) -> list[str]:
    return [line.strip() for line in seat.text().splitlines() if line.strip()]


HIDDEN = [
    "tracedesk is hidden",
    "enter shows it again",
    "This hides the screen. It is no password: lock your computer when you leave it.",
]


async def test_a_server_hides_the_screen_after_ten_minutes_and_everything_stays_beneath() -> None:
    async with seated(FakeEngine(hello=SERVER)) as seat:
        await seat.press("j")
        await seat.pictures("C-A-2")
        views, greeted = len(seat.engine.views), seat.desk.feed.hello
        seat.clock.pass_s(599)
        seat.desk.paint()
        await seat.pilot.pause()
        assert not isinstance(seat.desk.screen, LockScreen)
        seat.clock.pass_s(1)
        await seat.until(lambda: isinstance(seat.desk.screen, LockScreen))
        await seat.pilot.pause()
        assert words(seat) == HIDDEN
        await seat.press("j", "x", "space", "f2", "q", "escape", "z", "colon")
        assert words(seat) == HIDDEN and seat.engine.decisions == []
        seat.engine.greeting = msgspec.structs.replace(SERVER, site="another")
        await seat.press("enter")
        await seat.until(lambda: "PATIENT" in seat.text())
        assert seat.desk.triage.state.candidate_id == "C-A-2"
        assert len(seat.engine.views) == views, "the pictures did not leave the desk"
        await seat.until(lambda: seat.desk.feed.hello is not greeted and seat.desk.feed.hello is not None)
        assert seat.desk.feed.hello is not None and seat.desk.feed.hello.site == "another"


async def test_a_key_keeps_the_screen_open() -> None:
    async with seated(FakeEngine(hello=SERVER)) as seat:
        for _ in range(4):
            await seat.press("1", after_s=400)
            seat.desk.paint()
        assert not isinstance(seat.desk.screen, LockScreen)


async def test_what_was_being_written_and_asked_is_there_again() -> None:
    async with seated(FakeEngine(hello=SERVER)) as seat:
        seat.desk.push_screen(AskText("Why"))
        await seat.pilot.pause()
        await seat.press("H", "o", "n", "g")
        seat.clock.pass_s(600)
        await seat.until(lambda: isinstance(seat.desk.screen, LockScreen))
        await seat.pilot.pause()
        assert "Hong" not in seat.text()
        await seat.press("x")
        await seat.press("enter")
        await seat.until(lambda: "Hong" in seat.text() and "Hongx" not in seat.text())


async def test_an_enter_that_is_held_shows_the_screen_and_answers_no_question_beneath_it() -> None:
    async with seated() as seat:
        answers: list[bool | None] = []
        seat.desk.push_screen(Confirm("Withdraw the ground?"), answers.append)
        await seat.pilot.pause()
        await seat.press("y")
        seat.desk.do_lock()
        await seat.pilot.pause()
        await seat.press("enter")
        await seat.press("enter", "enter", after_s=0.05)
        assert answers == [] and isinstance(seat.desk.screen, Confirm)
        await seat.press("enter")
        assert answers == [True]


async def test_f12_hides_a_field_and_keeps_what_was_typed() -> None:
    async with seated() as seat:
        await seat.press("m", *"Hong")
        await seat.press("f12")
        await seat.until(lambda: isinstance(seat.desk.screen, LockScreen))
        assert "Hong" not in seat.text()
        await seat.press("f12", "enter")
        await seat.until(lambda: "Hong" in seat.text())


async def test_a_letter_that_somebody_gave_to_hiding_is_a_letter_in_a_field() -> None:
    use_keys({"lock": ("l", "f12")})
    try:
        async with seated() as seat:
            await seat.press("m", *"all")
            await seat.until(lambda: "all" in seat.text())
            assert not isinstance(seat.desk.screen, LockScreen)
            await seat.press("escape", "l")
            await seat.until(lambda: isinstance(seat.desk.screen, LockScreen))
    finally:
        use_keys({})


async def test_a_zoom_and_a_half_given_answer_are_there_again() -> None:
    async with seated(FakeEngine(hello=SERVER)) as seat:
        await seat.zoomed()
        await seat.press("space")
        await seat.press("f12")
        assert isinstance(seat.desk.screen, LockScreen), "whoever comes in is not waited for"
        await seat.press("enter")
        assert isinstance(seat.desk.screen, BecauseScreen)
        seat.clock.pass_s(600)
        await seat.until(lambda: isinstance(seat.desk.screen, LockScreen))
        await seat.press("enter")
        assert isinstance(seat.desk.screen, BecauseScreen)
        await seat.press("escape")
        assert isinstance(seat.desk.screen, ZoomScreen) and "large enough" in seat.text()


async def test_a_rehearsal_hides_nothing_by_itself_and_f12_hides_at_once() -> None:
    async with seated(size=NARROW) as seat:
        seat.clock.pass_s(100_000)
        seat.desk.paint()
        assert not isinstance(seat.desk.screen, LockScreen)
        await seat.press("f12")
        assert "tracedesk is hidden" in seat.text() and "REHEARSAL" not in seat.text()


async def test_an_answer_on_its_way_is_written_while_the_screen_is_hidden() -> None:
    engine = FakeEngine(hello=SERVER)
    async with seated(engine) as seat:
        engine.may_write.clear()
        await seat.press("x")
        await seat.until(lambda: seat.desk.triage.state.writing)
        await seat.press("f12")
        engine.may_write.set()
        await seat.until(lambda: engine.decisions and not seat.desk.triage.state.writing)
        assert words(seat) == HIDDEN
        await seat.press("enter")
        await seat.pictures("C-A-2")


async def test_the_palette_opens_over_the_desk_and_over_nothing_that_asks() -> None:
    async with seated() as seat:
        await seat.press("space", "colon")
        assert isinstance(seat.desk.screen, BecauseScreen)
        await seat.press("escape", "colon")
        assert isinstance(seat.desk.screen, CommandPalette)
        await asyncio.sleep(0)
        await seat.press("escape")


# --- a slow line --------------------------------------------------------------------------------


def test_a_slow_line_is_painted_half_as_often() -> None:
    assert (Settings().paints_per_s, Settings(slow_link=True).paints_per_s) == (4, 2)


async def test_nothing_moves_by_itself_on_the_desk() -> None:
    async with seated() as seat:
        assert seat.desk.animation_level == "none"


async def test_what_is_wrong_with_a_file_of_ones_own_is_said_at_the_start() -> None:
    desk = Desk(FakeEngine(), remarks=("~/.config/tracedesk/keys.toml: line 2, smae: there is no action",))
    async with desk.run_test(size=(120, 40)) as pilot:
        for _ in range(50):
            await pilot.pause()
            desk.paint()
        text = "\n".join(strip.text for strip in desk.screen._compositor.render_strips())
        assert "keys.toml: line 2, smae: there is no action" in text
