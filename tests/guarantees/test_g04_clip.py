"""G4: a clip opens footage too, each time that somebody looks; no cap leaves that out."""

from pathlib import Path

import pytest

from engine.api.asked import Asked
from engine.domain.errors import Refused
from engine.domain.limits import Limits
from tests.guarantees.house import ME, OTHER, House, a_house, a_track

CLIP_S = 20.0  # of a track of a minute
SAID = {
    "trace_h": "beyond the cap of",
    "patient_h": "may be opened for one patient",
    "requester_day_h": "one person may ask for in a day",
    "installation_day_h": "this installation may open in a day",
}


async def a_candidate(house: House) -> str:
    await house.case()
    house.pool.tracks = lambda _: (a_track(),)
    return (await house.traced()).candidates[0].candidate_id


def searched_s(house: House) -> float:
    return sum(grant.interval.duration_s for grant in house.pool.grants)


def limited(house: House, cap: str, camera_s: float) -> None:
    object.__setattr__(house.context.site, "limits", Limits(**{cap: camera_s / 3600}))


async def looked(house: House, candidate_id: str, who: Asked = ME, times: int = 5) -> str:
    """Ask for one clip again and again; what was said when it was refused, "" where it never was."""
    for _ in range(times):
        try:
            await house.clips.clip(who, candidate_id)
        except Refused as no:
            assert no.rule == "G4"
            return str(no)
    return ""


@pytest.mark.parametrize("cap", ["patient_h", "requester_day_h", "installation_day_h"])
async def test_g04_one_clip_looked_at_again_and_again_ends_at_every_cap(tmp_path: Path, cap: str) -> None:
    async with a_house(tmp_path) as house:
        candidate_id = await a_candidate(house)
        limited(house, cap, searched_s(house) + 2.5 * CLIP_S)
        assert SAID[cap] in await looked(house, candidate_id)
        assert [grant.interval.duration_s for grant in house.pool.clip_grants] == [CLIP_S] * 2
        intents = [a for a in await house.audit() if (a.action, a.outcome) == ("clip", "intent")]
        assert len(intents) == 2, "what was refused was not opened"


async def test_g04_a_search_that_used_its_cap_up_can_still_be_looked_at_up_to_as_much_again(
    tmp_path: Path,
) -> None:
    async with a_house(tmp_path) as house:
        candidate_id = await a_candidate(house)
        assert searched_s(house) > 2.5 * CLIP_S
        limited(house, "trace_h", 2.5 * CLIP_S)
        assert SAID["trace_h"] in await looked(house, candidate_id)
        assert len(house.pool.clip_grants) == 2


async def test_g04_clips_are_on_the_account_of_who_looks(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        candidate_id = await a_candidate(house)
        limited(house, "requester_day_h", 1.5 * CLIP_S)  # less than the search of ME has used
        assert SAID["requester_day_h"] in await looked(house, candidate_id)
        assert house.pool.clip_grants == []
        assert SAID["requester_day_h"] in await looked(house, candidate_id, OTHER)
        assert len(house.pool.clip_grants) == 1
