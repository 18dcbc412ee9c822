"""G19, by a list of hostile strings in every text that the engine may send and in every field: what a cell
of the screen holds is harmless, as wide as it says, and stands where it belongs.

The strings are our own, in the spirit of lists of naughty strings: ``naughty.json``, by category."""

import json
import os
import unicodedata
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from rich.cells import cell_len, get_character_cell_size
from textual import events
from textual.screen import Screen

from engine.api.client import EngineSaysNo
from engine.api.lines import Line, ResetLine
from tests.screens.driving import NARROW, WIDE, Seat, seated
from tests.screens.fake_engine import FakeEngine
from tui.clean import NEVER_SHOWN, NON_JOINER, clean_text
from tui.keyboard.action import Where
from tui.panes.field import Field
from tui.panes.longfield import LongField
from tui.screens.asking import AskLong, AskText, Confirm
from tui.screens.mode import ModeScreen

LIST: dict[str, list[str]] = json.loads(Path(__file__).with_name("naughty.json").read_text(encoding="utf-8"))
STRINGS = tuple(dict.fromkeys(text for strings in LIST.values() for text in strings))
# A plain run takes every so manieth string and field, and the first of every kind; TRACEDESK_NAUGHTY=1 all.
EVERY = int(os.environ.get("TRACEDESK_NAUGHTY", "5"))
SOME = tuple(dict.fromkeys([*(strings[0] for strings in LIST.values()), *STRINGS[::EVERY]]))
SMALL = (60, 18)
SIZES = (WIDE, NARROW, SMALL)
WORST = (
    "\x1b]0;x\x07[@click=app.quit]\u202e홍\u1112\u1169\u11bc👨\u200d👩🇰🇷❤\ufe0f" + "\u0301" * 9 + "가" * 150
)
# Ids by which the desk finds things again, and what switches it; all other text is free.
KEPT = frozenset({
    "trace_id", "candidate_id", "authorisation_id", "request_id", "contact_id", "still_id", "place_id",
    "view_id", "profile", "timezone", "person", "decided_by",
})  # fmt: skip
CORNERS = frozenset("╭╮╰╯┏┓┗┛")
Free = tuple[str, str]


def poisoned(value: Any, text: Callable[[Free], str | None], owner: str = "", name: str = "") -> Any:
    """The same answer with every free string replaced by what ``text`` says for its struct and field."""
    if type(value) is str:
        given = None if name in KEPT else text((owner, name))
        return value if given is None else given
    if isinstance(value, tuple):
        return tuple(poisoned(item, text, owner, name) for item in value)
    if isinstance(value, dict):
        return {key: poisoned(item, text, owner, name) for key, item in value.items()}
    if isinstance(value, msgspec.Struct):
        kind = type(value).__name__
        fields = {n: poisoned(getattr(value, n), text, kind, n) for n in value.__struct_fields__}
        return msgspec.structs.replace(value, **fields)
    return value


class Poisoner:
    """An engine all of whose answers and refusals say what ``text`` wants; ``free`` has the fields met."""

    def __init__(self) -> None:
        self.engine = FakeEngine()
        self.free: dict[Free, None] = {}
        self.text: Callable[[Free], str | None] = lambda free: None

    def _met(self, free: Free) -> str | None:
        self.free[free] = None
        return self.text(free)

    def __getattr__(self, name: str) -> Any:
        asked = getattr(self.engine, name)
        if not callable(asked):
            return asked

        async def answer(*args: object, **given: object) -> Any:
            reply: Awaitable[Any] = asked(*args, **given)
            return poisoned(await reply, self._met)

        return answer

    async def events(self, after: int | None = None) -> AsyncIterator[Line]:
        async for line in self.engine.events(after):
            yield poisoned(line, self._met)


async def fed(seat: Seat, poisoner: Poisoner, text: Callable[[Free], str | None]) -> None:
    """Everything on the desk comes anew from the engine, with these texts."""
    before, desk = seat.desk.triage.state.detail, seat.desk
    poisoner.text = text
    desk.feed.hear(ResetLine(seq=1))
    poisoner.engine.tell()
    await seat.until(lambda: desk.triage.state.detail is not before)
    await seat.pilot.pause()


def lines_of(seat: Seat) -> Iterator[str]:
    """The lines of the screen, each of which is harmless and exactly as wide as the terminal."""
    width, height = seat.desk.size
    strips = seat.desk.screen._compositor.render_strips()
    assert len(strips) == height
    for strip in strips:
        text = strip.text
        assert strip.cell_length == cell_len(text) == sum(map(get_character_cell_size, text)) == width, text
        for character in text:
            assert character == NON_JOINER or unicodedata.category(character) not in NEVER_SHOWN, repr(text)
        for segment in strip:
            assert segment.style is None or segment.style.link is None
            assert segment.style is None or "@click" not in segment.style.meta
        yield text


def corners(lines: list[str]) -> set[tuple[int, int, str]]:
    """Where the borders of the panes turn, in cells."""
    found = set()
    for y, line in enumerate(lines):
        at = 0
        for character in line:
            if character in CORNERS:
                found.add((y, at, character))
            at += get_character_cell_size(character)
    return found


def assert_in_place(seat: Seat, borders: set[tuple[int, int, str]]) -> None:
    lines = list(lines_of(seat))
    assert borders <= corners(lines), "a border of a pane was pushed away"
    assert "REHEARSAL" in lines[0] and "●" in lines[0]
    assert lines[-1].rstrip().endswith("q quit")


def assert_nothing_was_done(seat: Seat, poisoner: Poisoner) -> None:
    assert seat.desk.is_running and not seat.desk._exit
    assert poisoner.engine.decisions == [] and poisoner.engine.undone == []
    assert seat.desk.clipboard == ""


async def looked_at(seat: Seat, where: Where) -> None:
    seat.desk.switch_mode(where.value)
    await seat.pilot.pause()
    screen = seat.desk.screen
    assert isinstance(screen, ModeScreen)
    screen.forget_painted()
    screen.paint()
    await seat.pilot.pause()


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_g19_every_naughty_string_stands_in_its_place_and_does_nothing(size: tuple[int, int]) -> None:
    poisoner = Poisoner()
    async with seated(poisoner, size) as seat:  # type: ignore[arg-type]
        panes = ("2",) if size == WIDE else ("1", "3", "4", "2")
        borders = {}
        for key in panes:
            await seat.press(key)
            borders[key] = corners(list(lines_of(seat)))
        # On a small screen, where each pane is looked at by itself, every field has another string.
        many = SOME if size == WIDE else tuple("" for _ in STRINGS[:: len(STRINGS) // 12])
        for turn, string in enumerate(many):
            places = {free: STRINGS[(turn * 17 + n) % len(STRINGS)] for n, free in enumerate(poisoner.free)}
            await fed(seat, poisoner, lambda free, s=string, p=places: p.get(free, s) if size != WIDE else s)
            for key in panes:
                if len(panes) > 1:
                    await seat.press(key)
                assert_in_place(seat, borders[key])
        assert_nothing_was_done(seat, poisoner)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_g19_each_field_of_the_wire_by_itself_takes_the_worst(size: tuple[int, int]) -> None:
    poisoner = Poisoner()
    async with seated(poisoner, size) as seat:  # type: ignore[arg-type]
        modes = tuple(seat.desk.modes)
        for where in modes:
            await looked_at(seat, where)
        await looked_at(seat, Where.DESK)
        borders = corners(list(lines_of(seat)))
        fields = tuple(poisoner.free)
        assert {("TraceView", "case_id"), ("CandidateView", "evidence"), ("VisitView", "label")} <= set(
            fields
        )
        for field in fields[SIZES.index(size) % EVERY :: EVERY]:
            await fed(seat, poisoner, lambda free, f=field: WORST if free == f else None)
            assert_in_place(seat, borders)
        await fed(seat, poisoner, lambda free: WORST)
        for where in modes:
            await looked_at(seat, where)
            list(lines_of(seat))
        assert_nothing_was_done(seat, poisoner)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_g19_whatever_is_pasted_into_a_field_is_text_of_one_line(size: tuple[int, int]) -> None:
    async with seated(size=size) as seat:
        every = 1 if size == NARROW else 6
        questions: dict[Screen[Any], int] = {
            AskText("Why", hint=WORST): every,
            Confirm("Sure", (clean_text(WORST),), word="A-17"): 6,
        }
        for screen, step in questions.items():
            seat.desk.push_screen(screen)
            await seat.pilot.pause()
            field = screen.query_one(Field)
            borders = corners(list(lines_of(seat)))
            for string in STRINGS[::step]:
                field.value = ""
                field.post_message(events.Paste(string))
                await seat.pilot.pause()
                assert borders == corners(list(lines_of(seat))) or CORNERS & set(string)
                assert not any(unicodedata.category(c) in NEVER_SHOWN - {"Cf"} for c in field.value)
            await seat.press("escape")
        assert seat.engine.decisions == [] and not seat.desk._exit


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_g19_whatever_is_pasted_into_a_field_of_lines_is_text(size: tuple[int, int]) -> None:
    async with seated(size=size) as seat:
        ask = AskLong("Why", WORST, hint=WORST, limit=2_000)
        seat.desk.push_screen(ask)
        await seat.pilot.pause()
        field = ask.query_one(LongField)
        for string in STRINGS[:: 2 if size == NARROW else 9]:
            field.load_text("")
            field.post_message(events.Paste(string))
            await seat.pilot.pause()
            assert len(field.text) <= 2_000
            assert not any(
                unicodedata.category(c) in NEVER_SHOWN - {"Cf"} for c in field.text.replace("\n", "")
            )
            list(lines_of(seat))
        await seat.press("escape")
        assert seat.engine.decisions == [] and not seat.desk._exit


async def test_g19_a_refusal_in_any_words_is_one_line() -> None:
    poisoner = Poisoner()
    async with seated(poisoner) as seat:  # type: ignore[arg-type]
        borders = corners(list(lines_of(seat)))
        for string in STRINGS[::5]:
            poisoner.engine.refusal = EngineSaysNo(409, string, string)
            await seat.press("x")
            await seat.until(lambda: not seat.desk.triage.state.writing)
            assert_in_place(seat, borders)
        assert_nothing_was_done(seat, poisoner)


def test_g19_the_list_has_something_of_every_kind() -> None:
    assert len(STRINGS) >= 150 and all(LIST.values())
    assert any("\x1b]52" in text for text in STRINGS) and any("@click" in text for text in STRINGS)
