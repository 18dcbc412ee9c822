"""``tracedesk audit``: check the log, look at it, take it away, count it; a file also without an engine."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Annotated, BinaryIO, Protocol

import typer

from engine.api.audit_file import Verdict, header_line, record_lines, verify_file
from engine.api.audit_schema import AuditCounts, AuditPage, AuditVerdict
from engine.api.client import EngineAway, EngineClient, EngineSaysNo
from engine.api.forms import NewWitness, NewWitnessLetter, WitnessGap
from engine.api.schema import AuditEntry
from engine.api.site_schema import AuditHead
from engine.domain.checkpoint import NewBecause
from engine.domain.errors import InputError
from tui.clean import clean_text
from tui.commands.address import socket_of
from tui.commands.connect import ask, say
from tui.commands.failing import on_disk, plainly
from tui.commands.order import digest_of

app = typer.Typer(
    help="The log of everything that was done: check, show, export, count.", no_args_is_help=True
)
BAD_EXIT_CODE = 1
LINE = 1000  # characters
FOLLOW_S = 1.0

State = Annotated[Path | None, typer.Option(help="State folder of the engine.")]
Site = Annotated[Path | None, typer.Option("--site", help="The site of the engine.")]


class Auditor(Protocol):
    """What of the engine's client is used here."""

    async def audit(self, after: int = 0) -> tuple[AuditEntry, ...]: ...

    async def audit_head(self) -> AuditHead: ...

    async def audit_verify(self) -> AuditVerdict: ...

    async def audit_counts(self) -> AuditCounts: ...

    async def audit_export(self, after: int, upto: int = 0) -> AuditPage: ...


@app.command()
@plainly()
def verify(
    file: Annotated[Path | None, typer.Argument(help="An exported file; else the engine's log.")] = None,
    key: Annotated[str, typer.Option(help="The engine's key, from elsewhere than the file.")] = "",
    witness: Annotated[
        Path | None,
        typer.Option(help="The witness's checkpoints from before the export: show a cut tail."),
    ] = None,
    state: State = None,
    site: Site = None,
) -> None:
    """Say whether anything was edited, moved, taken out or cut off, and name the first bad line.

    Exit code 1 where something was.
    """
    if file is None:
        verdict = asyncio.run(_verified(state, site))
        raise typer.Exit(_say_verdict(verdict))
    if not key:
        raise InputError("is missing", place="--key", mend="take it from: tracedesk audit key")
    raise typer.Exit(_say_file(verify_file(file, key, witness), witness is not None))


@app.command()
@plainly()
def show(
    after: Annotated[int, typer.Option(help="Begin after this line.", min=0)] = 0,
    state: State = None,
    site: Site = None,
) -> None:
    """Print all lines of the log, oldest first."""
    asyncio.run(_shown(after, state, site))


@app.command()
@plainly()
def tail(
    lines: Annotated[int, typer.Option("--lines", "-n", help="So many of the last.", min=0)] = 20,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what comes.")] = False,
    state: State = None,
    site: Site = None,
) -> None:
    """Print the last lines of the log, and with --follow every one that comes until Ctrl-C."""
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_tailed(lines, follow, state, site))


@app.command()
@plainly()
def head(state: State = None, site: Site = None) -> None:
    """Print how long the log is and the root of its tree, to compare with what a witness remembers."""
    found = ask(socket_of(state, site), EngineClient.audit_head)
    say(f"{found.size} lines, root {found.root}")
    say(f"signed up to line {found.signed_upto}")
    heard = f"{found.witnessed_at:%Y-%m-%d %H:%M}Z" if found.witnessed_at else "never"
    say(f"the witness acknowledged {found.witnessed_upto} of them; last heard: {heard}")


@app.command()
@plainly()
def export(
    file: Annotated[Path, typer.Argument(help="A new file.")],
    after: Annotated[int, typer.Option(help="Begin after this line.", min=0)] = 0,
    state: State = None,
    site: Site = None,
) -> None:
    """Write the log with its checkpoints to a file that anybody with the key can check."""
    lines, upto, key = asyncio.run(_exported(file, after, state, site))
    typer.echo(f"{lines} lines, up to line {upto}, for which a checkpoint was signed")
    typer.echo(clean_text(f"check it with: tracedesk audit verify {file} --key {key}", LINE))


@app.command()
@plainly()
def counts(
    days: Annotated[bool, typer.Option("--days", help="By day as well.")] = False,
    state: State = None,
    site: Site = None,
) -> None:
    """Print the counts that can be published: they hold no personal data."""
    found = asyncio.run(_counts(state, site))
    for day, amounts in [*(sorted(found.days.items()) if days else ()), ("all", found.total)]:
        for name, amount in amounts.items():
            typer.echo(clean_text(f"{day} {name} {amount}", LINE))


@app.command()
@plainly()
def key(state: State = None, site: Site = None) -> None:
    """Print the key under which this engine signs its checkpoints, for the witness and for auditors."""
    typer.echo(asyncio.run(_counts(state, site)).key)


@app.command("propose-witness")
@plainly()
def propose_witness(
    because: Annotated[NewBecause, typer.Option(help="Its disk was replaced, it moved, or this is a drill.")],
    letter: Annotated[
        Path, typer.Option(help="What the institution that keeps it wrote; only its sha256 is kept.")
    ],
    state: State = None,
    site: Site = None,
) -> None:
    """As the custodian: go on with a witness that does not know what was acknowledged.

    The auditor accepts it, with the same letter.
    """
    wanted = NewWitness(because=because, letter_sha256=digest_of(letter))
    gap = ask(socket_of(state, site), lambda client: client.propose_witness(wanted))
    say(f"proposed: {_gap(gap)}; the auditor accepts it: tracedesk audit accept-witness")


@app.command("accept-witness")
@plainly()
def accept_witness(
    letter: Annotated[Path, typer.Option(help="The letter that the custodian named.")],
    state: State = None,
    site: Site = None,
) -> None:
    """As the auditor: go on with the witness that the custodian proposed, from what it remembers."""
    wanted = NewWitnessLetter(letter_sha256=digest_of(letter))
    gap = ask(socket_of(state, site), lambda client: client.accept_witness(wanted))
    say(f"accepted: {_gap(gap)}; it is handed the rest now: tracedesk engine status")


def _gap(gap: WitnessGap) -> str:
    return f"the witness remembers {gap.remembered} of {gap.acknowledged} lines that were acknowledged"


def _say_verdict(found: AuditVerdict) -> int:
    if found.first_bad is not None:
        bad = _bad(found.first_bad, found.first_bad_until or found.first_bad, found.problem)
        typer.echo(clean_text(bad, LINE))
        return BAD_EXIT_CODE
    typer.echo(f"{found.lines} lines are as they were written ({found.seconds:.1f} s)")
    typer.echo(_signed(found.lines, found.checkpoints, found.signed_upto))
    if found.disagreement:
        typer.echo(clean_text(f"the witness disagrees: {found.disagreement}", LINE))
        return BAD_EXIT_CODE
    at = f"{found.witnessed_at:%Y-%m-%d %H:%M}Z" if found.witnessed_at else "never"
    typer.echo(f"the witness acknowledged {found.witnessed_upto} of them; last heard: {at}")
    return 0


def _say_file(found: Verdict, witnessed: bool) -> int:
    if found.fault is not None:
        typer.echo(clean_text(_bad(found.fault.seq, found.fault.until, found.fault.problem), LINE))
        return BAD_EXIT_CODE
    typer.echo(f"the lines up to {found.lines} are as they were written")
    typer.echo(_signed(found.lines, found.checkpoints, found.signed_upto))
    if not witnessed:
        typer.echo("whether a tail was cut off can only be told with --witness")
    return 0 if found.checkpoints else BAD_EXIT_CODE


def _signed(lines: int, checkpoints: int, upto: int) -> str:
    if not checkpoints:
        return "none of them was signed for"
    rest = lines - upto
    return f"{checkpoints} checkpoints fit, up to line {upto}" + (f"; {rest} came after" if rest else "")


def _bad(first: int, until: int, problem: str) -> str:
    where = f"line {first}" if first == until else f"lines {first} to {until}"
    return f"BAD: {where}: {problem}"


async def _verified(state: Path | None, site: Path | None) -> AuditVerdict:
    async with _engine(state, site) as engine:
        return await engine.audit_verify()


async def _shown(after: int, state: Path | None, site: Path | None) -> None:
    async with _engine(state, site) as engine:
        await show_lines(engine, after)


async def _counts(state: Path | None, site: Path | None) -> AuditCounts:
    async with _engine(state, site) as engine:
        return await engine.audit_counts()


async def _exported(file: Path, after: int, state: Path | None, site: Path | None) -> tuple[int, int, str]:
    async with _engine(state, site) as engine:
        return await write_export(engine, file, after)


async def _tailed(lines: int, follow: bool, state: Path | None, site: Path | None) -> None:
    async with _engine(state, site) as engine:
        await show_tail(engine, lines, asyncio.sleep if follow else None)


async def show_tail(
    engine: Auditor, lines: int, sleep: Callable[[float], Awaitable[object]] | None = None
) -> None:
    """Print so many of the last lines; with ``sleep``, every one that comes after them too."""
    after = max(0, (await engine.audit_head()).size - lines)
    after = await show_lines(engine, after)
    while sleep is not None:
        await sleep(FOLLOW_S)
        after = await show_lines(engine, after)


async def show_lines(engine: Auditor, after: int) -> int:
    """Print what comes after a line, page by page until there is no more; the last line there was."""
    while page := await engine.audit(after):
        for entry in page:
            words = f"{entry.seq} {entry.at:%Y-%m-%dT%H:%M:%SZ} {entry.person} {entry.action} {entry.object}"
            typer.echo(clean_text(f"{words} {entry.outcome}", LINE))
        after = page[-1].seq
    return after


async def write_export(engine: Auditor, file: Path, after: int) -> tuple[int, int, str]:
    """Page by page into a new file, whole or not at all; lines written, last line, key. Raises InputError
    for the file."""
    page = await engine.audit_export(after)
    upto, key = page.upto, page.key
    with on_disk(file, "name another file"), _new_file(file) as out:
        out.write(header_line(page))
        while True:
            out.writelines(record_lines(page))
            if page.last >= upto or not page.records:
                break
            page = await engine.audit_export(page.last, upto)
    return max(0, page.last - after), page.last, key


@contextlib.contextmanager
def _new_file(file: Path) -> Iterator[BinaryIO]:
    """To be written to; what could not be written to its end does not stay. Raises OSError."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as out:
            yield out
    except BaseException:
        file.unlink(missing_ok=True)
        raise


@contextlib.asynccontextmanager
async def _engine(state: Path | None, site: Path | None) -> AsyncIterator[Auditor]:
    """The running engine of a state folder. Raises InputError where it does not answer, or says no."""
    socket = socket_of(state, site)
    try:
        async with EngineClient(socket) as client:
            yield client
    except EngineAway:
        raise InputError(
            "no engine answers", file=str(socket), mend="start it, or name its --state"
        ) from None
    except EngineSaysNo as no:
        raise InputError(str(no)) from None
