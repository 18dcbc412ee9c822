"""``tracedesk witness``: what another institution runs so that the audit cannot be cut quietly."""

import asyncio
import contextlib
import os
import pwd
import signal
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.domain.errors import InputError
from tui.clean import clean_text
from tui.commands.failing import on_disk, plainly

if TYPE_CHECKING:
    from adapters.witness.book import Book

app = typer.Typer(
    help="Remember what an engine's audit said: a small server for another institution.",
    no_args_is_help=True,
)
ALARM_EXIT_CODE = 1
PORT = 8463
LONGEST_SILENCE_MIN = 7 * 24 * 60
LINE = 1000  # characters

Folder = Annotated[Path, typer.Argument(help="The folder of the witness.")]


@app.command()
@plainly()
def init(
    folder: Annotated[Path, typer.Argument(help="A new, empty folder.")],
    name: Annotated[
        list[str] | None, typer.Option(help="Host name or address under which engines reach it; repeatable.")
    ] = None,
) -> None:
    """Make the folder and a certificate, and print the fingerprint that engines are to know."""
    from adapters.witness.certificate import make_certificate

    with on_disk(folder, "name another folder, or one that you may write to"):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        known = make_certificate(folder, tuple(name or [socket.getfqdn(), "localhost"]), datetime.now(UTC))
    typer.echo(f"fingerprint {known}")
    typer.echo("next: on the engine's machine run  tracedesk audit key  and here")
    typer.echo(f"  tracedesk witness enrol {folder} KEY  then  tracedesk witness serve {folder}")


@app.command()
@plainly()
def enrol(
    folder: Folder, key: Annotated[str, typer.Argument(help="The engine's key: origin+hash+key.")]
) -> None:
    """Know an engine: only what is signed with its key is remembered, and from now on its silence counts."""
    from engine.domain.checkpoint import parse_verifier_key

    verifier = parse_verifier_key(key)
    with _book(folder) as book:
        book.enrol(verifier, datetime.now(UTC))
    typer.echo(f"knows {verifier.origin}")


@app.command()
@plainly()
def serve(
    folder: Folder,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen on; 0: any.")] = PORT,
    silence_min: Annotated[
        float, typer.Option(help="Minutes of silence after which there is an alarm.")
    ] = 30,
) -> None:
    """Serve until a signal. Each new alarm is one line on stderr."""
    if not 0 < silence_min <= LONGEST_SILENCE_MIN:  # also what is no number
        mend = f"write minutes, up to {LONGEST_SILENCE_MIN:,} (a week)"
        raise InputError("is no time to wait", place="--silence-min", mend=mend)
    try:
        listening = socket.create_server((host, port))
    except (OSError, OverflowError) as problem:
        why = str(getattr(problem, "strerror", None) or problem).lower()
        raise InputError(why, place=f"{host}:{port}", mend="name another --host or --port") from None
    with listening:
        asyncio.run(_serve(folder, listening, timedelta(minutes=silence_min)))


@app.command()
@plainly()
def status(folder: Folder) -> None:
    """What is remembered of each engine, and open alarms; exit code 1 where there are any."""
    now = datetime.now(UTC)
    with _book(folder) as book:
        for one in book.counts():
            heard = f"heard {_ago(now - one.heard)} ago" if one.heard else "never heard"
            typer.echo(clean_text(f"{one.origin}: {one.size} lines, {heard}", LINE))
        alarms = book.alarms()
    for alarm in alarms:
        at = f"{alarm.at:%Y-%m-%d %H:%M}Z"
        typer.echo(
            clean_text(f"ALARM {alarm.number}: {at} {alarm.kind} of {alarm.origin}: {alarm.words}", LINE)
        )
    raise typer.Exit(ALARM_EXIT_CODE if alarms else 0)


@app.command()
@plainly()
def accept(
    folder: Annotated[Path, typer.Argument(help="The folder of the witness, or the file of a file witness.")],
    reason: Annotated[str, typer.Option(help="Why it is no alarm any more; it is kept.")],
    origin: Annotated[str, typer.Argument(help="The engine; not for a file witness.")] = "",
    size: Annotated[
        int | None,
        typer.Option(help="Go back to the last checkpoint of at most so many lines; 0: begin anew.", min=0),
    ] = None,
) -> None:
    """Close the alarms of an engine. With --size the engine may go on from an earlier checkpoint, which
    it still has to prove: say this only after asking the other institution what was restored and why."""
    from adapters.witness.memory import Memory

    who, now = pwd.getpwuid(os.getuid()).pw_name, datetime.now(UTC)
    if folder.is_file():
        if size is None or not reason.strip():
            raise InputError("are both needed", place="--size and --reason", mend="name them")
        with contextlib.closing(Memory(folder, None)) as memory:
            latest = memory.accept(size, who, reason, now)
        typer.echo(f"goes on from {latest.checkpoint.size if latest else 0} lines")
        return
    with _book(folder) as book:
        closed, latest = book.accept(origin, who, reason, now, size)
    goes_on = f"goes on from {latest.checkpoint.size if latest else 0} lines"
    typer.echo(f"{closed} alarm{'' if closed == 1 else 's'} closed, {goes_on}")


def _book(folder: Path) -> "contextlib.closing[Book]":
    from adapters.witness.book import Book

    return contextlib.closing(Book(folder, datetime.now(UTC)))


async def _serve(folder: Path, listening: socket.socket, silence: timedelta) -> None:
    from adapters.clock import SystemClock
    from adapters.witness.certificate import fingerprint
    from adapters.witness.server import serving

    over = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, over.set)

    def say(line: str) -> None:
        typer.echo(clean_text(line, LINE), err=True)

    async with serving(folder, SystemClock(), listening, say, silence):
        host, port = listening.getsockname()[:2]
        typer.echo(f"serving https://{host}:{port} fingerprint {fingerprint(folder)}")
        await over.wait()


def _ago(time: timedelta) -> str:
    minutes = int(time.total_seconds() // 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h"
