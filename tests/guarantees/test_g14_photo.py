"""G14: the audit, which outlives every case, does not say that two cases had the same photograph."""

from pathlib import Path

from engine.api.schema import StillFile
from engine.schedule.erase import erase_case
from tests.guarantees.house import ME, a_house, case_import

PHOTO = StillFile(file="a.png", content=b"one and the same photograph", provenance="ward")


async def test_g14_the_photograph_of_an_erased_case_is_not_known_again(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        said = []
        for case_id in ("A", "B"):
            await house.intake.put_case(ME, case_import(case_id))
            await house.photos.add(ME, case_id, PHOTO)
            lines = [x for x in await house.audit() if (x.action, x.object) == ("photo", case_id)]
            said.append({value for line in lines for value in line.detail.values()})
            await erase_case(house.context, case_id, ME.name)
        assert all(said)
        assert not said[0] & said[1]
