"""The socket and its connections: modes, patience, and how many."""

import asyncio
import os
import stat
from pathlib import Path

import pytest

from engine.api.limits import Limits
from engine.api.listening import bound_socket, problem_answer
from engine.domain.errors import InputError
from tests.engine.api.conftest import House, open_house

HASTY = Limits(head_s=0.2, idle_s=0.4, body_s=0.2)


async def connected(house: House) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_unix_connection(str(house.socket))


async def rest(reader: asyncio.StreamReader) -> bytes:
    """Everything until the engine closes; a test that waits for this fails where it never does. b""
    where the connection was cut while the test was still writing, which takes the answer with it."""
    async with asyncio.timeout(10):
        try:
            return await reader.read()
        except ConnectionError:
            return b""


async def test_the_socket_is_for_owner_and_group_alone_from_its_first_instant(tmp_path: Path) -> None:
    path = tmp_path / "s"
    before = os.umask(0)
    try:
        bound_socket(path).close()
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o660
    bound_socket(path).close()  # what a dead engine left is no obstacle


async def test_what_is_no_socket_is_not_taken_away_to_listen_in_its_place(tmp_path: Path) -> None:
    path = tmp_path / "tracedesk.sqlite"
    path.write_bytes(b"all there is")
    with pytest.raises(InputError, match="no socket"):
        bound_socket(path)
    assert path.read_bytes() == b"all there is"


async def test_nobody_listens_where_everybody_may_put_a_socket_of_theirs(tmp_path: Path) -> None:
    folder = tmp_path / "open"
    folder.mkdir()
    folder.chmod(0o777)
    with pytest.raises(InputError, match="written by everybody"):
        bound_socket(folder / "s")
    folder.chmod(0o750)
    bound_socket(folder / "s").close()


async def test_a_head_that_drips_is_cut_off(tmp_path: Path) -> None:
    async with open_house(tmp_path, limits=HASTY) as house:
        reader, writer = await connected(house)
        writer.write(b"GET /v1/hello HTTP/1.1\r\nX-Slow: ")
        said = asyncio.create_task(rest(reader))
        while not said.done():
            writer.write(b"a")
            await asyncio.sleep(0.01)
        assert said.result()[:13] in (b"HTTP/1.1 408 ", b"")
        writer.close()


async def test_a_second_head_on_the_same_connection_may_not_drip_either(tmp_path: Path) -> None:
    async with open_house(tmp_path, limits=Limits(head_s=0.2, idle_s=60.0)) as house:
        reader, writer = await connected(house)
        writer.write(b"GET /v1/hello HTTP/1.1\r\nHost: e\r\n\r\n")
        await reader.readuntil(b"}")
        writer.write(b"GET /v1/he")
        assert b"408 " in await rest(reader)
        writer.close()


async def test_who_connects_and_says_nothing_is_let_go(tmp_path: Path) -> None:
    async with open_house(tmp_path, limits=HASTY) as house:
        reader, writer = await connected(house)
        assert (await rest(reader)).startswith(b"HTTP/1.1 408 ")
        writer.close()


async def test_a_body_that_drips_is_cut_off(tmp_path: Path) -> None:
    async with open_house(tmp_path, limits=HASTY) as house:
        reader, writer = await connected(house)
        writer.write(
            b"PUT /v1/cases/a HTTP/1.1\r\nHost: e\r\nIdempotency-Key: 12345678\r\nContent-Length: 900\r\n\r\n"
        )
        said = asyncio.create_task(rest(reader))
        while not said.done():
            writer.write(b" ")
            await asyncio.sleep(0.05)
        assert said.result()[:13] in (b"HTTP/1.1 408 ", b"")
        writer.close()


async def test_a_kept_connection_is_closed_when_nobody_uses_it(tmp_path: Path) -> None:
    async with open_house(tmp_path, limits=HASTY) as house:
        reader, writer = await connected(house)
        writer.write(b"GET /v1/hello HTTP/1.1\r\nHost: e\r\n\r\n")
        assert (await rest(reader)).startswith(b"HTTP/1.1 200 ")
        writer.close()


async def test_a_request_may_take_longer_than_its_head_may(tmp_path: Path) -> None:
    async with open_house(tmp_path, limits=Limits(head_s=0.05)) as house:

        async def slow(*_: object) -> None:
            await asyncio.sleep(0.3)

        house.tracing.detail = slow  # type: ignore[method-assign, assignment]
        reader, writer = await connected(house)
        writer.write(b"GET /v1/traces/t HTTP/1.1\r\nHost: e\r\nConnection: close\r\n\r\n")
        assert (await rest(reader)).startswith(b"HTTP/1.1 200 ")
        writer.close()


async def test_one_connection_too_many_is_told_so_and_the_others_go_on(tmp_path: Path) -> None:
    async with open_house(tmp_path, limits=Limits(connections=3)) as house:
        held = [await connected(house) for _ in range(3)]
        reader, writer = await connected(house)
        said = await rest(reader)
        assert said.startswith(b"HTTP/1.1 429 ")
        assert b"Retry-After: 1.00" in said
        writer.close()
        for reader, writer in held:
            writer.write(b"GET /v1/hello HTTP/1.1\r\nHost: e\r\nConnection: close\r\n\r\n")
            assert (await rest(reader)).startswith(b"HTTP/1.1 200 ")
            writer.close()
        assert (await house.client.hello()).site == "test district", "places that were left are free again"


async def test_what_is_no_request_gets_one_plain_line(house: House) -> None:
    for noise in (b"\x00\xff\x16\x03\x01", b"HELO there\r\n\r\n", b"GET  HTTP/9.9\r\n\r\n"):
        reader, writer = await connected(house)
        writer.write(noise + b"\r\n\r\n")
        said = await rest(reader)
        assert said.startswith(b"HTTP/1.0 400 ") or said.startswith(b"HTTP/1.1 400 ")
        assert said.endswith(b'{"code":"http","message":"this is no request that can be understood"}')
        writer.close()
    assert (await house.client.hello()).site == "test district"


def test_a_refusal_is_one_printable_line() -> None:
    answer = problem_answer(403, "x", "a\x1b[2J\nb\u2028c\r\n d")
    assert answer.body == b'{"code":"x","message":"a [2J b c d"}'
