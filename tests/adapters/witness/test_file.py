import asyncio
import errno
import os
import threading
from pathlib import Path

import pytest

from adapters.witness.file import FileWitness
from adapters.witness.ledger import BEFORE_SYNC
from engine import failpoints
from engine.domain.errors import Refused
from engine.ports import WitnessAway
from tests.adapters.witness.audits import SIGNER, Audit
from tests.engine.fakes import SetClock

TRUE = Audit()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "other disk" / "witness.jsonl"


@pytest.fixture
def witness(path: Path) -> FileWitness:
    path.parent.mkdir()
    return FileWitness(path, SIGNER.verifier, SetClock())


def put_a_copy(path: Path) -> None:
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(content)


async def test_it_remembers_over_a_restart(witness: FileWitness, path: Path) -> None:
    assert await witness.latest() is None
    await witness.remember(TRUE.signed(10), 0, ())
    await witness.remember(TRUE.signed(25), 10, TRUE.proof(10, 25))
    assert await FileWitness(path, SIGNER.verifier, SetClock()).latest() == TRUE.signed(25)


async def test_it_refuses_what_contradicts_its_memory(witness: FileWitness) -> None:
    await witness.remember(TRUE.signed(10), 0, ())
    fork = Audit("fork")
    with pytest.raises(Refused, match="does not go on"):
        await witness.remember(fork.signed(25), 10, fork.proof(10, 25))


async def test_meddling_with_the_file_makes_it_a_witness_no_more(witness: FileWitness, path: Path) -> None:
    await witness.remember(TRUE.signed(10), 0, ())
    put_a_copy(path)
    for _ in range(2):
        with pytest.raises(WitnessAway, match="is another file than before"):
            await witness.latest()


async def test_a_disk_that_is_not_there_or_full_is_away_until_it_is_back(tmp_path: Path) -> None:
    witness = FileWitness(tmp_path / "other" / "w.jsonl", SIGNER.verifier, SetClock())
    with pytest.raises(WitnessAway, match="no such file"):
        await witness.latest()
    (tmp_path / "other").mkdir()
    await witness.remember(TRUE.signed(10), 0, ())

    def full() -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    failpoints.arm(BEFORE_SYNC, full)
    try:
        with pytest.raises(WitnessAway, match="no space left"):
            await witness.remember(TRUE.signed(20), 10, TRUE.proof(10, 20))
    finally:
        failpoints.disarm()
    assert await witness.latest() == TRUE.signed(10)
    await witness.remember(TRUE.signed(20), 10, TRUE.proof(10, 20))


async def test_a_disk_that_hangs_holds_up_nobody(witness: FileWitness) -> None:
    go_on, reached = threading.Event(), threading.Event()

    def hang() -> None:
        reached.set()
        assert go_on.wait(20)

    failpoints.arm(BEFORE_SYNC, hang)
    try:
        asked = asyncio.create_task(witness.remember(TRUE.signed(10), 0, ()))
        assert await asyncio.to_thread(reached.wait, 20)
        with pytest.raises(WitnessAway, match="still not answered"):
            await witness.latest()
        asked.cancel()  # whoever asked has lost patience
        with pytest.raises(asyncio.CancelledError):
            await asked
    finally:
        go_on.set()
        failpoints.disarm()
    async with asyncio.timeout(20):
        while True:
            try:
                assert await witness.latest() == TRUE.signed(10)
                return
            except WitnessAway:
                await asyncio.sleep(0.001)
