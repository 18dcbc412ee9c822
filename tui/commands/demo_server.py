"""``tracedesk demo --server``: the simulated town as a server, with people to practise with."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import typer
from rich.console import Console
from rich.text import Text

from engine.domain.errors import InputError
from tui.commands.engine_process import SOCKET, end_engine, shared_engine
from tui.commands.failing import on_disk
from tui.commands.practice_accounts import GROUP, accounts, make_accounts, remove_accounts
from tui.commands.practice_lesson import Step, lesson, told
from tui.commands.practice_person import ROLL, Practitioner, Roll, read_roll

PRACTICE = Path("/var/lib/tracedesk-practice")
APART = Path("/dev/shm")  # noqa: S108  in memory: another volume than the data, and gone with the machine
APART_PREFIX = "tracedesk-practice-"
PATIENTS = 10
IDLE_H = 8.0
ORDER_DAYS = 30
NOTICE_FILE = "notice.txt"
NOTICE = "What the patient was told. Nobody was: all are invented.\n"
LEFT_OUT = (
    "There is no footage here, so no photograph is taken in or seconded and no face is searched for: rendered"
    " faces say nothing about people, and a server counts with numbers about people alone. What a trace finds"
    " comes from records. The witness is a file in the memory of this machine, not another institution."
)


def practise(seed: int, folder: Path | None, yes: bool, console: Console) -> None:
    """Make the people and the server, and print the lesson. Raises InputError where this is not root, or
    nobody agreed that users of this machine are made."""
    where = (folder / "practice") if folder else PRACTICE
    _need_root()
    if not yes:
        question = f"make the group {GROUP} and the users {', '.join(accounts())} on this machine?"
        if not sys.stdin.isatty():
            raise InputError("makes users on this machine", place="--server", mend="agree with --yes")
        if not typer.confirm(question):
            raise typer.Exit(1)
    check_place(where)
    people, gid = make_accounts()
    steps = set_up_practice(where, people, gid, seed, console)
    printed = Console()
    if not printed.is_terminal:
        printed = Console(width=1_000)
    printed.print(Text("\n".join(lines_of(where, people, steps))), soft_wrap=True)


def stop_practising(folder: Path | None, console: Console) -> None:
    """End the engine and take away the folder and the users. Raises InputError where this is not root."""
    where = (folder / "practice") if folder else PRACTICE
    _need_root()
    was_there = take_away(where)
    gone = remove_accounts()
    console.print(f"removed: {where}" if was_there else f"there was nothing in {where}")
    console.print(f"removed: {', '.join(gone)}" if gone else "there were no practice users")


def check_place(folder: Path) -> None:
    """Raises InputError where something else lies there, or other users cannot get to it."""
    if folder.exists() and not (folder / ROLL).exists() and any(folder.iterdir()):
        raise InputError("holds something else", file=str(folder), mend="name another with --folder")
    for above in folder.absolute().parents:
        if above.exists() and not above.stat().st_mode & 0o001:
            mend = "name a folder with --folder that all users may reach, as /srv"
            raise InputError("may not be entered by other users", file=str(above), mend=mend)


def set_up_practice(
    folder: Path, people: Sequence[Practitioner], gid: int, seed: int, console: Console
) -> tuple[Step, ...]:
    """The town as a server that runs, an order that stands, and all cases but two handed in; the lesson
    about these two. What was practised there before is gone. Raises InputError."""
    from adapters.city.heads import Heads
    from adapters.city.plan import TOWN
    from adapters.city.practice import ASKED, ORDER, OWN, Practice, write_practice
    from adapters.city.simulation import simulate

    folder = folder.absolute()
    check_place(folder)
    take_away(folder)
    heads = Heads()
    with console.status("simulating a town"):
        try:
            city = simulate(seed, TOWN, PATIENTS, len(heads))
        except ValueError as problem:
            raise InputError(str(problem), place="--seed", mend="take another seed") from None
    with on_disk(folder, "free space, or name another folder with --folder"):
        folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        apart = Path(tempfile.mkdtemp(prefix=APART_PREFIX, dir=APART))
        roll = Roll(people=tuple(people), gid=gid, apart=str(apart))
        _write(folder / ROLL, msgspec.json.encode(roll))
        (apart / "epoch").mkdir(mode=0o700)
        secret = os.open(apart / "unseal", os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(secret, "wb") as file:
            file.write(os.urandom(32))
        (folder / "state").mkdir(mode=0o700)
        (folder / "run").mkdir(mode=0o750)
        os.chown(folder / "run", 0, gid)
        socket = folder / "run" / SOCKET
        names = {person.name: person.role for person in people}
        written = write_practice(folder, city, heads, Practice(people=names, apart=apart, socket=socket))
        _write(folder / "notice.txt", NOTICE.encode())
        _open_to_all(folder)
        _write_as(folder)
    with console.status("starting the engine"):
        shared_engine(written.site, folder / "state", IDLE_H * 3600)
        os.chown(socket, 0, gid)
    with console.status("handing in cases"):
        order = _order(folder, ORDER)
        said_by(folder, "authoriser", "order", "approve", order)
        urgent, *rest = written.others
        for case in rest:
            said_by(folder, "investigator1", "case", "open", str(case))
    held = {path.stem for path in (written.asking / "records").iterdir()}
    collected = sorted(held & {*OWN, ASKED})
    return lesson(written.asking, urgent, folder.absolute() / NOTICE_FILE, collected)


def take_away(folder: Path) -> bool:
    """End the engine of a practice folder and remove it with all that belongs to it; whether it was there."""
    if not (folder / ROLL).exists():
        return False
    roll = read_roll(folder)
    end_engine(folder / "run" / SOCKET)
    apart = Path(roll.apart)
    if apart.parent == APART and apart.name.startswith(APART_PREFIX):
        shutil.rmtree(apart, ignore_errors=True)
    with on_disk(folder, "remove it by hand"):
        shutil.rmtree(folder)
    return True


def said_by(folder: Path, who: str, *words: str) -> str:
    """What the engine said to a command of one of the people. Raises InputError where it refused."""
    done = subprocess.run(
        [*command(folder), who, *words], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    if done.returncode != 0:
        why = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise InputError(why.removeprefix("tracedesk: "), place=f"{who}: {' '.join(words[:2])}")
    return done.stdout


def command(folder: Path) -> tuple[str, ...]:
    """What the script ``as`` of a practice folder runs."""
    return sys.executable, "-P", "-m", "tui.commands.practice_person", str(folder.absolute())


def lines_of(folder: Path, people: Sequence[Practitioner], steps: Sequence[Step]) -> list[str]:
    """The lesson, in lines."""
    colleague = next(person.name for person in people if person.who == "investigator2")
    remove = ["sudo", "tracedesk", "demo", "--server", "--remove"]
    if folder != PRACTICE:
        remove += ["--folder", str(folder.parent)]
    return [
        "A server to practise on runs. Everybody in it is invented; two cases are left for you to hand in.",
        LEFT_OUT,
        "",
        "Each command is given by one of the people; share them out. Words in capitals are what an earlier",
        "command printed. A name with nothing after it opens the desk. Only root becomes somebody else; from",
        "then on the kernel vouches for them.",
        "",
        *told(steps, folder.absolute() / "as", colleague),
        "",
        f"The engine ends when nobody has needed it for {IDLE_H:g} hours; the same command begins anew.",
        f"Take all of it away, users too: {shlex.join(remove)}",
    ]


def _order(folder: Path, number: str) -> str:
    """Propose the order under which everything is permitted; its id."""
    now = datetime.now(UTC)
    life = (
        "--from",
        (now - timedelta(days=1)).isoformat(),
        "--until",
        (now + timedelta(days=ORDER_DAYS)).isoformat(),
    )
    paper = ("--authority", "the province", "--disease", "covid-19", "--document", str(folder / NOTICE_FILE))
    said = said_by(folder, "supervisor", "order", "propose", "--number", number, *paper, *life)
    found = re.search(r"order (\w+) is proposed", said)
    if not found:
        raise InputError(said.strip(), place="supervisor: order propose")
    return found[1]


def _need_root() -> None:
    if os.geteuid() != 0:
        raise InputError(
            "needs root: the engine asks the kernel who is asking, and root alone can be several people",
            place="--server",
            mend="sudo tracedesk demo --server",
        )


def _open_to_all(folder: Path) -> None:
    """Site and case folders, which are invented, may be read by everybody whatever root's umask is."""
    for path in (folder, *folder.rglob("*")):
        if path.name not in ("state", "run"):
            path.chmod(0o755 if path.is_dir() else 0o644)


def _write_as(folder: Path) -> None:
    """The script by which root is one of the people for a command."""
    script = folder / "as"
    _write(script, f'#!/bin/sh\nexec {shlex.join(command(folder))} "$@"\n'.encode())
    script.chmod(0o755)


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    path.chmod(0o644)
