"""The engine's side: it speaks to the one server whose certificate it knows, and to no other."""

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.witness.certificate import CERTIFICATE
from adapters.witness.http import HttpWitness
from engine.audit.checkpoint import CheckpointSigner
from engine.domain.errors import InputError, Refused
from engine.ports import WitnessAway
from tests.adapters.witness.audits import ORIGIN, Audit
from tests.adapters.witness.serving import Running, a_witness

TRUE, FORK = Audit(), Audit("fork", same=5)


@pytest.fixture
async def witness(tmp_path: Path) -> AsyncIterator[Running]:
    async with a_witness(tmp_path / "witness") as running:
        yield running


@pytest.fixture
async def client(witness: Running) -> AsyncIterator[HttpWitness]:
    async with contextlib.aclosing(witness.client()) as made:
        yield made


async def test_it_remembers_and_is_asked_for_it(client: HttpWitness) -> None:
    assert await client.latest() is None
    await client.remember(TRUE.signed(10), 0, ())
    await client.remember(TRUE.signed(25, views=1), 10, TRUE.proof(10, 25))
    assert await client.latest() == TRUE.signed(25, views=1)


async def test_a_fork_comes_back_as_a_refusal_and_all_else_as_away(client: HttpWitness) -> None:
    await client.remember(TRUE.signed(10), 0, ())
    with pytest.raises(Refused, match=r"the witness disagrees: .* does not go on") as no:
        await client.remember(FORK.signed(20), 10, FORK.proof(10, 20))
    assert no.value.rule == "G13"
    with pytest.raises(WitnessAway, match="the proof begins at 15 lines"):
        await client.remember(TRUE.signed(20), 15, TRUE.proof(15, 20))
    stranger = Audit(signer=CheckpointSigner(b"o" * 32, "stranger"))
    with pytest.raises(WitnessAway, match="not enrolled"):
        await client.remember(stranger.signed(20), 0, ())


async def test_another_certificate_is_noticed_before_anything_is_said(witness: Running) -> None:
    async with contextlib.aclosing(witness.client(fingerprint="00" * 32)) as wrong:
        with pytest.raises(WitnessAway, match="has another certificate"):
            await wrong.latest()
        with pytest.raises(WitnessAway, match="has another certificate"):
            await wrong.remember(TRUE.signed(10), 0, ())
    async with contextlib.aclosing(witness.client()) as right:
        assert await right.latest() is None


async def test_a_server_that_was_put_in_its_place_is_noticed(tmp_path: Path) -> None:
    async with contextlib.AsyncExitStack() as true:
        witness = await true.enter_async_context(a_witness(tmp_path / "true"))
        client = witness.client()
        assert await client.latest() is None
        await true.aclose()
        async with a_witness(tmp_path / "false", port=witness.port):
            with pytest.raises(WitnessAway, match="certificate verify failed"):
                await client.remember(TRUE.signed(10), 0, ())
        await client.aclose()


async def test_the_certificate_file_will_do_as_well(witness: Running) -> None:
    client = HttpWitness(witness.url, ORIGIN, ca_file=witness.folder / CERTIFICATE)
    async with contextlib.aclosing(client):
        assert await client.latest() is None
    missing = HttpWitness(witness.url, ORIGIN, ca_file=witness.folder / "none.pem")
    with pytest.raises(WitnessAway, match="is no certificate file"):
        await missing.latest()


async def test_a_fingerprint_may_be_written_as_tools_print_it(witness: Running) -> None:
    shown = ":".join(witness.fingerprint[n : n + 2] for n in range(0, 64, 2)).upper()
    async with contextlib.aclosing(witness.client(fingerprint=shown)) as client:
        assert await client.latest() is None


@pytest.mark.parametrize(
    ("url", "given"),
    [
        ("http://witness.example", {"fingerprint": "00" * 32}),
        ("witness.example", {"fingerprint": "00" * 32}),
        ("https://witness.example", {}),
        ("https://witness.example", {"fingerprint": "00" * 32, "ca_file": Path("a.pem")}),
    ],
)
def test_a_witness_that_could_be_anybody_is_refused(url: str, given: dict[str, object]) -> None:
    with pytest.raises(InputError):
        HttpWitness(url, ORIGIN, **given)  # type: ignore[arg-type]


async def test_nobody_there_is_away() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    with pytest.raises(WitnessAway, match="does not answer"):
        await HttpWitness(f"https://127.0.0.1:{port}", ORIGIN, fingerprint="00" * 32).latest()


async def test_a_server_that_accepts_and_says_nothing_is_away_within_its_limit() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        begun = time.monotonic()
        with pytest.raises(WitnessAway, match="does not answer"):
            await HttpWitness(f"https://127.0.0.1:{port}", ORIGIN, fingerprint="00" * 32).latest()
        assert time.monotonic() - begun < 5.0


async def test_proxies_of_the_environment_are_not_asked(
    witness: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    async with contextlib.aclosing(witness.client()) as client:
        assert await client.latest() is None


async def test_several_engines_may_ask_at_once(witness: Running) -> None:
    clients = [witness.client() for _ in range(5)]
    await clients[0].remember(TRUE.signed(10), 0, ())
    latest = await asyncio.gather(*(client.latest() for client in clients))
    assert latest == [TRUE.signed(10)] * 5
    await asyncio.gather(*(client.aclose() for client in clients))
