"""G1: the pool ends what a revocation forbids, also where the worker would not."""

import asyncio
import dataclasses
import os
import time
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from adapters.assembly.workers import WORKER_COMMAND, worker_environment
from engine.domain.camera import Segment
from engine.domain.errors import InputError
from engine.domain.grant import WindowGrant
from engine.domain.record import Source
from engine.domain.trace import TraceState
from engine.domain.track import Enrolment, MaskState, WindowResult
from engine.ports import RecordMapping, WindowRequest
from engine.schedule.channel import MAX_DESCRIPTORS
from engine.schedule.frames import FromWorker, Scan
from engine.schedule.pool import Pool
from engine.vault.grants import GrantSigner
from tests.engine.schedule.parts import FILES, asking, done, read
from tests.guarantees.conftest import LONG_S
from tests.guarantees.deaf_pool import HALL, TEN_MINUTES, a_deaf_pool, gone, pid, wish
from tests.guarantees.house import ME, NOON, NOW, House, TurnableClock, a_house, template, until
from tests.guarantees.worker_line import SEED, a_grant, preparation, segment_of

STOP_WITHIN_S = 2.0


@pytest_asyncio.fixture
async def deaf() -> AsyncIterator[Pool]:
    async with a_deaf_pool() as pool:
        yield pool


async def test_g01_a_worker_that_does_not_let_go_is_ended_within_two_seconds(deaf: Pool) -> None:
    before = await pid(deaf)
    looking = asyncio.Event()
    scan = asyncio.create_task(deaf.scan(wish("T", "long", told=lambda _: looking.set())))
    await looking.wait()
    started = time.monotonic()
    deaf.revoke("T", "revoked")
    scan.cancel()
    await until(lambda: gone(before))
    assert time.monotonic() - started < STOP_WITHIN_S
    assert await pid(deaf) != before


async def test_g01_a_worker_that_does_not_let_go_of_one_of_two_is_ended_as_well(deaf: Pool) -> None:
    """T and U share a reading. T is revoked and answered in time, and U begun anew, alone."""
    before = await pid(deaf)
    looking, subjects = asyncio.Event(), list[int]()

    def told(count: int) -> None:
        subjects.append(count)
        looking.set()

    first = asyncio.create_task(deaf.scan(wish("T", "long")))
    second = asyncio.create_task(deaf.scan(wish("U", "long", told=told)))
    await looking.wait()
    started = time.monotonic()
    deaf.revoke("T", "revoked")
    assert (await asyncio.wait_for(first, 10)).stopped == "revoked"
    await until(lambda: gone(before))
    assert time.monotonic() - started < STOP_WITHIN_S
    await until(lambda: len(subjects) == 2)
    assert subjects == [2, 1]
    assert not second.done()
    second.cancel()


async def looked_at(looking: asyncio.Event, scan: asyncio.Task[WindowResult]) -> None:
    """Until the worker looks at a frame again. Fails where the scan is over before."""
    frame = asyncio.create_task(looking.wait())
    await asyncio.wait({frame, scan}, timeout=10, return_when=asyncio.FIRST_COMPLETED)
    assert not scan.done()
    assert frame.done()
    looking.clear()


async def test_g01_whose_neighbours_are_revoked_time_and_again_is_not_given_up(deaf: Pool) -> None:
    looking = asyncio.Event()
    scans = {
        t: asyncio.create_task(deaf.scan(wish(t, "long", told=lambda _: looking.set())))
        for t in ("T", "U", "V", "W")
    }
    for neighbour in ("T", "U", "V"):
        await looked_at(looking, scans["W"])
        deaf.revoke(neighbour, "revoked")
        assert (await asyncio.wait_for(scans[neighbour], 10)).stopped == "revoked"
    await looked_at(looking, scans["W"])
    scans["W"].cancel()


async def test_g01_what_is_revoked_while_it_waits_for_a_worker_is_never_begun(deaf: Pool) -> None:
    looking = asyncio.Event()
    busy = asyncio.create_task(deaf.scan(wish("T", "long", told=lambda _: looking.set())))
    await looking.wait()
    asked: list[str] = []

    async def permit() -> WindowGrant:
        asked.append("a permit")
        raise AssertionError

    waiting = asyncio.create_task(deaf.scan(wish("U", "short", permit)))
    await asyncio.sleep(0)
    deaf.revoke("U", "revoked")
    assert (await asyncio.wait_for(waiting, 10)).stopped == "revoked"
    deaf.revoke("T", "revoked")
    busy.cancel()
    await pid(deaf)
    assert not asked


async def test_g01_what_is_revoked_while_others_are_permitted_is_not_begun(deaf: Pool) -> None:
    """Both share one reading. The first has its permit, the second's is being asked for; then the
    first is revoked. The worker must be told of one subject only."""
    asking, may_go_on = asyncio.Event(), asyncio.Event()
    subjects: list[int] = []

    async def slowly() -> WindowGrant:
        asking.set()
        await may_go_on.wait()
        return a_grant(HALL, TEN_MINUTES, template(1), (), trace_id="U", window_id="short")

    first = asyncio.create_task(deaf.scan(wish("T", "short")))
    second = asyncio.create_task(deaf.scan(wish("U", "short", slowly, subjects.append)))
    await asking.wait()
    deaf.revoke("T", "revoked")
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    may_go_on.set()
    await second
    assert subjects == [1]


async def test_g01_who_is_revoked_between_two_parts_of_a_reading_is_in_no_further_one() -> None:
    mine, other = asking("T"), asking("U", FILES[:MAX_DESCRIPTORS])

    def answer(number: int, message: Scan) -> FromWorker:
        mine[0].stopped = "revoked"
        return done(message)

    asked, (first, second) = await read(answer, mine, other)
    assert asked == [(2, MAX_DESCRIPTORS)]  # nobody else wants the files of the later parts
    assert (first.stopped, first.frames) == ("revoked", 0)
    assert (second.stopped, second.frames) == ("", 10)


async def test_g01_revoking_one_of_two_answers_it_and_leaves_the_other_with_the_worker(
    shared: Path, long_clip: Path
) -> None:
    clip = segment_of(HALL, long_clip, NOON, LONG_S)
    permits: list[str] = []
    looking = {"T": asyncio.Event(), "U": asyncio.Event()}

    class Archive:
        def segments(self, camera_id: str) -> tuple[Segment, ...]:
            return (clip,)

        def open(self, segment: Segment) -> int:
            return os.open(long_clip, os.O_RDONLY)

    def of(trace_id: str) -> WindowRequest:
        async def permit() -> WindowGrant:
            permits.append(trace_id)
            return a_grant(HALL, TEN_MINUTES, template(1), (clip.sha256,), trace_id=trace_id)

        asked = wish(trace_id, "long", permit, told=lambda _: looking[trace_id].set())
        return dataclasses.replace(asked, segments=(clip,))

    async with Pool(
        size=1,
        command=WORKER_COMMAND,
        prepare=preparation(shared / "models", None),
        signer=GrantSigner(SEED),
        footage=Archive(),
        environment=worker_environment(),
    ) as pool:
        scans = {t: asyncio.create_task(pool.scan(of(t))) for t in "TU"}
        await looking["U"].wait()
        started = time.monotonic()
        pool.revoke("T", "revoked")
        assert (await asyncio.wait_for(scans["T"], 10)).stopped == "revoked"
        assert time.monotonic() - started < STOP_WITHIN_S
        looking["U"].clear()
        await asyncio.wait_for(looking["U"].wait(), 10)
        assert permits == ["T", "U"]
        pool.revoke("U", "enough")
        assert (await scans["U"]).stopped == "enough"


async def test_g01_revoking_an_authorisation_frees_a_real_worker_within_two_seconds(
    shared: Path, long_clip: Path, tmp_path: Path
) -> None:
    """From the request of a person down to the process that decodes."""
    clip = segment_of(HALL, long_clip, NOON, LONG_S)

    class Archive:
        def segments(self, camera_id: str) -> tuple[Segment, ...]:
            return (clip,)

        def open(self, segment: Segment) -> int:
            return os.open(long_clip, os.O_RDONLY)

    class NobodysPhoto(Pool):
        """The real pool, but for the photograph: nobody's."""

        async def enrol(self, stills: Sequence[tuple[str, bytes]]) -> Enrolment:
            return Enrolment(
                template=template(1), mask=MaskState.BARE, inter_eye_px=60.0, blur=100.0, portraits=()
            )

    clock = TurnableClock(datetime.now(UTC))
    clock.boot_s = time.clock_gettime(time.CLOCK_BOOTTIME)
    async with (
        NobodysPhoto(
            size=1,
            command=WORKER_COMMAND,
            prepare=preparation(shared / "models", None),
            signer=GrantSigner(SEED),
            footage=Archive(),
            environment=worker_environment(),
        ) as pool,
        a_house(tmp_path, segments=(clip,), clock=clock, pool=pool) as house,
    ):
        await house.case()
        permitted = await house.authorisation(expires_at=clock.wall + timedelta(hours=1))
        trace_id = await house.trace("A", permitted)
        await until(lambda: fraction(house, trace_id))
        started = time.monotonic()
        await house.authorise.revoke(ME, permitted)
        assert await house.over(trace_id) is TraceState.STOPPED_AUTHORISATION
        with pytest.raises(InputError):  # answered by the one worker, when it is free again
            await pool.parse_records(
                case_id="A",
                file="a.csv",
                content=b"nothing",
                mapping=RecordMapping(source=Source.ENTRY),
                subject_keys=frozenset(),
                received_at=NOW,
            )
        assert time.monotonic() - started < STOP_WITHIN_S


def fraction(house: House, trace_id: str) -> float:
    shown = house.context.progress.get(trace_id)
    return shown.window_fraction if shown else 0.0
