"""G13: no audit, no action, also where the disk gives no error but hangs: nobody waits for it."""

import asyncio
import contextlib
import dataclasses
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import msgspec

from engine.api.limits import Limits
from engine.api.schema import Problem
from engine.audit import log
from engine.store.writer import SqliteStore
from engine.trace.context import Site
from tests.engine.api.conftest import House, open_house
from tests.engine.api.requests import CASE
from tests.engine.fakes import a_site

HANGS = "CREATE TEMP TRIGGER hangs BEFORE INSERT ON audit BEGIN SELECT hang(); END"
KEY = {"Idempotency-Key": "the-same-at-a-retry"}


@dataclass
class Hung:
    """A house in which the next line of the audit is under way until ``goes_on``."""

    house: House
    goes_on: threading.Event

    async def status(self, method: str, path: str, content: bytes = b"") -> tuple[int, str, str]:
        """Status, code and Retry-After; (0, "", "") where no answer comes."""
        try:
            answer = await self.house.raw.request(method, path, content=content, headers=KEY, timeout=2.0)
        except httpx.ReadTimeout:
            return 0, "", ""
        problem = msgspec.json.decode(answer.content, type=Problem) if answer.is_error else None
        return answer.status_code, problem.code if problem else "", answer.headers.get("Retry-After", "")


@contextlib.asynccontextmanager
async def a_hung_house(folder: Path, site: Site | None = None) -> AsyncIterator[Hung]:
    async with open_house(folder, site, limits=Limits(store_s=0.05)) as house:
        store, goes_on = house.context.store, threading.Event()
        assert isinstance(store, SqliteStore)
        await store._connection.create_function("hang", 0, goes_on.wait)
        await store.run(lambda tx: tx.execute(HANGS))
        try:
            yield Hung(house, goes_on)
        finally:
            goes_on.set()


SILENT = (503, "silent", "1.00")


async def test_g13_a_disk_that_hangs_is_refused_and_under_its_key_a_change_is_made_once(
    tmp_path: Path,
) -> None:
    case = msgspec.json.encode(CASE)
    async with a_hung_house(tmp_path) as hung:
        assert await hung.status("PUT", "/cases/case-1", case) == SILENT  # is with the store
        health = asyncio.create_task(hung.house.bare.get("/health"))
        assert await hung.status("PUT", "/cases/case-1", case) == SILENT  # is not begun
        for path in ("/cases", "/hello", "/events", "/audit"):
            assert await hung.status("GET", path) == SILENT
        hung.goes_on.set()
        assert (await health).status_code == 200
        assert (await hung.status("PUT", "/cases/case-1", case))[0] == 200
        lines = [line for line, _ in await hung.house.context.store.run(log.lines)]
    assert [(line.outcome, line.object) for line in lines if line.action == "case"] == [("opened", "case-1")]


async def test_g13_what_nobody_permits_is_refused_as_such_also_while_the_disk_hangs(tmp_path: Path) -> None:
    nobody = dataclasses.replace(a_site(), rehearsal=False, people={})
    async with a_hung_house(tmp_path, nobody) as hung:
        assert (await hung.status("GET", "/cases"))[0] == 403
        hung.goes_on.set()
        lines = [line for line, _ in await hung.house.context.store.run(log.lines)]
    assert [line.action for line in lines if line.outcome == "refused"] == ["case.list"]


async def test_g13_a_trace_waits_for_the_disk_and_goes_on(tmp_path: Path) -> None:
    async with a_hung_house(tmp_path) as hung:
        assert await hung.status("PUT", "/cases/case-1", msgspec.json.encode(CASE)) == SILENT
        renewed = asyncio.create_task(hung.house.context.store.run(lambda tx: tx.row("SELECT 1")))
        assert await hung.status("GET", "/cases") == SILENT
        assert not renewed.done()
        hung.goes_on.set()
        assert await renewed is not None
