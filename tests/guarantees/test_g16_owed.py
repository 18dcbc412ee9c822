"""G16: whatever is collected, or passed on, before or after a notice, is owed to the patient."""

from pathlib import Path

import pytest

from engine.api.asked import Conflict
from engine.api.forms import NoticeSent
from engine.api.schema import RecordFile, TraceStart
from engine.domain.errors import InputError
from engine.domain.record import Source
from engine.domain.trace import TraceState
from engine.ports import RecordMapping
from tests.guarantees.house import a_house, seen
from tests.guarantees.server_house import KIM, a_case, an_order, permitted, photograph
from tests.guarantees.test_g16_notice import closing, told

ENTRIES = RecordFile(file="entry.csv", content=b"at\n", mapping=RecordMapping(source=Source.ENTRY))


async def test_g16_records_and_photographs_are_owed_from_the_moment_they_come(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        await an_order(house)
        await a_case(house)
        await house.intake.add_records(KIM, "A", ENTRIES)
        owed = await closing(house).notice(KIM, "A")
        assert owed.to_tell == ("collected:entry", "collected:photo")
        with pytest.raises(InputError, match="leaves out collected:entry"):
            await told(house, collected=("photo",))


async def test_g16_footage_is_owed_from_the_moment_it_may_be_opened(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        await an_order(house)
        await a_case(house)
        authorisation_id = (await permitted(house)).authorisation_id
        house.pool.may_answer.clear()
        start = TraceStart(case_id="A", authorisation_id=authorisation_id)
        trace = await house.tracing.start(KIM, start)
        await house.pool.granted.wait()
        assert (await closing(house).notice(KIM, "A")).to_tell == ("collected:footage", "collected:photo")
        house.pool.may_answer.set()
        await house.over(trace.trace_id)
        with pytest.raises(InputError, match="leaves out collected:footage"):
            await told(house)
        await told(house, collected=("photo", "footage"))

        sealed = await house.blobs("notice")
        again = await house.tracing.start(KIM, start)
        await house.over(again.trace_id)
        assert len(house.pool.grants) > 1
        assert await house.blobs("notice") == sealed  # told already: not owed, and not written, anew


async def test_g16_a_trace_from_records_alone_owes_no_footage(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        await an_order(house)
        await a_case(house)
        authorisation_id = (await permitted(house)).authorisation_id
        await house.intake.withdraw_ground(KIM, "A")
        trace = await house.tracing.start(KIM, TraceStart(case_id="A", authorisation_id=authorisation_id))
        assert await house.over(trace.trace_id) is TraceState.RECORDS_ONLY
        assert (await closing(house).notice(KIM, "A")).to_tell == ("collected:photo",)


async def test_g16_what_was_told_is_not_owed_again_and_what_is_new_is(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        await an_order(house)
        await a_case(house)
        await told(house, collected=("photo",))
        await house.photos.add(KIM, "A", photograph(content=b"a second one"))
        assert (await closing(house).notice(KIM, "A")).state == "sent"  # that there are photos was told
        await house.intake.add_records(KIM, "A", ENTRIES)
        owed = await closing(house).notice(KIM, "A")
        assert (owed.state, owed.to_tell) == ("due", ("collected:entry",))


async def test_g16_every_case_on_a_server_begins_with_a_notice_that_is_owed(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        await an_order(house)
        await a_case(house, photo=False)
        assert [case.notice for case in await house.intake.cases(KIM)] == ["due"]


async def test_g16_who_records_a_notice_has_seen_what_is_owed(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        await an_order(house)
        await a_case(house)
        desk = closing(house)
        before = (await desk.notice(KIM, "A")).version
        await house.intake.add_records(KIM, "A", ENTRIES)
        form = NoticeSent(
            sent_at=house.clock.wall, means="post", document_sha256="d" * 64, collected=("photo", "entry")
        )
        with pytest.raises(Conflict, match="was changed"):
            await desk.notice_sent(seen(KIM, before), "A", form)
