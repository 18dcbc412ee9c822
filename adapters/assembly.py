"""Composition root of the engine process: reads the site, opens the store, starts workers, serves.

Started as ``python -P -m adapters.assembly --state DIR --site FILE``. Says ``ready`` on standard
output when the socket answers, or one plain line on standard error and exit code 2. Exit code 3: the
store can no longer be written; started again, the engine reads what the disk really holds.
"""

import argparse
import asyncio
import contextlib
import os
import shutil
import signal
import socket
import sqlite3
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import timedelta
from importlib import metadata
from pathlib import Path
from typing import Any

from adapters.clock import SystemClock
from adapters.definitions import load_definitions, load_limits, load_sources
from adapters.face.calibrations import load_calibrations
from adapters.footage.archive import FootageArchive
from adapters.loading import LoadedSite, load_site
from adapters.settings import SiteFile, Socket, load_toml
from adapters.witness.file import FileWitness
from adapters.witness.http import HttpWitness
from engine.api.housekeeping import Housekeeper
from engine.api.listening import bound_socket
from engine.api.server import Server
from engine.api.services import Services
from engine.api.standing import Standing, Vitals
from engine.api.stream import Hub
from engine.audit.checkpoint import CheckpointSigner
from engine.domain.authorisation import Role
from engine.domain.camera import Segment
from engine.domain.errors import InputError, Refused
from engine.domain.model import ModelKind
from engine.domain.source_rule import Level
from engine.policy.geometry import doubts as doubts
from engine.ports import Witness
from engine.schedule.frames import Inspected as Inspected
from engine.schedule.frames import Prepare
from engine.schedule.notary import Notary
from engine.schedule.pool import Pool
from engine.schedule.runner import Runner
from engine.schedule.sweep import Sweeper, finish_interrupted
from engine.store.authorisations import Authorisations
from engine.store.cases import Cases
from engine.store.restoring import restore as restore
from engine.store.reviews import Reviews
from engine.store.sealing import Sealer
from engine.store.traces import Traces
from engine.store.writer import SqliteStore, StoreBroken
from engine.trace.context import Context, Site
from engine.vault.grants import GrantSigner
from engine.vault.keys import Vault, rehearsal_secret
from engine.vault.unseal import ask_from, read_secret

SOCKET = "engine.sock"
DATABASE = "tracedesk.sqlite"
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
    unseal_fd: int | None = None,
) -> AsyncIterator[Server]:
    """An engine on ``state``: the server to hand a socket to. Everything is closed on the way out.
    ``stop`` is called where somebody asks the engine to end, ``on_broken`` when the store can no longer
    be written: the process has to end then. ``unseal_fd`` is where passphrases are typed."""
    site = load_site(site_file)
    async with contextlib.AsyncExitStack() as stack:
        store = await stack.enter_async_context(
            SqliteStore(state / DATABASE, site.settings.profile, on_broken)
        )
        vault = opened_vault(site, state, unseal_fd)
        signer = GrantSigner(vault.signing_seed())
        pool = await stack.enter_async_context(_workers(site, signer, workers))
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
        await finish_interrupted(context)
        checkpoints = CheckpointSigner(vault.checkpoint_seed(), site.settings.name)
        notary = await stack.enter_async_context(
            Notary(store, context.clock, checkpoints, witness_of(site, checkpoints))
        )
        runner = await stack.enter_async_context(Runner(context))
        sweeper = await stack.enter_async_context(Sweeper(context, stop=runner.stop))
        vitals = Vitals(
            workers=lambda: (pool.size, pool.at_work),
            witness=lambda: _witness_says(site, notary),
            witness_age_s=lambda: notary.state().silent_for_s,
            keys_due=lambda: _keys_due(sweeper),
        )
        standing = Standing(context, version(), stop, vitals)
        services = Services.of(context, runner, sweeper, standing)
        await services.intake.finish_withdrawals()
        await stack.enter_async_context(Housekeeper(context, services.authorise))
        hub = Hub(context, services.tracing.everything, services.tracing.cases_of)
        yield Server(context.site, services, hub, runner)


def opened_vault(site: LoadedSite, state: Path, unseal_fd: int | None) -> Vault:
    """The keys of this engine. A rehearsal has its secret beside the data, a server never."""
    service = site.settings.service
    if service is None:
        return Vault(state, rehearsal_secret(state))
    keys = service.keys
    ask = ask_from(0 if unseal_fd is None else unseal_fd) if keys.unseal == "passphrase" else None
    secret = read_secret(
        state,
        passphrase=ask,
        credential=keys.name if keys.unseal == "credential" else "",
        file=Path(keys.name) if keys.unseal == "file" else None,
        environment=os.environ,
        wrong=lambda number, why: print(f"{why} (try {number})", file=sys.stderr),  # noqa: T201
    )
    return Vault(
        state,
        secret,
        epoch_folder=Path(keys.epoch_folder) if keys.epoch_folder else None,
        copy_folder=Path(keys.copy_folder) if keys.copy_folder else None,
    )


def witness_of(site: LoadedSite, signer: CheckpointSigner) -> Witness | None:
    """Who remembers what the audit says; nobody in a rehearsal."""
    service = site.settings.service
    if service is None:
        return None
    said = service.witness
    if said.file:
        return FileWitness(Path(said.file), signer.verifier)
    return HttpWitness(said.url, site.settings.name, fingerprint=said.certificate_sha256)


async def _keys_due(sweeper: Sweeper) -> int:
    return (await sweeper.health()).keys_due


def _witness_says(site: LoadedSite, notary: Notary) -> str:
    return "" if site.settings.service is None else notary.state().problem or "ok"


def _workers(site: LoadedSite, signer: GrantSigner, size: int) -> Pool:
    return Pool(
        size=size,
        command=WORKER_COMMAND,
        prepare=Prepare(
            verify_key=signer.verify_key,
            models=site.models,
            calibrations=tuple(load_calibrations().values()),
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
        sources=load_sources(),
        limits=load_limits(),
        **_service_facts(site),
        face_search=site.face_search or workers_say,
        models=tuple(m.name for m in site.models),
        demo_models=any(m.demo for m in site.models if m.kind is ModelKind.EMBEDDER),
    )


def _service_facts(site: LoadedSite) -> dict[str, Any]:
    """What only a server has."""
    service = site.settings.service
    if service is None:
        return {}
    return {
        "people": {name: frozenset(Role(r) for r in roles) for name, roles in service.people.items()},
        "level": Level(service.level),
        "case_days": float(service.retention.case_days),
        "witness_silence": timedelta(hours=service.witness.silent_h),
    }


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


def socket_of(site_file: Path, state: Path) -> socket.socket:
    """Listening where the site says, else in the state folder; only owner and group may connect."""
    settings: SiteFile = load_toml(site_file, SiteFile)
    said = settings.service.socket if settings.service else Socket()
    path = Path(said.path) if said.path else state / SOCKET
    listening = bound_socket(path)
    if said.group:
        try:
            shutil.chown(path, group=said.group)
        except (LookupError, OSError) as problem:
            listening.close()
            mend = "make the group, and the engine's user a member of it"
            place = "service.socket.group"
            raise InputError(str(problem), file=str(site_file), place=place, mend=mend) from None
    return listening


async def serve(
    site_file: Path,
    state: Path,
    workers: int,
    idle_exit_s: float = 0.0,
    until_stdin: bool = False,
    unseal_fd: int | None = None,
) -> None:
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
    async with running(site_file, state, workers, over.set, stop_acknowledging, unseal_fd) as server:
        listening = socket_of(site_file, state)
        address = listening.getsockname()
        try:
            async with server.serving(listening, GOODBYE_S):
                sys.stdout.write("ready\n")
                sys.stdout.flush()
                while not over.is_set():
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(over.wait(), 1.0)
                    if idle_exit_s and server.idle_s(loop.time()) > idle_exit_s:
                        return
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(address)  # noqa: PTH108
    if broken.is_set():
        raise StoreBroken("the store can no longer be written")


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="tracedesk engine")
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--site", type=Path, required=True)
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--idle-exit-s", type=float, default=0.0)
    parser.add_argument("--until-stdin-closes", action="store_true")
    parser.add_argument("--unseal-fd", type=int, default=None)
    given = parser.parse_args(arguments)
    try:
        asyncio.run(
            serve(
                given.site,
                given.state,
                given.workers,
                given.idle_exit_s,
                given.until_stdin_closes,
                given.unseal_fd,
            )
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
