"""The board in plain lines: cases with what they wait for, the note to whoever takes over, the gazetteer."""

import sys
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
from tui.commands.contact_form import text_needed, text_of
from tui.commands.failing import plainly

Write = Annotated[
    bool,
    typer.Option("--write", help="Write it, as typed or from standard input, in place of what is there."),
]
Forget = Annotated[bool, typer.Option("--forget", help="Take it away.")]
Seen = Annotated[
    int | None,
    typer.Option("--seen", help="The version that you read; else the one that is there when this begins."),
]
HEADINGS = ("case", "owner", "records", "sources", "authorisation", "trace", "to answer", "notice", "footage",
            "handover")  # fmt: skip


@plainly()
def board(socket: SocketOption = None) -> None:
    """The cases that you work on, with what each of them waits for."""
    table(HEADINGS, [row_of(case) for case in ask(socket, EngineClient.board)], "no case is open")


@plainly()
def handover(
    case_id: str,
    write: Write = False,
    forget: Forget = False,
    seen: Seen = None,
    socket: SocketOption = None,
) -> None:
    """Show the note for whoever takes over a case, or write it. Everybody on the case shares it.

    A note of a colleague may tell what they answered: whoever reads it is no second reviewer any more.
    """
    if not _wanted(write=write, forget=forget):
        _show(socket, case_id, "handover", "there is no handover note")
        return
    version = seen if seen is not None else ask(socket, lambda client: _version(client, case_id))
    _keep(socket, case_id, "handover", "handover note", write=write, version=version)


@plainly()
def draft(case_id: str, write: Write = False, forget: Forget = False, socket: SocketOption = None) -> None:
    """Show what you have drafted of an interview, or write it. Nobody else sees it."""
    if not _wanted(write=write, forget=forget):
        _show(socket, case_id, "draft", "there is no draft of yours")
        return
    _keep(socket, case_id, "draft", "draft of yours", write=write)


@plainly()
def places(socket: SocketOption = None) -> None:
    """Look a place up in the gazetteer, by a part of its name, address or id.

    Asks for it, since it may be where a patient was; a script gives it on standard input.
    """
    text = text_needed("a part of its name, address or id")
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
        f"{case.handover.by} {minute(case.handover.at)}" if case.handover and case.handover.at else "",
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


def _wanted(*, write: bool, forget: bool) -> bool:
    """Whether anything is to be changed. Raises InputError."""
    if write and forget:
        raise InputError("is given with --write", place="--forget", mend="give one of the two")
    return write or forget


async def _version(client: EngineClient, case_id: str) -> int:
    """Of the note as it stands, without reading it: what somebody writes meanwhile is not written over."""
    found = next((case.handover for case in await client.board() if case.case_id == case_id), None)
    return found.version if found else 0


def _keep(
    socket: Path | None, case_id: str, kind: str, what: str, *, write: bool, version: int | None = None
) -> None:
    text = text_of(f"the {what}") if write else ""
    if write and not text:
        raise InputError("nothing was written", place="--write", mend="take it away with --forget")
    try:
        ask(socket, lambda client: client.keep(case_id, kind, text, version=version))
    except InputError:
        if text and sys.stdin.isatty():  # what came by a pipe is where it came from
            say(f"not kept, so that it is not lost: {text}", err=True)
        raise
    say(f"the {what} of case {case_id} is {'written' if text else 'gone'}")


def _show(socket: Path | None, case_id: str, kind: str, nothing: str) -> None:
    """Line by line: a line break is the one control character that a text may have."""

    async def work(client: EngineClient) -> tuple[str, ...]:
        kept = await client.kept(case_id, kind)
        if not kept.text:
            return (nothing,)
        version = f", version {kept.version}" if kept.version else ""
        return (f"{kept.by}, {minute(kept.at)}{version}", *kept.text.splitlines())

    for line in ask(socket, work):
        say(line)
