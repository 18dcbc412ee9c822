"""G3: no face search without a recorded ground; withdrawing it stops, erases and destroys the key."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from engine.api.schema import AuthorisationRequest, GroundRecord, StillFile, TraceStart
from engine.domain.decision import Answer
from engine.domain.errors import Refused
from engine.domain.ground import FaceGround, GroundKind
from engine.domain.trace import TraceState
from engine.store.sealing import face_key
from engine.vault.keys import Erased, Vault
from tests.guarantees.house import (
    ME,
    NOW,
    SECRET,
    House,
    a_house,
    a_track,
    asked,
    consent,
    seen,
)

ANOTHER = consent(document_sha256="b" * 64)  # a consent signed anew


async def erased(house: House) -> None:
    """Nothing of the face search of case A is left in the tables."""
    for table in ("candidate", "window_result", "view", "decision"):
        rows = await house.store.run(lambda tx, t=table: tx.rows(f"SELECT * FROM {t}"))  # type: ignore[misc]
        assert rows == [], table


async def test_g03_without_a_ground_the_trace_finishes_from_records(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.case(ground=False)
        found = await house.traced()
        assert found.trace.state is TraceState.RECORDS_ONLY
        assert [v.place_id for v in found.visits] == ["place-hall"]
        assert not house.pool.grants
        assert any("ground" in line for line in found.trace.left_out)


async def test_g03_a_photograph_is_no_ground(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.case(ground=False, still=True)
        assert (await house.traced()).trace.state is TraceState.RECORDS_ONLY
        assert not house.pool.grants


async def test_g03_the_ground_of_one_patient_is_none_for_another(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.case("A")
        await house.case("B", ground=False)
        assert (await house.traced("B")).trace.state is TraceState.RECORDS_ONLY
        assert not house.pool.grants


@pytest.mark.parametrize("digest", ["", "yes", "a" * 63, "A" * 64, "g" * 64, "a" * 64 + "\n"])
async def test_g03_consent_needs_the_digest_of_a_signed_paper(tmp_path: Path, digest: str) -> None:
    async with a_house(tmp_path) as house:
        await house.case(ground=False)
        with pytest.raises(Refused) as refused:
            await house.intake.put_ground(ME, "A", consent(document_sha256=digest))
        assert refused.value.rule == "G3"
        assert (await house.traced()).trace.state is TraceState.RECORDS_ONLY


@pytest.mark.parametrize("law", ["", "public health emergency", "IDCPA art. 76-2", "infection_control"])
async def test_g03_a_law_in_free_text_is_none(tmp_path: Path, law: str) -> None:
    async with a_house(tmp_path) as house:
        await house.case(ground=False)
        with pytest.raises(Refused) as refused:
            await house.intake.put_ground(
                ME, "A", GroundRecord(kind=GroundKind.LAW, law_id=law, document_sha256="a" * 64)
            )
        assert refused.value.rule == "G3"
        assert (await house.traced()).trace.state is TraceState.RECORDS_ONLY


@pytest.mark.parametrize("kind", ["consent", "consent_to_records", "records", "LAW", ""])
def test_g03_consent_to_records_has_no_name_on_the_wire(kind: str) -> None:
    content = msgspec.json.encode({"kind": kind, "document_sha256": "a" * 64})
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(content, type=GroundRecord)


@pytest.mark.parametrize("feature", ["clothing", "gait", "body_shape", "sex", "age", "ethnicity", "emotion"])
def test_g03_nothing_but_a_face_can_be_asked_for(feature: str) -> None:
    start = msgspec.to_builtins(TraceStart(case_id="A", authorisation_id="a"))
    request = msgspec.to_builtins(asked())
    for kind, body in ((TraceStart, start), (AuthorisationRequest, request)):
        assert msgspec.convert(body, kind)
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(body | {feature: "red coat"}, kind)


async def test_g03_withdrawal_in_mid_run_stops_erases_and_destroys_the_key(tmp_path: Path) -> None:
    """One window has come back with a candidate; the others are still being scanned."""
    async with a_house(tmp_path) as house:
        await house.case()
        house.pool.tracks = lambda _: (a_track(),)
        house.pool.one_at_a_time()
        trace_id = await house.trace()
        await house.has_candidates(trace_id)
        stolen = await house.blobs("candidate") + await house.blobs("candidate", "pictures")
        (candidate_id, pictures) = stolen[-1]
        assert house.vault.open(face_key("A"), f"pictures/{candidate_id}", pictures)

        await house.intake.withdraw_ground(ME, "A")  # returns when everything has stopped
        assert trace_id in house.pool.revoked
        assert not house.runner.busy
        house.pool.may_answer.set()
        assert await house.over(trace_id) is TraceState.STOPPED_AUTHORISATION
        await erased(house)
        for vault in (house.vault, Vault(tmp_path, SECRET)):
            assert not vault.has(face_key("A"))
            with pytest.raises(Erased):
                vault.open(face_key("A"), f"pictures/{candidate_id}", pictures)


async def test_g03_a_new_consent_brings_nothing_back(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.case()
        house.pool.tracks = lambda _: (a_track(),)
        await house.traced()
        ((candidate_id, pictures), *_) = await house.blobs("candidate", "pictures")
        await house.intake.withdraw_ground(ME, "A")
        (case,) = await house.intake.cases(ME)
        await house.intake.put_ground(seen(ME, case.version), "A", ANOTHER)
        with pytest.raises(Exception, match="does not open"):
            house.vault.open(face_key("A"), f"pictures/{candidate_id}", pictures)
        assert not (await house.traced()).candidates  # the photograph is gone with the consent
        await house.case(records=0, ground=False)
        assert (await house.traced()).candidates


@pytest.mark.parametrize("said_too", ["", "KR-IDCPA-18"])
async def test_g03_a_consent_that_was_withdrawn_never_comes_back(tmp_path: Path, said_too: str) -> None:
    """Its paper still lies in the case folder, and the folder is opened again."""
    async with a_house(tmp_path) as house:
        await house.case()
        await house.intake.withdraw_ground(ME, "A")
        (case,) = await house.intake.cases(ME)
        with pytest.raises(Refused, match="was withdrawn") as no:
            await house.intake.put_ground(seen(ME, case.version), "A", consent(law_id=said_too))
        assert no.value.rule == "G3"
        assert [c.ground for c in await house.intake.cases(ME)] == ["withdrawn"]


@pytest.mark.parametrize("ended", [True, False], ids=["withdrawn as well", "in force"])
async def test_g03_a_withdrawn_consent_does_not_come_back_after_another_one(
    tmp_path: Path, ended: bool
) -> None:
    async with a_house(tmp_path) as house:
        await house.case()
        await house.intake.withdraw_ground(ME, "A")
        (case,) = await house.intake.cases(ME)
        await house.intake.put_ground(seen(ME, case.version), "A", ANOTHER)
        if ended:
            await house.intake.withdraw_ground(ME, "A")
        (case,) = await house.intake.cases(ME)
        with pytest.raises(Refused, match="was withdrawn"):
            await house.intake.put_ground(seen(ME, case.version), "A", consent())


async def test_g03_a_withdrawal_that_is_sent_again_leaves_a_later_ground_alone(tmp_path: Path) -> None:
    """A console whose answer was lost tries again under the same key, however late."""
    async with a_house(tmp_path) as house:
        await house.case()
        once = replace(ME, key="withdrawal-1", request_sha256="w")
        await house.intake.withdraw_ground(once, "A")
        (case,) = await house.intake.cases(ME)
        await house.intake.put_ground(seen(ME, case.version), "A", ANOTHER)
        await house.case(records=0, ground=False)
        assert (await house.intake.withdraw_ground(once, "A")).ground == "separate_consent"
        (case,) = await house.intake.cases(ME)
        assert case.stills == 1
        assert await house.store.run(lambda tx: house.context.cases.stills(tx, "A"))


async def test_g03_no_photograph_is_taken_in_after_the_withdrawal(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.case()
        await house.intake.withdraw_ground(ME, "A")
        photo = StillFile(file="a.png", content=b"another photo", provenance="ward")
        with pytest.raises(Refused, match="was withdrawn") as no:
            await house.photos.add(ME, "A", photo)
        assert no.value.rule == "G3"
        assert not house.vault.has(face_key("A"))
        (case,) = await house.intake.cases(ME)
        await house.intake.put_ground(seen(ME, case.version), "A", ANOTHER)
        assert await house.photos.add(ME, "A", photo)


async def test_g03_withdrawal_takes_the_photograph_and_its_key_and_the_finished_trace_says_so(
    tmp_path: Path,
) -> None:
    async with a_house(tmp_path) as house:
        await house.case()
        house.pool.tracks = lambda _: (a_track(),)
        trace = (await house.traced()).trace
        ((still_id, photo), *_) = await house.blobs("still")
        await house.intake.withdraw_ground(ME, "A")
        assert await house.blobs("still") == []
        with pytest.raises(Erased):
            house.vault.open(face_key("A"), f"still/{still_id}", photo)
        state = (await house.tracing.trace(trace.trace_id)).state
        assert state is TraceState.STOPPED_AUTHORISATION


async def test_g03_withdrawal_after_the_trace_leaves_what_the_records_say(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.case()
        house.pool.tracks = lambda _: (a_track(neighbours=2),)
        found = await house.traced()
        for candidate in found.candidates:
            await house.confirm(candidate.candidate_id, Answer.SAME)
        before = await house.tracing.detail(ME, found.trace.trace_id)
        assert before.exposures
        await house.intake.withdraw_ground(ME, "A")
        after = await house.tracing.detail(ME, found.trace.trace_id)
        assert after.candidates == after.exposures == ()
        assert {v.basis for v in after.visits} == {"record"}
        await erased(house)


async def withdrawn_below_the_api(house: House) -> None:
    """Nobody tells the runner."""
    ground = FaceGround(
        case_id="A",
        kind=GroundKind.SEPARATE_CONSENT,
        recorded_at=NOW,
        recorded_by=ME.name,
        document_sha256="a" * 64,
        withdrawn_at=datetime(2026, 3, 5, tzinfo=UTC),
    )
    await house.store.run(lambda tx: house.context.cases.put_ground(tx, ground))


async def test_g03_a_ground_withdrawn_before_the_permit_gives_no_grant(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.case()
        house.pool.may_ask.clear()
        trace_id = await house.trace()
        await house.pool.asked.wait()
        await withdrawn_below_the_api(house)
        house.pool.may_ask.set()
        assert await house.over(trace_id) is TraceState.STOPPED_AUTHORISATION
        assert not house.pool.grants


async def test_g03_what_comes_back_after_the_withdrawal_is_not_kept(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.case()
        house.pool.tracks = lambda _: (a_track(),)
        house.pool.may_answer.clear()
        trace_id = await house.trace()
        await house.pool.granted.wait()
        await withdrawn_below_the_api(house)
        house.pool.may_answer.set()
        assert await house.over(trace_id) is TraceState.STOPPED_AUTHORISATION
        await erased(house)


async def test_g03_the_ground_and_its_withdrawal_are_in_the_audit_without_names(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.case()
        await house.intake.withdraw_ground(ME, "A")
        said = [(line.action, line.detail.get("kind")) for line in await house.audit()]
        assert ("ground", "separate_consent") in said
        assert ("ground", "withdrawn") in said
        assert not any(re.search("a{64}", str(line)) for line in await house.audit())
