"""A pool whose workers never hear of a revocation, and what is asked of it."""

import contextlib
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path

from engine.domain.camera import CameraWindow
from engine.domain.grant import WindowGrant
from engine.domain.interval import Interval
from engine.domain.record import Source
from engine.domain.track import MaskState
from engine.ports import RecordMapping, WindowRequest
from engine.schedule.frames import Prepare
from engine.schedule.pool import Pool
from engine.vault.grants import GrantSigner
from tests.guarantees.house import NOON, NOW, a_camera, template
from tests.guarantees.worker_line import SEED, a_grant

HALL = a_camera()
TEN_MINUTES = Interval(start=NOON, end=NOON + timedelta(minutes=10))
DEAF = (sys.executable, "-P", str(Path(__file__).with_name("deaf_worker.py")))


@contextlib.asynccontextmanager
async def a_deaf_pool() -> AsyncIterator[Pool]:
    """One place, and in it a worker that never hears of a revocation."""
    nothing = Prepare(
        verify_key=GrantSigner(SEED).verify_key,
        models=(),
        calibrations=(),
        rehearsal_sha256=None,
        places=(),
    )
    async with Pool(
        size=1,
        command=DEAF,
        prepare=nothing,
        signer=GrantSigner(SEED),
        footage=None,
        environment=dict(os.environ) | {"PYTHONPATH": os.pathsep.join(sys.path)},
    ) as pool:
        yield pool


def wish(
    trace_id: str,
    window_id: str,
    permit: Callable[[], Awaitable[WindowGrant]] | None = None,
    told: Callable[[int], None] = lambda _: None,
    minutes: Interval = TEN_MINUTES,
) -> WindowRequest:
    """``told`` hears for how many subjects the worker was asked to look."""

    async def freely() -> WindowGrant:
        return a_grant(HALL, minutes, template(1), (), trace_id=trace_id, window_id=window_id)

    return WindowRequest(
        trace_id=trace_id,
        window=CameraWindow(
            window_id=window_id, camera_id="hall", interval=minutes, weight=1.0, record_ids=()
        ),
        camera=HALL,
        segments=(),
        template=template(1),
        reference_mask=MaskState.BARE,
        permit=permit or freely,
        progress=lambda _, frames, __: told(frames),
    )


async def pid(pool: Pool) -> str:
    """Of the process that does the pool's work; answers only when it is free."""
    parsed = await pool.parse_records(
        case_id="A",
        file="a.csv",
        content=b"",
        mapping=RecordMapping(source=Source.ENTRY),
        subject_keys=frozenset(),
        received_at=NOW,
    )
    return parsed.warnings[0]


def gone(pid: str) -> bool:
    try:
        return "Z" in Path(f"/proc/{pid}/stat").read_text().split()[2]
    except OSError:
        return True
