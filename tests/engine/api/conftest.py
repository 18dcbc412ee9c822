"""An engine behind a real Unix socket, with workers in memory."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from engine.api.client import EngineClient
from engine.api.intake import Intake
from engine.api.limits import Limits
from engine.api.listening import bound_socket
from engine.api.review import Review
from engine.api.route import Route
from engine.api.routes import ROUTES
from engine.api.server import Server
from engine.api.services import Services
from engine.api.sight import CasesOf
from engine.api.standing import Standing
from engine.api.stream import Hub
from engine.api.tracing import Tracing
from engine.audit.checkpoint import CheckpointSigner
from engine.domain.person import Person
from engine.ports import Transaction, Witness
from engine.schedule.notary import Notary
from engine.schedule.runner import Runner
from engine.schedule.sweep import Sweeper
from engine.trace.context import Context, Site
from tests.engine.fakes import FakePool, SetClock, a_context, a_site


async def all_cases(tx: Transaction, person: Person) -> None:
    """Everybody works on every case, as in a rehearsal."""


@dataclass
class House:
    """Everything a test of the API holds: the client, HTTP with fresh keys (``raw``) and without
    (``bare``), and the world behind. ``stopped`` is set once somebody asked the engine to end."""

    client: EngineClient
    raw: httpx.AsyncClient
    bare: httpx.AsyncClient
    context: Context
    pool: FakePool
    clock: SetClock
    server: Server
    runner: Runner
    socket: Path
    tracing: Tracing
    reviewing: Review
    hub: Hub
    standing: Standing
    intake: Intake
    stopped: asyncio.Event


async def with_conditions(request: httpx.Request) -> None:
    """What every change needs, where a test is about something else."""
    request.headers.setdefault("Idempotency-Key", uuid.uuid4().hex)
    request.headers.setdefault("If-Match", '"1"')


@contextlib.asynccontextmanager
async def open_house(
    folder: Path,
    site: Site | None = None,
    limits: Limits | None = None,
    cases_of: CasesOf = all_cases,
    routes: Sequence[Route] = ROUTES,
    witness: Witness | None = None,
) -> AsyncIterator[House]:
    pool, clock, stopped = FakePool(), SetClock(), asyncio.Event()
    async with (
        a_context(folder, pool=pool, clock=clock, site=site or a_site()) as context,
        Runner(context) as runner,
    ):
        standing = Standing(context, "0.0.test", stopped.set)
        sweeper, signer = Sweeper(context, stop=runner.stop), CheckpointSigner(b"s" * 32, "test")
        notary = Notary(context.store, clock, signer, witness)
        services = Services.of(context, runner, sweeper, signer, notary, standing)
        hub = Hub(context, services.tracing.everything, cases_of)
        server = Server(context.site, services, hub, runner, limits, routes)
        socket = folder / "engine.sock"

        def http(**given: Any) -> httpx.AsyncClient:
            transport = httpx.AsyncHTTPTransport(uds=str(socket))
            return httpx.AsyncClient(transport=transport, base_url="http://engine/v1", **given)

        async with (
            server.serving(bound_socket(socket), 1.0),
            EngineClient(socket) as client,
            http(event_hooks={"request": [with_conditions]}) as raw,
            http() as bare,
        ):
            yield House(
                client=client,
                raw=raw,
                bare=bare,
                context=context,
                pool=pool,
                clock=clock,
                server=server,
                runner=runner,
                socket=socket,
                tracing=services.tracing,
                reviewing=services.review,
                hub=hub,
                standing=standing,
                intake=services.intake,
                stopped=stopped,
            )


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path) as opened:
        yield opened
