"""Composition root of the engine process: reads the site, opens the store, starts workers, serves.

Started as ``python -P -m adapters.assembly --state DIR --site FILE``. Says ``ready`` on standard
output when the socket answers, or one plain line on standard error and exit code 2.
"""

import argparse
import asyncio
import contextlib
import os
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import metadata
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from aiohttp import web

from adapters.clock import SystemClock
from adapters.definitions import load_definitions
from adapters.face.calibrations import load_calibrations
from adapters.face.registry import descriptors, find, model_folder
from adapters.footage.archive import FootageArchive, load_archive
from adapters.settings import SiteFile, folder_path, load_toml
from adapters.site.cameras import CameraTable, load_cameras
from adapters.site.places import PlaceTable, load_places
from adapters.site.statement import load_statement
from engine.api.intake import Intake
from engine.api.review import Review
from engine.api.server import Server, bound_socket
from engine.domain.camera import Segment
from engine.domain.errors import InputError, Refused
from engine.domain.model import ModelDescriptor, ModelKind
from engine.policy.geometry import doubts as doubts
from engine.schedule.frames import Inspected as Inspected
from engine.schedule.frames import Prepare
from engine.schedule.pool import Pool
from engine.schedule.runner import Runner
from engine.store.authorisations import Authorisations
from engine.store.cases import Cases
from engine.store.reviews import Reviews
from engine.store.sealing import Sealer
from engine.store.traces import Traces
from engine.store.writer import SqliteStore
from engine.trace.context import Context, Site
from engine.vault.grants import GrantSigner
from engine.vault.keys import Vault, rehearsal_secret

SOCKET = "engine.sock"
GOODBYE_S = 2.0  # how long answers that are under way may take when the engine ends
WORKER_COMMAND = (sys.executable, "-P", "-m", "adapters.worker")


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedSite:
    """Everything that the settings of a site name, read and checked."""

    settings: SiteFile
    cameras: CameraTable
    places: PlaceTable
    archive: FootageArchive | None
    rehearsal_sha256: frozenset[str] | None
    models: tuple[ModelDescriptor, ...]
    face_search: str
    warnings: tuple[str, ...]
    problems: tuple[str, ...]


def load_site(path: Path, now: datetime | None = None) -> LoadedSite:
    """Read a site. Raises InputError for what is wrong; what is merely not installed (models, the
    footage folder) is said in ``face_search``, and the site works from records. ``problems`` are
    lines about footage that no trace may open, such as what ends after ``now`` (else the clock's)."""
    settings: SiteFile = load_toml(path, SiteFile)
    base = path.parent
    check_settings(settings, path)
    rehearsal = settings.profile == "rehearsal"
    cameras = load_cameras(base / settings.cameras)
    places = load_places(base / settings.places)
    check_places(cameras, places, base / settings.cameras)
    archive = None
    missing: list[str] = []
    if settings.footage is not None:
        folder = folder_path(settings.footage.folder, base)
        archive = load_archive(
            folder,
            base / settings.footage.manifest,
            now=now or SystemClock().now(),
            offsets_s={c.camera_id: c.clock.offset_s for c in cameras.all()},
        )
        if not folder.is_dir():
            named = f"set {env}, or " if (env := settings.footage.folder.env) else ""
            mend = f"{named}correct footage.folder in {path.name}"
            missing.append(f"the footage folder {folder} is not there; {mend}")
    else:
        missing.append("this site has no footage")
    models, why = find_models(settings, path)
    missing.extend(why)
    statement = load_statement(base / settings.rehearsal_statement) if rehearsal else None
    return LoadedSite(
        settings=settings,
        cameras=cameras,
        places=places,
        archive=archive,
        rehearsal_sha256=statement.hashes if statement else None,
        models=models,
        face_search="; ".join(missing),
        warnings=tuple(cameras.warnings),
        problems=tuple(str(problem) for problem in archive.refused.values()) if archive else (),
    )


def check_settings(settings: SiteFile, path: Path) -> None:
    """What can be wrong in ``site.toml`` itself, before the files that it names."""
    if settings.profile not in ("rehearsal", "server"):
        raise InputError(
            f"{settings.profile[:40]!r} is no profile",
            file=str(path),
            place="profile",
            mend='write "rehearsal" or "server"',
        )
    if settings.profile == "rehearsal" and not settings.rehearsal_statement:
        raise InputError(
            "a rehearsal needs a statement",
            file=str(path),
            place="rehearsal_statement",
            mend="list footage and stills by hash, with who says that everyone shown has agreed",
        )
    try:
        ZoneInfo(settings.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InputError(
            "unknown time zone", file=str(path), place="timezone", mend='name one, as in "Asia/Seoul"'
        ) from None
    if settings.mappings and not (path.parent / settings.mappings).is_dir():
        raise InputError(
            f"the folder {path.parent / settings.mappings} is not there",
            file=str(path),
            place="mappings",
            mend="make it, correct the path, or take the line out",
        )


def check_places(cameras: CameraTable, places: PlaceTable, file: Path) -> None:
    """Raises InputError where a camera stands at a place that the gazetteer does not know."""
    for number, camera in enumerate(cameras.all()):
        if camera.place_id and places.by_id(camera.place_id) is None:
            raise InputError(
                f"{camera.place_id[:80]!r} is not in the gazetteer",
                file=str(file),
                place=f"cameras[{number}].place_id",
                mend="add the place, correct the id, or leave it empty",
            )


def find_models(settings: SiteFile, path: Path) -> tuple[tuple[ModelDescriptor, ...], list[str]]:
    """The models that the settings name; where a file is not there, none and what to do. Raises
    InputError for a name that is unknown, or of another kind."""
    wanted = settings.models
    folder = model_folder(folder_path(wanted.folder, path.parent) if wanted.folder.root else None)
    known = descriptors(folder)
    named = ((ModelKind.DETECTOR, wanted.detector), (ModelKind.EMBEDDER, wanted.embedder))
    optional = ((ModelKind.MASK, wanted.mask),) if wanted.mask else ()
    found: list[ModelDescriptor] = []
    missing: list[str] = []
    for kind, name in (*named, *optional):
        if name not in known or known[name].kind is not kind:
            fitting = ", ".join(n for n, d in known.items() if d.kind is kind)
            raise InputError(
                f"{name[:80]!r} is no {kind} that is known here",
                file=str(path),
                place=f"models.{kind}",
                mend=f"known are {fitting}",
            )
        try:
            found.append(find(name, folder))
        except InputError as problem:
            missing.append(str(problem))
    return (tuple(found), []) if not missing else ((), missing[:1])


@contextlib.asynccontextmanager
async def running(site_file: Path, state: Path, workers: int) -> AsyncIterator[Server]:
    """An engine on ``state``: the server to hand a socket to. Everything is closed on the way out."""
    site = load_site(site_file)
    if site.rehearsal_sha256 is None:
        raise InputError(
            "the server profile is not part of this release",
            file=str(site_file),
            place="profile",
            mend='use profile = "rehearsal" with a statement',
        )
    async with contextlib.AsyncExitStack() as stack:
        store = await stack.enter_async_context(SqliteStore(state / "tracedesk.sqlite"))
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
        runner = await stack.enter_async_context(Runner(context))
        intake = Intake(context, runner)
        await intake.finish_withdrawals()
        yield Server(context, intake, Review(context, runner), runner, version())


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
    """Run until a signal, until standard input closes, or until nobody needed the engine for a while."""
    loop = asyncio.get_running_loop()
    over = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, over.set)
    if until_stdin:
        loop.add_reader(sys.stdin.fileno(), over.set)
    async with running(site_file, state, workers) as server:
        runner = web.AppRunner(server.app, access_log=None, handle_signals=False, shutdown_timeout=GOODBYE_S)
        await runner.setup()
        try:
            await web.SockSite(runner, bound_socket(state / SOCKET)).start()
            sys.stdout.write("ready\n")
            sys.stdout.flush()
            while not over.is_set():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(over.wait(), 1.0)
                if idle_exit_s and server.idle_s(loop.time()) > idle_exit_s:
                    return
        finally:
            await runner.cleanup()
            (state / SOCKET).unlink(missing_ok=True)


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
