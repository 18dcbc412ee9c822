"""An engine with everything that it needs, from the site file to the server that answers."""

import contextlib
import re
import shutil
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path

from adapters.assembly.facts import facts
from adapters.assembly.trust import opened_vault, witness_of
from adapters.assembly.volumes import check_volumes
from adapters.assembly.workers import WORKER_COMMAND
from adapters.assembly.workers import workers as worker_pool
from adapters.clock import SystemClock
from adapters.loading import LoadedSite, load_site
from engine.api.housekeeping import Housekeeper
from engine.api.limits import Limits as Limits
from engine.api.server import Server
from engine.api.services import Services
from engine.api.standing import Standing, Vitals
from engine.api.stream import Hub
from engine.audit import log
from engine.audit.checkpoint import CheckpointSigner
from engine.domain.errors import InputError, Refused
from engine.ports import Clock, Store, Transaction
from engine.schedule.notary import Notary
from engine.schedule.restored import accept_restored
from engine.schedule.runner import Runner
from engine.schedule.sweep import Sweeper, finish_interrupted
from engine.store.authorisations import Authorisations, latest_time
from engine.store.cases import Cases
from engine.store.reviews import Reviews
from engine.store.sealing import Sealer
from engine.store.traces import Traces
from engine.store.writer import SqliteStore
from engine.trace.context import Context
from engine.vault.grants import GrantSigner

DATABASE = "tracedesk.sqlite"
KEY_FILE = "keys.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class StandIn:
    """What takes the place of workers with face models where the engine itself is measured or broken on
    purpose: the command of a worker that needs none, and the limits of a user who stands for many."""

    worker_command: Sequence[str]
    limits: Limits | None = None


@contextlib.asynccontextmanager
async def running(
    site_file: Path,
    state: Path,
    workers: int,
    stop: Callable[[], None] = lambda: None,
    on_broken: Callable[[], None] = lambda: None,
    unseal_fd: int | None = None,
    stand_in: StandIn | None = None,
) -> AsyncIterator[Server]:
    """An engine on ``state``: the server to hand a socket to. Everything is closed on the way out.
    ``stop`` is called where somebody asks the engine to end, ``on_broken`` when the store can no longer
    be written: the process has to end then. ``unseal_fd`` is where passphrases are typed. ``stand_in``
    works in a rehearsal only."""
    site = load_site(site_file)
    if stand_in is not None:
        if site.settings.profile != "rehearsal":
            raise Refused("a server takes no made-up faces", rule="G27", mend="use a rehearsal site")
        site = replace(site, models=(), face_search="")
    for warning in check_volumes(site.settings, state):
        sys.stderr.write(f"warning: {warning}\n")
    async with contextlib.AsyncExitStack() as stack:
        store = await stack.enter_async_context(
            SqliteStore(state / DATABASE, site.settings.profile, on_broken)
        )
        await require_key_file(store, state)
        wrong: list[str] = []
        try:
            vault = opened_vault(site, state, unseal_fd, wrong.append)
        finally:  # also where it was never the right one
            await note_wrong_tries(store, SystemClock(), wrong)
        signer = GrantSigner(vault.signing_seed())
        pool = await stack.enter_async_context(
            worker_pool(site, signer, workers, stand_in.worker_command if stand_in else WORKER_COMMAND)
        )
        sealer = Sealer(vault)
        context = Context(
            site=facts(site, pool.face_search, made_up=stand_in is not None),
            store=store,
            sealer=sealer,
            cases=Cases(sealer),
            authorisations=Authorisations(sealer),
            traces=Traces(sealer),
            reviews=Reviews(sealer),
            pool=pool,
            clock=SystemClock(),
        )
        await finish_interrupted(context, truncate=store.write_back)
        checkpoints = CheckpointSigner(vault.checkpoint_seed(), origin_of(site.settings.name))
        witness = await stack.enter_async_context(witness_of(site.settings, checkpoints))
        if witness is not None:
            await accept_restored(store, context.clock, checkpoints, witness)
        notary = await stack.enter_async_context(Notary(store, context.clock, checkpoints, witness))
        runner = await stack.enter_async_context(Runner(context))
        sweeper = await stack.enter_async_context(
            Sweeper(context, stop=runner.stop, truncate=store.write_back)
        )
        vitals = Vitals(
            workers=lambda: (pool.size, pool.at_work),
            witness=lambda: _witness_says(site, notary),
            witness_age_s=lambda: notary.state().silent_for_s,
            keys_due=lambda: _keys_due(sweeper),
            keys_overdue=lambda: _keys_overdue(sweeper),
            disk=lambda: _disk(state),
        )
        standing = Standing(context, version(), stop, vitals)
        services = Services.of(context, runner, sweeper, checkpoints, notary, standing)
        await services.intake.finish_withdrawals()
        keeper = await stack.enter_async_context(Housekeeper(context, services.authorise, services.refusals))
        vitals.audit = lambda: notary.state().damage or keeper.damage or "ok"
        vitals.housekeeping = lambda: keeper.problem or "ok"
        hub = Hub(context, services.tracing.everything, services.tracing.cases_of)
        yield Server(context.site, services, hub, runner, stand_in.limits if stand_in else None)


async def require_key_file(store: Store, state: Path) -> None:
    """Raises InputError where there are cases and no key file: the vault would make a new one, that opens
    none of them and stands in the way of the right one."""
    row = await store.run(lambda tx: tx.row("SELECT count(*) AS n FROM case_file WHERE state <> 'erased'"))
    file = state / KEY_FILE
    if row and row["n"] and not file.exists():
        mend = "put it back: tracedesk vault restore-keys"
        raise InputError(f"is not there, and {row['n']} cases are", file=str(file), mend=mend)


async def note_wrong_tries(store: Store, clock: Clock, wrong: list[str]) -> None:
    """Passphrases that were not the right one stand in the audit; a line of it needs no key."""

    async def note(tx: Transaction) -> None:
        at = await latest_time(tx, clock)
        detail = {"tries": str(len(wrong))}
        await log.append(
            tx, at=at, person="engine", action="unseal", object_id="vault", outcome="wrong", detail=detail
        )

    if wrong:
        await store.run(note)


def origin_of(name: str) -> str:
    """How a site is named in its checkpoints; a server's name is plain already."""
    return re.sub(r"[^A-Za-z0-9._/-]+", "-", name)[:120] or "engine"


async def _keys_due(sweeper: Sweeper) -> int:
    return (await sweeper.health()).keys_due


async def _keys_overdue(sweeper: Sweeper) -> int:
    return (await sweeper.health()).overdue


def _disk(state: Path) -> tuple[int, int]:
    """Free and all bytes of the volume where the data lies."""
    usage = shutil.disk_usage(state)
    return usage.free, usage.total


def _witness_says(site: LoadedSite, notary: Notary) -> str:
    return "" if site.settings.service is None else notary.state().problem or "ok"


def version() -> str:
    return metadata.version("tracedesk")
