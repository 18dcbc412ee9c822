"""G2: an answer counts for its own source, authority and case, and is given once."""

from pathlib import Path

import pytest

from engine.api.asked import Conflict
from engine.api.forms import SourceAnswer, SourceAsk
from engine.api.sources import Sources
from engine.domain.errors import InputError, Refused, Unknown
from engine.domain.source_request import SourceRequest, SourceRequestState
from engine.store.source_requests import SourceRequests
from tests.guarantees.house import NOW, a_house, seen
from tests.guarantees.server_house import KIM, a_case, an_order, wanted

YES = SourceAnswer(answered=True, reference="R-1")


async def test_g02_the_answer_of_another_authority_opens_nothing(tmp_path: Path) -> None:
    """The province answered for the location of a phone, which is the police's to hand over."""
    async with a_house(tmp_path, rehearsal=False) as house:
        await an_order(house)
        await a_case(house)
        smuggled = SourceRequest(
            request_id="smuggled",
            case_id="A",
            source="phone",
            authority="province",
            reference="P-1",
            asked_by=KIM.name,
            asked_at=NOW,
            state=SourceRequestState.ANSWERED,
        )
        await house.store.run(lambda tx: SourceRequests(house.context.sealer).add(tx, smuggled))
        with pytest.raises(Refused, match="phone comes by way of the police"):
            await house.authorise.request(KIM, wanted(sources=("phone",), face_search=False))


async def test_g02_an_answer_is_given_to_a_request_of_its_own_case(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        await an_order(house)
        await a_case(house)
        await a_case(house, "B", photo=False)
        sources = Sources(house.context)
        asked = await sources.ask(KIM, "A", SourceAsk(source="card", authority="province"))
        with pytest.raises(Unknown, match="there is no request"):
            await sources.answer(seen(KIM), "B", asked.request_id, YES)
        assert [r.state for r in await sources.of_case(KIM, "A")] == ["asked"]


async def test_g02_a_refusal_is_not_turned_into_an_answer(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        await an_order(house)
        await a_case(house)
        sources = Sources(house.context)
        asked = await sources.ask(KIM, "A", SourceAsk(source="card", authority="province"))
        no = await sources.answer(seen(KIM), "A", asked.request_id, SourceAnswer(answered=False))
        with pytest.raises(Conflict, match="refused already"):
            await sources.answer(seen(KIM, no.version), "A", asked.request_id, YES)


async def test_g02_who_answers_has_seen_the_request_as_it_stands(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        await an_order(house)
        await a_case(house)
        sources = Sources(house.context)
        asked = await sources.ask(KIM, "A", SourceAsk(source="card", authority="province"))
        with pytest.raises(Conflict, match="was changed"):
            await sources.answer(seen(KIM, asked.version + 1), "A", asked.request_id, YES)


async def test_g02_a_source_that_is_asked_for_directly_has_no_request(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        await an_order(house)
        await a_case(house)
        with pytest.raises(InputError, match="asked for directly"):
            await Sources(house.context).ask(KIM, "A", SourceAsk(source="entry", authority="direct"))
