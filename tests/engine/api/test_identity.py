"""Who somebody is comes from the kernel, also where a header says otherwise."""

import os
import socket
from pathlib import Path

import pytest

from engine.api.identity import NOBODY_LOGGED_IN, Peer, login_uid, name_of, peer_of, person_of, roles_of
from engine.domain.authorisation import Role
from engine.domain.person import HIDDEN
from tests.engine.api.conftest import open_house
from tests.engine.fakes import a_site

EVERY = frozenset(Role)


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
