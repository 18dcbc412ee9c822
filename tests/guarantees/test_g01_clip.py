"""G1: no clip without a live authorisation, attacked in the worker that opens the footage and in the API."""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import msgspec
import numpy as np
import pytest

from adapters.face.model import OnnxFaceModel
from adapters.face.registry import find
from engine.api.schema import TraceStart
from engine.audit import counts
from engine.domain.authorisation import Role
from engine.domain.errors import InputError, Refused, Unknown
from engine.domain.grant import WindowGrant
from engine.domain.interval import Interval
from engine.ports import ClipRequest
from engine.schedule.frames import Cancel, ClipDrawn, Failed
from engine.schedule.pool import Pool
from engine.store.authorisations import latest_time
from engine.trace.clip import MOST_FRAMES
from engine.vault.grants import GrantSigner
from tests.guarantees.clip_stage import FROM_S, Stage, a_stage, asking, begin, clip_grant, said
from tests.guarantees.deaf_pool import TEN_MINUTES, a_deaf_pool, gone, pid
from tests.guarantees.house import ME, NOON, House, a_camera, a_house, a_track, by, until
from tests.guarantees.server_house import KIM, a_case, an_order, permitted
from tests.guarantees.worker_line import WorkerLine, a_grant, a_subject, noise, preparation

HAN = by("han", 2009, Role.INVESTIGATOR)
HALL = a_camera()
STOP_WITHIN_S = 2.0
FULL = "CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'the audit is full'); END"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory, shared: Path) -> Stage:
    model = OnnxFaceModel(
        detector=find("yunet_n_dynamic", shared / "models"), embedder=find("edgeface_xs", shared / "models")
    )
    other = cv2.resize(noise(3), (160, 160))
    return a_stage(tmp_path_factory.mktemp("footage"), HALL, shared, model, other)


# --- in the worker --------------------------------------------------------------------------------


def test_g01_a_worker_draws_what_a_good_grant_permits(worker: WorkerLine, stage: Stage) -> None:
    """Otherwise the refusals below would prove nothing."""
    answer = said(worker, asking(HALL, stage), [stage.path])
    assert isinstance(answer, ClipDrawn)
    assert 30 <= len(answer.frames) <= MOST_FRAMES
    assert answer.rate_hz == pytest.approx(5.0)
    assert max(frame.width for frame in answer.frames) == 320


FORGERIES: dict[str, Callable[[WindowGrant], WindowGrant]] = {
    "expired": lambda g: msgspec.structs.replace(g, expires_at=datetime.now(UTC) - timedelta(seconds=1)),
    "over by the boot clock": lambda g: msgspec.structs.replace(
        g, deadline_boottime_s=time.clock_gettime(time.CLOCK_BOOTTIME) - 1.0
    ),
    "for another camera": lambda g: msgspec.structs.replace(g, camera_id="street"),
    "for another sighting": lambda g: msgspec.structs.replace(g, subject_sha256="0" * 64),
    "for seconds to come": lambda g: msgspec.structs.replace(
        g, interval=Interval(start=NOON, end=datetime.now(UTC) + timedelta(hours=1))
    ),
    "for a search": lambda g: msgspec.structs.replace(g, clip=False),
    "for other footage": lambda g: msgspec.structs.replace(g, footage_sha256=("0" * 64,)),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_g01_a_worker_draws_nothing_under_a_grant_for_something_else(
    worker: WorkerLine, stage: Stage, forgery: str
) -> None:
    answer = said(worker, asking(HALL, stage, FORGERIES[forgery](clip_grant(HALL, stage))), [stage.path])
    assert isinstance(answer, Failed)
    assert (answer.kind, answer.rule) in (("refused", "G1"), ("refused", "G6"))


def test_g01_a_worker_draws_nothing_under_a_forged_grant(worker: WorkerLine, stage: Stage) -> None:
    """Signed by somebody else; signed for one case and written over with another; not signed at all."""
    good = asking(HALL, stage)
    other = msgspec.msgpack.Encoder(order="deterministic").encode(clip_grant(HALL, stage, case_id="B"))
    for grant in (
        GrantSigner(b"x" * 32).sign(clip_grant(HALL, stage)),
        msgspec.structs.replace(good.grant, grant=other),
        msgspec.structs.replace(good.grant, signature=b""),
    ):
        answer = said(worker, msgspec.structs.replace(good, grant=grant), [stage.path])
        assert isinstance(answer, Failed)
        assert (answer.kind, answer.rule) == ("refused", "G1")


def test_g01_a_grant_for_a_clip_searches_for_nobody(worker: WorkerLine, stage: Stage) -> None:
    template = np.ones(512, "<f4").tobytes()
    grant = a_grant(HALL, stage.interval, template, [stage.segment.sha256], clip=True)
    answer = worker.scan(HALL, [(stage.segment, stage.path)], [a_subject(grant, template)])
    assert isinstance(answer, Failed)
    assert (answer.kind, answer.rule) == ("refused", "G1")


def test_g01_footage_that_claims_the_hash_of_another_is_not_drawn(
    worker: WorkerLine, stage: Stage, long_clip: Path
) -> None:
    answer = said(worker, asking(HALL, stage), [long_clip])
    assert isinstance(answer, Failed)
    assert "sha256" in answer.problem


def test_g01_no_frame_outside_the_seconds_of_the_grant_is_drawn(worker: WorkerLine, stage: Stage) -> None:
    second = Interval(start=NOON + timedelta(seconds=FROM_S), end=NOON + timedelta(seconds=FROM_S + 1))
    answer = said(worker, asking(HALL, stage, clip_grant(HALL, stage, interval=second)), [stage.path])
    assert isinstance(answer, ClipDrawn)
    times = [frame.at for frame in answer.frames]
    assert all(at is not None and second.start <= at < second.end for at in times)
    assert 4 <= len(times) <= 6


def test_g01_a_clip_that_is_revoked_stops_at_the_next_frame(worker: WorkerLine, stage: Stage) -> None:
    grant = clip_grant(HALL, stage)
    begin(worker, asking(HALL, stage, grant), [stage.path])
    worker.say(Cancel(grant_ids=(grant.grant_id,), why="the authorisation was revoked"))
    answer = worker.hear_any()
    assert isinstance(answer, Failed)
    assert (answer.kind, answer.problem) == ("refused", "the authorisation was revoked")


def test_g27_a_clip_of_footage_that_no_statement_lists_stays_shut(
    rehearsing: WorkerLine, stage: Stage
) -> None:
    answer = said(rehearsing, asking(HALL, stage), [stage.path])
    assert isinstance(answer, Failed)
    assert "rehearsal statement" in answer.problem


def test_g01_a_worker_without_models_draws_all_the_same(stage: Stage, shared: Path) -> None:
    bare = msgspec.structs.replace(preparation(shared / "models", None), models=())
    with WorkerLine(bare) as line:
        assert isinstance(said(line, asking(HALL, stage), [stage.path]), ClipDrawn)


# --- in the pool ----------------------------------------------------------------------------------


def a_request(permit: Callable[[], Awaitable[WindowGrant]] | None = None) -> ClipRequest:
    async def freely() -> WindowGrant:
        return a_grant(HALL, TEN_MINUTES, b"a sighting", (), trace_id="T", clip=True)

    return ClipRequest(
        trace_id="T", camera=HALL, segments=(), sighting=b"a sighting", permit=permit or freely
    )


async def begun(pool: Pool) -> None:
    await until(lambda: any(wanted.begun for place in pool._places for wanted in place.scanning))


async def test_g01_a_worker_that_goes_on_with_a_revoked_clip_is_ended_within_two_seconds() -> None:
    async with a_deaf_pool() as pool:
        before = await pid(pool)
        clip = asyncio.create_task(pool.clip(a_request()))
        await begun(pool)
        started = time.monotonic()
        pool.revoke("T", "revoked")
        await until(lambda: gone(before))
        assert time.monotonic() - started < STOP_WITHIN_S
        with pytest.raises(Refused, match="revoked") as no:
            await asyncio.wait_for(clip, 10)
        assert no.value.rule == "G1"
        assert await pid(pool) != before


async def test_g01_a_clip_that_is_revoked_while_it_waits_is_never_permitted() -> None:
    async with a_deaf_pool() as pool:
        first = asyncio.create_task(pool.clip(a_request()))
        await begun(pool)
        asked: list[str] = []

        async def permit() -> WindowGrant:
            asked.append("a permit")
            raise AssertionError

        second = asyncio.create_task(pool.clip(replace(a_request(permit), trace_id="U")))
        await asyncio.sleep(0)
        pool.revoke("U", "revoked")
        with pytest.raises(Refused, match="revoked"):
            await asyncio.wait_for(second, 10)
        pool.revoke("T", "enough")
        with pytest.raises(Refused, match="enough"):
            await asyncio.wait_for(first, 10)
        await pid(pool)
        assert not asked


async def test_g22_a_killed_worker_costs_the_clip_and_is_said_plainly() -> None:
    async with a_deaf_pool() as pool:
        before = await pid(pool)
        clip = asyncio.create_task(pool.clip(a_request()))
        await begun(pool)
        os.kill(int(before), signal.SIGKILL)
        with pytest.raises(InputError, match="the worker ended while it drew the clip; ask for it again"):
            await asyncio.wait_for(clip, 10)
        assert await pid(pool) != before


# --- in the API -----------------------------------------------------------------------------------


async def a_candidate(house: House) -> tuple[str, str]:
    """A candidate, and the authorisation that it was found under."""
    await house.case()
    house.pool.tracks = lambda _: (a_track(),)
    authorisation_id = await house.authorisation()
    found = await house.traced(authorisation_id=authorisation_id)
    return found.candidates[0].candidate_id, authorisation_id


async def lines_of(house: House) -> list[str]:
    return [line.outcome for line in await house.audit() if line.action == "clip"]


async def test_g13_a_clip_is_in_the_audit_before_the_footage_is_opened_and_counted(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        candidate_id, _ = await a_candidate(house)
        house.pool.may_answer.clear()
        clip = asyncio.create_task(house.clips.clip(ME, candidate_id))
        await until(lambda: house.pool.clip_grants)
        assert await lines_of(house) == ["intent"]
        house.pool.may_answer.set()
        assert (await clip).frames
        assert await lines_of(house) == ["intent", "shown"]
        while await house.store.run(counts.catch_up):
            pass
        assert (await house.store.run(counts.read_totals))["clips_viewed"] == 1


async def test_g01_the_grant_of_a_clip_is_for_its_seconds_and_one_minute(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        candidate_id, _ = await a_candidate(house)
        await house.clips.clip(ME, candidate_id)
        (grant,) = house.pool.clip_grants
        assert grant.clip
        assert grant.interval.duration_s == 20.0
        assert grant.deadline_boottime_s - house.clock.boottime_s() <= 60.0


async def test_g01_what_the_scope_leaves_out_is_in_no_clip(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.case()
        house.pool.tracks = lambda _: (a_track(seconds=60.0, minutes=0.1),)
        narrow = await house.authorisation(start=NOON + timedelta(seconds=59.0))
        found = await house.traced(authorisation_id=narrow)
        await house.clips.clip(ME, found.candidates[0].candidate_id)
        (grant,) = house.pool.clip_grants
        assert grant.interval.start == NOON + timedelta(seconds=59.0)


async def revoked(house: House, authorisation_id: str) -> None:
    await house.authorise.revoke(ME, authorisation_id)


async def expired(house: House, _: str) -> None:
    house.clock.pass_s(25 * 3600)


async def turned_back(house: House, _: str) -> None:
    """The engine had seen that it was over; then somebody turns the clock."""
    house.clock.wall += timedelta(hours=25)
    await house.store.run(lambda tx: latest_time(tx, house.clock))
    house.clock.wall -= timedelta(hours=25)


async def of_another_case(house: House, _: str) -> None:
    """The insider lets the trace point at the live authorisation of another case."""
    await house.case("B")
    other = await house.authorisation("B")
    await house.store.run(lambda tx: tx.execute("UPDATE trace SET authorisation_id = ?", (other,)))


ENDS = {
    "revoked": revoked,
    "expired": expired,
    "expired, and the clock turned back": turned_back,
    "of another case": of_another_case,
}


@pytest.mark.parametrize("end", ENDS)
async def test_g01_no_footage_is_opened_for_a_clip_without_a_live_authorisation(
    tmp_path: Path, end: str
) -> None:
    async with a_house(tmp_path) as house:
        candidate_id, authorisation_id = await a_candidate(house)
        await ENDS[end](house, authorisation_id)
        with pytest.raises(Refused) as no:
            await house.clips.clip(ME, candidate_id)
        assert no.value.rule == "G1"
        assert house.pool.clip_grants == []
        assert await lines_of(house) == []


@pytest.mark.parametrize("end", ["revoked", "expired"])
async def test_g01_a_clip_whose_permission_ends_while_it_is_drawn_leaves_nobody(
    tmp_path: Path, end: str
) -> None:
    """The worker does not hear of it: it is asked again before a byte leaves."""
    async with a_house(tmp_path) as house:
        candidate_id, authorisation_id = await a_candidate(house)
        house.pool.may_answer.clear()
        clip = asyncio.create_task(house.clips.clip(ME, candidate_id))
        await until(lambda: house.pool.clip_grants)
        await ENDS[end](house, authorisation_id)
        house.pool.may_answer.set()
        with pytest.raises(Refused) as no:
            await clip
        assert no.value.rule == "G1"
        assert await lines_of(house) == ["intent"]


async def test_g01_a_revocation_reaches_the_clip_of_a_trace_that_is_over(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        candidate_id, authorisation_id = await a_candidate(house)
        house.pool.revoked.clear()
        await house.authorise.revoke(ME, authorisation_id)
        assert len(house.pool.revoked) == 1
        assert candidate_id


async def test_g03_no_clip_after_the_ground_was_withdrawn(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        candidate_id, _ = await a_candidate(house)
        await house.intake.withdraw_ground(ME, "A")
        with pytest.raises(Unknown):
            await house.clips.clip(ME, candidate_id)
        assert house.pool.clip_grants == []


async def test_g24_nobody_sees_a_clip_of_somebody_elses_case(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        await an_order(house)
        await a_case(house)
        house.pool.tracks = lambda _: (a_track(),)
        start = TraceStart(case_id="A", authorisation_id=(await permitted(house)).authorisation_id)
        trace_id = (await house.tracing.start(KIM, start)).trace_id
        await house.over(trace_id)
        candidate_id = (await house.tracing.detail(KIM, trace_id)).candidates[0].candidate_id
        with pytest.raises(Unknown, match="there is no candidate"):
            await house.clips.clip(HAN, candidate_id)
        assert (await house.clips.clip(KIM, candidate_id)).frames


async def test_g13_no_audit_no_clip(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        candidate_id, _ = await a_candidate(house)
        full = (
            "CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'the audit is full'); END"
        )
        await house.store.run(lambda tx: tx.execute(full))
        with pytest.raises(Exception, match="the audit is full"):
            await house.clips.clip(ME, candidate_id)
        assert house.pool.clip_grants == []


async def test_g13_a_clip_asked_for_again_under_one_key_is_noted_again(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        candidate_id, _ = await a_candidate(house)
        once = replace(ME, key="one-clip", request_sha256="one-clip")
        for _ in range(2):
            assert (await house.clips.clip(once, candidate_id)).frames
        assert (await lines_of(house)).count("intent") == 2
