from pathlib import Path

import pytest

from adapters.assembly.engine import DATABASE, KEY_FILE, note_wrong_tries, origin_of, require_key_file
from engine.audit import log
from engine.domain.checkpoint import Checkpoint
from engine.domain.errors import InputError
from engine.store.writer import SqliteStore
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
