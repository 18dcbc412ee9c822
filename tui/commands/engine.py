"""``tracedesk engine``: start one in the background, ask how it is, end it, or be one in the foreground."""

import asyncio
import os
from pathlib import Path
from typing import Annotated

import typer

from engine.api.client import EngineAway, EngineClient, EngineSaysNo
from engine.api.lines import Health
from engine.domain.errors import InputError
from tui.clean import cleaned
from tui.commands.address import socket_of
from tui.commands.connect import ask
from tui.commands.engine_process import (
    COMMAND,
    PATIENCE_S,
    default_state,
    idle_exit_of,
    make_state,
    shared_engine,
    until_gone,
)
from tui.commands.failing import plainly
from tui.commands.house import show_house
from tui.commands.sample import SAMPLE_SITE

NOT_WELL = 3  # what service managers take for "is not running"

ELSE = "The site; else this machine's service where it has one, else the sample's engine."
Site = Annotated[Path, typer.Option(help="The site; its engine is meant.")]
MaybeSite = Annotated[Path | None, typer.Option("--site", help=ELSE)]
State = Annotated[Path | None, typer.Option(help="The state folder, where it is not the usual one.")]

app = typer.Typer(help="The engine of a site: start, stop, status, run.", no_args_is_help=True)


@app.command()
@plainly()
def start(site: Site = SAMPLE_SITE, state: State = None) -> None:
    """Start the engine in the background, unless one runs. It goes on until it is stopped; one that a desk
    or a trace had started already keeps its way of ending when nobody needs it."""
    socket = shared_engine(site, state or default_state(site), idle_exit_s=0.0)
    typer.echo(f"the engine answers on {socket}")
    if idle_s := idle_exit_of(socket):
        ends = f"it ran already, and ends when nobody has needed it for {_span(idle_s)}"
        typer.echo(f"{ends}; for one that stays: tracedesk engine stop, then start it again")


@app.command()
@plainly()
def stop(site: MaybeSite = None, state: State = None) -> None:
    """End the engine in an orderly way. Traces that run resume with the next one."""
    socket = socket_of(state, site)
    try:
        with until_gone(socket, PATIENCE_S) as running:
            resuming = asyncio.run(_stop(socket)) if running else None
    except TimeoutError:
        mend = "look into the system's log, then end the process"
        raise InputError(f"does not end within {PATIENCE_S:g} s", file=str(socket), mend=mend) from None
    if resuming is None:
        typer.echo("no engine is running")
    else:
        typer.echo(f"the engine has ended; {resuming} traces resume with the next one")


@app.command()
@plainly()
def status(site: MaybeSite = None, state: State = None) -> None:
    """How the engine is: exit code 0 where all is well, 3 where it is not, or where none runs."""
    socket = socket_of(state, site)
    try:
        health = asyncio.run(_health(socket))
    except EngineAway:
        typer.echo("no engine is running")
        raise typer.Exit(NOT_WELL) from None
    for line in lines(health):
        typer.echo(line)
    raise typer.Exit(0 if health.well else NOT_WELL)


@app.command()
@plainly()
def house(site: MaybeSite = None, state: State = None) -> None:
    """How cameras, ways in, disk, keys and witness are: exit code 3 where one of them needs somebody."""
    found = ask(socket_of(state, site), EngineClient.house)
    well = show_house(found)
    raise typer.Exit(0 if well else NOT_WELL)


@app.command()
@plainly()
def run(
    site: Site = SAMPLE_SITE,
    state: State = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Workers; else one a core.")] = None,
) -> None:
    """Be the engine, in the foreground, until a signal: for a service manager."""
    folder = state or default_state(site)
    make_state(folder)
    extra = [] if workers is None else ["--workers", str(workers)]
    command = [*COMMAND, "--state", str(folder), "--site", str(site.resolve()), *extra]
    os.execv(command[0], command)  # noqa: S606  no shell, and our own interpreter


async def _health(socket: Path) -> Health:
    async with EngineClient(socket) as client:
        try:
            return cleaned(await client.health())
        except EngineSaysNo as no:
            raise InputError(str(no)) from None


async def _stop(socket: Path) -> int | None:
    """How many traces will resume; None where nobody answers any more."""
    async with EngineClient(socket) as client:
        try:
            return (await client.stop()).traces_to_resume
        except EngineAway:
            return None
        except EngineSaysNo as no:
            raise InputError(str(no)) from None


def lines(health: Health) -> list[str]:
    """Health in plain lines, one for each part that there is."""
    told = [
        f"tracedesk {health.version}, profile {health.profile}, up {_span(health.uptime_s)}",
        f"store: {health.store}",
        f"slots: {health.slots_busy} of {health.slots} busy, {health.queued} traces waiting",
        f"consoles listening: {health.listeners}",
    ]
    if health.workers is not None:
        told.append(f"workers: {health.workers_busy} of {health.workers} at work")
    if health.audit:
        told.append(f"audit: {health.audit}")
    if health.witness:
        age = health.witness_age_s
        told.append(f"witness: {health.witness}" + ("" if age is None else f", confirmed {_span(age)} ago"))
    if health.keys_due is not None:
        told.append(f"keys due to be destroyed: {health.keys_due}")
    if health.housekeeping:
        told.append(f"housekeeping: {health.housekeeping}")
    return told


def _span(seconds: float) -> str:
    """The largest unit that fits: 42 s, 17 min, 5 h, 3 d."""
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
