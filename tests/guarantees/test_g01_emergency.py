"""G1: the emergency path is possible, loud and reviewed; attacked as a way round the second person."""

from datetime import timedelta
from pathlib import Path

import pytest

from engine.api.closing import Closing
from engine.api.forms import CaseClose, EmergencyRequest, EmergencyReview, NoticeSent
from engine.api.orders import Orders
from engine.api.schema import AuthorisationView, TraceStart
from engine.domain.authorisation import Role
from engine.domain.errors import InputError, Refused
from engine.domain.trace import TraceState
from engine.ports import Transaction
from engine.schedule.sweep import Sweeper
from engine.store import events
from engine.store.authorisations import unreviewed
from engine.store.sealing import case_key
from tests.guarantees.house import House, a_house, by, seen
from tests.guarantees.server_house import JUNG, KIM, LEE, PARK, a_case, an_order, answered, member, wanted

REASON = "a hundred people wait in one hall with him"


async def an_emergency(house: House, **given: object) -> AuthorisationView:
    await an_order(house)
    await a_case(house)
    await answered(house, "A", "footage", "province")
    return await house.authorise.emergency(KIM, EmergencyRequest(wanted=wanted(**given), reason=REASON))


async def started(house: House, view: AuthorisationView) -> str:
    start = TraceStart(case_id="A", authorisation_id=view.authorisation_id)
    return (await house.tracing.start(KIM, start)).trace_id


async def test_g01_an_emergency_is_in_force_at_once_and_told_to_all(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        view = await an_emergency(house)
        assert view.state == "emergency"
        assert view.review_due is not None
        assert await house.over(await started(house, view)) is TraceState.COMPLETE
        told = [e for e in await house.store.run(lambda tx: events.after(tx, 0)) if e.state == "emergency"]
        assert [e.object_id for e in told] == [view.authorisation_id]
        assert [line.outcome for line in await house.audit() if line.object == view.authorisation_id] == [
            "emergency"
        ]


async def test_g01_an_emergency_skips_nothing_but_the_second_person(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        order = await an_order(house)
        await a_case(house)
        form = EmergencyRequest(wanted=wanted(), reason=REASON)
        with pytest.raises(Refused, match="by way of the province"):
            await house.authorise.emergency(KIM, form)
        await answered(house, "A", "footage", "province")
        with pytest.raises(Refused, match="not infection control"):
            await house.authorise.emergency(
                KIM, EmergencyRequest(wanted=wanted(purpose="missing child"), reason=REASON)
            )
        await Orders(house.context, house.runner).end(JUNG, order.order_id)
        with pytest.raises(Refused) as no:
            await house.authorise.emergency(KIM, form)
        assert no.value.rule == "G28"


@pytest.mark.parametrize("reason", ["", "   ", "urgent"])
async def test_g01_an_emergency_says_why(tmp_path: Path, reason: str) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        await an_order(house)
        await a_case(house)
        await answered(house, "A", "footage", "province")
        with pytest.raises(InputError, match="reason"):
            await house.authorise.emergency(KIM, EmergencyRequest(wanted=wanted(), reason=reason))


async def two_emergencies(house: House) -> list[str]:
    """Kim's for case A, which expires in five days, and Lee's for case B; their ids."""
    first = await an_emergency(house, expires_at=house.clock.wall + timedelta(days=5))
    await a_case(house, "B")
    await answered(house, "B", "footage", "province")
    later = wanted("B", expires_at=house.clock.wall + timedelta(days=5))
    second = await house.authorise.emergency(LEE, EmergencyRequest(wanted=later, reason=REASON))
    return [first.authorisation_id, second.authorisation_id]


async def states(house: House) -> dict[str, str]:
    rows = await house.store.run(lambda tx: tx.rows("SELECT authorisation_id, state FROM authorisation"))
    return {row["authorisation_id"]: row["state"] for row in rows}


async def test_g01_an_emergency_ends_after_its_day_though_the_key_of_another_is_lost(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        lost, other = await two_emergencies(house)
        house.vault.destroy(frozenset({case_key("A")}))
        house.clock.pass_s(24 * 3600.0)
        assert await house.authorise.end_unreviewed() == 1
        assert await states(house) == {lost: "emergency", other: "revoked"}


async def test_g01_an_emergency_ends_after_its_day_though_another_was_forged(tmp_path: Path) -> None:
    """And that one was is said, when the others have ended."""
    async with a_house(tmp_path, rehearsal=False) as house:
        forged, other = await two_emergencies(house)
        house.clock.pass_s(24 * 3600.0)

        async def forge(tx: Transaction) -> None:
            await tx.execute(
                "UPDATE authorisation SET sealed = (SELECT sealed FROM authorisation WHERE case_id = 'B')"
                " WHERE case_id = 'A'"
            )

        await house.store.run(forge)
        with pytest.raises(Refused, match=f"emergency {forged}: .*does not open"):
            await house.authorise.end_unreviewed()
        assert (await states(house))[other] == "revoked"


async def test_g01_an_emergency_nobody_reviews_ends_after_a_day(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        view = await an_emergency(house, expires_at=house.clock.wall + timedelta(days=5))
        house.clock.pass_s(24 * 3600.0)
        with pytest.raises(Refused, match="nobody reviewed"):
            await started(house, view)
        assert await house.authorise.end_unreviewed() == 1
        (ended,) = await house.authorise.all(PARK)
        assert ended.state == "revoked"


async def test_g01_what_runs_under_it_stops_when_the_day_is_over(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        view = await an_emergency(house, expires_at=house.clock.wall + timedelta(days=5))
        house.pool.may_ask.clear()
        trace_id = await started(house, view)
        await house.pool.asked.wait()
        house.clock.pass_s(24 * 3600.0)
        house.pool.may_ask.set()
        assert await house.over(trace_id) is TraceState.STOPPED_AUTHORISATION
        assert house.pool.grants == []


async def test_g01_no_grant_of_an_emergency_outlives_its_day(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        view = await an_emergency(house, expires_at=house.clock.wall + timedelta(days=5))
        house.clock.pass_s(24 * 3600.0 - 60.0)
        await house.over(await started(house, view))
        assert house.pool.grants
        assert {grant.expires_at for grant in house.pool.grants} == {view.review_due}
        assert all(grant.deadline_boottime_s <= house.clock.boot_s + 60.0 for grant in house.pool.grants)


async def test_g01_a_reviewed_emergency_goes_on(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        view = await an_emergency(house, expires_at=house.clock.wall + timedelta(days=5))
        reviewed = await house.authorise.review(
            seen(PARK), view.authorisation_id, EmergencyReview(justified=True)
        )
        assert (reviewed.state, reviewed.review_due) == ("approved", None)
        house.clock.pass_s(25 * 3600.0)
        assert await house.over(await started(house, view)) is TraceState.COMPLETE


async def test_g01_an_emergency_found_unjustified_stops(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        view = await an_emergency(house)
        house.pool.may_ask.clear()
        trace_id = await started(house, view)
        await house.pool.asked.wait()
        no = EmergencyReview(justified=False)
        ended = await house.authorise.review(seen(PARK), view.authorisation_id, no)
        assert ended.state == "revoked"
        assert await house.over(trace_id) is TraceState.STOPPED_AUTHORISATION


async def test_g01_nobody_reviews_their_own_emergency(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        view = await an_emergency(house)
        as_authoriser = by("kim", 2001, Role.AUTHORISER)
        with pytest.raises(Refused, match="nobody reviews their own"):
            await house.authorise.review(
                seen(as_authoriser), view.authorisation_id, EmergencyReview(justified=True)
            )


async def test_g01_one_emergency_after_the_other_is_no_way_round(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        await an_emergency(house)
        form = EmergencyRequest(wanted=wanted(), reason=REASON)
        with pytest.raises(Refused, match="has not been reviewed"):
            await house.authorise.emergency(KIM, form)
        await house.intake.add_member(KIM, "A", member("lee"))
        assert (await house.authorise.emergency(LEE, form)).state == "emergency"


async def test_g01_everybody_who_listens_is_told_of_an_emergency(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        assert await house.store.run(unreviewed) == 0
        view = await an_emergency(house)
        assert await house.store.run(unreviewed) == 1
        justified = EmergencyReview(justified=True)
        await house.authorise.review(seen(PARK), view.authorisation_id, justified)
        assert await house.store.run(unreviewed) == 0


async def test_g01_an_emergency_ended_by_whoever_asked_for_it_is_still_to_be_reviewed(
    tmp_path: Path,
) -> None:
    """Search, revoke, ask for the next one: nobody else would ever look."""
    async with a_house(tmp_path, rehearsal=False) as house:
        view = await an_emergency(house)
        assert await house.over(await started(house, view)) is TraceState.COMPLETE
        await house.authorise.revoke(KIM, view.authorisation_id)
        form = EmergencyRequest(wanted=wanted(), reason=REASON)
        with pytest.raises(Refused, match="has not been reviewed"):
            await house.authorise.emergency(KIM, form)
        su = by("kim-2", 2999, Role.SUPERVISOR, login_uid=2001)
        with pytest.raises(Refused, match="has not been reviewed"):
            await house.authorise.emergency(su, form)
        reviewed = await house.authorise.review(
            seen(PARK, 2), view.authorisation_id, EmergencyReview(justified=True)
        )
        assert (reviewed.state, reviewed.review_due) == ("revoked", None)
        with pytest.raises(Refused, match="revoked"):
            await started(house, view)
        assert (await house.authorise.emergency(KIM, form)).state == "emergency"


async def test_g01_an_emergency_nobody_reviewed_in_time_is_followed_by_none(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        view = await an_emergency(house, expires_at=house.clock.wall + timedelta(days=5))
        house.clock.pass_s(24 * 3600.0)
        assert await house.authorise.end_unreviewed() == 1
        later = wanted(expires_at=house.clock.wall + timedelta(days=1))
        form = EmergencyRequest(wanted=later, reason=REASON)
        with pytest.raises(Refused, match="has not been reviewed"):
            await house.authorise.emergency(KIM, form)
        late = await house.authorise.review(
            seen(PARK, 2), view.authorisation_id, EmergencyReview(justified=False)
        )
        assert late.state == "revoked"
        assert (await house.authorise.emergency(KIM, form)).state == "emergency"


async def test_g01_a_case_with_an_emergency_is_not_closed_before_somebody_looked(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        view = await an_emergency(house)
        await told_all(house)
        closing = Closing(house.context, Sweeper(house.context, stop=house.runner.stop))
        (case,) = await house.intake.cases(KIM)
        form = CaseClose(reason="discharged", undecided=True)
        with pytest.raises(Refused, match="not been reviewed") as no:
            await closing.close(seen(KIM, case.version), "A", form)
        assert no.value.rule == "G1"
        await house.authorise.review(seen(PARK), view.authorisation_id, EmergencyReview(justified=True))
        assert (await closing.close(seen(KIM, case.version), "A", form)).keys == 2


async def told_all(house: House) -> None:
    """The patient was told what was collected."""
    closing = Closing(house.context, Sweeper(house.context, stop=house.runner.stop))
    notice = await closing.notice(KIM, "A")
    form = NoticeSent(
        sent_at=house.clock.now(),
        means="post",
        document_sha256="e" * 64,
        collected=tuple(fact.removeprefix("collected:") for fact in notice.to_tell),
    )
    await closing.notice_sent(seen(KIM, notice.version), "A", form)
