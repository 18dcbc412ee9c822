import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from engine import failpoints
from engine.schedule.erase import erase_case
from engine.schedule.sweep import sweep
from engine.store.sealing import Sealer
from engine.vault import files
from engine.vault.copy import LIMIT_S, KeyCopy
from engine.vault.keys import Vault
from tests.engine.fakes import SECRET, a_context, with_case

KEYS = "faces:case-1"
POINTS = sorted(name for name in failpoints.NAMES if name.startswith("keys."))


@pytest.fixture(autouse=True)
def nothing_armed() -> Iterator[None]:
    yield
    failpoints.disarm()


@pytest.fixture
async def go_on() -> AsyncIterator[threading.Event]:
    """Until it is set, whoever writes a key file waits."""
    event = threading.Event()
    failpoints.arm(files.BEFORE_WRITE_SYNC, event.wait)
    yield event
    event.set()


def a_sealer(folder: Path, go_on: threading.Event) -> Sealer:
    """With a key; from here on who writes waits."""
    go_on.set()
    sealer = Sealer(Vault(folder, SECRET))
    sealer.vault.ensure(KEYS)
    go_on.clear()
    return sealer


async def test_no_key_file_is_written_on_the_event_loop(tmp_path: Path) -> None:
    """A volume that is slow, or hangs, would hold up everybody."""
    (tmp_path / "copy").mkdir()
    async with a_context(tmp_path) as context:
        context.sealer.vault._copy = KeyCopy(tmp_path / "copy", LIMIT_S)
        wrote: list[threading.Thread] = []
        for point in POINTS:
            failpoints.arm(point, lambda: wrote.append(threading.current_thread()))
        for work in (with_case(context), sweep(context), erase_case(context, "case-1", "kim")):
            await work
            assert wrote
            assert threading.main_thread() not in wrote
            wrote.clear()


async def test_a_key_that_is_asked_for_while_it_is_destroyed_is_made_anew(
    tmp_path: Path, go_on: threading.Event
) -> None:
    sealer = a_sealer(tmp_path, go_on)
    old = sealer.seal(KEYS, "still", "1", "a face")
    going = asyncio.create_task(sealer.destroy(frozenset({KEYS})))
    await asyncio.sleep(0)
    made = asyncio.create_task(sealer.ensure(KEYS))
    await asyncio.sleep(0)
    assert sealer.open(KEYS, "still", "1", old, str) == "a face"  # others go on reading meanwhile
    go_on.set()
    await asyncio.gather(going, made)
    new = sealer.seal(KEYS, "still", "2", "another face")
    assert sealer.open(KEYS, "still", "2", new, str) == "another face"
    with pytest.raises(Exception, match="does not open"):
        sealer.open(KEYS, "still", "1", old, str)


async def test_keys_are_destroyed_whole_also_where_nobody_waits_any_more(
    tmp_path: Path, go_on: threading.Event
) -> None:
    sealer = a_sealer(tmp_path, go_on)
    going = asyncio.create_task(sealer.destroy(frozenset({KEYS})))
    await asyncio.sleep(0)
    going.cancel()
    await asyncio.sleep(0)
    assert not going.done()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await going
    assert not sealer.vault.has(KEYS)
    await sealer.ensure(KEYS)
    assert sealer.vault.has(KEYS)
