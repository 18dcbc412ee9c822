"""The people of a practice server: users of the system that are made for it and taken away again."""

import grp
import pwd
import subprocess
from collections.abc import Callable

from engine.domain.errors import InputError
from tui.commands.practice_person import MARK, NAMED_BY_NUMBER, Practitioner

PREFIX = "practice-"
GROUP = "tracedesk-practice"
ROLES = {
    "investigator1": "investigator",
    "investigator2": "investigator",
    "supervisor": "supervisor",
    "authoriser": "authoriser",
    "auditor": "auditor",
    "custodian": "custodian",
    "operator": "operator",
}
REMOVE = "tracedesk demo --server --remove"

Do = Callable[..., None]
Named = Callable[[str], pwd.struct_passwd | None]
Group = Callable[[], int | None]
"""How a command of the system is run, an account looked up by its name, and the group's number."""


def _named(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _account(uid: int) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwuid(uid)
    except KeyError:
        return None


def _group() -> int | None:
    """Number of the group; None where there is none."""
    try:
        return grp.getgrnam(GROUP).gr_gid
    except KeyError:
        return None


def _do(*words: str) -> None:
    """Raises InputError with the system's own line."""
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise InputError("is not installed", place=words[0], mend="install it (package passwd)") from None
    if done.returncode != 0:
        why = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise InputError(why, place=" ".join((words[0], words[-1])), mend=f"mend it, or: {REMOVE}")


def accounts() -> tuple[str, ...]:
    """Names of the users that practise."""
    return tuple(PREFIX + who for who in ROLES)


def numbered(first_uid: int) -> tuple[Practitioner, ...]:
    """The people as user numbers that nobody has an account for. Raises InputError where one has."""
    people = tuple(
        Practitioner(who=who, role=role, uid=uid, name=f"{NAMED_BY_NUMBER}{uid}")
        for uid, (who, role) in enumerate(ROLES.items(), start=first_uid)
    )
    for person in people:
        if _account(person.uid) is not None:
            raise InputError("has an account already", place=person.name, mend="begin at another number")
    return people


def make_accounts(
    do: Do = _do, named: Named = _named, group: Group = _group
) -> tuple[tuple[Practitioner, ...], int]:
    """Users without a password, a home or a shell, and their group's number; those that are there stay.
    Raises InputError where a name is somebody's who was not made for practice, before anything is made."""
    for name in accounts():
        _check_free(name, named(name))
    if group() is None:
        do("groupadd", "--system", GROUP)
    people: list[Practitioner] = []
    for who, role in ROLES.items():
        name = PREFIX + who
        if named(name) is None:
            shut = ("--no-create-home", "--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin")
            do("useradd", "--system", "--gid", GROUP, "--comment", MARK, *shut, name)
        made = named(name)
        if made is None:
            raise InputError("was not made", place=name, mend="see what useradd wrote to the system's log")
        people.append(Practitioner(who=who, role=role, uid=made.pw_uid, name=name))
    gid = group()
    if gid is None:
        raise InputError("was not made", place=GROUP, mend="see what groupadd wrote to the system's log")
    return tuple(people), gid


def remove_accounts(do: Do = _do, named: Named = _named, group: Group = _group) -> tuple[str, ...]:
    """Take away the users that were made for practice, and their group; their names. An account that
    merely has such a name stays."""
    gone: list[str] = []
    for name in accounts():
        account = named(name)
        if account is not None and account.pw_gecos == MARK:
            do("userdel", name)
            gone.append(name)
    if gone and group() is not None:
        do("groupdel", GROUP)
    return tuple(gone)


def _check_free(name: str, account: pwd.struct_passwd | None) -> None:
    if account is not None and account.pw_gecos != MARK:
        mend = "it is not touched; rename it, or practise on another machine"
        raise InputError("is an account that was not made for practice", place=name, mend=mend)
