"""A store, a vault and a whole context for the tests of the engine."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from engine.store.writer import SqliteStore
from engine.trace.context import Context
from engine.vault.keys import Vault
from tests.engine.fakes import SECRET, FakePool, SetClock, a_context


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    async with SqliteStore(tmp_path / "tracedesk.sqlite") as opened:
        yield opened


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path, SECRET)


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
async def pool() -> FakePool:
    return FakePool()


@pytest.fixture
async def context(tmp_path: Path, pool: FakePool, clock: SetClock) -> AsyncIterator[Context]:
    async with a_context(tmp_path, pool=pool, clock=clock) as made:
        yield made
