"""G8: contacts are never named or linked by face: their numbers say nothing anywhere else."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import msgspec

from engine.api.schema import ExposureView
from engine.domain.candidate import Candidate
from engine.domain.decision import Answer, Decision
from engine.domain.exposure import Exposure
from engine.domain.track import FacePoint, MaskState, Neighbour
from engine.schedule.frames import Enrolled, Failed
from engine.trace.contacts import contacts
from tests.guarantees.house import ME, NOW, House, a_camera, a_house, a_track
from tests.guarantees.worker_line import WorkerLine

CAMERAS = {"hall": a_camera(), "street": a_camera("street")}


def confirmed(candidates: Sequence[Candidate]) -> dict[str, Decision]:
    return {
        c.candidate_id: Decision(
            decision_id=f"d-{c.candidate_id}",
            candidate_id=c.candidate_id,
            decided_by=ME.name,
            decided_at=NOW,
            answer=Answer.SAME,
        )
        for c in candidates
    }


def exposures(*candidates: Candidate) -> tuple[Exposure, ...]:
    return contacts(candidates, confirmed(candidates), CAMERAS, ())


def candidate(number: int, case_id: str = "A", camera: str = "hall", neighbours: int = 2) -> Candidate:
    return Candidate(
        candidate_id=f"{case_id}-{number}",
        case_id=case_id,
        trace_id=f"T-{case_id}",
        track=a_track(camera, seconds=60.0 + 300.0 * number, neighbours=neighbours),
    )


def test_g08_the_same_bystander_in_two_scenes_is_two_persons() -> None:
    """By number 1 in either scene, at the same place of the picture, with the same mask."""
    people = [e.person for e in exposures(candidate(1), candidate(2), candidate(3, camera="street"))]
    assert len(people) == len(set(people)) == 6


def test_g08_the_number_of_a_person_does_not_follow_from_the_one_in_another_case() -> None:
    """Numbers only count: whoever stood there, those of a case run from 1 without gaps."""
    for case_id in "AB":
        people = sorted(e.person for e in exposures(candidate(1, case_id), candidate(2, case_id)))
        assert people == ["U-001", "U-002", "U-003", "U-004"]


def test_g08_the_number_drawn_in_the_scan_does_not_come_out() -> None:
    """What a worker numbered seven is simply the first person of the case."""
    point = FacePoint(at=a_track().points[0].at, box=(0.0, 0.0, 50.0, 60.0), inter_eye_px=30.0)
    track = msgspec.structs.replace(
        a_track(), neighbours=(Neighbour(number=7, mask=MaskState.BARE, points=(point,)),)
    )
    (exposure,) = exposures(Candidate(candidate_id="A-1", case_id="A", trace_id="T", track=track))
    assert exposure.person == "U-001"
    assert "7" not in exposure.exposure_id


def test_g08_what_is_said_of_a_contact_holds_nothing_of_a_face() -> None:
    """Neither box nor picture nor template leaves with an exposure."""
    leaves = set(ExposureView.__struct_fields__)
    assert leaves == {
        "person",
        "camera",
        "candidate_id",
        "start",
        "end",
        "minutes",
        "distance_low_m",
        "distance_high_m",
        "patient_mask",
        "person_mask",
        "suggestions",
    }


async def bystanders(house: House, case_id: str) -> list[dict[str, object]]:
    found = await house.traced(case_id)
    for c in found.candidates:
        await house.confirm(c.candidate_id, Answer.SAME)
    after = await house.tracing.detail(ME, found.trace.trace_id)
    assert after.exposures
    return [msgspec.to_builtins(e) for e in after.exposures]


async def test_g08_nothing_of_one_case_leads_to_the_same_bystander_in_another(tmp_path: Path) -> None:
    """Two patients stood beside the same two people in the same minute. Whoever holds both contact
    lists finds no opaque id in common; place and minute are all they share."""
    async with a_house(tmp_path) as house:
        house.pool.tracks = lambda _: (a_track(neighbours=2),)
        opaque: dict[str, set[object]] = {}
        for case_id in "AB":
            await house.case(case_id)
            opaque[case_id] = {e["candidate_id"] for e in await bystanders(house, case_id)}
        assert not opaque["A"] & opaque["B"]


async def test_g08_a_bystander_has_no_pictures_of_their_own(tmp_path: Path) -> None:
    """There is nothing to ask for: a person beside the patient is no candidate and no view."""
    async with a_house(tmp_path) as house:
        await house.case()
        house.pool.tracks = lambda _: (a_track(neighbours=3),)
        found = await house.traced()
        assert all(c.case_id == "A" for c in found.candidates)
        stored = await house.store.run(lambda tx: tx.rows("SELECT count(*) AS n FROM candidate"))
        assert stored[0]["n"] == len(house.pool.grants)


def test_g08_a_bystander_cut_out_of_the_footage_is_no_subject(
    rehearsing: WorkerLine, worker: WorkerLine, shared: Path
) -> None:
    """The crop would make a good template: only the statement stands in the way."""
    capture = cv2.VideoCapture(str(shared / "footage" / "asl_please.mkv"))
    _, frame = capture.read()
    for crop in (frame, frame[40:440, 120:520]):
        content = cv2.imencode(".png", crop)[1].tobytes()
        assert isinstance(worker.enrols(content), Enrolled)
        answer = rehearsing.enrols(content)
        assert isinstance(answer, Failed)
        assert (answer.kind, answer.rule) == ("refused", "G27")
