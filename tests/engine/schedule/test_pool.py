"""The pool with real processes that follow a script: sharing, fairness, death, revocation."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from engine.domain.camera import Camera, CameraWindow, Segment
from engine.domain.errors import InputError, Refused
from engine.domain.grant import WindowGrant
from engine.domain.interval import Interval
from engine.domain.track import MaskState, WindowResult
from engine.ports import WindowRequest
from engine.schedule.frames import Prepare
from engine.schedule.pool import Pool
from engine.vault.grants import GrantSigner, subject_digest

START = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
TEMPLATE = b"\x00\x00\x80?" * 4
SIGNER = GrantSigner(bytes(32))


class Footage:
    """A FootageSource whose files are all empty, but for those in ``folder``; camera ``lost`` has none."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def segments(self, camera_id: str) -> Sequence[Segment]:
        return ()

    def open(self, segment: Segment) -> int:
        if segment.camera_id == "lost":
            raise InputError("the footage of camera lost is missing", file="lost.mp4", mend="put it there")
        file = self.folder / segment.file
        return os.open(file if file.exists() else os.devnull, os.O_RDONLY)


class Bench:
    """A pool of scripted workers, with a journal of what they were asked."""

    def __init__(self, pool: Pool, journal: Path) -> None:
        self.pool = pool
        self._journal = journal
        self.progress: list[tuple[str, float]] = []
        self.heard = asyncio.Event()
        self.refused: set[str] = set()

    @property
    def asked(self) -> list[tuple[str, list[str]]]:
        """Camera and traces of every scan, in the order in which workers got them."""
        lines = self._journal.read_text().splitlines() if self._journal.exists() else []
        return [(line.split(" ")[0], line.split(" ")[1].split(",")) for line in lines]

    def request(
        self, trace_id: str, camera_id: str = "plain", minute: float = 0.0, files: Sequence[str] = ()
    ) -> WindowRequest:
        start = START + timedelta(minutes=minute)
        window = CameraWindow(
            window_id=f"{camera_id}/{minute:g}",
            camera_id=camera_id,
            interval=Interval(start=start, end=start + timedelta(minutes=5)),
            weight=1.0,
            record_ids=(),
        )
        segments = tuple(
            Segment(
                camera_id=camera_id,
                file=file,
                start_device=START,
                end_device=START + timedelta(hours=1),
                sha256="a" * 64,
            )
            for file in files or (f"{camera_id}.mp4",)
        )

        async def permit() -> WindowGrant:
            if trace_id in self.refused:
                raise Refused("the authorisation was revoked", rule="G1")
            return WindowGrant(
                grant_id=f"{trace_id}:{window.window_id}",
                case_id="case",
                trace_id=trace_id,
                authorisation_id="auth",
                window_id=window.window_id,
                camera_id=camera_id,
                interval=window.interval,
                subject_sha256=subject_digest(TEMPLATE),
                footage_sha256=("a" * 64,),
                expires_at=datetime.now(UTC) + timedelta(hours=1),
                deadline_boottime_s=1e12,
                four_eyes=False,
                rehearsal=True,
            )

        return WindowRequest(
            trace_id=trace_id,
            window=window,
            camera=Camera(camera_id=camera_id, name=camera_id, lat=37.0, lon=127.0),
            segments=segments,
            template=TEMPLATE,
            reference_mask=MaskState.BARE,
            permit=permit,
            progress=lambda share, frames, faces: self._hear(trace_id, share),
        )

    def _hear(self, trace_id: str, share: float) -> None:
        self.progress.append((trace_id, share))
        self.heard.set()

    async def scan(self, *wanted: WindowRequest) -> list[WindowResult | BaseException]:
        return await asyncio.gather(*(self.pool.scan(w) for w in wanted), return_exceptions=True)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    journal = tmp_path / "journal"
    async with Pool(
        size=1,
        command=(sys.executable, "-P", str(Path(__file__).parent / "scripted_worker.py")),
        prepare=Prepare(
            verify_key=SIGNER.verify_key, models=(), calibrations=(), rehearsal_sha256=None, places=()
        ),
        signer=SIGNER,
        footage=Footage(tmp_path),
        environment={"SCRIPTED_JOURNAL": str(journal), "PATH": os.environ["PATH"]},
    ) as pool:
        yield Bench(pool, journal)


async def test_traces_that_want_the_same_minutes_share_one_reading(bench: Bench) -> None:
    results = await bench.scan(*(bench.request(f"t{n}") for n in range(8)))
    assert bench.asked == [("plain", [f"t{n}" for n in range(8)])]
    assert [r.sampling for r in results if isinstance(r, WindowResult)] == [f"t{n}" for n in range(8)]


async def test_other_minutes_of_the_same_camera_are_another_reading(bench: Bench) -> None:
    await bench.scan(bench.request("t1", minute=0), bench.request("t2", minute=10))
    assert len(bench.asked) == 2


async def test_no_more_than_ten_subjects_share_a_reading(bench: Bench) -> None:
    await bench.scan(*(bench.request(f"t{n:02d}") for n in range(12)))
    assert [len(traces) for _, traces in bench.asked] == [10, 2]


async def test_a_trace_with_many_windows_does_not_keep_another_waiting(bench: Bench) -> None:
    greedy = [bench.request("greedy", f"c{n}") for n in range(6)]
    modest = [bench.request("modest", "m0"), bench.request("modest", "m1")]
    await bench.scan(*greedy, *modest)
    turns = [traces[0] for _, traces in bench.asked]
    assert turns.index("modest") <= 1
    assert turns[:4].count("modest") == 2


async def test_progress_reaches_everybody_who_waits_for_the_window(bench: Bench) -> None:
    await bench.scan(bench.request("t1"), bench.request("t2"))
    assert bench.progress == [("t1", 0.5), ("t2", 0.5)]


async def test_a_worker_that_dies_costs_one_window_and_a_retry(bench: Bench) -> None:
    died, other = await bench.scan(bench.request("t1", "dies-once"), bench.request("t2", "plain"))
    assert isinstance(died, WindowResult)
    assert isinstance(other, WindowResult)
    assert died.problems == other.problems == ()
    assert [camera for camera, _ in bench.asked].count("dies-once") == 2


async def test_a_window_that_kills_two_workers_is_given_up_and_said_so(bench: Bench) -> None:
    given_up, other = await bench.scan(bench.request("t1", "dies"), bench.request("t2", "plain"))
    assert isinstance(given_up, WindowResult)
    assert "camera dies" in given_up.problems[0]
    assert isinstance(other, WindowResult)
    assert other.problems == ()


async def test_missing_footage_is_a_line_in_the_result_and_the_rest_is_scanned(bench: Bench) -> None:
    (result,) = await bench.scan(bench.request("t1", "lost"))
    assert isinstance(result, WindowResult)
    assert result.problems == ("lost.mp4: the footage of camera lost is missing; put it there",)


async def test_who_is_refused_a_permit_is_left_out_and_the_others_are_scanned(bench: Bench) -> None:
    bench.refused.add("t1")
    refused, scanned = await bench.scan(bench.request("t1"), bench.request("t2"))
    assert isinstance(refused, Refused)
    assert isinstance(scanned, WindowResult)
    assert bench.asked == [("plain", ["t2"])]


async def test_a_refusal_of_the_worker_reaches_the_trace_as_one(bench: Bench) -> None:
    (refused,) = await bench.scan(bench.request("t1", "refuses"))
    assert isinstance(refused, Refused)
    assert refused.rule == "G1"


@pytest.mark.parametrize("count", [100, 300])
async def test_a_window_may_have_as_many_files_as_the_camera_wrote(
    bench: Bench, tmp_path: Path, count: int
) -> None:
    """Also where another trace that shares the reading needs only some of them."""
    files = [f"{n:03d}.mp4" for n in range(count)]
    for file in files:
        (tmp_path / file).write_text(file)
    all_, last = await bench.scan(
        bench.request("t1", files=files), bench.request("t2", minute=2, files=files[-20:])
    )
    assert isinstance(all_, WindowResult)
    assert (all_.frames, all_.faces, all_.problems, all_.stopped) == (count, count, (), "")
    assert isinstance(last, WindowResult)
    assert last.stopped == ""
    shares = [share for trace_id, share in bench.progress if trace_id == "t1"]
    assert shares == sorted(shares)


async def test_a_revoked_trace_gets_its_waiting_windows_back_at_once(bench: Bench) -> None:
    slow = asyncio.create_task(bench.pool.scan(bench.request("t1", "hangs")))
    waiting = asyncio.create_task(bench.pool.scan(bench.request("t1", "plain")))
    other = asyncio.create_task(bench.pool.scan(bench.request("t2", "plain", minute=20)))
    await bench.heard.wait()
    bench.pool.revoke("t1", "revoked")
    assert (await waiting).stopped == "revoked"
    async with asyncio.timeout(30.0):  # half of what the deaf worker sleeps: it was ended and replaced
        assert (await other).sampling == "t2"
    assert (await slow).stopped == "revoked"
    assert [camera for camera, _ in bench.asked].count("hangs") == 1


async def test_what_a_worker_says_of_a_photo_is_raised_with_its_file(bench: Bench) -> None:
    with pytest.raises(InputError, match=r"a\.jpg: shows no face"):
        await bench.pool.enrol([("a.jpg", b"")])


async def test_traces_that_share_every_window_take_turns_in_saying_which_comes_next(bench: Bench) -> None:
    orders = {"t1": "abcd", "t2": "dcba", "t3": "cadb"}
    await bench.scan(*(bench.request(t, camera) for t, cameras in orders.items() for camera in cameras))
    assert "".join(camera for camera, _ in bench.asked) == "adcb"


async def test_an_internal_fault_costs_its_window_and_not_the_trace(bench: Bench) -> None:
    stumbled, fine = await bench.scan(bench.request("t1", "stumbles"), bench.request("t1", "plain"))
    assert isinstance(stumbled, WindowResult)
    assert stumbled.problems == (
        "camera stumbles: internal error while it was read, ZeroDivisionError in scan.py:1",
    )
    assert isinstance(fine, WindowResult)
    assert fine.problems == ()


async def test_whose_grant_the_worker_did_not_accept_is_stopped_and_the_others_get_theirs(
    bench: Bench,
) -> None:
    first, second = await bench.scan(bench.request("t1", "picky"), bench.request("t2", "picky"))
    assert isinstance(first, WindowResult)
    assert first.stopped == "the worker did not accept the grant"
    assert isinstance(second, WindowResult)
    assert second.sampling == "t2"
    assert second.stopped == ""
