"""G27: a rehearsal store is not loaded by a server, nor the other way round."""

from pathlib import Path

import pytest

from engine.domain.errors import InputError
from engine.store.writer import SqliteStore
from tests.engine.store.released import asked, first_release


@pytest.mark.parametrize(("made", "other"), [("rehearsal", "server"), ("server", "rehearsal")])
async def test_g27_a_store_opens_under_its_own_profile_only(tmp_path: Path, made: str, other: str) -> None:
    async with SqliteStore(tmp_path / "tracedesk.sqlite", made):
        pass
    with pytest.raises(InputError, match=rf"belongs to the {made} profile.*G27"):
        async with SqliteStore(tmp_path / "tracedesk.sqlite", other):
            pass


async def test_g27_a_rehearsal_store_of_the_first_release_is_no_servers(tmp_path: Path) -> None:
    first_release(tmp_path / "tracedesk.sqlite")
    with pytest.raises(InputError, match="belongs to the rehearsal profile"):
        async with SqliteStore(tmp_path / "tracedesk.sqlite", "server"):
            pass


async def test_g27_a_mark_that_was_taken_out_does_not_make_a_rehearsal_a_servers(tmp_path: Path) -> None:
    path = tmp_path / "tracedesk.sqlite"
    async with SqliteStore(path):
        pass
    asked(path, "DELETE FROM meta WHERE key = 'profile'")
    with pytest.raises(InputError, match="belongs to the rehearsal profile"):
        async with SqliteStore(path, "server"):
            pass
