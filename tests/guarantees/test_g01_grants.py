"""G1: grants, attacked in the worker that opens the footage. The worker is a real process."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from engine.domain.camera import Segment
from engine.domain.errors import Refused
from engine.domain.grant import WindowGrant
from engine.domain.interval import Interval
from engine.schedule.frames import Cancel, Failed, ScanDone, ScanProgress, SubjectOfScan
from engine.vault.grants import GrantSigner, Permit, check
from tests.guarantees.conftest import LONG_S
from tests.guarantees.house import NOON, TurnableClock, a_camera, template
from tests.guarantees.worker_line import SEED, WorkerLine, a_grant, a_subject, grant_of, segment_of

HALL = a_camera()
ME, SOMEBODY_ELSE = template(1), template(2)
TEN_MINUTES = Interval(start=NOON, end=NOON + timedelta(minutes=10))
STOP_WITHIN_S = 2.0


def boot_s() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def good(footage: str, **given: object) -> WindowGrant:
    return a_grant(HALL, TEN_MINUTES, ME, [footage], **given)


def altered(footage: str, **changes: object) -> SubjectOfScan:
    """Signed for one thing, then changed to say another."""
    subject = a_subject(good(footage), ME)
    grant = msgspec.structs.replace(good(footage), **changes)
    forged = msgspec.structs.replace(
        subject.grant, grant=msgspec.msgpack.Encoder(order="deterministic").encode(grant)
    )
    return msgspec.structs.replace(subject, grant=forged)


FORGERIES: dict[str, Callable[[str], SubjectOfScan]] = {
    "signed by another key": lambda f: a_subject(good(f), ME, signer=GrantSigner(b"x" * 32)),
    "another interval written over it": lambda f: altered(
        f, interval=Interval(start=NOON - timedelta(hours=1), end=TEN_MINUTES.end)
    ),
    "another case written over it": lambda f: altered(f, case_id="B"),
    "a longer life written over it": lambda f: altered(f, expires_at=datetime.now(UTC) + timedelta(days=400)),
    "no grant at all": lambda f: msgspec.structs.replace(
        a_subject(good(f), ME), grant=msgspec.structs.replace(a_subject(good(f), ME).grant, grant=b"")
    ),
    "no signature": lambda f: msgspec.structs.replace(
        a_subject(good(f), ME), grant=msgspec.structs.replace(a_subject(good(f), ME).grant, signature=b"")
    ),
    "expired": lambda f: a_subject(good(f, expires_at=datetime.now(UTC) - timedelta(seconds=1)), ME),
    "over by the boot clock": lambda f: a_subject(good(f, deadline_boottime_s=boot_s() - 1.0), ME),
    "for another camera": lambda f: a_subject(good(f, camera_id="street"), ME),
    "with the face of another person": lambda f: a_subject(good(f), SOMEBODY_ELSE),
    "for minutes to come": lambda f: a_subject(
        good(f, interval=Interval(start=NOON, end=datetime.now(UTC) + timedelta(hours=1))), ME
    ),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_g01_a_forged_grant_makes_no_permit(forgery: str) -> None:
    subject = FORGERIES[forgery]("0" * 64)
    clock = TurnableClock(datetime.now(UTC))
    clock.boot_s = boot_s()
    with pytest.raises(Refused) as refused:
        check(
            subject.grant,
            subject.template,
            verify_key=GrantSigner(SEED).verify_key,
            camera_id="hall",
            clock=clock,
        )
    assert refused.value.rule in ("G1", "G6")


def test_g01_a_clock_turned_back_in_the_worker_does_not_prolong_a_grant() -> None:
    """The wall clock says there is an hour left; the boot clock knows better."""
    subject = a_subject(good("0" * 64, deadline_boottime_s=1900.0), ME)
    clock = TurnableClock(datetime.now(UTC))
    permit = check(subject.grant, ME, verify_key=GrantSigner(SEED).verify_key, camera_id="hall", clock=clock)
    assert not permit.still_valid(clock)
    clock.boot_s = 1901.0
    clock.wall -= timedelta(minutes=30)
    assert permit.still_valid(clock)


def test_g01_nobody_makes_a_permit_by_hand() -> None:
    with pytest.raises(Refused):
        Permit(object(), good("0" * 64), ME)


@pytest.mark.parametrize("forgery", FORGERIES)
def test_g01_a_worker_decodes_nothing_for_a_forged_grant(
    worker: WorkerLine, long_clip: Path, forgery: str
) -> None:
    """Frames spoken to the worker directly, past the engine."""
    segment = segment_of(HALL, long_clip, NOON, LONG_S)
    worker.begin(HALL, [(segment, long_clip)], [FORGERIES[forgery](segment.sha256)])
    answer = worker.hear_any()
    assert isinstance(answer, Failed)
    assert answer.kind == "refused"


def test_g01_a_worker_opens_no_footage_that_the_grant_does_not_name(
    worker: WorkerLine, long_clip: Path
) -> None:
    segment = segment_of(HALL, long_clip, NOON, LONG_S)
    other = a_subject(a_grant(HALL, TEN_MINUTES, ME, ["0" * 64]), ME)
    answer = worker.scan(HALL, [(segment, long_clip)], [other])
    assert isinstance(answer, Failed)
    assert (answer.kind, answer.rule) == ("refused", "G1")


def test_g01_footage_that_claims_the_hash_of_another_stays_shut(worker: WorkerLine, long_clip: Path) -> None:
    """The message says the hash that the grant names; the bytes say otherwise."""
    claimed = msgspec.structs.replace(segment_of(HALL, long_clip, NOON, LONG_S), sha256="0" * 64)
    subject = a_subject(a_grant(HALL, TEN_MINUTES, ME, ["0" * 64]), ME)
    (result,) = worker.results(HALL, [(claimed, long_clip)], [subject])
    assert result.frames == 0
    assert any("sha256" in line for line in result.problems)


def test_g01_a_worker_looks_at_no_frame_outside_the_minutes_of_the_grant(
    worker: WorkerLine, long_clip: Path
) -> None:
    segment = segment_of(HALL, long_clip, NOON, LONG_S)
    ten_s = Interval(start=NOON + timedelta(seconds=100), end=NOON + timedelta(seconds=110))
    minute_before = Interval(start=NOON - timedelta(minutes=1), end=NOON)
    for interval, most in ((ten_s, 50), (minute_before, 0)):
        subject = a_subject(a_grant(HALL, interval, ME, [segment.sha256]), ME)
        (result,) = worker.results(HALL, [(segment, long_clip)], [subject])
        assert result.frames <= most
    assert not result.problems


def begun(worker: WorkerLine, clip: Path, *subjects: SubjectOfScan) -> None:
    """Start a long scan and wait until frames have been looked at."""
    segment = segment_of(HALL, clip, NOON, LONG_S)
    worker.begin(HALL, [(segment, clip)], subjects)
    assert isinstance(worker.hear_any(), ScanProgress)


def long_grant(segment: Segment, **given: object) -> WindowGrant:
    return a_grant(HALL, TEN_MINUTES, ME, [segment.sha256], **given)


def test_g01_a_scan_revoked_in_mid_run_stops_within_two_seconds(worker: WorkerLine, long_clip: Path) -> None:
    segment = segment_of(HALL, long_clip, NOON, LONG_S)
    grant = long_grant(segment)
    begun(worker, long_clip, a_subject(grant, ME))
    started = time.monotonic()
    worker.say(Cancel(grant_ids=(grant.grant_id,), why="the authorisation was revoked"))
    answer = worker.hear(ScanDone)
    assert time.monotonic() - started < STOP_WITHIN_S
    (result,) = (r.result for r in answer.results)
    assert result.stopped == "the authorisation was revoked"
    assert not result.tracks


def test_g01_a_scan_stops_within_two_seconds_of_the_end_of_its_grant(
    worker: WorkerLine, long_clip: Path
) -> None:
    segment = segment_of(HALL, long_clip, NOON, LONG_S)
    for life_s in (1.0, 4.0, 16.0, 64.0):  # a busy machine looks at its first frames late
        ends = boot_s() + life_s
        subject = a_subject(long_grant(segment, deadline_boottime_s=ends), ME)
        worker.begin(HALL, [(segment, long_clip)], [subject])
        if isinstance(worker.hear_any(), ScanProgress):
            break
    else:
        pytest.fail("no frame was looked at before the grant ended")
    (answer,) = worker.hear(ScanDone).results
    assert boot_s() - ends < STOP_WITHIN_S
    assert answer.result.stopped


def test_g01_revoking_one_of_two_stops_that_one_only(worker: WorkerLine, long_clip: Path) -> None:
    segment = segment_of(HALL, long_clip, NOON, LONG_S)
    mine, other = long_grant(segment), long_grant(segment, case_id="B")
    begun(worker, long_clip, a_subject(mine, ME), a_subject(other, ME))
    worker.say(Cancel(grant_ids=(mine.grant_id,), why="revoked"))
    for _ in range(5):
        assert isinstance(worker.hear_any(), ScanProgress)
    worker.say(Cancel(grant_ids=(other.grant_id,), why="enough"))
    results = {r.grant_id: r.result for r in worker.hear(ScanDone).results}
    assert results[mine.grant_id].stopped == "revoked"
    assert results[other.grant_id].stopped == "enough"
    assert results[other.grant_id].frames > results[mine.grant_id].frames + 30


@pytest.mark.parametrize("forgery", ["expired", "signed by another key", "for another camera"])
def test_g01_a_bad_grant_among_two_costs_its_own_subject_only(
    worker: WorkerLine, long_clip: Path, forgery: str
) -> None:
    """Both share one reading. The bad one is told nothing at all, the good one everything."""
    clip = segment_of(HALL, long_clip, NOON, LONG_S)
    minute = Interval(start=NOON, end=NOON + timedelta(seconds=5))
    permitted = a_subject(a_grant(HALL, minute, ME, [clip.sha256]), ME)
    answer = worker.scan(HALL, [(clip, long_clip)], [FORGERIES[forgery](clip.sha256), permitted])
    assert isinstance(answer, ScanDone)
    assert [r.grant_id for r in answer.results] == [grant_of(permitted).grant_id]
    assert answer.results[0].result.frames > 0
    assert answer.results[0].result.stopped == ""
