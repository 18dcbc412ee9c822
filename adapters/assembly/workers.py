"""The worker processes of an engine, and those that only look at what a footage file is."""

import contextlib
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

from adapters.face.calibrations import load_calibrations
from adapters.footage.archive import FootageArchive
from adapters.loading import LoadedSite
from engine.domain.camera import Segment
from engine.schedule.frames import Inspected as Inspected
from engine.schedule.frames import Prepare
from engine.schedule.pool import Pool
from engine.vault.grants import GrantSigner

WORKER_COMMAND = (sys.executable, "-P", "-m", "adapters.worker")


def workers(
    site: LoadedSite, signer: GrantSigner, size: int, command: Sequence[str] = WORKER_COMMAND
) -> Pool:
    """A pool of ``size`` processes with the models and the footage of a site."""
    return Pool(
        size=size,
        command=command,
        prepare=Prepare(
            verify_key=signer.verify_key,
            models=site.models,
            calibrations=tuple(load_calibrations(kind=site.settings.models.calibration).values()),
            rehearsal_sha256=site.rehearsal_sha256,
            places=tuple(site.places.all()),
        ),
        signer=signer,
        footage=site.archive,
        environment=worker_environment(),
    )


@contextlib.asynccontextmanager
async def inspecting(
    archive: FootageArchive, rehearsal_sha256: frozenset[str] | None
) -> AsyncIterator[Callable[[Segment], Awaitable[Inspected]]]:
    """Workers that read technical facts of footage files, and nothing of what these show. The callable
    raises InputError for a file that cannot be read."""
    prepare = Prepare(
        verify_key=b"", models=(), calibrations=(), rehearsal_sha256=rehearsal_sha256, places=()
    )
    async with Pool(
        size=len(os.sched_getaffinity(0)),
        command=WORKER_COMMAND,
        prepare=prepare,
        signer=GrantSigner(os.urandom(32)),
        footage=archive,
        environment=worker_environment(),
    ) as pool:
        yield pool.inspect


def worker_environment() -> dict[str, str]:
    """The few variables a worker needs: one thread a library, no huge pictures, no reports to makers."""
    kept = {k: v for k, v in os.environ.items() if k in ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "TZ")}
    return kept | {
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "ORT_DISABLE_TELEMETRY": "1",
        "OPENCV_IO_MAX_IMAGE_PIXELS": str(100_000_000),
    }
