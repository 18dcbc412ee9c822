"""Who is at the other end of the socket: the kernel's word, never a header or a field (G24)."""

import os
import pwd
import socket
import struct
from dataclasses import dataclass
from pathlib import Path

from engine.domain.authorisation import Role
from engine.domain.person import HIDDEN, Person
from engine.trace.context import Site

_PEER = struct.Struct("3i")
NOBODY_LOGGED_IN = 4294967295  # what the kernel says of daemons: (uid_t) -1
PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Peer:
    """The process that called connect(), as the kernel noted it then. It may have ended since."""

    pid: int
    uid: int


def peer_of(connection: socket.socket) -> Peer:
    """SO_PEERCRED of a connected Unix socket. Raises OSError where it is none."""
    pid, uid, _ = _PEER.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size))
    return Peer(pid, uid)


def person_of(peer: Peer, site: Site, *, own_uid: int | None = None, proc: Path = PROC) -> Person:
    """The person behind a peer, with the roles that the site gives to that system user.

    ``own_uid`` is the user the engine runs as, else that of this process.
    """
    name = name_of(peer.uid)
    return Person(
        uid=peer.uid,
        name=name,
        roles=roles_of(site, peer.uid, name, os.getuid() if own_uid is None else own_uid),
        login_uid=login_uid(peer, proc),
    )


def roles_of(site: Site, uid: int, name: str, own_uid: int) -> frozenset[Role]:
    """In a rehearsal whoever runs the engine has every role, and nobody else has one. On a server
    roles are what the site's list says, for root as for anybody."""
    if site.rehearsal:
        return frozenset(Role) if uid in (own_uid, 0) else frozenset()
    return site.people.get(name, frozenset())


def name_of(uid: int) -> str:
    """The system's name of a user, or ``uid-N`` where it has none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid-{uid}"


def login_uid(peer: Peer, proc: Path = PROC) -> int | None:
    """Who logged in at first, through all su and sudo; None where the kernel has not recorded it, or
    where nobody logged in; HIDDEN where the process has ended, or its number is somebody else's by now."""
    folder = proc / str(peer.pid)
    try:
        if _effective_uid(folder) != peer.uid:
            return HIDDEN
    except (OSError, ValueError):
        return HIDDEN
    try:
        said = int((folder / "loginuid").read_text("ascii"))
    except (OSError, ValueError):
        return None
    return None if said == NOBODY_LOGGED_IN else said


def _effective_uid(folder: Path) -> int:
    for line in (folder / "status").read_text("utf-8", "replace").splitlines():
        if line.startswith("Uid:"):
            return int(line.split()[2])  # real, effective, saved, of the file system
    raise ValueError("status names no user")
