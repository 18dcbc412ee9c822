"""The stand-in speaks like a real worker: it checks grants, lets go when told, and finds the same again."""

import os
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from adapters.bench.town import clip
from adapters.bench.worker import enrolment, finds
from engine.domain.camera import Camera, CameraWindow, Segment
from engine.domain.errors import InputError, Refused
from engine.domain.grant import WindowGrant
from engine.domain.interval import Interval
from engine.domain.record import Source
from engine.domain.track import MaskState
from engine.ports import RecordMapping, WindowRequest
from engine.schedule.frames import Prepare
from engine.schedule.pool import Pool
from engine.vault.grants import GrantSigner, subject_digest
from tests.faults.one_file import OneFile

START = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
TEMPLATE = enrolment([b"a photograph"]).template
ROOT = Path(__file__).resolve().parents[3]


def a_grant(window_id: str = "cam/1", **given: object) -> WindowGrant:
    grant = WindowGrant(
        grant_id=f"grant-{window_id}",
        case_id="case-1",
        trace_id="trace-1",
        authorisation_id="auth-1",
        window_id=window_id,
        camera_id="cam",
        interval=Interval(start=START, end=START + timedelta(seconds=10)),
        subject_sha256=subject_digest(TEMPLATE),
        footage_sha256=("ab" * 32,),
        expires_at=datetime.now(UTC) + timedelta(hours=1),
        deadline_boottime_s=1e12,
        four_eyes=False,
        rehearsal=True,
    )
    return msgspec.structs.replace(grant, **given)


def request(grant: WindowGrant) -> WindowRequest:
    async def permit() -> WindowGrant:
        return grant

    return WindowRequest(
        trace_id=grant.trace_id,
        window=CameraWindow(
            window_id=grant.window_id,
            camera_id=grant.camera_id,
            interval=grant.interval,
            weight=1.0,
            record_ids=(),
        ),
        camera=Camera(camera_id="cam", name="cam", lat=37.5, lon=126.8),
        segments=(
            Segment(
                camera_id="cam",
                file="clip.mp4",
                start_device=START,
                end_device=START + timedelta(seconds=10),
                sha256="ab" * 32,
            ),
        ),
        template=TEMPLATE,
        reference_mask=MaskState.BARE,
        permit=permit,
        progress=lambda share, frames, faces: None,
    )


def a_pool(folder: Path, signer: GrantSigner, verify_key: bytes, window_s: str, busy: str) -> Pool:
    clip(folder / "clip.mp4")
    return Pool(
        size=1,
        command=(sys.executable, "-P", "-m", "adapters.bench.worker", window_s, busy),
        prepare=Prepare(verify_key=verify_key, models=(), calibrations=(), rehearsal_sha256=None, places=()),
        signer=signer,
        footage=OneFile(folder / "clip.mp4"),
        environment={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
    )


@pytest.fixture
async def pool(tmp_path: Path) -> AsyncIterator[Pool]:
    signer = GrantSigner(b"s" * 32)
    async with a_pool(tmp_path, signer, signer.verify_key, "0.05", "1") as opened:
        yield opened


async def test_a_window_is_read_and_what_is_found_is_the_same_again(pool: Pool) -> None:
    grant = next(g for n in range(50) if finds(g := a_grant(f"cam/{n}")))
    first = await pool.scan(request(grant))
    again = await pool.scan(request(grant))
    assert first.frames >= 30  # the clip was decoded whole
    assert first.tracks == again.tracks == finds(grant)
    assert grant.interval.contains(first.tracks[0].interval)


async def test_records_are_parsed_for_real_and_photographs_give_a_template(pool: Pool) -> None:
    parsed = await pool.parse_records(
        case_id="case-1",
        file="gps.csv",
        content=b"at,lat,lon,accuracy_m\n2026-03-02T03:00:00Z,37.5,126.8,10\n",
        mapping=RecordMapping(source=Source.GPS),
        subject_keys=frozenset(),
        received_at=START,
    )
    assert len(parsed.records) == 1
    assert (await pool.enrol([("a.png", b"a photograph")])).template == TEMPLATE
    with pytest.raises(InputError, match=r"gps\.csv"):
        await pool.parse_records(
            case_id="case-1",
            file="gps.csv",
            content=b"nothing",
            mapping=RecordMapping(source=Source.GPS),
            subject_keys=frozenset(),
            received_at=START,
        )


async def test_a_grant_of_another_engine_is_refused(tmp_path: Path) -> None:
    other = GrantSigner(b"o" * 32)
    async with a_pool(tmp_path, other, GrantSigner(b"s" * 32).verify_key, "0.05", "0") as pool:
        with pytest.raises(Refused):
            await pool.scan(request(a_grant()))


async def test_a_revoked_window_says_so_and_shows_nothing(tmp_path: Path) -> None:
    signer = GrantSigner(b"s" * 32)
    grant = next(g for n in range(50) if finds(g := a_grant(f"cam/{n}")))
    async with a_pool(tmp_path, signer, signer.verify_key, "0.6", "0") as pool:
        begun = []
        wanted = request(grant)

        def progress(share: float, frames: int, faces: int) -> None:
            if not begun:
                begun.append(share)
                pool.revoke(grant.trace_id, "revoked")

        result = await pool.scan(WindowRequest(**{**fields(wanted), "progress": progress}))
    assert begun
    assert (result.stopped, result.tracks) == ("revoked", ())


def fields(wanted: WindowRequest) -> dict[str, object]:
    return {name: getattr(wanted, name) for name in WindowRequest.__dataclass_fields__}
