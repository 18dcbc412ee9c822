"""G13: the audit shows edits, reordering, deletion, a cut tail and a rolled-back database.

No audit, no action. The attacker here has the database file and all the time in the world, or the disk,
or the line to the witness. Widening a cap is attacked where policy is.
"""

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.witness.file import FileWitness
from adapters.witness.http import HttpWitness
from engine.audit import checkpoint, log, tree, witnessed
from engine.audit.check import verify
from engine.domain.errors import InputError, Refused
from engine.ports import Transaction, Witness
from engine.schedule.notary import ALIVE_S, EVERY_S, Notary
from engine.store.writer import SqliteStore
from tests.adapters.witness.audits import ORIGIN, SIGNER
from tests.adapters.witness.serving import Running, a_witness
from tests.engine.audit.intruder import opened
from tests.engine.fakes import SetClock
from tests.engine.schedule.witnesses import HangingWitness
from tests.faults.audit_mutations import mutate
from tests.guarantees.house import a_house

ROUNDS = int(os.environ.get("TRACEDESK_AUDIT_MUTATIONS", "300"))  # 10,000 in the full form
ROOT = Path(__file__).resolve().parents[2]


async def work(store: SqliteStore, clock: SetClock, count: int) -> None:
    async def some(tx: Transaction) -> None:
        for number in range(count):
            await log.append(
                tx, at=clock.now(), person="kim", action="view", object_id=f"o{number}", outcome="intent"
            )

    clock.forward(1)
    await store.run(some)


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
async def institution(tmp_path: Path) -> AsyncIterator[Running]:
    """The witness of another institution, reached over TLS."""
    async with a_witness(tmp_path / "institution") as running:
        yield running


@pytest.fixture(params=["file", "server"])
async def witness(
    request: pytest.FixtureRequest, tmp_path: Path, institution: Running
) -> AsyncIterator[Witness]:
    """The engine's line to what remembers."""
    if request.param == "file":
        yield FileWitness(tmp_path / "other disk.jsonl", SIGNER.verifier, SetClock())
    else:
        client = institution.client()
        yield client
        await client.aclose()


async def years(path: Path, clock: SetClock, witness: Witness, *counts: int) -> None:
    """An engine that ran once for each count, and wrote so many lines."""
    for count in counts:
        async with SqliteStore(path) as store, Notary(store, clock, SIGNER, witness):
            await work(store, clock, count)


async def test_mutations_of_the_log_are_detected_and_named_and_sound_logs_give_no_alarm(
    tmp_path: Path,
) -> None:
    """Edit, swap, take out, put in, cut, scratch and roll back, in every depth of forging: see
    ``python -m tests.faults.audit_mutations --rounds 10000``."""
    outcome = await mutate(ROUNDS, tmp_path)
    assert outcome.undetected == []
    assert outcome.misnamed == []
    assert outcome.alarms == []
    assert sum(outcome.rounds.values()) == ROUNDS
    assert len(outcome.rounds) == 8


@pytest.mark.parametrize("attack", ["the last rows", "all rows", "all rows and all that remembers them"])
async def test_a_log_with_its_tail_dropped_does_not_start(
    tmp_path: Path, clock: SetClock, witness: Witness, attack: str
) -> None:
    path = tmp_path / "a.sqlite"
    await years(path, clock, witness, 60, 50)
    connection = opened(path)
    kept = 40 if attack == "the last rows" else 0
    connection.execute("DELETE FROM audit WHERE seq > ?", (kept,))
    if "remembers" in attack:
        for table in ("audit_node", "checkpoint", "audit_tally", "audit_seen", "meta"):
            connection.execute(f"DELETE FROM {table}")
    connection.close()
    async with SqliteStore(path) as store:
        if "remembers" not in attack:
            found = await verify(store, SIGNER.verifier)
            assert found.fault is not None
            assert found.fault.seq == kept + 1
        else:
            with pytest.raises(InputError, match="remembers 110 audit lines and this database holds 0"):
                async with Notary(store, clock, SIGNER, witness):
                    raise AssertionError


async def test_yesterdays_file_does_not_start_and_authorises_nothing(
    tmp_path: Path, clock: SetClock, witness: Witness
) -> None:
    path, yesterday = tmp_path / "a.sqlite", tmp_path / "yesterday.sqlite"
    await years(path, clock, witness, 60)
    shutil.copy(path, yesterday)
    await years(path, clock, witness, 50)
    shutil.copy(yesterday, path)
    async with SqliteStore(path) as store:
        found = await verify(store, SIGNER.verifier)
        assert found.fault is None  # in itself it is sound: only somebody outside can tell
        with pytest.raises(InputError, match="it was rolled back"):
            async with Notary(store, clock, SIGNER, witness):
                raise AssertionError
        with pytest.raises(Refused, match="it was rolled back") as no:
            await store.run(lambda tx: witnessed.require_witnessed(tx, clock.now()))
        assert no.value.rule == "G13"


async def test_yesterdays_file_that_lived_on_gives_alarm_in_the_other_institution(
    tmp_path: Path, clock: SetClock, institution: Running
) -> None:
    """An engine that was patched not to ask: it cannot make the witness believe it."""
    path, yesterday = tmp_path / "a.sqlite", tmp_path / "yesterday.sqlite"
    client = institution.client()
    await years(path, clock, client, 60)
    shutil.copy(path, yesterday)
    await years(path, clock, client, 50)
    async with SqliteStore(yesterday) as store:
        await work(store, clock, 200)
        signed = await store.run(lambda tx: checkpoint.make(tx, SIGNER, clock.now()))
        proof = await store.run(lambda tx: tree.consistency(tx, 110, signed.checkpoint.size))
        with pytest.raises(Refused, match="the witness disagrees"):
            await client.remember(signed, 110, proof)
    assert [line.partition(":")[2].split()[0] for line in institution.said] == ["fork"]
    await client.aclose()


async def test_a_forged_past_is_refused_at_the_start(
    tmp_path: Path, clock: SetClock, witness: Witness
) -> None:
    """The whole log is written anew, as the engine itself would have."""
    path, forged = tmp_path / "a.sqlite", tmp_path / "forged.sqlite"
    await years(path, clock, witness, 60)
    async with SqliteStore(forged) as store:
        await work(store, clock, 80)  # as many and more, other ones
        assert (await verify(store, SIGNER.verifier)).fault is None
        with pytest.raises(InputError, match="not those that the witness remembers"):
            async with Notary(store, clock, SIGNER, witness):
                raise AssertionError


async def test_a_witness_that_hangs_holds_up_no_work_and_after_hours_ends_new_permissions(
    tmp_path: Path, clock: SetClock
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes the connection and says nothing
        url = f"https://127.0.0.1:{silent.getsockname()[1]}"
        for witness in (HttpWitness(url, ORIGIN, fingerprint="00" * 32), HangingWitness()):
            path = tmp_path / f"{type(witness).__name__}.sqlite"
            async with SqliteStore(path) as store:
                begun = time.monotonic()
                async with Notary(store, clock, SIGNER, witness):
                    assert time.monotonic() - begun < 2.5  # one try, of two seconds, and no longer
                    for _ in range(50):
                        began = time.monotonic()
                        await work(store, clock, 5)
                        assert time.monotonic() - began < 2.0
                    await store.run(lambda tx: witnessed.require_witnessed(tx, clock.now()))
                    clock.forward(timedelta(hours=4, minutes=1).total_seconds())
                    with pytest.raises(Refused, match="no witness has acknowledged") as no:
                        await store.run(lambda tx: witnessed.require_witnessed(tx, clock.now()))
                    assert no.value.rule == "G13"
                assert (await verify(store, SIGNER.verifier)).signed_upto == 250
            if isinstance(witness, HangingWitness):
                witness.release.set()


async def test_a_witness_that_comes_back_ends_the_refusal(
    tmp_path: Path, clock: SetClock, institution: Running
) -> None:
    async with SqliteStore(tmp_path / "a.sqlite") as store:
        await work(store, clock, 5)
        clock.forward(timedelta(hours=9).total_seconds())
        with pytest.raises(Refused):
            await store.run(lambda tx: witnessed.require_witnessed(tx, clock.now()))
        client = institution.client()
        notary = Notary(store, clock, SIGNER, client)
        await notary.prepare()
        await notary.tick()
        await store.run(lambda tx: witnessed.require_witnessed(tx, clock.now()))
        await client.aclose()


async def test_a_silent_engine_gives_alarm_in_the_other_institution(
    tmp_path: Path, clock: SetClock, institution: Running
) -> None:
    """Who pulls the plug of the line to the witness is noticed on its other end."""
    client = institution.client()
    await years(tmp_path / "a.sqlite", clock, client, 5)
    institution.clock.forward(6 * ALIVE_S + EVERY_S)
    await institution.server.watch()
    assert [line for line in institution.said if "silence" in line]
    await client.aclose()


async def test_a_witness_file_that_is_cut_or_swapped_acknowledges_nothing_more(
    tmp_path: Path, clock: SetClock
) -> None:
    path, remembered = tmp_path / "a.sqlite", tmp_path / "other disk.jsonl"
    await years(path, clock, FileWitness(remembered, SIGNER.verifier, clock), 60, 50)
    os.truncate(remembered, remembered.read_bytes().index(b"\n") + 1)
    witness = FileWitness(remembered, SIGNER.verifier, clock)
    async with SqliteStore(path) as store:
        notary = Notary(store, clock, SIGNER, witness)
        await notary.prepare()
        await notary.check_at_start()
        assert "remembers 60 audit lines, and has acknowledged 110" in notary.state().problem
        await work(store, clock, 5)
        clock.forward(timedelta(hours=5).total_seconds())
        await notary.tick()
        assert notary.state().acknowledged_size == 110
        with pytest.raises(Refused, match="no witness has acknowledged"):
            await store.run(lambda tx: witnessed.require_witnessed(tx, clock.now()))


def test_a_full_disk_means_no_pictures_no_search_and_no_record_within_two_seconds(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.guarantees.full_disk", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    told = dict(line.split(": ") for line in done.stdout.splitlines())
    for request in ("look", "search", "bring in"):
        outcome, seconds = told[request].split()
        assert outcome == "StoreBroken", done.stdout
        assert float(seconds) < 2.0


async def test_after_the_disk_was_full_the_log_is_whole_and_goes_on(tmp_path: Path) -> None:
    done = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.guarantees.full_disk",
        str(tmp_path),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await done.communicate()
    told = dict(line.split(": ") for line in said.decode().splitlines())
    async with a_house(tmp_path) as house:
        assert await house.store.run(log.first_bad) is None
        assert len(await house.audit()) >= int(told["lines"])
        await house.case("C")


async def test_whatever_a_person_does_with_a_case_stands_in_a_log_that_verifies(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.case()
        await house.traced()
        assert (await verify(house.store)).fault is None
        assert {"authorisation", "trace", "search"} <= {line.action for line in await house.audit()}
