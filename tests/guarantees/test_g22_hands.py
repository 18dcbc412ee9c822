"""G22: how much one connection, one user and one message may ask for; no word of theirs comes back raw."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import msgspec
import pytest

from engine.api.limits import Doorkeeper, Limits, TooMany
from engine.domain.errors import InputError
from engine.schedule.channel import ChannelClosed, EngineEnd
from engine.schedule.frames import MAX_FRAME_BYTES
from tests.engine.api.conftest import House, open_house
from tests.engine.api.requests import CASE
from tests.guarantees.house import ME, a_house, case_import

MIB = 1024 * 1024


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path, limits=Limits(burst=100_000)) as opened:
        await opened.client.import_case(CASE)
        yield opened


async def poured(house: House, chunked: bool) -> httpx.Response:
    """Two mebibytes for a route that takes one."""

    async def parts() -> AsyncIterator[bytes]:
        for _ in range(32):
            yield b" " * 65_536

    content = parts() if chunked else b" " * (2 * MIB)
    return await house.raw.put("/cases/case-1", content=content)


@pytest.mark.parametrize("chunked", [False, True], ids=["said", "unsaid"])
async def test_g22_a_body_over_the_limit_of_its_route_is_refused(house: House, chunked: bool) -> None:
    answer = await poured(house, chunked)
    assert answer.status_code == 413
    assert "1024 KiB" in answer.json()["message"]


WRITINGS = {
    "packed": {"Content-Encoding": "gzip"},
    "utf-16": {"Content-Type": "application/json; charset=utf-16"},
}


@pytest.mark.parametrize("writing", WRITINGS)
async def test_g22_what_says_to_be_packed_or_in_another_writing_is_not_read(
    house: House, writing: str
) -> None:
    """Valid as it stands: whoever reads it otherwise than it says reads something that nobody sent."""
    content, same = msgspec.json.encode(CASE), {"If-Match": '"1"'}
    answer = await house.raw.put("/cases/case-1", content=content, headers=WRITINGS[writing] | same)
    assert answer.status_code == 422
    assert answer.json()["message"].startswith("body: ")
    assert (await house.raw.put("/cases/case-1", content=content, headers=same)).status_code == 200


async def test_g22_a_route_without_a_body_takes_none(house: House) -> None:
    answer = await house.raw.request("GET", "/cases", content=b"{}")
    assert answer.status_code == 413


@pytest.mark.parametrize("case_id", ["../../etc", "a b", "a\nb", "-a", "a" * 65, "", "ａ", "a/b", ".", "a\0"])
async def test_g22_a_case_id_stands_in_addresses_logs_and_file_names(tmp_path: Path, case_id: str) -> None:
    async with a_house(tmp_path) as house:
        with pytest.raises(InputError, match="is no case id"):
            await house.intake.put_case(ME, case_import(case_id))


async def test_g22_no_word_of_a_request_comes_back_as_it_came(house: House) -> None:
    """Line ends, escapes and bidi controls in a made-up id: the answer is one printable line."""
    for evil in ("a%0Ab", "a%1B%5B2Jb", "a%E2%80%AEb", "a%00b", "a" * 4000):
        answer = await house.raw.get(f"/traces/{evil}")
        message = answer.json()["message"]
        assert answer.status_code == 404
        assert message.isprintable()
        assert len(message) < 200


async def test_g22_one_user_has_so_many_connections(tmp_path: Path) -> None:
    async with open_house(tmp_path, limits=Limits(connections=3)) as house:
        lines = [await asyncio.open_unix_connection(str(house.socket)) for _ in range(4)]
        async with asyncio.timeout(20):
            assert (await lines[-1][0].readline()).startswith(b"HTTP/1.1 429 ")
        for _, writer in lines:
            writer.close()


async def test_g22_one_user_asks_so_often(tmp_path: Path) -> None:
    async with open_house(tmp_path, limits=Limits(burst=5, requests_per_s=0.001)) as house:
        codes = [(await house.raw.get("/hello")).status_code for _ in range(7)]
        assert codes == [200] * 5 + [429] * 2


def test_g22_all_users_together_have_so_many_connections() -> None:
    keeper = Doorkeeper(Limits(connections=8, everybody=3), lambda: 0.0)
    for uid in range(3):
        keeper.come_in(uid)
    with pytest.raises(TooMany, match="connections"):
        keeper.come_in(99)
    keeper.leave(0)
    keeper.come_in(99)


def test_g22_one_user_listens_so_often() -> None:
    keeper = Doorkeeper(Limits(streams=1), lambda: 0.0)
    with keeper.stream(1), keeper.stream(2), pytest.raises(TooMany, match="event streams"), keeper.stream(1):
        pass


async def test_g22_a_worker_that_claims_an_endless_message_is_cut_off() -> None:
    """It was taken over by a file that it read; the engine takes no memory for what it says."""
    ours, theirs = socket.socketpair()
    engine = EngineEnd(ours)
    theirs.sendall(struct.pack(">I", MAX_FRAME_BYTES + 1))
    with pytest.raises(ChannelClosed):
        async with asyncio.timeout(20):
            await engine.receive()
    engine.close()
    theirs.close()


async def test_g22_a_worker_that_says_what_is_no_message_is_cut_off() -> None:
    ours, theirs = socket.socketpair()
    engine = EngineEnd(ours)
    theirs.sendall(struct.pack(">I", 4) + b"\xc1\xc1\xc1\xc1")
    with pytest.raises(ChannelClosed):
        async with asyncio.timeout(20):
            await engine.receive()
    engine.close()
    theirs.close()


async def test_g22_a_body_that_drips_is_cut_off(tmp_path: Path) -> None:
    async with open_house(tmp_path, limits=Limits(body_s=0.3)) as house:
        reader, writer = await asyncio.open_unix_connection(str(house.socket))
        writer.write(
            b"PUT /v1/cases/a HTTP/1.1\r\nHost: e\r\nIdempotency-Key: 12345678\r\n"
            b"Content-Length: 1000\r\n\r\n{"
        )
        async with asyncio.timeout(20):
            assert (await reader.readline()).startswith(b"HTTP/1.1 408 ")
        writer.close()
