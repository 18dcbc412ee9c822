"""``tracedesk erasure``: keys whose time has come, and the custodian's word where many go at once (G15)."""

import typer

from engine.api.client import EngineClient
from engine.api.forms import Confirm, ErasureView
from tui.commands.connect import SocketOption, ask, minute, say
from tui.commands.failing import plainly

app = typer.Typer(help="What is due to be erased, and what waits for the custodian.", no_args_is_help=True)


@app.command("list")
@plainly()
def list_erasures(socket: SocketOption = None) -> None:
    """Keys that are due, cases that wait, and how the last sweep went."""
    _tell(ask(socket, EngineClient.erasures))


@app.command()
@plainly()
def confirm(case_ids: list[str], socket: SocketOption = None) -> None:
    """As the custodian: the keys of these cases may go at once. Look at the clock first."""
    form = Confirm(case_ids=tuple(case_ids))
    _tell(ask(socket, lambda client: client.confirm_erasure(form)))


def _tell(view: ErasureView) -> None:
    say(f"{view.keys_due} keys are due, {view.overdue} cases overdue, {view.unfinished} begun and unfinished")
    if view.waiting:
        say(f"waiting for the custodian: {', '.join(view.waiting)}")
    if view.lost:
        say(f"{view.lost} cases have lost their key though nobody destroyed it: is the key file an old one?")
    say(f"last sweep: {minute(view.last_sweep) or 'none yet'}")
    if view.problem:
        say(f"problem: {view.problem}")
