"""G20: ten traces are isolated, cooperative scan included: together or alone, everybody learns the same."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import cv2
import msgspec
import numpy as np
import pytest

from engine.domain.camera import Segment
from engine.domain.errors import InputError
from engine.domain.interval import Interval
from engine.domain.track import Enrolment, Track, WindowResult
from engine.schedule.frames import Cancel, Enrolled, ScanDone, ScanProgress, SubjectOfScan
from engine.store.sealing import case_key, face_key
from tests.guarantees.conftest import LONG_S
from tests.guarantees.house import ME, NOON, a_camera, a_house, a_track
from tests.guarantees.worker_line import (
    WorkerLine,
    a_grant,
    a_subject,
    grant_of,
    noise,
    segment_of,
    write_video,
)

HALL = a_camera()
PEOPLE = ("A", "B", "C", "D", "G", "A_masked", "B_masked", "C_masked", "D_masked", "G_masked")
HOUR = Interval(start=NOON, end=NOON + timedelta(minutes=10))


def enrolment(worker: WorkerLine, shared: Path, person: str) -> Enrolment:
    letter, _, masked = person.partition("_")
    names = [f"{letter}_0_masked"] if masked else [f"{letter}_0", f"{letter}_1"]
    answer = worker.enrols(*((shared / "faces" / "enrol" / f"{n}.png").read_bytes() for n in names))
    assert isinstance(answer, Enrolled)
    return answer.enrolment


@pytest.fixture(scope="module")
def ten(worker: WorkerLine, shared: Path) -> dict[str, Enrolment]:
    """Ten subjects: five people bare, and the same five by a masked photograph."""
    return {person: enrolment(worker, shared, person) for person in PEOPLE}


class Street(NamedTuple):
    segment: Segment
    path: Path


@pytest.fixture(scope="module")
def street(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Street:
    """Four people pass one after the other, with nobody for over a second in between; then two side by
    side."""
    clips = [list(frames(shared, name)) for name in ("asl_again", "asl_milk", "asl_learn", "asl_night")]
    a, b, c, d = (clip[:18] for clip in clips)
    empty = [noise(3, 640, 480)] * 16
    shown = [*a, *empty, *b, *empty, *c, *empty, *d, *empty]
    shown += [np.hstack([halved(x), halved(y)]) for x, y in zip(a, b, strict=True)]
    path = write_video(tmp_path_factory.mktemp("street") / "street.mp4", shown, 15)
    return Street(segment_of(HALL, path, NOON, len(shown) / 15), path)


def frames(shared: Path, name: str) -> list[np.ndarray]:
    capture = cv2.VideoCapture(str(shared / "footage" / f"{name}.mkv"))
    found = []
    while (read := capture.read())[0]:
        found.append(read[1])
    return found[::2]


def halved(image: np.ndarray) -> np.ndarray:
    """The middle half of the width: a person with the wall beside them cut off."""
    return image[:, 160:480]


def wanted(people: Sequence[str], ten: dict[str, Enrolment], street: Street) -> list[SubjectOfScan]:
    return [
        a_subject(
            a_grant(HALL, HOUR, ten[p].template, [street.segment.sha256], case_id=p),
            ten[p].template,
            mask=ten[p].mask,
        )
        for p in people
    ]


def told(result: WindowResult) -> tuple[object, ...]:
    """Everything that a subject is told, but for the numbers of bystanders, which are drawn anew."""
    return (
        result.frames,
        result.faces,
        result.cannot_assess,
        result.sampling,
        result.problems,
        tuple(bare(track) for track in result.tracks),
    )


def bare(track: Track) -> object:
    nameless = sorted(msgspec.json.encode(msgspec.structs.replace(n, number=0)) for n in track.neighbours)
    return msgspec.structs.replace(track, neighbours=()), nameless


@pytest.fixture(scope="module")
def together(worker: WorkerLine, ten: dict[str, Enrolment], street: Street) -> dict[str, WindowResult]:
    results = worker.results(HALL, [(street.segment, street.path)], wanted(PEOPLE, ten, street))
    return dict(zip(PEOPLE, results, strict=True))


def test_g20_the_people_of_the_street_are_found_when_ten_are_looked_for(
    together: dict[str, WindowResult],
) -> None:
    """Otherwise the comparisons below would prove nothing."""
    for person in "ABCD":
        assert max(t.llr for t in together[person].tracks) > 3.0
    assert not any(t.llr > 3.0 for t in together["G"].tracks)


@pytest.mark.parametrize("person", ["G", "D_masked"])
def test_g20_what_is_told_of_one_is_the_same_alone_as_among_ten(
    worker: WorkerLine,
    ten: dict[str, Enrolment],
    street: Street,
    together: dict[str, WindowResult],
    person: str,
) -> None:
    (alone,) = worker.results(HALL, [(street.segment, street.path)], wanted([person], ten, street))
    assert told(alone) == told(together[person])


def test_g20_nobody_is_told_the_best_sighting_of_another(together: dict[str, WindowResult]) -> None:
    """The best track of each person overlaps no best track of anybody else while they pass alone."""
    passing = NOON + timedelta(seconds=4 * 34 / 15)
    best = {
        p: max((t for t in together[p].tracks if t.interval.end < passing), key=lambda t: t.llr).interval
        for p in "ABCD"
    }
    for a in best:
        for b in best:
            assert a == b or not best[a].overlaps(best[b])


def test_g20_bystanders_are_numbered_anew_for_everybody(
    worker: WorkerLine, shared: Path, ten: dict[str, Enrolment], tmp_path: Path
) -> None:
    """G8 as well: six people stand in one scene. The number of a bystander in one result does not lead
    to the same person in another: not for the next patient, and not in the next search."""
    people = [
        cv2.imread(str(shared / "faces" / "enrol" / f"{p}.png"))
        for p in ("A_0", "B_0", "C_0", "D_0", "G_0", "B_1")
    ]
    cells = [cv2.resize(image, (426, 480))[:, 60:366] for image in people]
    scene = np.vstack([np.hstack(cells[:3]), np.hstack(cells[3:])])
    scene = scene[: scene.shape[0] // 2 * 2, : scene.shape[1] // 2 * 2]
    path = write_video(tmp_path / "six.mp4", [scene] * 10, 10)
    segment = segment_of(HALL, path, NOON, 1.0)
    numbers = []
    for _ in range(2):
        subjects = [
            a_subject(a_grant(HALL, HOUR, ten[p].template, [segment.sha256], case_id=p), ten[p].template)
            for p in "AC"
        ]
        for result in worker.results(HALL, [(segment, path)], subjects):
            track = max(result.tracks, key=lambda t: t.llr)
            places = {
                (round(n.points[0].box[0], -2), round(n.points[0].box[1], -2)): n.number
                for n in track.neighbours
            }
            assert len(places) >= 4
            numbers.append(places)
    common = set.intersection(*(set(places) for places in numbers))
    assert len(common) >= 3
    drawn = {tuple(places[spot] for spot in sorted(common)) for places in numbers}
    assert len(drawn) > 1


def test_g20_trouble_with_the_footage_of_one_is_not_told_to_another(
    worker: WorkerLine,
    ten: dict[str, Enrolment],
    street: Street,
    together: dict[str, WindowResult],
    tmp_path: Path,
) -> None:
    """Two cases share a camera and ten minutes, but not the file: one's is broken. The other is told
    what it is told among ten."""
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no video at all")
    later = segment_of(HALL, broken, NOON + timedelta(minutes=5), 60.0)
    (well,) = wanted(["A"], ten, street)
    ill = a_subject(a_grant(HALL, HOUR, ten["B"].template, [later.sha256], case_id="B"), ten["B"].template)
    clips = [(street.segment, street.path), (later, broken)]
    found, nothing = worker.results(HALL, clips, [well, ill])
    assert told(found) == told(together["A"])
    assert found.problems == ()
    assert nothing.problems
    assert nothing.tracks == ()
    assert nothing.frames == 0


def test_g20_the_minutes_of_one_are_not_looked_at_for_another(
    worker: WorkerLine, ten: dict[str, Enrolment], street: Street
) -> None:
    """A is in the picture in the first seconds; the other search for A may look at later ones only."""
    template = ten["A"].template
    early = Interval(start=NOON, end=NOON + timedelta(seconds=3))
    late = Interval(start=NOON + timedelta(seconds=4), end=NOON + timedelta(seconds=6))
    subjects = [
        a_subject(a_grant(HALL, minutes, template, [street.segment.sha256], case_id=case), template)
        for case, minutes in (("A", early), ("Z", late))
    ]
    mine, other = worker.results(HALL, [(street.segment, street.path)], subjects)
    (alone,) = worker.results(HALL, [(street.segment, street.path)], subjects[1:])
    assert told(other) == told(alone)
    assert any(t.llr > 3.0 for t in mine.tracks)
    for track in other.tracks:
        assert late.contains(track.interval)
        for neighbour in track.neighbours:
            assert all(late.start <= p.at <= late.end for p in neighbour.points)


def test_g20_a_revoked_one_among_ten_is_told_nothing_and_the_others_everything(
    worker: WorkerLine, ten: dict[str, Enrolment], street: Street, together: dict[str, WindowResult]
) -> None:
    subjects = wanted(PEOPLE[:2], ten, street)
    worker.begin(HALL, [(street.segment, street.path)], subjects)
    worker.say(Cancel(grant_ids=(grant_of(subjects[0]).grant_id,), why="revoked"))
    results = {r.grant_id: r.result for r in worker.hear(ScanDone).results}
    first, *others = (results[grant_of(s).grant_id] for s in subjects)
    assert first.stopped == "revoked"
    assert first.tracks == ()
    for person, result in zip(PEOPLE[1:2], others, strict=True):
        assert told(result) == told(together[person])


def test_g20_a_revoked_one_is_not_told_what_was_found_before(
    worker: WorkerLine, ten: dict[str, Enrolment], street: Street, long_clip: Path
) -> None:
    """Found in the first file, revoked while the second is read: then nothing is known at all."""
    later = segment_of(HALL, long_clip, NOON + timedelta(minutes=1), LONG_S)
    template = ten["A"].template
    grant = a_grant(HALL, HOUR, template, [street.segment.sha256, later.sha256])
    worker.begin(HALL, [(street.segment, street.path), (later, long_clip)], [a_subject(grant, template)])
    looked_at = 0
    while isinstance(told_now := worker.hear_any(), ScanProgress) and told_now.frames >= looked_at:
        looked_at = told_now.frames
    assert isinstance(told_now, ScanProgress)  # counts anew: the second file
    worker.say(Cancel(grant_ids=(grant.grant_id,), why="revoked"))
    (answer,) = worker.hear(ScanDone).results
    assert answer.result.stopped == "revoked"
    assert answer.result.tracks == ()


async def test_g20_ten_cases_at_once_keep_to_themselves(tmp_path: Path) -> None:
    """Every case gets one sighting of its own; nothing of it turns up in any other."""
    cases = [f"case-{n}" for n in range(10)]
    async with a_house(tmp_path) as house:
        for case_id in cases:
            await house.case(case_id)
        house.pool.may_answer.clear()
        mark = {case_id: 10.0 + number for number, case_id in enumerate(cases)}
        by_trace: dict[str, str] = {}
        house.pool.tracks = lambda request: (a_track(llr=mark[by_trace[request.trace_id]]),)
        for case_id in cases:
            by_trace[await house.trace(case_id)] = case_id
        rows = await house.tracing.everything()
        assert sum(row.state == "running" for row in rows) == 10
        house.pool.may_answer.set()
        for trace_id, case_id in by_trace.items():
            await house.over(trace_id)
            found = await house.tracing.detail(ME, trace_id)
            assert found.candidates
            assert {c.llr for c in found.candidates} == {mark[case_id]}
            assert {c.case_id for c in found.candidates} == {case_id}


async def test_g20_no_blob_opens_under_the_key_or_in_the_row_of_another(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        house.pool.tracks = lambda _: (a_track(),)
        for case_id in "AB":
            await house.case(case_id)
            await house.traced(case_id)
        blobs = await house.blobs("candidate")
        (first, sealed), (second, _) = blobs[0], blobs[-1]
        assert house.vault.open(face_key("A"), f"candidate/{first}", sealed)
        for key, row in (
            (face_key("B"), f"candidate/{first}"),
            (case_key("A"), f"candidate/{first}"),
            (face_key("A"), f"candidate/{second}"),
            (face_key("A"), f"pictures/{first}"),
        ):
            with pytest.raises(InputError):
                house.vault.open(key, row, sealed)
