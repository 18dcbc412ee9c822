"""G3 at the desk: what a withdrawn consent destroys goes from the screen too."""

import msgspec

from tests.screens.driving import seated


async def test_g03_no_face_of_the_patient_stays_where_no_candidate_is_left() -> None:
    """As after a consent that was withdrawn: photographs and candidates are destroyed."""
    async with seated() as seat:
        assert "▀" in seat.text()
        seat.engine.details["T-A"] = msgspec.structs.replace(seat.engine.details["T-A"], candidates=())
        seat.engine.happens("case", "A")
        await seat.until(lambda: not seat.desk.triage.state.candidates)
        await seat.passing(1.0)
        assert "▀" not in seat.text()


async def test_g03_what_was_destroyed_goes_from_a_frozen_desk_too() -> None:
    """A consent was withdrawn: no candidate of the trace is left, and no face is shown any more."""
    async with seated() as seat:
        await seat.press("exclamation_mark")
        assert "▀" in seat.text()
        seat.engine.details["T-A"] = msgspec.structs.replace(seat.engine.details["T-A"], candidates=())
        seat.engine.happens("case", "A")
        await seat.until(lambda: not seat.desk.triage.state.candidates)
        await seat.passing(1.0)
        assert "▀" not in seat.text() and "‖ frozen" in seat.head()
