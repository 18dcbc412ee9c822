"""An engine behind a real Unix socket, with workers in memory."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from aiohttp import web

from engine.api.client import EngineClient
from engine.api.intake import Intake
from engine.api.review import Review
from engine.api.server import Server, bound_socket
from engine.schedule.runner import Runner
from engine.trace.context import Context, Site
from tests.engine.fakes import FakePool, SetClock, a_context, a_site


@dataclass
class House:
    """Everything a test of the API holds: the client, raw HTTP, and the world behind."""

    client: EngineClient
    raw: httpx.AsyncClient
    context: Context
    pool: FakePool
    clock: SetClock
    server: Server
    runner: Runner
    socket: Path


@contextlib.asynccontextmanager
async def open_house(folder: Path, site: Site | None = None) -> AsyncIterator[House]:
    pool, clock = FakePool(), SetClock()
    async with (
        a_context(folder, pool=pool, clock=clock, site=site or a_site()) as context,
        Runner(context) as runner,
    ):
        server = Server(context, Intake(context, runner), Review(context, runner), runner, "0.0.test")
        serving = web.AppRunner(server.app, access_log=None, shutdown_timeout=1.0)
        await serving.setup()
        socket = folder / "engine.sock"
        await web.SockSite(serving, bound_socket(socket)).start()
        transport = httpx.AsyncHTTPTransport(uds=str(socket))
        try:
            async with (
                EngineClient(socket) as client,
                httpx.AsyncClient(transport=transport, base_url="http://engine/v1") as raw,
            ):
                yield House(client, raw, context, pool, clock, server, runner, socket)
        finally:
            await serving.cleanup()


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path) as opened:
        yield opened
