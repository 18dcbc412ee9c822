"""``tracedesk order``: the dated epidemic orders under which anything is permitted (G28)."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from engine.api.client import EngineClient
from engine.api.forms import OrderProposal, OrderView
from engine.domain.errors import InputError
from tui.commands.connect import SocketOption, ask, minute, say, table
from tui.commands.failing import plainly

app = typer.Typer(help="Epidemic orders: propose, approve, end.", no_args_is_help=True)


@app.command("list")
@plainly()
def list_orders(socket: SocketOption = None) -> None:
    """All orders, and which of them stand."""
    found = ask(socket, EngineClient.orders)
    rows = [
        (
            o.order_id,
            o.number,
            o.disease,
            minute(o.start),
            minute(o.end),
            "stands" if o.stands else o.state,
            o.proposed_by,
            o.approved_by,
        )
        for o in found
    ]
    headings = ("order", "number", "disease", "from", "until", "state", "proposed by", "approved by")
    table(headings, rows, "no epidemic order is known here: nothing can be permitted")


@app.command()
@plainly()
def propose(
    number: Annotated[str, typer.Option(help="Number of the order, as printed on it.")],
    authority: Annotated[str, typer.Option(help="Who gave it.")],
    disease: Annotated[str, typer.Option(help="A name in the list of diseases.")],
    document: Annotated[Path, typer.Option(help="The signed paper; only its sha256 is kept.")],
    start: Annotated[str, typer.Option("--from", help="First moment, as 2026-03-01T00:00+09:00.")],
    until: Annotated[str, typer.Option(help="When it ends.")],
    extends: Annotated[str, typer.Option(help="Id of the order that it prolongs.")] = "",
    socket: SocketOption = None,
) -> None:
    """Propose an order, or with --extends a longer life for one. Another person approves it."""
    wanted = OrderProposal(
        number=number,
        authority=authority,
        disease=disease,
        document_sha256=digest_of(document),
        start=moment(start, "--from"),
        end=moment(until, "--until"),
        extends=extends,
    )
    order = ask(socket, lambda client: client.propose_order(wanted))
    say(f"order {order.order_id} is proposed; another person approves it: tracedesk order approve")


@app.command()
@plainly()
def approve(order_id: str, socket: SocketOption = None) -> None:
    """Approve an order that somebody else proposed."""

    async def work(client: EngineClient) -> OrderView:
        found = next((o for o in await client.orders() if o.order_id == order_id), None)
        return await client.approve_order(order_id, version=found.version if found else 1)

    order = ask(socket, work)
    say(f"order {order.number} stands until {minute(order.end)}")


@app.command()
@plainly()
def end(order_id: str, socket: SocketOption = None) -> None:
    """End an order and its extensions before their time: nothing new is permitted under its number, and
    what runs under it stops. One that is only proposed is turned down by itself."""
    order = ask(socket, lambda client: client.end_order(order_id))
    if order.approved_by:
        say(f"order {order.number} has ended, with every extension of it")
    else:
        say(f"order {order.order_id} is turned down; what stands under {order.number} goes on")


def moment(text: str, place: str) -> datetime:
    """A time with its offset from UTC. Raises InputError."""
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is not None:
            return at.astimezone(UTC)
    except (ValueError, OverflowError):  # the latter: before the year 1 or after 9999 in UTC
        pass
    raise InputError("is no time with an offset", place=place, mend="write 2026-03-01T00:00+09:00")


def digest_of(path: Path) -> str:
    """sha256 of a paper. Raises InputError."""
    try:
        with path.open("rb") as paper:
            return hashlib.file_digest(paper, "sha256").hexdigest()
    except OSError as problem:
        why = (problem.strerror or "cannot be read").lower()
        raise InputError(why, file=str(path), mend="check the path") from None
