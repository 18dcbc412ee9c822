"""G24: nobody approves their own request, and what is not yours is not there. Attacked inside the engine."""

import sqlite3
from pathlib import Path

import pytest

from engine.api.asked import Asked, Conflict
from engine.api.schema import AuthorisationView, TraceStart
from engine.domain.authorisation import Role
from engine.domain.errors import Refused, Unknown
from engine.ports import Transaction
from tests.guarantees.house import House, a_house, by, case_import, seen
from tests.guarantees.server_house import (
    CHOI,
    JUNG,
    KIM,
    LEE,
    PARK,
    a_case,
    an_order,
    answered,
    member,
    permitted,
    wanted,
)


async def requested(house: House) -> AuthorisationView:
    await an_order(house)
    await a_case(house)
    await answered(house, "A", "footage", "province")
    return await house.authorise.request(KIM, wanted())


@pytest.mark.parametrize(
    "who",
    [
        by("kim", 2001, Role.AUTHORISER),
        by("kim", 2001, *Role),
        by("other-name", 2001, Role.AUTHORISER),
    ],
    ids=["in another role", "in every role", "under another name of the account"],
)
async def test_g24_nobody_approves_their_own_request(tmp_path: Path, who: object) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        request = await requested(house)
        with pytest.raises(Refused, match="nobody approves their own request") as no:
            await house.authorise.approve(seen(who), request.authorisation_id)  # type: ignore[arg-type]
        assert no.value.rule == "G24"


async def test_g24_su_to_another_account_makes_nobody_a_second_person(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        await an_order(house)
        await a_case(house)
        await answered(house, "A", "footage", "province")
        kim = by("kim", 2001, Role.INVESTIGATOR, login_uid=2001)
        request = await house.authorise.request(kim, wanted())
        su = by("park", 2004, Role.AUTHORISER, login_uid=2001)
        with pytest.raises(Refused, match="nobody approves their own request"):
            await house.authorise.approve(seen(su), request.authorisation_id)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (by("kim", 2001, Role.INVESTIGATOR), by("park", 2004, Role.AUTHORISER, login_uid=2001)),
        (by("kim-2", 2999, Role.SUPERVISOR, login_uid=2001), by("kim", 2001, Role.AUTHORISER)),
    ],
    ids=["asked from a process without a login", "approved from a process without a login"],
)
async def test_g24_a_process_without_a_recorded_login_makes_nobody_two(
    tmp_path: Path, first: Asked, second: Asked
) -> None:
    """As from a timer or a service: the account itself is then who it is."""
    async with a_house(tmp_path, rehearsal=False) as house:
        await an_order(house)
        await a_case(house)
        await house.intake.add_member(KIM, "A", member(first.name))
        await answered(house, "A", "footage", "province")
        request = await house.authorise.request(first, wanted())
        with pytest.raises(Refused, match="nobody approves their own request"):
            await house.authorise.approve(seen(second), request.authorisation_id)


@pytest.mark.parametrize("uid", ["requested_uid", "NULL"])
async def test_g24_the_database_itself_takes_no_approval_of_ones_own(tmp_path: Path, uid: str) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        await requested(house)

        async def forge(tx: Transaction) -> None:
            await tx.execute(f"UPDATE authorisation SET state = 'approved', approved_uid = {uid}")

        with pytest.raises(sqlite3.IntegrityError, match="second person"):
            await house.store.run(forge)


async def test_g24_of_two_who_answer_a_request_the_second_is_told_who_was_first(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        request = await requested(house)
        await house.authorise.approve(seen(PARK), request.authorisation_id)
        with pytest.raises(Conflict, match="approved already by park at 2026"):
            await house.authorise.refuse(seen(JUNG), request.authorisation_id)


async def test_g24_whoever_comes_after_a_refusal_is_told_who_refused(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        request = await requested(house)
        refused = await house.authorise.refuse(seen(JUNG), request.authorisation_id)
        assert (refused.ended_by, refused.ended_at) == ("jung", house.clock.wall)
        with pytest.raises(Conflict, match="refused already by jung at 2026"):
            await house.authorise.approve(seen(PARK), request.authorisation_id)
        (shown,) = await house.authorise.all(PARK)
        assert (shown.state, shown.ended_by) == ("refused", "jung")


async def test_g24_whoever_comes_after_a_revocation_is_told_who_revoked(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        request = await requested(house)
        await house.authorise.revoke(KIM, request.authorisation_id)
        with pytest.raises(Conflict, match="revoked already by kim at 2026"):
            await house.authorise.approve(seen(PARK), request.authorisation_id)


@pytest.mark.parametrize("first", ["revoked", "refused"])
async def test_g24_what_has_ended_is_not_ended_again_by_another(tmp_path: Path, first: str) -> None:
    """Who ended it and when stays as it was, and the audit tells of one end."""
    async with a_house(tmp_path, rehearsal=False) as house:
        authorisation_id = (await requested(house)).authorisation_id
        end = house.authorise.revoke if first == "revoked" else house.authorise.refuse
        ended = await end(seen(JUNG), authorisation_id)
        house.clock.pass_s(60.0)
        assert await house.authorise.revoke(PARK, authorisation_id) == ended
        said = [line.outcome for line in await house.audit() if line.action == "authorisation"]
        assert said == ["requested", first]


async def test_g24_what_is_somebody_elses_is_answered_like_what_is_not_there(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        authorisation_id = await permitted_one(house)
        start = TraceStart(case_id="A", authorisation_id=authorisation_id)
        trace = await house.tracing.start(KIM, start)
        await house.over(trace.trace_id)
        outsider = by("han", 2009, Role.INVESTIGATOR)
        await house.intake.put_case(outsider, case_import("Q"))
        pairs = [
            (house.photos.all(outsider, "A"), house.photos.all(outsider, "Z"), "A", "Z"),
            (
                house.tracing.detail(outsider, trace.trace_id),
                house.tracing.detail(outsider, "f" * 16),
                trace.trace_id,
                "f" * 16,
            ),
            (
                house.authorise.revoke(outsider, authorisation_id),
                house.authorise.revoke(outsider, "e" * 16),
                authorisation_id,
                "e" * 16,
            ),
            (
                house.tracing.start(outsider, TraceStart(case_id="Q", authorisation_id=authorisation_id)),
                house.tracing.start(outsider, TraceStart(case_id="Q", authorisation_id="d" * 16)),
                authorisation_id,
                "d" * 16,
            ),
        ]
        for theirs, nobodys, real_id, made_up in pairs:
            with pytest.raises(Unknown) as hidden:
                await theirs
            with pytest.raises(Unknown) as missing:
                await nobodys
            assert str(hidden.value).replace(real_id, made_up) == str(missing.value)


async def permitted_one(house: House) -> str:
    await an_order(house)
    await a_case(house)
    return (await permitted(house)).authorisation_id


async def test_g24_everybody_sees_their_own_and_a_supervisor_all(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        await an_order(house)
        await a_case(house)
        await a_case(house, "B", photo=False)
        assert [c.case_id for c in await house.intake.cases(KIM)] == ["A", "B"]
        assert [c.case_id for c in await house.intake.cases(LEE)] == ["A"]
        assert [c.case_id for c in await house.intake.cases(CHOI)] == ["A", "B"]
        assert await house.intake.cases(by("han", 2009, Role.INVESTIGATOR)) == ()


async def test_g24_an_operator_sees_that_traces_run_and_not_whose(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        authorisation_id = await permitted_one(house)
        trace = await house.tracing.start(KIM, TraceStart(case_id="A", authorisation_id=authorisation_id))
        await house.over(trace.trace_id)
        (row,) = await house.tracing.traces(by("ops", 2010, Role.OPERATOR))
        assert (row.trace_id, row.case_id, row.candidates, row.message) == (trace.trace_id, "", 0, "")
        (own,) = await house.tracing.traces(KIM)
        assert own.case_id == "A"
