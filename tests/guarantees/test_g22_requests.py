"""G22, requests: whatever comes over the socket is refused in one plain line, and nothing is lost."""

import asyncio
import contextlib
import os
import random
import re
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import msgspec
import psutil
import pytest

from engine.api.case_schema import KeptText
from engine.api.limits import Limits
from engine.api.routes import ROUTES, Route
from engine.api.schema import Problem
from tests.engine.api.conftest import House, open_house
from tests.engine.api.requests import AUTHORISATION, CASE, GROUND, RECORDS, STILL

GIB = 1024**3
NAMES_IN_PATH = re.compile(r"\{\w+\}")
PLENTY = Limits(burst=1_000_000)
VALID = {
    "case.put": CASE,
    "case.records": RECORDS,
    "case.still": STILL,
    "case.ground": GROUND,
    "authorisation.request": AUTHORISATION,
    "authorisation.preview": AUTHORISATION,
    "case.keep": KeptText(text="words"),
}
WITH_BODY = [route for route in ROUTES if route.body is not None]
HOSTILE = {
    "nothing": b"",
    "half": b'{"case_id": "case-1", "dis',
    "no json": b"case_id=case-1",
    "nan": b'{"face_height_px": NaN, "max_camera_hours": NaN}',
    "infinite": b'{"face_height_px": Infinity, "max_camera_hours": -Infinity}',
    "huge int": b'{"face_height_px": ' + b"9" * 100_000 + b"}",
    "huge float": b'{"face_height_px": 1e999999, "max_camera_hours": 1e999999}',
    "deep list": b"[" * 500_000,
    "deep object": b'{"a":' * 100_000,
    "deep in a field": b'{"mapping": ' + b'{"columns": ' * 50_000,
    "utf-16": '{"case_id": "case-1"}'.encode("utf-16"),
    "cp949": '{"case_id": "김"}'.encode("cp949"),
    "lone surrogate": b'{"case_id": "\\ud800", "disease": "\\udfff"}',
    "nul": b'{"case_id": "a\\u0000b"}',
    "overlong": b'{"case_id": "\xc0\xaf"}',
    "unknown field": b'{"is_admin": true}',
    "wrong types": b'{"case_id": 1, "file": [], "view_id": {}, "kind": null, "answer": 3}',
    "far dates": b'{"onset": "99999-01-01", "start": "0000-00-00T00:00:00Z"}',
    "twice": b'{"case_id": "a", "case_id": "b"}',
    "two values": b"{}{}",
}


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """An engine that already holds a case."""
    async with open_house(tmp_path, limits=PLENTY) as opened:
        await opened.client.import_case(CASE)
        yield opened


async def alive_and_whole(house: House) -> None:
    assert [case.case_id for case in await house.client.cases()] == ["case-1"]


def plain(answer: httpx.Response) -> Problem:
    """A refusal: one printable line, and nothing of the inside."""
    assert 400 <= answer.status_code < 500, (answer.status_code, answer.content[:200])
    problem = msgspec.json.decode(answer.content, type=Problem)
    assert problem.message
    assert problem.message.isprintable()
    assert len(problem.message) < 1000
    assert "Traceback" not in problem.message
    return problem


async def send(house: House, route: Route, content: bytes, **headers: str) -> httpx.Response:
    path = NAMES_IN_PATH.sub("case-1", route.path)
    return await house.raw.request(route.method, path, content=content, headers=headers)


@pytest.mark.parametrize("name", HOSTILE)
async def test_g22_a_hostile_body_is_refused_on_every_route(house: House, name: str) -> None:
    for route in WITH_BODY:
        plain(await send(house, route, HOSTILE[name]))
    await alive_and_whole(house)


async def test_g22_a_hundred_bent_requests_for_every_route_break_nothing(house: House) -> None:
    dice = random.Random(22)
    for route in WITH_BODY:
        valid = msgspec.json.encode(VALID.get(route.name, {"view_id": "v", "answer": "same"}))
        for _ in range(100):
            bent = bytearray(valid)
            for _ in range(dice.randint(1, 8)):
                place = dice.randrange(len(bent))
                dice.choice(
                    (
                        lambda p, b=bent: b.__setitem__(p, dice.randrange(256)),
                        lambda p, b=bent: b.__delitem__(slice(p, p + dice.randint(1, 20))),
                        lambda p, b=bent: b.__setitem__(slice(p, p), bytes([dice.randrange(256)]) * 9),
                    )
                )(place)
                bent = bent or bytearray(b"{")
            answer = await send(house, route, bytes(bent))
            assert answer.status_code < 500, (route.name, bytes(bent), answer.content)
    assert "case-1" in [case.case_id for case in await house.client.cases()]


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "application/json; charset=utf-16"},
        {"Content-Type": "application/json; charset=none-such"},
        {"Content-Encoding": "gzip"},
        {"Content-Encoding": "br, gzip"},
    ],
    ids=str,
)
async def test_g22_another_writing_is_refused_and_nothing_is_unpacked(
    house: House, headers: dict[str, str]
) -> None:
    for route in WITH_BODY:
        said = plain(await send(house, route, b"\x1f\x8b\x08" + b"x" * 50, **headers)).message
        assert "body" in said
        assert "is packed" in said or "is not UTF-8" in said
    await alive_and_whole(house)


async def test_g22_a_body_that_takes_long_to_decode_is_refused_before_that(house: House) -> None:
    """Two million short texts in what is no file."""
    many = b'{"file":"a","content":"","subject_keys":[' + b'"",' * 2_000_000 + b'""]}'
    records = next(route for route in ROUTES if route.name == "case.records")
    answer = await send(house, records, many)
    assert answer.status_code == 422
    assert "beside its file" in plain(answer).message
    await alive_and_whole(house)


async def test_g22_a_body_of_a_gibibyte_costs_no_memory_and_is_refused(house: House) -> None:
    before = psutil.Process().memory_info().rss
    said: list[bytes] = []
    for head in (f"Content-Length: {GIB}", "Transfer-Encoding: chunked"):
        said.append(await asyncio.to_thread(_pour, house.socket, head))
    assert all(line.startswith(b"HTTP/1.1 413 ") for line in said), said
    assert psutil.Process().memory_info().rss - before < 128 * 1024**2
    await alive_and_whole(house)


def _pour(at: Path, head: str) -> bytes:
    """Send a gibibyte, or as much of it as is taken; what was answered."""
    import socket

    block = b" " * 65_536
    part = f"{len(block):x}\r\n".encode() + block + b"\r\n" if "chunked" in head else block
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(30)
        line.connect(str(at))
        first = "PUT /v1/cases/case-1 HTTP/1.1\r\nHost: e\r\nIdempotency-Key: 12345678"
        line.sendall(f"{first}\r\n{head}\r\n\r\n".encode())
        try:
            for _ in range(GIB // len(block)):
                line.sendall(part)
        except OSError:
            pass  # the engine has had enough
        try:
            return line.recv(65_536)
        except OSError as problem:
            return str(problem).encode()


@pytest.mark.parametrize(
    "flood",
    [
        b"GET /v1/hello HTTP/1.1\r\n" + b"X-A: b\r\n" * 100_000,
        b"GET /v1/hello HTTP/1.1\r\nX-A: " + b"b" * 1_000_000,
        b"GET /v1/" + b"a" * 1_000_000,
        b"\x00" * 1_000_000,
        b"GET /v1/hello HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"PUT /v1/cases/a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
        b"GET /v1/hello HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"GET /v1/hello HTTP/1.1\r\nBad\x01Name: x\r\n\r\n",
    ],
    ids=["headers", "header", "line", "noise", "two lengths", "chunk", "less than nothing", "name"],
)
async def test_g22_endless_and_broken_heads_are_cut_off(house: House, flood: bytes) -> None:
    reader, writer = await asyncio.open_unix_connection(str(house.socket))
    async with asyncio.timeout(60):
        writer.write(flood)
        try:
            await writer.drain()
            said = await reader.read()
        except ConnectionError:
            said = b""
    assert said == b"" or b" 400 " in said.split(b"\r\n")[0] or b" 4" in said.split(b"\r\n")[0], said[:200]
    writer.close()
    await alive_and_whole(house)


async def test_g22_drips_on_every_connection_of_a_user_end_and_others_are_served(tmp_path: Path) -> None:
    hasty = Limits(head_s=0.3, body_s=0.3, burst=100_000)
    async with open_house(tmp_path, limits=hasty) as house:
        drips = [await asyncio.open_unix_connection(str(house.socket)) for _ in range(hasty.connections)]

        async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"GET /v1/hello HTTP/1.1\r\nX: ")
            over = asyncio.create_task(reader.read())
            while not over.done():
                writer.write(b"a")
                await asyncio.wait([over], timeout=0.02)
            with contextlib.suppress(ConnectionError):  # it may be cut off before the answer is read
                assert b" 408 " in over.result()
            writer.close()

        async with asyncio.timeout(60):
            await asyncio.gather(*(drip(*each) for each in drips))
        assert (await house.client.hello()).site == "test district"


async def test_g22_ten_thousand_connections_leave_the_engine_as_it_was(house: House) -> None:
    import socket

    descriptors = len(os.listdir("/proc/self/fd"))  # noqa: PTH208

    def knock() -> int:
        refused = 0
        for _ in range(10_000):
            with socket.socket(socket.AF_UNIX) as line:
                line.settimeout(30)
                try:
                    line.connect(str(house.socket))
                except OSError:
                    refused += 1
        return refused

    await asyncio.to_thread(knock)
    await alive_and_whole(house)
    async with asyncio.timeout(60):
        while len(os.listdir("/proc/self/fd")) > descriptors + 20:  # noqa: ASYNC110, PTH208
            await asyncio.sleep(0.05)
    assert threading.active_count() < 50


async def test_g22_what_was_acknowledged_before_the_attacks_is_there_after_a_restart(tmp_path: Path) -> None:
    async with open_house(tmp_path, limits=PLENTY) as first:
        await first.client.import_case(CASE)
        for route in WITH_BODY:
            for content in HOSTILE.values():
                plain(await send(first, route, content))
    async with open_house(tmp_path, limits=PLENTY) as second:
        await alive_and_whole(second)
