"""Who somebody is comes from the kernel, also where another user, a relay or a header says otherwise."""

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.api.identity import NOBODY_LOGGED_IN, Peer, login_uid, name_of, peer_of, person_of, roles_of
from engine.domain.authorisation import Role
from engine.domain.person import HIDDEN
from tests.engine.api.conftest import open_house
from tests.engine.fakes import a_site

EVERY = frozenset(Role)
OTHER_UID = 65534
as_root = pytest.mark.skipif(os.getuid() != 0, reason="needs root, to become another user")

BECOME = """
import os, socket, sys
uid = int(sys.argv[1])
os.setgroups([])
os.setgid(uid)
os.setuid(uid)
"""
ASK = """
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[2])
s.sendall(b"GET /v1/hello HTTP/1.0\\r\\n" + sys.argv[3].encode() + b"\\r\\n")
said = b""
while more := s.recv(65536):
    said += more
sys.stdout.write(said.decode())
"""
RELAY = """
inner = socket.socket(socket.AF_UNIX)
inner.bind(sys.argv[3])
inner.listen()
print("ready", flush=True)
near, _ = inner.accept()
far = socket.socket(socket.AF_UNIX)
far.connect(sys.argv[2])
far.sendall(near.recv(65536))
while more := far.recv(65536):
    near.sendall(more)
"""


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user may enter, as the one of a group on a server."""
    folder = Path(tempfile.mkdtemp(prefix="td-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def command(code: str, uid: int, *arguments: str) -> list[str]:
    return [sys.executable, "-I", "-S", "-c", BECOME + code, str(uid), *arguments]


async def asked_as(uid: int, at: Path, headers: str = "") -> str:
    """What the engine answers to a process of another user."""
    done = await asyncio.to_thread(
        subprocess.run,
        command(ASK, uid, str(at), headers),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return str(done.stdout)


def proc(folder: Path, pid: int, *, uid: int, login: str) -> Path:
    """A /proc with one process in it."""
    inside = folder / str(pid)
    inside.mkdir()
    (inside / "status").write_text(f"Name:\tx\nUid:\t{uid}\t{uid}\t{uid}\t{uid}\n")
    (inside / "loginuid").write_text(login)
    return folder


def test_the_peer_of_a_socket_is_whoever_connected() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX)
    with ours, theirs:
        assert peer_of(ours) == Peer(os.getpid(), os.getuid())


def test_a_user_without_a_name_is_called_by_number() -> None:
    assert name_of(4_000_000_000) == "uid-4000000000"


def test_in_a_rehearsal_whoever_runs_the_engine_holds_every_role_and_nobody_else_one() -> None:
    site = a_site(people={"kim": EVERY})
    assert roles_of(site, 1000, "me", own_uid=1000) == EVERY
    assert roles_of(site, 0, "root", own_uid=1000) == EVERY
    assert roles_of(site, 1001, "kim", own_uid=1000) == frozenset()


def test_on_a_server_roles_are_what_the_list_says_for_root_and_the_engine_too() -> None:
    site = a_site(rehearsal=False, people={"kim": frozenset({Role.INVESTIGATOR})})
    assert roles_of(site, 1001, "kim", own_uid=1000) == {Role.INVESTIGATOR}
    assert roles_of(site, 0, "root", own_uid=0) == frozenset()
    assert roles_of(site, 1000, "tracedesk", own_uid=1000) == frozenset()


def test_who_logged_in_at_first_is_known_through_su(tmp_path: Path) -> None:
    seen = person_of(Peer(7, 1001), a_site(), own_uid=0, proc=proc(tmp_path, 7, uid=1001, login="1000\n"))
    assert (seen.uid, seen.login_uid) == (1001, 1000)
    assert seen.is_also(uid=1000, login_uid=1000)


@pytest.mark.parametrize("login", [str(NOBODY_LOGGED_IN), "", "x", "-"])
def test_nobody_logged_in_is_no_login(tmp_path: Path, login: str) -> None:
    assert login_uid(Peer(7, 1001), proc(tmp_path, 7, uid=1001, login=login)) is None


def test_a_process_that_has_ended_lends_its_number_to_no_other_login(tmp_path: Path) -> None:
    assert login_uid(Peer(8, 1001), tmp_path) == HIDDEN
    reused = proc(tmp_path, 8, uid=2002, login="2002")
    assert login_uid(Peer(8, 1001), reused) == HIDDEN


async def test_a_header_makes_nobody_somebody_else(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        forged = {"X-User": "chief", "X-Forwarded-User": "chief", "X-Uid": "1", "Authorization": "Basic eA=="}
        plain = (await house.bare.get("/hello")).content
        assert (await house.bare.get("/hello", headers=forged)).content == plain


@as_root
async def test_another_user_is_seen_as_that_user_whatever_the_header_says(open_folder: Path) -> None:
    async with open_house(open_folder) as house:
        house.socket.chmod(0o666)
        said = await asked_as(OTHER_UID, house.socket, "X-User: root\r\nX-Uid: 0\r\n")
        assert said.startswith("HTTP/1.0 403 ")
        assert "this is not for your role [G24]" in said


@as_root
async def test_another_user_whom_the_list_names_is_greeted_by_the_systems_name(open_folder: Path) -> None:
    name = name_of(OTHER_UID)
    site = a_site(rehearsal=False, people={name: frozenset({Role.OPERATOR})})
    async with open_house(open_folder, site) as house:
        house.socket.chmod(0o666)
        assert f'"person":"{name}"' in await asked_as(OTHER_UID, house.socket)
        assert (await house.bare.get("/hello")).status_code == 403, "root is not on the list"


@as_root
async def test_another_user_cannot_even_connect_to_the_socket_as_it_is_made(open_folder: Path) -> None:
    async with open_house(open_folder) as house:
        with pytest.raises(AssertionError, match="PermissionError"):
            await asked_as(OTHER_UID, house.socket)


@as_root
async def test_through_a_forwarded_socket_one_is_whoever_forwards(open_folder: Path) -> None:
    async with open_house(open_folder) as house:
        house.socket.chmod(0o666)
        theirs = open_folder / "theirs"
        theirs.mkdir()
        os.chown(theirs, OTHER_UID, -1)
        relay = await asyncio.create_subprocess_exec(
            *command(RELAY, OTHER_UID, str(house.socket), str(theirs / "relay.sock")),
            stdout=subprocess.PIPE,
        )
        assert relay.stdout is not None
        assert await relay.stdout.readline() == b"ready\n"
        assert (await asked_as(0, theirs / "relay.sock")).startswith("HTTP/1.0 403 ")
        await relay.wait()
        assert (await asked_as(0, house.socket)).startswith("HTTP/1.0 200 ")
