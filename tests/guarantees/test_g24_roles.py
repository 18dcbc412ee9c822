"""G24: roles hold for every route, present and future; who somebody is, is the kernel's word."""

import asyncio
import os
import re
import socket
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import httpx
import msgspec
import pytest

import configs
from adapters.loading import check_settings
from adapters.settings import SiteFile, load_toml
from engine.api.identity import name_of
from engine.api.limits import Limits
from engine.api.route import Route
from engine.api.routes import ROUTES
from engine.domain.authorisation import Role
from engine.domain.errors import InputError, Refused
from engine.domain.person import Person
from engine.policy.roles import MATRIX, require_role
from tests.engine.api.conftest import House, open_house
from tests.engine.fakes import a_site

ME = name_of(os.getuid())
SERVER = Path(next(iter(configs.__path__))) / "server" / "server.toml"
REFUSAL = b'{"code":"G24","message":"this is not for your role [G24]"}'
PLENTY = Limits(burst=100_000)
NAMES_IN_PATH = re.compile(r"\{\w+\}")
FORGED = {
    "X-User": "root",
    "X-Role": "auditor",
    "X-Roles": "investigator,supervisor,authoriser,auditor,custodian,operator",
    "X-Forwarded-User": "root",
    "X-Uid": "0",
    "Authorization": "Bearer root",
    "Cookie": "role=auditor",
}


def server_for(*roles: Role) -> object:
    """A server on which this process has these roles and no others."""
    return a_site(rehearsal=False, people={ME: frozenset(roles)})


async def said(house: House, route: Route, headers: dict[str, str] | None = None) -> tuple[int, bytes]:
    """Status and body of an empty request to a route."""
    path = NAMES_IN_PATH.sub("none", route.path)
    content = b"{}" if route.body is not None else b""
    async with house.raw.stream(route.method, path, content=content, headers=headers or {}) as answer:
        if route.handler is None and answer.status_code == 200:
            return 200, b""  # the stream goes on; being let in is enough
        return answer.status_code, await answer.aread()


def without_row(routes: Sequence[Route]) -> list[str]:
    return [f"{r.method} {r.path}" for r in routes if not MATRIX.get(r.name)]


def test_g24_every_route_has_a_row_and_a_new_one_without_fails_here() -> None:
    assert without_row(ROUTES) == []
    forgotten = replace(ROUTES[0], path="/new", name="new.thing")
    assert without_row([*ROUTES, forgotten]) == ["GET /new"]


def test_g24_no_row_is_for_a_route_that_nobody_knows() -> None:
    """A row for something that is not there hides a spelling mistake in one that is."""
    assert set(MATRIX) - {route.name for route in ROUTES} == set()


@pytest.mark.parametrize("role", [*Role, None], ids=str)
async def test_g24_every_route_lets_in_the_roles_of_its_row_and_nobody_else(
    tmp_path: Path, role: Role | None
) -> None:
    async with open_house(tmp_path, server_for(*([role] if role else [])), PLENTY) as house:  # type: ignore[arg-type]
        for route in ROUTES:
            status, body = await said(house, route)
            if role in MATRIX[route.name]:
                assert body != REFUSAL, (route.name, role)
            else:
                assert (status, body) == (403, REFUSAL), (route.name, role)


async def test_g24_a_route_without_a_row_answers_nobody_not_even_with_every_role(tmp_path: Path) -> None:
    forgotten = replace(ROUTES[0], path="/new", name="new.thing")
    async with open_house(tmp_path, server_for(*Role), PLENTY, routes=[*ROUTES, forgotten]) as house:  # type: ignore[arg-type]
        assert await said(house, forgotten) == (403, REFUSAL)


async def test_g24_no_header_gives_a_role_or_another_name(tmp_path: Path) -> None:
    async with open_house(tmp_path, server_for(Role.OPERATOR), PLENTY) as house:  # type: ignore[arg-type]
        for route in ROUTES:
            if Role.OPERATOR not in MATRIX[route.name]:
                assert await said(house, route, FORGED) == (403, REFUSAL), route.name
        answer = await house.raw.get("/hello", headers=FORGED)
        assert answer.json()["person"] == ME


async def test_g24_nothing_of_a_request_is_read_before_its_sender_may_send_it(tmp_path: Path) -> None:
    async with open_house(tmp_path, server_for(Role.AUDITOR), PLENTY) as house:  # type: ignore[arg-type]
        reader, writer = await asyncio.open_unix_connection(str(house.socket))
        writer.write(
            b"PUT /v1/cases/a HTTP/1.1\r\nHost: e\r\nIdempotency-Key: 12345678\r\n"
            b"Content-Length: 1000000\r\n\r\n"
        )  # and not one byte of it
        async with asyncio.timeout(20):
            assert (await reader.readline()).startswith(b"HTTP/1.1 403 ")
        writer.close()


async def test_g24_in_a_rehearsal_one_hand_holds_every_role(tmp_path: Path) -> None:
    async with open_house(tmp_path, limits=PLENTY) as house:
        for route in ROUTES:
            assert (await said(house, route))[1] != REFUSAL, route.name


async def test_g24_another_method_on_a_known_address_is_no_way_round(tmp_path: Path) -> None:
    served = {(r.method, r.path) for r in ROUTES}
    async with open_house(tmp_path, limits=PLENTY) as house:
        for path in sorted({r.path for r in ROUTES}):
            for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"):
                if (method, path) not in served:
                    answer: httpx.Response = await house.raw.request(method, NAMES_IN_PATH.sub("x", path))
                    assert answer.status_code == 405, (method, path)


@pytest.mark.parametrize("name", ["", "HELLO", "hello ", "case", "case.*", "case.put.x"])
def test_g24_a_row_is_found_by_its_whole_name_only(name: str) -> None:
    with pytest.raises(Refused):
        require_role(Person(uid=0, name="root", roles=frozenset(Role)), name)


def left_behind(path: Path) -> socket.socket:
    """A connection whose process has ended before the engine came to look at it: nothing is awaited here."""
    ours, theirs = socket.socketpair()
    child = os.fork()
    if child == 0:
        reached = socket.socket(socket.AF_UNIX)
        reached.connect(str(path))
        socket.send_fds(theirs, [b"x"], [reached.fileno()])
        os._exit(0)
    _, (descriptor,), _, _ = socket.recv_fds(ours, 1, 1)
    os.waitpid(child, 0)
    return socket.socket(fileno=descriptor)


async def test_g24_nobody_hides_who_logged_in_by_ending_the_process_that_connected(tmp_path: Path) -> None:
    site = a_site(rehearsal=False, people={name_of(os.getuid()): frozenset(Role)})
    async with open_house(tmp_path, site) as house:
        with left_behind(house.socket) as left:
            left.setblocking(False)
            loop = asyncio.get_running_loop()
            asked = "POST /v1/orders/x/end HTTP/1.1\r\nHost: engine\r\nIdempotency-Key: kkkkkkkkkkkk\r\n\r\n"
            await loop.sock_sendall(left, asked.encode())
            answer = await loop.sock_recv(left, 65_536)
        assert answer.startswith(b"HTTP/1.1 403 ")
        assert b"who logged in cannot be told" in answer


@pytest.mark.parametrize("other", [role for role in Role if role is not Role.AUDITOR], ids=str)
def test_g24_on_a_server_an_auditor_has_no_other_role(other: Role) -> None:
    """Who also answers could read the first answers before the second ones are given."""
    settings: SiteFile = load_toml(SERVER, SiteFile)
    assert settings.service is not None
    people = settings.service.people | {"kang": ("auditor", str(other))}
    service = msgspec.structs.replace(settings.service, people=people)
    check_settings(settings, SERVER)
    with pytest.raises(InputError, match="nobody audits their own work"):
        check_settings(msgspec.structs.replace(settings, service=service), SERVER)
