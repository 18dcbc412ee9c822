"""The board in plain lines: cases with what they wait for, the note to whoever takes over, the gazetteer."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from engine.api.case_schema import BoardCase
from engine.api.client import EngineClient
from engine.domain.authorisation import AuthorisationState
from engine.domain.errors import InputError
from engine.domain.source_request import SourceRequestState
from tui.commands.connect import SocketOption, ask, minute, say, table
from tui.commands.contact_form import text_of
from tui.commands.failing import plainly

HEADINGS = ("case", "owner", "records", "sources", "authorisation", "trace", "to answer", "notice", "footage",
            "handover")  # fmt: skip


@plainly()
def board(socket: SocketOption = None) -> None:
    """The cases that you work on, with what each of them waits for."""
    table(HEADINGS, [row_of(case) for case in ask(socket, EngineClient.board)], "no case is open")


@plainly()
def handover(
    case_id: str,
    write: Annotated[
        bool, typer.Option("--write", help="Write it anew, as typed or from standard input.")
    ] = False,
    forget: Annotated[bool, typer.Option("--forget", help="Take the note away.")] = False,
    socket: SocketOption = None,
) -> None:
    """Show the note for whoever takes over a case, or write it. Everybody on the case shares it."""
    if write and forget:
        raise InputError("is given with --write", place="--forget", mend="give one of the two")
    if write or forget:
        # never an argument: whoever lists the processes of the machine reads those (G19)
        text = text_of("note") if write else ""
        if write and not text:
            raise InputError("is empty", place="note", mend="write something, or take it away: --forget")
        ask(socket, lambda client: client.keep(case_id, "handover", text))
        say(f"the handover note of case {case_id} is {'written' if text else 'gone'}")
    else:
        _show(socket, case_id, "handover", "there is no handover note")


@plainly()
def draft(case_id: str, socket: SocketOption = None) -> None:
    """Show what you have drafted for a case at the desk. Nobody else sees it."""
    _show(socket, case_id, "draft", "there is no draft of yours")


@plainly()
def places(text: str, socket: SocketOption = None) -> None:
    """Look a place up in the gazetteer, by a part of its name, address or id."""
    found = ask(socket, lambda client: client.places(text))
    rows = [(p.place_id, p.name, p.address, p.kind, f"{p.lat:.5f} {p.lon:.5f}", f"{p.radius_m:g} m")
            for p in found]  # fmt: skip
    table(("place", "name", "address", "kind", "position", "radius"), rows, "no place has that in its name")


def row_of(case: BoardCase) -> tuple[str, ...]:
    """A line of the board; cells are empty where nothing waits."""
    trace = case.trace
    return (
        case.case_id,
        case.owner,
        f"{case.records}" + (f", {case.unseconded} photos to second" if case.unseconded else ""),
        _sources(case),
        _authorisation(case),
        trace.state.replace("_", " ") if trace else "",
        str(trace.undecided) if trace and trace.undecided else "",
        f"{case.notice} {minute(case.notice_due)}".strip(),
        _footage(case),
        f"{case.handover.by} {minute(case.handover.at)}" if case.handover else "",
    )


def _sources(case: BoardCase) -> str:
    """Who has not answered, and how long that is."""
    waiting = [ask for ask in case.sources if ask.state is SourceRequestState.ASKED]
    return ", ".join(f"{ask.source} waits {ask.waits_h:.0f} h" for ask in waiting)


def _authorisation(case: BoardCase) -> str:
    if not case.authorisations:
        return ""
    newest = case.authorisations[0]
    state = "EMERGENCY" if newest.state is AuthorisationState.EMERGENCY else str(newest.state)
    return f"{state} until {minute(newest.expires_at)}"


def _footage(case: BoardCase) -> str:
    soonest: datetime | None = min((due.gone_at for due in case.footage), default=None)
    return f"gone {minute(soonest)}" if soonest else ""


def _show(socket: Path | None, case_id: str, kind: str, nothing: str) -> None:
    """Line by line: a line break is the one control character that a text may have."""

    async def work(client: EngineClient) -> tuple[str, ...]:
        kept = await client.kept(case_id, kind)
        return (f"{kept.by}, {minute(kept.at)}", *kept.text.splitlines()) if kept.text else (nothing,)

    for line in ask(socket, work):
        say(line)
