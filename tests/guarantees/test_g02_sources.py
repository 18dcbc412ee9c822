"""G2: who may request what, per source, attacked as a city that asks for what only others hand over."""

from pathlib import Path

import pytest

from adapters.definitions import load_sources
from engine.api.forms import SourceAnswer, SourceAsk
from engine.api.schema import RecordFile
from engine.api.sources import Sources
from engine.domain.errors import InputError, Refused
from engine.domain.record import Source
from engine.domain.source_request import FOOTAGE
from engine.domain.source_rule import Level
from engine.ports import RecordMapping
from tests.guarantees.house import House, a_house, seen
from tests.guarantees.server_house import KIM, PARK, a_case, an_order, answered, permitted, wanted

CARDS = RecordFile(file="card.csv", content=b"approved_at\n", mapping=RecordMapping(source=Source.CARD))


async def refused(house: House, why: str, **given: object) -> None:
    with pytest.raises(Refused, match=why) as no:
        await house.authorise.request(KIM, wanted(**given))
    assert no.value.rule == "G2"
    assert await house.authorise.all(PARK) == ()


async def test_g02_with_every_reference_a_city_gets_what_it_asks_for(tmp_path: Path) -> None:
    """Otherwise the refusals below would prove nothing."""
    async with a_house(tmp_path, rehearsal=False) as house:
        await an_order(house)
        await a_case(house)
        await answered(house, "A", "card", "province", "P-77")
        await answered(house, "A", "phone", "police", "K-3")
        found = await permitted(house, sources=("entry", "card", "phone"))
        assert found.references == {"card": "P-77", "phone": "K-3", FOOTAGE: "R-1"}


@pytest.mark.parametrize("source", ["card", "transit"])
async def test_g02_a_city_asks_the_province_for_statements(tmp_path: Path, source: str) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        await an_order(house)
        await a_case(house)
        await refused(house, f"{source} comes by way of the province", sources=(source,), face_search=False)


async def test_g02_footage_needs_the_reference_of_the_province_too(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        await an_order(house)
        await a_case(house)
        await refused(house, "footage comes by way of the province", sources=("entry",))


async def test_g02_the_location_of_a_phone_needs_the_police(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        await an_order(house)
        await a_case(house)
        await answered(house, "A", FOOTAGE, "province")
        await refused(house, "phone comes by way of the police", sources=("phone",))


async def test_g02_a_request_that_still_waits_opens_nothing(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        await an_order(house)
        await a_case(house)
        await Sources(house.context).ask(KIM, "A", SourceAsk(source="card", authority="province"))
        house.clock.pass_s(7200.0)
        await refused(house, "not answered yet", sources=("card",), face_search=False)
        (waits,) = await Sources(house.context).of_case(KIM, "A")
        assert waits.waits_h == 2.0


async def test_g02_a_refused_request_opens_nothing(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        await an_order(house)
        await a_case(house)
        sources = Sources(house.context)
        request = await sources.ask(KIM, "A", SourceAsk(source="card", authority="province"))
        no = SourceAnswer(answered=False, reference="P-1")
        await sources.answer(seen(KIM), "A", request.request_id, no)
        await refused(house, "card comes by way of the province", sources=("card",), face_search=False)


async def test_g02_the_reference_of_another_case_opens_nothing(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        await an_order(house)
        await a_case(house)
        await a_case(house, "B")
        await answered(house, "B", "card", "province")
        await refused(house, "card comes by way of the province", sources=("card",), face_search=False)


async def test_g02_nobody_asks_an_authority_that_is_not_the_way(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        await an_order(house)
        await a_case(house)
        with pytest.raises(InputError, match="by way of the police"):
            await Sources(house.context).ask(KIM, "A", SourceAsk(source="phone", authority="province"))
        with pytest.raises(Refused, match="does not say who may ask"):
            await Sources(house.context).ask(KIM, "A", SourceAsk(source="webcams", authority="province"))


async def test_g02_an_answer_without_a_reference_is_none(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        await an_order(house)
        await a_case(house)
        sources = Sources(house.context)
        request = await sources.ask(KIM, "A", SourceAsk(source="card", authority="province"))
        with pytest.raises(InputError, match="reference"):
            await sources.answer(seen(KIM), "A", request.request_id, SourceAnswer(answered=True))


async def test_g02_records_do_not_come_in_before_their_reference(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        await an_order(house)
        await a_case(house)
        with pytest.raises(Refused, match="card comes by way of the province") as no:
            await house.intake.add_records(KIM, "A", CARDS)
        assert no.value.rule == "G2"
        await answered(house, "A", "card", "province")
        assert (await house.intake.add_records(KIM, "A", CARDS)).taken == 0


def test_g02_the_shipped_table_knows_every_source_on_every_level() -> None:
    rules = load_sources()
    assert set(rules) == {*map(str, Source), FOOTAGE}
    for source in ("card", "transit", FOOTAGE):
        assert rules[source].authority_for(Level.BASIC) == "province"
        assert rules[source].authority_for(Level.PROVINCE) == "direct"
    assert {rules["phone"].authority_for(level) for level in Level} == {"police"}
