"""``tracedesk candidates``: what a trace found, in lines: for scripts, and for screen readers."""

from typing import Annotated

import typer

from engine.api.client import EngineClient
from engine.api.schema import CandidateView, TraceDetail
from engine.domain.errors import InputError
from tui.commands.connect import SocketOption, ask, minute, say
from tui.commands.contact_form import text_of
from tui.commands.failing import plainly
from tui.commands.listing import listing

app = typer.Typer(help="Candidates: list, remark, set aside.", no_args_is_help=True)

WITHHELD = (
    "first answers are withheld, since a second reviewer is wanted. Be it at the desk, or with:"
    " tracedesk case answer --second. Or see them: tracedesk candidates look {trace}"
)

Where = Annotated[str, typer.Argument(metavar="CASE|TRACE", help="A case (its newest trace) or a trace.")]
One = Annotated[str, typer.Argument(metavar="CANDIDATE", help="Its id, from the list.")]


@app.command("list")
@plainly()
def list_candidates(where: Where, socket: SocketOption = None) -> None:
    """Candidates with what there is to go on. Your own answer is shown, and nobody else's; what the model
    makes of one is told after you have answered."""

    async def work(client: EngineClient) -> tuple[str, TraceDetail]:
        return (await client.hello()).person, await _newest(client, where)

    me, detail = ask(socket, work)
    rows = [
        (
            number,
            c.candidate_id,
            c.camera_name,
            f"{minute(c.start)} to {minute(c.end)}",
            own_answer(c, me) or ("set aside" if c.aside else ""),
            f"wanted by {c.second_wanted_by}" if c.second_wanted_by else "",
            "; ".join((*c.evidence, *((c.infeasible,) if c.infeasible else ()))),
            "; ".join((c.support, *c.opinion)) if own_answer(c, me) else "",
            c.note,
        )
        for number, c in enumerate(detail.candidates, start=1)
    ]
    headings = (
        "number", "candidate", "camera", "seen", "your answer", "second", "to go on", "the model", "note"
    )  # fmt: skip
    listing(headings, rows, "the trace found no candidate", first=5)
    if detail.withheld:
        typer.echo(WITHHELD.format(trace=detail.trace.trace_id), err=True)


@app.command()
@plainly()
def undo(where: Where, candidate: One, socket: SocketOption = None) -> None:
    """Take your answer back. Both stay in the audit."""

    async def work(client: EngineClient) -> CandidateView:
        found = await _one(client, where, candidate)
        return await client.undo(candidate, version=found.version)

    ask(socket, work)
    say(f"your answer about candidate {candidate} is taken back")


@app.command()
@plainly()
def note(where: Where, candidate: One, socket: SocketOption = None) -> None:
    """Keep a note with a candidate, as typed or from standard input; an empty one takes it away."""
    text = text_of("note")

    async def work(client: EngineClient) -> CandidateView:
        found = await _one(client, where, candidate)
        return await client.note(candidate, text, version=found.version)

    ask(socket, work)
    say(f"the note of candidate {candidate} is {'kept' if text else 'gone'}")


@app.command()
@plainly()
def second(
    candidate: One,
    not_any_more: Annotated[bool, typer.Option("--not", help="Take the wish back.")] = False,
    socket: SocketOption = None,
) -> None:
    """Wish for a second, blind pair of eyes on a candidate."""
    ask(socket, lambda client: client.want_second(candidate, wanted=not not_any_more))
    say(f"candidate {candidate} {'waits for no' if not_any_more else 'waits for a'} second reviewer")


@app.command()
@plainly()
def look(where: Where, socket: SocketOption = None) -> None:
    """See what others answered, where a second reviewer is wanted: from then on you cannot be it."""

    async def work(client: EngineClient) -> TraceDetail:
        return await client.see_answers(await _trace_id(client, where))

    detail = ask(socket, work)
    if detail.blind:
        said = "you are the second reviewer: answer every candidate first"
    else:
        said = f"trace {detail.trace.trace_id}: first answers are shown; you are no second reviewer of it"
    say(said)


@app.command()
@plainly()
def aside(
    where: Where,
    candidates: Annotated[list[str], typer.Argument(metavar="CANDIDATE...", help="Ids from the list.")],
    up_again: Annotated[bool, typer.Option("--not", help="Take them up again.")] = False,
    socket: SocketOption = None,
) -> None:
    """Set candidates aside that nobody has answered: they count as not reviewed, never as not there."""

    async def work(client: EngineClient) -> TraceDetail:
        trace_id = await _trace_id(client, where)
        return await client.set_aside(trace_id, tuple(candidates), aside=not up_again)

    ask(socket, work)
    say(f"{len(candidates)} candidates are {'taken up again' if up_again else 'set aside'}")


def own_answer(candidate: CandidateView, me: str) -> str:
    """What this person answered, "" for nothing."""
    if candidate.answer is not None and candidate.decided_by == me:
        return candidate.answer.replace("_", " ")
    if candidate.second_answer is not None and candidate.second_by == me:
        return candidate.second_answer.replace("_", " ")
    return ""


async def _trace_id(client: EngineClient, where: str) -> str:
    """A trace by its id, or the newest of a case. Raises InputError."""
    found = [t for t in await client.traces() if where in (t.trace_id, t.case_id)]
    if not found:
        raise InputError(
            "is no case with a trace, and no trace", place=where, mend="see: tracedesk case traces"
        )
    return found[-1].trace_id


async def _newest(client: EngineClient, where: str) -> TraceDetail:
    return await client.trace(await _trace_id(client, where))


async def _one(client: EngineClient, where: str, candidate: str) -> CandidateView:
    detail = await _newest(client, where)
    found = next((c for c in detail.candidates if c.candidate_id == candidate), None)
    if found is None:
        mend = f"see: tracedesk candidates list {where}"
        raise InputError(f"there is no candidate {candidate}", place=where, mend=mend)
    return found
