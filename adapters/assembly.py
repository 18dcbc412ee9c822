"""Composition root of the engine process: reads the site, opens the store, starts workers, serves.

Started as ``python -P -m adapters.assembly --state DIR --site FILE``. Says ``ready`` on standard
output when the socket answers, or one plain line on standard error and exit code 2. Exit code 3: the
store can no longer be written; started again, the engine reads what the disk really holds.
"""

import argparse
import asyncio
import contextlib
import os
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from importlib import metadata
from pathlib import Path

from adapters.clock import SystemClock
from adapters.definitions import load_definitions, load_limits
from adapters.face.calibrations import load_calibrations
from adapters.footage.archive import FootageArchive
from adapters.loading import LoadedSite, load_site
from engine.api.listening import bound_socket
from engine.api.server import Server
from engine.api.services import Services
from engine.api.standing import Standing
from engine.api.stream import Hub
from engine.audit import log
from engine.domain.camera import Segment
from engine.domain.errors import InputError, Refused
from engine.domain.model import ModelKind
from engine.policy.geometry import doubts as doubts
from engine.ports import Transaction
from engine.schedule.frames import Inspected as Inspected
from engine.schedule.frames import Prepare
from engine.schedule.pool import Pool
from engine.schedule.runner import Runner
from engine.store.authorisations import Authorisations, latest_time
from engine.store.cases import Cases
from engine.store.restoring import restore as restore
from engine.store.reviews import Reviews
from engine.store.sealing import Sealer
from engine.store.tombstones import apply_tombstones
from engine.store.traces import Traces
from engine.store.writer import SqliteStore, StoreBroken
from engine.trace.context import Context, Site
from engine.vault.grants import GrantSigner
from engine.vault.keys import Vault, rehearsal_secret

SOCKET = "engine.sock"
EXIT_BROKEN = 3
GOODBYE_S = 2.0  # how long answers that are under way may take when the engine ends
WORKER_COMMAND = (sys.executable, "-P", "-m", "adapters.worker")


@contextlib.asynccontextmanager
async def running(
    site_file: Path,
    state: Path,
    workers: int,
    stop: Callable[[], None] = lambda: None,
    on_broken: Callable[[], None] = lambda: None,
) -> AsyncIterator[Server]:
    """An engine on ``state``: the server to hand a socket to. Everything is closed on the way out.
    ``stop`` is called where somebody asks the engine to end, ``on_broken`` when the store can no longer
    be written: the process has to end then."""
    site = load_site(site_file)
    if site.rehearsal_sha256 is None:
        raise InputError(
            "the server profile is not part of this release",
            file=str(site_file),
            place="profile",
            mend='use profile = "rehearsal" with a statement',
        )
    async with contextlib.AsyncExitStack() as stack:
        store = await stack.enter_async_context(
            SqliteStore(state / "tracedesk.sqlite", site.settings.profile, on_broken)
        )
        vault = Vault(state, rehearsal_secret(state))
        signer = GrantSigner(vault.signing_seed())
        calibrations = load_calibrations()
        pool = await stack.enter_async_context(
            Pool(
                size=workers,
                command=WORKER_COMMAND,
                prepare=Prepare(
                    verify_key=signer.verify_key,
                    models=site.models,
                    calibrations=tuple(calibrations.values()),
                    rehearsal_sha256=site.rehearsal_sha256,
                    places=tuple(site.places.all()),
                ),
                signer=signer,
                footage=site.archive,
                environment=worker_environment(),
            )
        )
        sealer = Sealer(vault)
        context = Context(
            site=_facts(site, pool.face_search),
            store=store,
            sealer=sealer,
            cases=Cases(sealer),
            authorisations=Authorisations(sealer),
            traces=Traces(sealer),
            reviews=Reviews(sealer),
            pool=pool,
            clock=SystemClock(),
        )
        await keep_erased(context)
        runner = await stack.enter_async_context(Runner(context))
        services = Services.of(context, runner, Standing(context, version(), stop))
        await services.intake.finish_withdrawals()
        hub = Hub(context, services.tracing.everything, services.tracing.cases_of)
        yield Server(context.site, services, hub, runner)


async def keep_erased(context: Context) -> None:
    """Before anything is served: what has no key any more is gone, also where a backup brought it back."""

    async def bury(tx: Transaction) -> None:
        at = await latest_time(tx, context.clock)
        erased, faceless = await apply_tombstones(tx, context.sealer.vault.has, at)
        for what, cases in (("case", erased), ("faces", faceless)):
            for case_id in cases:
                detail = {"what": what, "why": "no key"}
                await log.append(tx, at=at, person="engine", action="erase", object_id=case_id, detail=detail)

    await context.store.run(bury)


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


def _facts(site: LoadedSite, workers_say: str) -> Site:
    diseases, contacts, laws = load_definitions()
    archive = site.archive
    return Site(
        name=site.settings.name,
        rehearsal=site.rehearsal_sha256 is not None,
        timezone=site.settings.timezone,
        cameras={c.camera_id: c for c in site.cameras.all()},
        labels={p.place_id: p.names[0] for p in site.places.all()},
        segments=archive.segments if archive else lambda _: (),
        diseases=diseases,
        definitions=contacts,
        laws=laws,
        limits=load_limits(),
        face_search=site.face_search or workers_say,
        models=tuple(m.name for m in site.models),
        demo_models=any(m.demo for m in site.models if m.kind is ModelKind.EMBEDDER),
    )


def worker_environment() -> dict[str, str]:
    """The few variables a worker needs: one thread a library, no huge pictures, no reports to makers."""
    kept = {k: v for k, v in os.environ.items() if k in ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "TZ")}
    return kept | {
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "ORT_DISABLE_TELEMETRY": "1",
        "OPENCV_IO_MAX_IMAGE_PIXELS": str(100_000_000),
    }


def version() -> str:
    return metadata.version("tracedesk")


async def serve(site_file: Path, state: Path, workers: int, idle_exit_s: float, until_stdin: bool) -> None:
    """Run until a signal, until standard input closes, or until nobody needed the engine for a while.
    Raises StoreBroken when the store can no longer be written."""
    loop = asyncio.get_running_loop()
    over, broken = asyncio.Event(), asyncio.Event()

    def stop_acknowledging() -> None:
        broken.set()
        over.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, over.set)
    if until_stdin:
        loop.add_reader(sys.stdin.fileno(), over.set)
    async with running(site_file, state, workers, over.set, stop_acknowledging) as server:
        try:
            async with server.serving(bound_socket(state / SOCKET), GOODBYE_S):
                sys.stdout.write("ready\n")
                sys.stdout.flush()
                while not over.is_set():
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(over.wait(), 1.0)
                    if idle_exit_s and server.idle_s(loop.time()) > idle_exit_s:
                        return
        finally:
            (state / SOCKET).unlink(missing_ok=True)
    if broken.is_set():
        raise StoreBroken("the store can no longer be written")


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="tracedesk engine")
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--site", type=Path, required=True)
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--idle-exit-s", type=float, default=0.0)
    parser.add_argument("--until-stdin-closes", action="store_true")
    given = parser.parse_args(arguments)
    try:
        asyncio.run(
            serve(given.site, given.state, given.workers, given.idle_exit_s, given.until_stdin_closes)
        )
    except StoreBroken as problem:
        sys.stderr.write(f"{given.state}: {problem}; see whether its disk is full or failing\n")
        return EXIT_BROKEN
    except (InputError, Refused) as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    except (OSError, sqlite3.Error) as problem:
        why = (getattr(problem, "strerror", None) or str(problem)).lower()
        sys.stderr.write(f"{given.state}: cannot be used as a state folder ({why}); name another one\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
