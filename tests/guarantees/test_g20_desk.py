"""G20 at the desk: nobody of one case is shown, written down or taken out under another."""

from engine.api.client import EngineSaysNo
from engine.api.contact_schema import ContactLine
from tests.screens.driving import seated
from tests.screens.fake_contacts import named
from tests.screens.fake_engine import FakeEngine, a_detail


async def test_g20_the_line_list_of_one_case_never_stands_under_another() -> None:
    """Also where the engine refuses the list of the other, as to a second reviewer who is still blind."""
    engine = FakeEngine({"T-A": a_detail("A"), "T-B": a_detail("B")})
    engine.has_contacts((named(1, name="Amara Okafor"),))
    contacts = engine.contacts

    async def refusing(case_id: str) -> tuple[ContactLine, ...]:
        if case_id == "B":
            raise EngineSaysNo(403, "G10", "the line list tells the first answers")
        return await contacts(case_id)

    engine.contacts = refusing  # type: ignore[method-assign]
    async with seated(engine) as seat:
        await seat.until(lambda: "Okafor" in seat.text())
        await seat.press("J")
        await seat.until(lambda: seat.desk.triage.state.trace_id == "T-B")
        await seat.until(lambda: "tells the first answers" in seat.text())
        assert "Okafor" not in seat.text()
        assert (seat.desk.desk.contacting.state.case_id, seat.desk.desk.contacting.state.rows) == ("B", ())
        await seat.press("K")
        await seat.until(lambda: "Okafor" in seat.text())
