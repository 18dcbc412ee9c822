"""G13: nothing is shown without a line before it, however a request is repeated."""

from dataclasses import replace
from pathlib import Path

import pytest

from engine.api.asked import Asked
from engine.api.housekeeping import Housekeeper
from engine.api.refusals import Refusals
from engine.api.schema import DecisionRequest
from engine.domain.decision import Answer
from engine.domain.errors import Refused, Unknown
from tests.guarantees.house import ME, House, a_house, a_track, seen
from tests.guarantees.server_house import KIM, a_case, an_order, photograph


def under(who: Asked, key: str) -> Asked:
    """A request under an Idempotency-Key, as it is sent again when its answer was lost."""
    return replace(who, key=key, request_sha256=key)


async def a_candidate(house: House) -> tuple[str, str]:
    """A candidate, and the authorisation that it was found under."""
    await house.case()
    house.pool.tracks = lambda _: (a_track(),)
    authorisation_id = await house.authorisation()
    found = await house.traced(authorisation_id=authorisation_id)
    return found.candidates[0].candidate_id, authorisation_id


async def lines_of(house: House, object_id: str) -> list[str]:
    return [x.outcome for x in await house.audit() if (x.action, x.object) == ("view", object_id)]


async def test_g13_pictures_that_are_asked_for_again_under_one_key_are_noted_again(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        candidate_id, _ = await a_candidate(house)
        for _ in range(3):
            assert (await house.review.view(under(ME, "one-view"), candidate_id, 100.0)).pictures
        assert await lines_of(house, candidate_id) == ["intent", "intent", "intent"]


async def test_g13_a_photograph_that_is_asked_for_again_under_one_key_is_noted_again(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        await an_order(house)
        await a_case(house, photo=False)
        still = await house.photos.add(KIM, "A", photograph())
        for _ in range(3):
            await house.photos.view(under(KIM, "one-look"), "A", still.still_id)
        assert await lines_of(house, still.still_id) == ["photo", "again", "again"]


async def test_g13_a_burst_of_refusals_is_counted_to_the_last(tmp_path: Path) -> None:
    """A script tries a thousand ids within a second and is never heard of again."""
    async with a_house(tmp_path) as house:
        refusals = Refusals(house.context, house.clock.boottime_s)
        async with Housekeeper(house.context, house.authorise, refusals):
            for number in range(1000):
                await refusals.note(ME, "trace.detail", f"id-{number}", Unknown("there is no such trace"))
        lines = [line for line in await house.audit() if line.outcome == "refused"]
        assert sum(1 + int(line.detail.get("more", "0")) for line in lines) == 1000


async def test_g01_a_view_from_before_the_revocation_shows_and_answers_nothing(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        candidate_id, authorisation_id = await a_candidate(house)
        once = under(ME, "one-view")
        view = await house.review.view(once, candidate_id, 100.0)
        house.clock.pass_s(1.0)
        await house.authorise.revoke(ME, authorisation_id)
        with pytest.raises(Refused, match="revoked") as no:
            await house.review.view(once, candidate_id, 100.0)
        assert no.value.rule == "G1"
        answer = DecisionRequest(view_id=view.view_id, answer=Answer.SAME)
        with pytest.raises(Refused, match="revoked") as no:
            await house.review.decide(seen(ME), candidate_id, answer)
        assert no.value.rule == "G1"
