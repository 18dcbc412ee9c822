"""``tracedesk case``: a case from its folder to its erasure, for whoever works on it."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from engine.api.client import EngineClient
from engine.api.forms import (
    CaseClose,
    CaseErased,
    Member,
    NoticeView,
    PassedOn,
    SourceAnswer,
    SourceAsk,
    SourceRequestView,
)
from engine.api.forms import NoticeSent as NoticeForm
from tui.commands.board import board, draft, handover, places
from tui.commands.bring_in import bring_case
from tui.commands.case_intake import add_photo, ground, photo, photos, second, withdraw
from tui.commands.case_interview import interview
from tui.commands.case_trace import again, cancel, timeline, trace, traces
from tui.commands.connect import SocketOption, ask, minute, say, table
from tui.commands.contact_form import asked_lines, text_from, text_needed, text_of
from tui.commands.decisions import apply_decisions, read_decisions
from tui.commands.failing import plainly
from tui.commands.finding import trace_of
from tui.commands.order import digest_of, moment
from tui.commands.to_json import WithJson
from tui.commands.trace import read_cases, site_above

app = typer.Typer(help="Cases: open, share, trace, answer, close.", no_args_is_help=True)
source_app = typer.Typer(help="What other authorities were asked for.", no_args_is_help=True)
notice_app = typer.Typer(help="The notice owed to the patient.", no_args_is_help=True)
app.add_typer(source_app, name="source")
app.add_typer(notice_app, name="notice")
app.command()(board)
app.command()(handover)
app.command()(draft)
app.command()(places)
app.command()(interview)
app.command()(ground)
app.command()(withdraw)
app.command()(photos)
app.command()(photo)
app.command("add-photo")(add_photo)
app.command()(second)
app.command()(trace)
app.command()(again)
app.command()(cancel)
app.command()(traces)
app.command(cls=WithJson)(timeline)


class Means(StrEnum):
    """How a notice was sent: a word of these, so that nobody writes more than that on a command line."""

    POST = "post"
    TEXT_MESSAGE = "text_message"
    EMAIL = "email"
    TELEPHONE = "telephone"
    BY_HAND = "by_hand"


@app.command("list")
@plainly()
def list_cases(socket: SocketOption = None) -> None:
    """The open cases that you work on."""
    rows = [
        (
            c.case_id,
            f"{c.records} records",
            f"{c.stills} photos" + (f", {c.unseconded} to second" if c.unseconded else ""),
            c.ground.replace("_", " ") or "no face search",
            f"notice {c.notice}" if c.notice else "",
            ", ".join(c.members),
        )
        for c in ask(socket, EngineClient.cases)
    ]
    table(("case", "records", "photographs", "ground", "patient", "people"), rows, "no case is open")


@app.command("open")
@plainly()
def open_case(
    folder: Path,
    site: Annotated[Path | None, typer.Option("--site", help="The site; else site.toml above.")] = None,
    socket: SocketOption = None,
) -> None:
    """Hand in a case folder: the case, its records, photographs and ground. Nothing is traced yet."""
    (case,) = read_cases([folder], site or site_above(folder))
    ask(socket, lambda client: bring_case(client, case, say))
    say(f"case {case.case.case_id} is open")


@app.command()
@plainly()
def share(case_id: str, person: str, socket: SocketOption = None) -> None:
    """Let a colleague work on the case too."""
    ask(socket, lambda client: client.add_member(case_id, Member(person=person)))
    say(f"{person} works on case {case_id}")


@app.command()
@plainly()
def answer(
    case_id: str,
    file: Annotated[Path, typer.Argument(help="Answers of a reviewer, as in the README.")],
    second_review: Annotated[
        bool, typer.Option("--second", help="As the second reviewer, who has seen no answers.")
    ] = False,
    socket: SocketOption = None,
) -> None:
    """Answer the candidates of the newest trace of a case from a file, each after a view."""
    decisions = read_decisions(file)

    async def work(client: EngineClient) -> tuple[str, ...]:
        found = await trace_of(client, case_id)
        if second_review:
            await client.second_review(found.trace_id)
        detail = await client.trace(found.trace_id)
        return await apply_decisions(client, [detail], decisions)

    for line in ask(socket, work):
        typer.echo(line, err=True)
    say(f"answers for case {case_id} are given")


@app.command()
@plainly()
def close(
    case_id: str,
    undecided: Annotated[bool, typer.Option(help="Let go of candidates nobody answered about.")] = False,
    socket: SocketOption = None,
) -> None:
    """Sign a case off: its keys are destroyed, nothing of it can be opened any more. The audit stays.

    Asks why, in a few words; a script gives them on standard input.
    """
    reason = text_needed("why, in a few words")

    async def work(client: EngineClient) -> CaseErased:
        known = {c.case_id: c.version for c in await client.cases()}
        form = CaseClose(reason=reason, undecided=undecided)
        return await client.close_case(case_id, form, version=known.get(case_id, 1))

    gone = ask(socket, work)
    say(f"case {case_id} is closed: {gone.keys} keys destroyed; the audit stays")


# --- what other authorities were asked for ------------------------------------------------------


@source_app.command("list")
@plainly()
def list_sources(case_id: str, socket: SocketOption = None) -> None:
    """What was asked of whom, and how long it has waited."""
    found = ask(socket, lambda client: client.source_requests(case_id))
    rows = [
        (r.request_id, r.source, r.authority, r.reference, r.state, f"{r.waits_h:g} h", minute(r.asked_at))
        for r in found
    ]
    table(("request", "source", "authority", "reference", "state", "waited", "asked"), rows, "nothing asked")


@source_app.command("ask")
@plainly()
def ask_source(
    case_id: str,
    source: str,
    authority: str,
    reference: Annotated[bool, typer.Option("--reference", help="Ask for their reference too.")] = False,
    socket: SocketOption = None,
) -> None:
    """Note that another authority was asked for a source, or for footage.

    With --reference it asks for theirs; a script gives it on standard input.
    """
    known = text_of("their reference") if reference else ""
    form = SourceAsk(source=source, authority=authority, reference=known)
    request = ask(socket, lambda client: client.ask_source(case_id, form))
    say(f"request {request.request_id}: {source} was asked of the {authority}")


@source_app.command("answer")
@plainly()
def answer_source(
    case_id: str,
    request_id: str,
    refused: Annotated[bool, typer.Option("--refused", help="They said no.")] = False,
    reference: Annotated[
        bool, typer.Option("--reference", help="Ask for the reference of a refusal too.")
    ] = False,
    socket: SocketOption = None,
) -> None:
    """Note what they answered.

    Asks for the reference of their answer; a script gives it on standard input.
    """
    said = text_of("reference of their answer") if reference or not refused else ""

    async def work(client: EngineClient) -> SourceRequestView:
        known = {r.request_id: r.version for r in await client.source_requests(case_id)}
        form = SourceAnswer(answered=not refused, reference=said)
        return await client.answer_source(case_id, request_id, form, version=known.get(request_id, 1))

    request = ask(socket, work)
    say(f"request {request.request_id} for {request.source} is {request.state} after {request.waits_h:g} h")


# --- the notice to the patient ------------------------------------------------------------------


@notice_app.command("show")
@plainly()
def show_notice(case_id: str, socket: SocketOption = None) -> None:
    """Whether the patient was told, and what they still have to be told."""
    _tell(ask(socket, lambda client: client.notice(case_id)))


@notice_app.command("sent")
@plainly()
def notice_sent(
    case_id: str,
    document: Annotated[Path, typer.Option(help="The notice as sent; only its sha256 is kept.")],
    collected: Annotated[str, typer.Option(help="What it says was collected: card,photo,...")],
    sent_at: Annotated[str, typer.Option("--at", help="When, as 2026-03-05T10:00+09:00.")],
    means: Annotated[Means, typer.Option(help="How it was sent.")] = Means.POST,
    passed_on: Annotated[
        Path | None, typer.Option(help="What it says was passed on, a line each; - is standard input.")
    ] = None,
    socket: SocketOption = None,
) -> None:
    """Note that the notice was sent."""
    told = [line.strip() for line in text_from(passed_on).splitlines()] if passed_on else []
    form = NoticeForm(
        sent_at=moment(sent_at, "--at"),
        means=means.value.replace("_", " "),
        document_sha256=digest_of(document),
        collected=tuple(c.strip() for c in collected.split(",") if c.strip()),
        passed_on=tuple(line for line in told if line),
    )

    async def work(client: EngineClient) -> NoticeView:
        return await client.notice_sent(case_id, form, version=(await client.notice(case_id)).version)

    _tell(ask(socket, work))


@notice_app.command("passed-on")
@plainly()
def passed_on(case_id: str, socket: SocketOption = None) -> None:
    """Note that data went to another body; the patient is owed to be told so.

    Asks to whom it went and what; from a pipe these are two lines.
    """
    to, what = asked_lines(("to whom", "what was passed on"))
    _tell(ask(socket, lambda client: client.passed_on(case_id, PassedOn(to=to, what=what))))


def _tell(notice: NoticeView) -> None:
    owed = f"; still to tell: {', '.join(notice.to_tell)}" if notice.to_tell else ""
    when = f" at {minute(notice.sent_at)}" if notice.sent_at else ""
    say(
        f"the notice of case {notice.case_id} is {notice.state}{when}; its day: {minute(notice.due_at)}{owed}"
    )
