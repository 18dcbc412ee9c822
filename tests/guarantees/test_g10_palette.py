"""G10: the palette answers nothing that a key would not."""

from textual.command import CommandPalette

from engine.domain.decision import Answer
from tests.screens.driving import seated


async def test_g10_what_is_pasted_into_the_palette_confirms_nobody() -> None:
    """Without bracketed paste a pasted line comes as keys, its end as enter."""
    async with seated(size=(200, 60)) as seat:
        await seat.zoomed()
        await seat.press("escape")
        await seat.pictures("C-A-1")
        await seat.press("colon", after_s=2.0)
        await seat.until(lambda: isinstance(seat.desk.screen, CommandPalette))
        await seat.press(*"same", after_s=0.001)
        for _ in range(30):
            await seat.pilot.pause()
        await seat.press("enter", after_s=0.001)
        await seat.press("enter", after_s=0.001)
        for _ in range(30):
            seat.desk.paint()
            await seat.pilot.pause()
        assert seat.engine.decisions == []


async def test_g10_the_palette_answers_for_somebody_who_types() -> None:
    async with seated(size=(200, 60)) as seat:
        await seat.zoomed()
        await seat.press("escape")
        await seat.pictures("C-A-1")
        await seat.press("colon", *"same")
        for _ in range(30):
            await seat.pilot.pause()
        await seat.press("enter", "enter")
        await seat.until(lambda: [answer for _, _, answer, _ in seat.engine.decisions] == [Answer.SAME])
