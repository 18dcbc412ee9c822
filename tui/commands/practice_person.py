"""One command by a practice person: ``python -m tui.commands.practice_person FOLDER WHO WORDS...``.

For root alone. It does what a login does: it notes with the kernel who logged in, becomes that user for
good, and only then runs the command, so that the engine asks the kernel and hears of that user. Of people
it becomes those alone that ``tracedesk demo --server`` has made.
"""

import contextlib
import importlib
import os
import pkgutil
import pwd
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec
import typer

from engine.domain.errors import InputError
from tui.commands.address import VARIABLE
from tui.commands.engine_process import SOCKET
from tui.commands.failing import EXIT_CODE, on_disk, plainly

ROLL = "practice.json"
OURS = ("tui", "adapters", "engine")
MARK = "tracedesk practice"  # the comment field of an account that was made for practice
LOGIN = Path("/proc/self/loginuid")  # proc_pid_loginuid(5); written like pam_loginuid(8) does
NOT_LOGGED_IN = 4294967295  # (uid_t) -1
NAMED_BY_NUMBER = "uid-"  # how the engine names a user that the system has no account for


class Practitioner(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``who`` is the name to call them by, ``name`` that of the user of the system."""

    who: str
    role: str
    uid: int
    name: str


class Roll(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who practises in a folder; ``apart`` holds what a server may not keep beside its data."""

    people: tuple[Practitioner, ...]
    gid: int
    apart: str


def read_roll(folder: Path) -> Roll:
    """Raises InputError where nobody practises here, or somebody else than root could have written it."""
    path = folder / ROLL
    mend = "set it up first: tracedesk demo --server"
    with on_disk(path, mend):
        found = path.stat()
        text = path.read_bytes()
    if found.st_uid != 0 or found.st_mode & 0o022:
        raise InputError("could have been written by somebody else than root", file=str(path), mend=mend)
    try:
        return msgspec.json.decode(text, type=Roll)
    except msgspec.DecodeError:
        raise InputError("is not what was written there", file=str(path), mend=mend) from None


def practises(uid: int, name: str) -> bool:
    """Whether a user is one to practise with: an account made for it, or a number without an account."""
    try:
        account = pwd.getpwuid(uid)
    except KeyError:
        return uid > 0 and name == f"{NAMED_BY_NUMBER}{uid}"
    return uid > 0 and account.pw_name == name and account.pw_gecos == MARK


def become(person: Practitioner, gid: int, login: Path = LOGIN) -> None:
    """Be that user from now on, for the kernel and for good. Raises InputError for anybody's own account,
    and where the kernel keeps somebody else as the one who logged in."""
    if not practises(person.uid, person.name):
        raise InputError(
            "is nobody to practise with", place=person.name[:40], mend="tracedesk demo --server --remove"
        )
    note_login(person.uid, login)
    os.setgroups([gid])
    os.setresgid(gid, gid, gid)
    os.setresuid(person.uid, person.uid, person.uid)


def note_login(uid: int, login: Path) -> None:
    """Have the kernel note who logged in, as sshd(8) and login(1) have it. Raises InputError where it keeps
    somebody else."""
    try:
        before = int(login.read_text("ascii"))
    except (OSError, ValueError):
        return  # this kernel keeps no such note, and the engine has nothing to read
    try:
        login.write_text(str(uid), encoding="ascii")
    except OSError:
        if before != NOT_LOGGED_IN:
            raise InputError(
                f"the kernel keeps user {before} as the one who logged in, so all would be one person",
                place=str(login),
                mend="practise in a machine or container where root may change it",
            ) from None


def load_everything(packages: Sequence[str]) -> None:
    """Import what a command may need: other users may not read where root's Python lies. Passes over
    modules that do not load on this system, such as those for another one."""
    for package in packages:
        found = importlib.import_module(package)
        for module in pkgutil.walk_packages(found.__path__, f"{package}.", onerror=lambda _: None):
            if not module.name.endswith("__main__"):
                with contextlib.suppress(ImportError):
                    importlib.import_module(module.name)


@plainly()
def run(words: Sequence[str]) -> None:
    """Become the person and run the command. Raises InputError for nobody who practises here."""
    if os.geteuid() != 0:
        raise InputError("only root becomes somebody else", place="as", mend="write sudo before it")
    if len(words) < 2:
        raise InputError("says not who", place="as", mend="write: as investigator1 case list")
    folder, who = Path(words[0]), words[1]
    roll = read_roll(folder)
    found = [person for person in roll.people if who in (person.who, person.name)]
    if not found:
        known = ", ".join(person.who for person in roll.people)
        raise InputError(f"{who[:40]!r} does not practise here", place="as", mend=f"these do: {known}")
    load_everything(
        OURS if words[2:] else (*OURS, "textual.drivers", "textual.widgets")
    )  # the desk draws with it
    from tui.cli import app

    become(found[0], roll.gid)
    os.environ[VARIABLE] = str(folder / "run" / SOCKET)
    os.environ["HOME"] = "/nonexistent"
    app(list(words[2:]), prog_name="tracedesk")


if __name__ == "__main__":
    try:
        run(sys.argv[1:])
    except typer.Exit as ended:
        sys.exit(ended.exit_code or EXIT_CODE)
