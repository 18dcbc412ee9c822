"""The witness as an engine and as the public meet it, over TLS."""

import ssl
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import msgspec
import pytest

from adapters.witness.book import SILENCE
from adapters.witness.certificate import CERTIFICATE
from adapters.witness.server import _told
from adapters.witness.wire import MAX_BODY_BYTES, Alarm, Checkpoints, EngineCounts, Problem, Remembered, Told
from engine.domain.checkpoint import parse_note
from engine.domain.errors import InputError
from tests.adapters.witness.audits import ORIGIN, Audit
from tests.adapters.witness.serving import Running, a_witness

TRUE, FORK = Audit(), Audit("fork", same=5)


@pytest.fixture
async def witness(tmp_path: Path) -> AsyncIterator[Running]:
    async with a_witness(tmp_path / "witness") as running:
        yield running


@pytest.fixture
async def public(witness: Running) -> AsyncIterator[httpx.AsyncClient]:
    """Anybody with the certificate at hand."""
    context = ssl.create_default_context(cafile=witness.folder / CERTIFICATE)
    async with httpx.AsyncClient(base_url=witness.url, verify=context, trust_env=False) as client:
        yield client


async def tell(client: httpx.AsyncClient, audit: Audit, size: int, since: int) -> httpx.Response:
    told = Told(note=audit.signed(size, views=3).note(), since=since, proof=audit.proof(since, size))
    return await client.post("/v1/checkpoints", content=msgspec.json.encode(told))


def problem(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, msgspec.json.decode(answer.content, type=Problem).code


async def test_what_was_remembered_is_there_for_everybody(public: httpx.AsyncClient) -> None:
    assert (await tell(public, TRUE, 10, 0)).status_code == 200
    assert (await tell(public, TRUE, 25, 10)).status_code == 200
    latest = msgspec.json.decode(
        (await public.get("/v1/latest", params={"origin": ORIGIN})).content, type=Remembered
    )
    assert parse_note(latest.note).checkpoint.size == 25
    page = msgspec.json.decode(
        (await public.get("/v1/checkpoints", params={"origin": ORIGIN, "after": "10"})).content,
        type=Checkpoints,
    )
    assert page.notes == (TRUE.signed(25, views=3).note(),)
    (counts,) = msgspec.json.decode((await public.get("/v1/counts")).content, type=tuple[EngineCounts, ...])
    assert (counts.origin, counts.size, counts.counts) == (ORIGIN, 25, {"views": 3})
    assert (await public.get("/v1/alarms")).json() == []


async def test_a_fork_is_refused_said_and_published(witness: Running, public: httpx.AsyncClient) -> None:
    await tell(public, TRUE, 10, 0)
    assert problem(await tell(public, FORK, 20, 10)) == (409, "disagrees")
    (alarm,) = msgspec.json.decode((await public.get("/v1/alarms")).content, type=tuple[Alarm, ...])
    assert (alarm.kind, alarm.origin) == ("fork", ORIGIN)
    assert witness.said == [f"ALARM 1: fork of {ORIGIN}: {alarm.words}"]


async def test_silence_is_said_once(witness: Running, public: httpx.AsyncClient) -> None:
    await tell(public, TRUE, 10, 0)
    witness.clock.forward((SILENCE + timedelta(minutes=1)).total_seconds())
    await witness.server.watch()
    await witness.server.watch()
    assert len(witness.said) == 1
    assert "silence of" in witness.said[0]


async def test_each_kind_of_no_has_its_code(public: httpx.AsyncClient) -> None:
    await tell(public, TRUE, 10, 0)
    assert problem(await tell(public, TRUE, 30, 20)) == (409, "later")
    assert problem(await tell(public, TRUE, 0, 0)) == (422, "input")
    assert problem(await public.post("/v1/checkpoints", content=b"{")) == (422, "input")
    assert problem(await public.post("/v1/checkpoints", content=b'{"note":"x","since":0}')) == (422, "input")
    assert problem(await public.get("/v1/latest")) == (403, "refused")
    assert problem(await public.get("/v1/checkpoints", params={"origin": ORIGIN, "after": "x"})) == (
        422,
        "input",
    )
    assert problem(await public.get("/v1/nothing")) == (404, "http")
    forged = msgspec.json.encode(Told(note=TRUE.signed(20).note().replace("\n20\n", "\n21\n"), since=10))
    assert problem(await public.post("/v1/checkpoints", content=forged)) == (403, "refused")
    assert (await public.get("/v1/alarms")).json() == []  # none of this is the engine's doing


async def test_what_is_too_long_is_not_read(public: httpx.AsyncClient) -> None:
    answer = await public.post("/v1/checkpoints", content=b" " * (MAX_BODY_BYTES + 1))
    assert answer.status_code == 413
    with pytest.raises(InputError, match="longer than any"):
        _told(msgspec.json.encode(Told(note="", since=1, proof=(b"x",) * 131)))


async def test_a_book_that_was_meddled_with_keeps_nothing_and_names_no_folder(
    witness: Running, public: httpx.AsyncClient
) -> None:
    await tell(public, TRUE, 10, 0)
    (memory,) = witness.folder.glob("????????????????.jsonl")
    memory.unlink()
    answer = await tell(public, TRUE, 20, 10)
    assert problem(answer) == (503, "later")
    assert str(witness.folder) not in answer.text


async def test_without_tls_nobody_answers(witness: Running) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        with pytest.raises(httpx.HTTPError):
            await client.get(witness.url.replace("https", "http") + "/v1/counts")
