import msgspec
import pytest

from engine.api.asked import Conflict
from engine.api.client import EngineSaysNo
from engine.api.refusals import APART_S, Refusals
from engine.audit import log
from engine.audit.log import AuditLine
from engine.domain.errors import Refused, Unknown
from engine.trace.context import Context
from tests.engine.api.conftest import House
from tests.engine.api.requests import AUTHORISATION, CASE
from tests.engine.api.test_once import KIM, with_key
from tests.engine.fakes import SetClock


async def refused(context: Context) -> list[AuditLine]:
    return [line for line, _ in await context.store.run(log.lines) if line.outcome == "refused"]


async def test_a_refusal_is_written_with_its_rule_and_never_with_what_was_typed(context: Context) -> None:
    refusals = Refusals(context, context.clock.boottime_s)
    await refusals.note(KIM, "case.close", "Kim Minsu", Refused("no", rule="G16"))
    (line,) = await refused(context)
    assert (line.person, line.action, line.detail) == ("kim", "case.close", {"rule": "G16"})
    assert line.object
    assert "Minsu" not in msgspec.json.encode(line).decode()


async def test_what_is_not_there_and_what_is_not_ones_own_is_noted_alike(context: Context) -> None:
    await Refusals(context, context.clock.boottime_s).note(KIM, "trace.detail", "x", Unknown("no"))
    assert [line.detail for line in await refused(context)] == [{"rule": "G24"}]


async def test_many_within_a_second_are_one_line_and_a_count(context: Context, clock: SetClock) -> None:
    refusals = Refusals(context, clock.boottime_s)
    for _ in range(500):
        await refusals.note(KIM, "trace.detail", "x", Unknown("no"))
    await refusals.note(with_key("", uid=2), "trace.detail", "x", Unknown("no"))
    clock.forward(APART_S)
    await refusals.note(KIM, "trace.detail", "x", Unknown("no"))
    assert [line.detail.get("more") for line in await refused(context)] == [None, None, "499"]


async def test_a_burst_that_nothing_follows_is_counted_to_the_last(context: Context, clock: SetClock) -> None:
    """Every refusal is a line or one of its ``more``, and what was written already is not written again."""
    refusals = Refusals(context, clock.boottime_s)
    for number in range(500):
        await refusals.note(KIM, "trace.detail", f"x{number}", Refused("no", rule="G1"))
    await refusals.flush()
    await refusals.flush()
    found = await refused(context)
    assert [(line.action, line.detail) for line in found] == [
        ("trace.detail", {"rule": "G1"}),
        ("trace.detail", {"rule": "G1", "more": "498"}),
    ]
    assert found[1].object == context.sealer.vault.mac("x499")


async def test_over_the_wire_a_refusal_is_noted_and_a_conflict_or_a_mistake_is_none(house: House) -> None:
    await house.client.import_case(CASE)
    with pytest.raises(EngineSaysNo, match="G17"):
        await house.client.request_authorisation(msgspec.structs.replace(AUTHORISATION, purpose="crime"))
    (line,) = await refused(house.context)
    assert (line.action, line.detail) == ("authorisation.request", {"rule": "G17"})
    house.clock.forward(2.0)
    with pytest.raises(EngineSaysNo) as said:
        await house.client.import_case(msgspec.structs.replace(CASE, note="x"), version=99)
    assert said.value.status == 409
    assert len(await refused(house.context)) == 1
    assert issubclass(Conflict, Refused)
