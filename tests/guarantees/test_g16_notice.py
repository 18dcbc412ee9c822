"""G16: the notice owed to the patient, attacked by closing without it and by passing data on after it."""

from datetime import timedelta
from pathlib import Path

import pytest

from engine.api.closing import Closing
from engine.api.forms import CaseClose, NoticeSent, NoticeView, PassedOn
from engine.domain.errors import InputError, Refused
from engine.schedule.sweep import Sweeper
from tests.guarantees.house import House, a_house, seen
from tests.guarantees.server_house import KIM, a_case, an_order, photograph

CLOSE = CaseClose(reason="isolation is over")


def closing(house: House) -> Closing:
    return Closing(house.context, Sweeper(house.context, stop=house.runner.stop))


async def told(house: House, **given: object) -> NoticeView:
    values: dict[str, object] = {
        "sent_at": house.clock.wall,
        "means": "post",
        "document_sha256": "d" * 64,
        "collected": ("photo",),
    }
    form = NoticeSent(**(values | given))  # type: ignore[arg-type]
    desk = closing(house)
    return await desk.notice_sent(seen(KIM, (await desk.notice(KIM, "A")).version), "A", form)


async def close(house: House) -> object:
    (case,) = await house.intake.cases(KIM)
    return await closing(house).close(seen(KIM, case.version), "A", CLOSE)


async def test_g16_a_case_whose_patient_was_told_is_closed(tmp_path: Path) -> None:
    """Otherwise the refusals below would prove nothing."""
    async with a_house(tmp_path, rehearsal=False) as house:
        await an_order(house)
        await a_case(house)
        assert (await told(house)).state == "sent"
        await close(house)
        assert await house.intake.cases(KIM) == ()


async def test_g16_a_case_is_not_closed_before_its_patient_was_told(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        await an_order(house)
        await a_case(house)
        with pytest.raises(Refused, match="notice to the patient") as no:
            await close(house)
        assert no.value.rule == "G16"
        assert [c.notice for c in await house.intake.cases(KIM)] == ["due"]


async def test_g16_data_passed_on_after_the_notice_has_to_be_told_too(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        await an_order(house)
        await a_case(house)
        await told(house)
        owed = await closing(house).passed_on(KIM, "A", PassedOn(to="the next city", what="timeline"))
        assert (owed.state, owed.to_tell) == ("due", ("passed:timeline to the next city",))
        with pytest.raises(Refused, match="timeline to the next city"):
            await close(house)
        with pytest.raises(InputError, match="leaves out passed:timeline"):
            await told(house)
        await told(house, passed_on=("timeline to the next city",))
        await close(house)


async def test_g16_a_notice_that_leaves_out_what_was_collected_is_none(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        await an_order(house)
        await a_case(house)
        with pytest.raises(InputError, match="leaves out collected:photo"):
            await told(house, collected=("entry",))
        assert (await closing(house).notice(KIM, "A")).state == "due"


@pytest.mark.parametrize(
    "wrong", [{"sent_at_days": 1}, {"document_sha256": ""}], ids=["to be sent tomorrow", "without a document"]
)
async def test_g16_a_notice_is_recorded_after_it_was_sent_with_its_paper(
    tmp_path: Path, wrong: dict[str, object]
) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        await an_order(house)
        await a_case(house)
        given = dict(wrong)
        if "sent_at_days" in given:
            given = {"sent_at": house.clock.wall + timedelta(days=1)}
        with pytest.raises(InputError):
            await told(house, **given)


@pytest.mark.parametrize(
    "early", [{"collected": ("photo", "card")}, {"passed_on": ("contacts to Gaon Province",)}]
)
async def test_g16_nothing_is_told_before_it_was_collected_or_passed_on(
    tmp_path: Path, early: dict[str, object]
) -> None:
    """Otherwise nobody would be owed it when it comes."""
    async with a_house(tmp_path, rehearsal=False) as house:
        await an_order(house)
        await a_case(house)
        with pytest.raises(InputError, match="of which nothing is known here"):
            await told(house, **early)
        await told(house)
        owed = await closing(house).passed_on(KIM, "A", PassedOn(to="Gaon Province", what="contacts"))
        assert owed.to_tell == ("passed:contacts to Gaon Province",)
        for collected in ((), ("photo",)):  # what an earlier notice told may stand there too
            said = await told(house, collected=collected, passed_on=("contacts to Gaon Province",))
        assert (said.state, said.collected) == ("sent", ("photo",))


async def test_g16_a_notice_is_no_older_than_what_it_has_to_tell(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        await an_order(house)
        opened = house.clock.wall
        await a_case(house, photo=False)
        for days in (2000, 1):
            with pytest.raises(InputError, match="before what it has to tell"):
                await told(house, sent_at=opened - timedelta(days=days), collected=())
        house.clock.pass_s(3600)
        await house.photos.add(KIM, "A", photograph())
        with pytest.raises(InputError, match="before what it has to tell"):
            await told(house, sent_at=house.clock.wall - timedelta(minutes=30))
        assert (await told(house, sent_at=house.clock.wall - timedelta(minutes=10))).state == "sent"


async def test_g16_a_notice_that_nobody_sends_is_overdue_and_says_so(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        await an_order(house)
        await a_case(house)
        house.clock.pass_s(timedelta(days=15).total_seconds())
        assert (await closing(house).notice(KIM, "A")).state == "overdue"
        assert [c.notice for c in await house.intake.cases(KIM)] == ["overdue"]
