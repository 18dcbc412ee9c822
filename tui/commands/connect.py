"""How a command reaches the engine of this machine, asks it something, and prints the answer plainly."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from engine.api.client import EngineAway, EngineClient, EngineSaysNo
from engine.domain.errors import InputError
from tui.clean import clean_text, cleaned
from tui.commands.address import require_open, socket_of
from tui.commands.opening import speak

T = TypeVar("T")
PIPE_COLUMNS = 240
OF_ANOTHER_AGE = "version"  # the code of an engine that speaks another API

SocketOption = Annotated[
    Path | None,
    typer.Option("--socket", envvar="TRACEDESK_SOCKET", help="Socket of the engine; else the server's."),
]


def ask(given: Path | None, work: Callable[[EngineClient], Awaitable[T]]) -> T:
    """The answer with every string in it cleaned. Raises InputError with the engine's own line where it
    refuses, or with what to do where nobody answers."""
    socket = given or socket_of()

    async def asking() -> T:
        async with EngineClient(socket) as client:
            return cleaned(await work(client), limit=2_000)

    try:
        return asyncio.run(asking())
    except EngineAway:
        speak()
        require_open(socket)
        mend = "start it (tracedesk engine start), or name another with --socket"
        raise InputError("no engine answers", file=str(socket), mend=mend) from None
    except EngineSaysNo as refused:
        if refused.code == OF_ANOTHER_AGE:
            speak()
        raise InputError(str(refused)) from None


def table(headings: Sequence[str], rows: Sequence[Sequence[object]], nothing: str) -> None:
    """Rows under headings; one row a line where the output is a pipe."""
    console = Console(soft_wrap=True)
    if not console.is_terminal:
        console = Console(soft_wrap=True, width=PIPE_COLUMNS)
    if not rows:
        console.print(Text(nothing))
        return
    drawn = Table(box=None, pad_edge=False)
    for heading in headings:
        drawn.add_column(Text(heading), no_wrap=True)
    for row in rows:
        drawn.add_row(*(Text(clean_text("" if cell is None else str(cell))) for cell in row))
    console.print(drawn)


def say(line: str, *, err: bool = False) -> None:
    """One plain line, on stderr with ``err``."""
    typer.echo(clean_text(line, 2_000), err=err)


def minute(at: object) -> str:
    """A time to the minute, in UTC; "" for none."""
    return f"{at:%Y-%m-%d %H:%MZ}" if at is not None else ""


def second(at: object) -> str:
    """A time to the second, in UTC; "" for none."""
    return f"{at:%Y-%m-%d %H:%M:%SZ}" if at is not None else ""
