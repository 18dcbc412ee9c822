"""The close look: what its last line says, at every size."""

import pytest

from tests.screens.driving import NARROW, WIDE, seated


@pytest.mark.parametrize("size", [(60, 18), NARROW, WIDE])
async def test_the_way_back_and_the_answers_stand_below_the_faces_at_every_size(
    size: tuple[int, int],
) -> None:
    async with seated(size=size) as seat:
        await seat.zoomed()
        foot = seat.text().splitlines()[-1]
        for words in ("a same", "x not same", "space cannot tell", "esc back", "? help"):
            assert words in foot


async def test_who_zooms_already_is_not_sent_to_the_zoom() -> None:
    async with seated(size=(60, 18)) as seat:
        await seat.zoomed()
        await seat.press("a")
        said = seat.text().splitlines()[-1]
        assert "confirming needs about" in said and "zoom" not in said
        assert seat.engine.decisions == []


async def test_before_the_whole_frame_z_is_called_after_the_faces_it_brings_back() -> None:
    async with seated(size=WIDE) as seat:
        await seat.zoomed()
        assert "z whole frame" in seat.text().splitlines()[-1]
        await seat.press("z")
        assert "z faces" in seat.text().splitlines()[-1]
        await seat.press("z")
        assert "z whole frame" in seat.text().splitlines()[-1]
