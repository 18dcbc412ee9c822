from datetime import timedelta

import msgspec
import pytest

from engine.api.client import EngineSaysNo
from engine.api.intake import Intake
from engine.api.schema import AuthorisationRequest, CaseImport, GroundRecord, TraceStart
from engine.domain.ground import GroundKind
from engine.domain.record import Source
from engine.domain.trace import TraceState
from engine.store.sealing import face_key
from tests.engine.api.conftest import House
from tests.engine.api.requests import (
    AUTHORISATION,
    CASE,
    GROUND,
    RECORDS,
    STILL,
    one_candidate,
    ready,
    traced,
)
from tests.engine.fakes import NOW, a_record, at


def case(**given: object) -> CaseImport:
    return msgspec.structs.replace(CASE, **given)


def authorisation(**given: object) -> AuthorisationRequest:
    return msgspec.structs.replace(AUTHORISATION, **given)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"notification_ref": ""}, "notification_ref"),
        ({"disease": "boredom"}, "known: covid-19"),
        ({"onset": None}, "neither onset nor specimen"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
    ],
)
async def test_a_case_that_cannot_be_is_refused_with_the_place(
    house: House, wrong: dict[str, object], says: str
) -> None:
    with pytest.raises(EngineSaysNo, match=says):
        await house.client.import_case(case(**wrong))
    assert await house.client.cases() == ()


@pytest.mark.parametrize("case_id", ["x" * 65, "kim minsu", "-x", "a/b", "a\nb", "김", ""])
async def test_a_case_id_is_opaque_and_plain(house: House, case_id: str) -> None:
    body = msgspec.json.encode(case(case_id=case_id))
    answer = await house.raw.put("/cases/x", content=body)
    assert answer.status_code == 422
    assert await house.client.cases() == ()


async def test_the_case_in_the_address_is_the_case_in_the_body(house: House) -> None:
    answer = await house.raw.put("/cases/case-2", content=msgspec.json.encode(CASE))
    assert answer.status_code == 422
    assert b"differs from the address" in answer.content


async def test_records_are_parsed_by_a_worker_and_counted(house: House) -> None:
    await house.client.import_case(CASE)
    house.pool.records = (a_record(0), a_record(5))
    taken = await house.client.add_records("case-1", RECORDS)
    assert (taken.file, taken.taken, taken.dropped) == ("card.csv", 2, {"other person": 2})
    assert taken.warnings == ("card.csv: row 3: minutes illegible",)
    assert house.pool.parsed == [("card.csv", frozenset({"k"}))]
    await house.client.add_records("case-1", RECORDS)
    assert (await house.client.cases())[0].records == 2


async def test_nothing_is_parsed_or_looked_at_for_a_case_that_is_not_open(house: House) -> None:
    for asked in (house.client.add_records("case-9", RECORDS), house.client.add_still("case-9", STILL)):
        with pytest.raises(EngineSaysNo, match="no open case case-9"):
            await asked
    assert house.pool.parsed == house.pool.enrolled == []


async def test_a_photograph_needs_its_provenance_and_a_face(house: House) -> None:
    await house.client.import_case(CASE)
    for wrong, says in (
        ({"provenance": "  "}, "has no provenance"),
        ({"content": b"nobody"}, r"front\.jpg: shows no face"),
    ):
        with pytest.raises(EngineSaysNo, match=says):
            await house.client.add_still("case-1", msgspec.structs.replace(STILL, **wrong))
    assert (await house.client.cases())[0].stills == 0


async def test_the_photograph_of_another_open_case_is_refused(house: House) -> None:
    for case_id in ("case-1", "case-2"):
        await house.client.import_case(case(case_id=case_id))
    await house.client.add_still("case-1", STILL)
    with pytest.raises(EngineSaysNo, match="another open case") as said:
        await house.client.add_still("case-2", STILL)
    assert said.value.code == "G5"


async def test_a_ground_is_checked_and_recorded_with_who_and_when(house: House) -> None:
    await house.client.import_case(CASE)
    for wrong in (
        GroundRecord(kind=GroundKind.SEPARATE_CONSENT),
        GroundRecord(kind=GroundKind.LAW, law_id="because"),
    ):
        with pytest.raises(EngineSaysNo) as said:
            await house.client.record_ground("case-1", wrong)
        assert said.value.code == "G3"
    assert (await house.client.cases())[0].ground == ""
    assert (await house.client.record_ground("case-1", GROUND)).ground == "separate_consent"
    ground = await house.context.store.run(lambda tx: house.context.cases.ground(tx, "case-1"))
    assert ground is not None
    assert (ground.recorded_by, ground.recorded_at) == ((await house.client.hello()).person, NOW)


async def test_withdrawing_a_ground_stops_the_search_erases_what_came_of_it_and_leaves_the_case(
    house: House,
) -> None:
    one_candidate(house.pool)
    trace = await traced(house.client, house.pool)
    (candidate,) = (await house.client.trace(trace.trace_id)).candidates
    vault = house.context.sealer.vault
    assert vault.has(face_key("case-1"))
    assert (await house.client.withdraw_ground("case-1")).ground == "withdrawn"
    assert not vault.has(face_key("case-1"))
    detail = await house.client.trace(trace.trace_id)
    assert detail.candidates == ()
    assert [v.basis for v in detail.visits] == ["record"]
    with pytest.raises(EngineSaysNo, match="no candidate"):
        await house.client.view(candidate.candidate_id, 80.0)


async def test_withdrawing_in_the_middle_of_a_search_stops_it(house: House) -> None:
    authorisation_id = await ready(house.client, house.pool)
    house.pool.gate.clear()
    trace = await house.client.start_trace(TraceStart(case_id="case-1", authorisation_id=authorisation_id))
    await house.pool.entered.acquire()
    await house.client.withdraw_ground("case-1")
    house.pool.gate.set()
    stopped = (await house.client.trace(trace.trace_id)).trace
    assert stopped.state is TraceState.STOPPED_AUTHORISATION
    assert house.pool.scanned == []


async def test_a_ground_that_was_never_recorded_cannot_be_withdrawn(house: House) -> None:
    await house.client.import_case(CASE)
    with pytest.raises(EngineSaysNo, match="no ground"):
        await house.client.withdraw_ground("case-1")


@pytest.mark.parametrize(
    ("wrong", "code", "says"),
    [
        ({"purpose": "missing child"}, "G17", "missing child"),
        ({"end": NOW + timedelta(seconds=1)}, "G6", "future"),
        ({"cameras": ("cam1", "cam9")}, "input", "cam9"),
        ({"start": at(60), "end": at(0)}, "input", "start"),
        ({"start": at(0).replace(tzinfo=None)}, "input", "start"),
        ({"start": at(-20 * 1440), "end": at(-19 * 1440)}, "input", "infectious period"),
        ({"expires_at": NOW}, "input", "expires_at"),
        ({"expires_at": (NOW + timedelta(hours=1)).replace(tzinfo=None)}, "input", "expires_at"),
        ({"max_camera_hours": 101.0}, "G4", "camera-hours"),
        ({"max_camera_hours": -1.0}, "G4", "camera-hours"),
        ({"case_id": "case-9"}, "unknown", "no open case"),
    ],
)
async def test_a_scope_that_reaches_too_far_is_refused(
    house: House, wrong: dict[str, object], code: str, says: str
) -> None:
    await house.client.import_case(CASE)
    with pytest.raises(EngineSaysNo, match=says) as said:
        await house.client.request_authorisation(authorisation(**wrong))
    assert said.value.code == code


async def test_an_authorisation_is_asked_for_and_then_approved_once(house: House) -> None:
    await house.client.import_case(CASE)
    asked = await house.client.request_authorisation(AUTHORISATION)
    assert (asked.state, asked.approved_by, asked.cameras) == ("requested", "", 2)
    with pytest.raises(EngineSaysNo, match="not approved"):
        await house.client.start_trace(TraceStart(case_id="case-1", authorisation_id=asked.authorisation_id))
    approved = await house.client.approve_authorisation(asked.authorisation_id, version=asked.version)
    assert (approved.state, approved.approved_by) == ("approved", approved.requested_by)
    with pytest.raises(EngineSaysNo, match="approved already"):
        await house.client.approve_authorisation(asked.authorisation_id, version=approved.version)


async def test_a_revoked_authorisation_stays_revoked(house: House) -> None:
    authorisation_id = await ready(house.client, house.pool)
    revoked = await house.client.revoke_authorisation(authorisation_id)
    with pytest.raises(EngineSaysNo, match="revoked already"):
        await house.client.approve_authorisation(authorisation_id, version=revoked.version)


async def test_revoking_stops_what_runs_under_it_and_nothing_else(house: House) -> None:
    mine = await ready(house.client, house.pool)
    other = await ready(house.client, house.pool, "case-2")
    house.pool.gate.clear()
    stopped = await house.client.start_trace(TraceStart(case_id="case-1", authorisation_id=mine))
    going = await house.client.start_trace(TraceStart(case_id="case-2", authorisation_id=other))
    await house.pool.entered.acquire()
    await house.client.revoke_authorisation(mine)
    house.pool.gate.set()
    while not (await house.client.trace(going.trace_id)).trace.state.machine_done:
        pass
    states = {t.trace_id: t.state for t in await house.client.traces()}
    assert states == {
        stopped.trace_id: TraceState.STOPPED_AUTHORISATION,
        going.trace_id: TraceState.COMPLETE,
    }
    assert {t for t, _ in house.pool.scanned} == {going.trace_id}


async def test_what_comes_in_is_in_the_audit_without_a_word_of_what_it_says(house: House) -> None:
    await ready(house.client, house.pool)
    lines = await house.context.store.run(lambda tx: tx.rows("SELECT line FROM audit"))
    text = "\n".join(row["line"] for row in lines)
    for word in ("front.jpg", "card.csv", "N-1", "taken at intake", "cam1", str(Source.CARD) + "-"):
        assert word not in text


async def test_a_withdrawal_that_a_crash_cut_short_is_finished_at_the_next_start(house: House) -> None:
    one_candidate(house.pool)
    trace = await traced(house.client, house.pool)
    cases, store = house.context.cases, house.context.store
    ground = await store.run(lambda tx: cases.ground(tx, "case-1"))
    assert ground is not None
    withdrawn = msgspec.structs.replace(ground, withdrawn_at=NOW)
    await store.run(lambda tx: cases.put_ground(tx, withdrawn))
    await Intake(house.context, house.runner).finish_withdrawals()
    assert not house.context.sealer.vault.has(face_key("case-1"))
    assert (await house.client.trace(trace.trace_id)).candidates == ()


async def test_a_start_leaves_grounds_that_stand_alone(house: House) -> None:
    one_candidate(house.pool)
    trace = await traced(house.client, house.pool)
    await Intake(house.context, house.runner).finish_withdrawals()
    assert len((await house.client.trace(trace.trace_id)).candidates) == 1
