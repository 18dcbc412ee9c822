"""Fields to write into: what is pasted and what is longer than the field."""

from textual import events

from tests.screens.driving import NARROW, Seat, seated
from tui.panes.field import Field
from tui.screens.asking import AskText, Confirm

LONG = "first " + "word " * 30 + "last"


async def asked(seat: Seat, value: str = "", limit: int = 200) -> Field:
    screen = AskText("Why", value, limit=limit)
    seat.desk.push_screen(screen)
    await seat.pilot.pause()
    return screen.query_one(Field)


async def paste(seat: Seat, field: Field, text: str) -> None:
    field.post_message(events.Paste(text))
    await seat.pilot.pause()


async def test_a_long_draft_shows_its_end_where_one_goes_on_writing() -> None:
    async with seated(size=NARROW) as seat:
        await asked(seat, LONG)
        await seat.until(lambda: "last" in seat.text())
        await seat.press("home")
        assert "first word" in seat.text()


async def test_after_a_long_paste_its_end_is_seen() -> None:
    async with seated(size=NARROW) as seat:
        field = await asked(seat)
        await paste(seat, field, LONG)
        await seat.until(lambda: "last" in seat.text())


async def test_of_a_paste_as_much_is_taken_as_there_is_room_for_and_the_cut_is_seen() -> None:
    async with seated() as seat:
        field = await asked(seat, "note: ", limit=16)
        await paste(seat, field, "one two three four")
        assert field.value == "note: one two t…"
        await paste(seat, field, "more")
        assert field.value == "note: one two t…"


async def test_several_lines_are_pasted_one_after_the_other() -> None:
    async with seated() as seat:
        field = await asked(seat)
        await paste(seat, field, "one\r\ntwo\n\nthree\n")
        assert field.value == "one two three"


async def test_a_paste_takes_the_place_of_what_is_selected() -> None:
    async with seated() as seat:
        field = await asked(seat, "wrong", limit=6)
        field.select_all()
        await paste(seat, field, "right")
        assert field.value == "right"


async def test_where_a_question_is_longer_than_the_screen_the_field_is_seen() -> None:
    async with seated(size=(60, 18)) as seat:
        words = tuple(f"line {number} of what would be destroyed" for number in range(20))
        seat.desk.push_screen(Confirm("Sure?", words, word="A"))
        await seat.pilot.pause()
        await seat.press(*"typed")
        assert "typed" in seat.text()
