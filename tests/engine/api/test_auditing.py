"""The audit as it is read over the wire."""

from tests.engine.api.conftest import House
from tests.engine.api.requests import CASE


async def test_lines_come_in_order_from_any_number_on(house: House) -> None:
    for note in ("a", "b", "c"):
        await house.raw.put("/cases/case-1", json={**CASE_FIELDS, "note": note})
    lines = await house.client.audit()
    assert [line.seq for line in lines] == [1, 2, 3]
    assert await house.client.audit(after=2) == lines[2:]
    assert await house.client.audit(after=99) == ()


CASE_FIELDS = {
    "case_id": CASE.case_id,
    "disease": CASE.disease,
    "notification_ref": CASE.notification_ref,
    "onset": str(CASE.onset),
}
