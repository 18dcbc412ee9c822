import sys
from pathlib import Path

import pytest

from adapters.assembly.engine import (
    DATABASE,
    KEY_FILE,
    StandIn,
    note_wrong_tries,
    origin_of,
    require_key_file,
    running,
)
from adapters.bench.town import build
from engine.api.client import EngineClient
from engine.api.lines import Health
from engine.api.listening import bound_socket
from engine.audit import log
from engine.domain.checkpoint import Checkpoint
from engine.domain.errors import InputError
from engine.store.writer import SqliteStore
from tests.engine.audit.intruder import opened
from tests.engine.fakes import NOW, a_context, with_case


async def test_a_store_with_cases_does_not_start_without_its_key_file(tmp_path: Path) -> None:
    async with a_context(tmp_path) as context:
        await require_key_file(context.store, tmp_path)
        await with_case(context)
    (tmp_path / KEY_FILE).rename(tmp_path / "elsewhere")
    async with SqliteStore(tmp_path / DATABASE) as store:
        with pytest.raises(InputError, match="is not there, and 1 cases are"):
            await require_key_file(store, tmp_path)
        assert not (tmp_path / KEY_FILE).exists()
        (tmp_path / "elsewhere").rename(tmp_path / KEY_FILE)
        await require_key_file(store, tmp_path)


async def test_an_empty_store_needs_no_key_file_yet(tmp_path: Path) -> None:
    async with SqliteStore(tmp_path / DATABASE) as store:
        await require_key_file(store, tmp_path)


@pytest.mark.parametrize("name", ["gaon-narae", "Narae rehearsal district", "나래", "", "x" * 500])
def test_every_site_has_a_name_that_a_checkpoint_can_carry(name: str) -> None:
    origin = origin_of(name)
    assert Checkpoint(origin=origin, size=0, root=b"\x00" * 32, at=NOW, counts={}).origin == origin


async def test_wrong_passphrases_stand_in_the_audit(tmp_path: Path) -> None:
    async with a_context(tmp_path) as context:
        await note_wrong_tries(context.store, context.clock, [])
        assert await context.store.run(log.lines) == []
        await note_wrong_tries(
            context.store, context.clock, ["wrong passphrase (try 1)", "wrong passphrase (try 2)"]
        )
        ((line, _),) = await context.store.run(log.lines)
        assert (line.action, line.outcome, line.detail) == ("unseal", "wrong", {"tries": "2"})


WORKER = StandIn(worker_command=(sys.executable, "-P", "-m", "adapters.bench.worker", "0.01", "0"))


async def health_of(site: Path, state: Path) -> Health:
    """What an engine on ``state`` says of itself when it is asked."""
    socket = state / "engine.sock"
    async with (
        running(site, state, 1, stand_in=WORKER) as server,
        server.serving(bound_socket(socket)),
        EngineClient(socket) as client,
    ):
        return await client.health()


async def test_health_speaks_of_every_part_that_an_engine_has(tmp_path: Path) -> None:
    town = build(tmp_path / "town", cases=1)
    (tmp_path / "s").mkdir()
    health = await health_of(town.site, tmp_path / "s")
    assert (health.audit, health.housekeeping, health.workers, health.well) == ("ok", "ok", 1, True)
    database = opened(tmp_path / "s" / DATABASE)
    database.execute("DELETE FROM meta WHERE key = 'audit_counted'")
    database.execute("UPDATE audit SET line = 'x' WHERE seq = 1")
    database.close()
    damaged = await health_of(town.site, tmp_path / "s")
    assert "line 1 of the audit is damaged" in damaged.audit
    assert not damaged.well
