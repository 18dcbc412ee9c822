"""``tracedesk candidates``: what a trace found, in lines: for scripts, and for screen readers."""

from typing import Annotated

import typer

from engine.api.client import EngineClient
from engine.api.schema import CandidateView, TraceDetail, TraceView
from tui.commands.candidate_pictures import clip, compare, show
from tui.commands.connect import SocketOption, ask, say
from tui.commands.connect import second as second_of
from tui.commands.contact_form import text_of
from tui.commands.failing import plainly
from tui.commands.finding import detail_of, own_answer, trace_of, with_candidate
from tui.commands.listing import listing

app = typer.Typer(help="Candidates: list, look, remark, set aside.", no_args_is_help=True)
for command in (show, compare, clip):
    app.command()(command)

WITHHELD = (
    "first answers are withheld, since a second reviewer is wanted. Be it at the desk, or with:"
    " tracedesk candidates review-second {trace}. Or see them: tracedesk candidates look {trace}"
)

Where = Annotated[str, typer.Argument(metavar="CASE|TRACE", help="A case (its newest trace) or a trace.")]
One = Annotated[str, typer.Argument(metavar="CANDIDATE", help="Its id, from the list.")]


@app.command("list")
@plainly()
def list_candidates(
    where: Where,
    unanswered: Annotated[
        bool, typer.Option("--unanswered", help="Only those that wait for your answer.")
    ] = False,
    socket: SocketOption = None,
) -> None:
    """Candidates with what there is to go on. Your own answer is shown, and nobody else's; what the model
    makes of one is told after you have answered."""

    async def work(client: EngineClient) -> tuple[str, TraceDetail]:
        return (await client.hello()).person, await detail_of(client, where)

    me, detail = ask(socket, work)
    rows = [
        (
            number,
            c.candidate_id,
            c.camera_name,
            f"{second_of(c.start)} to {second_of(c.end)}",
            own_answer(c, me) or ("set aside" if c.aside else ""),
            f"wanted by {c.second_wanted_by}" if c.second_wanted_by else "",
            "; ".join((*c.evidence, *((c.infeasible,) if c.infeasible else ()))),
            "; ".join((c.support, *c.opinion)) if own_answer(c, me) else "",
            c.note,
        )
        for number, c in enumerate(detail.candidates, start=1)
        if not (unanswered and (own_answer(c, me) or c.aside or _closed(c, detail)))
    ]
    headings = (
        "number", "candidate", "camera", "seen", "your answer", "second", "to go on", "the model", "note"
    )  # fmt: skip
    nothing = "no candidate waits" if detail.candidates else "the trace found no candidate"
    listing(headings, rows, nothing, first=5)
    if detail.withheld:
        typer.echo(WITHHELD.format(trace=detail.trace.trace_id), err=True)


@app.command()
@plainly()
def undo(candidate: One, socket: SocketOption = None) -> None:
    """Take your answer back. Both stay in the audit."""

    async def work(client: EngineClient) -> CandidateView:
        _, found = await with_candidate(client, candidate)
        return await client.undo(candidate, version=found.version)

    ask(socket, work)
    say(f"your answer about candidate {candidate} is taken back")


@app.command()
@plainly()
def note(candidate: One, socket: SocketOption = None) -> None:
    """Keep a note with a candidate, as typed or from standard input; an empty one takes it away."""
    text = text_of("note")

    async def work(client: EngineClient) -> CandidateView:
        _, found = await with_candidate(client, candidate)
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


@app.command("review-second")
@plainly()
def review_second(where: Where, socket: SocketOption = None) -> None:
    """Become the second reviewer of a trace: from now on its first answers are hidden from you."""

    async def work(client: EngineClient) -> TraceView:
        return await client.second_review((await trace_of(client, where)).trace_id)

    trace = ask(socket, work)
    say(f"you review trace {trace.trace_id} of case {trace.case_id} as the second; first answers are hidden")


@app.command()
@plainly()
def look(where: Where, socket: SocketOption = None) -> None:
    """See what others answered, where a second reviewer is wanted: from then on you cannot be it."""

    async def work(client: EngineClient) -> TraceDetail:
        return await client.see_answers((await trace_of(client, where)).trace_id)

    detail = ask(socket, work)
    if detail.blind:
        said = "you are the second reviewer: answer every candidate first"
    else:
        said = f"trace {detail.trace.trace_id}: first answers are shown; you are no second reviewer of it"
    say(said)


@app.command()
@plainly()
def aside(
    candidates: Annotated[
        list[str], typer.Argument(metavar="CANDIDATE...", help="Ids from the list of one trace.")
    ],
    up_again: Annotated[bool, typer.Option("--not", help="Take them up again.")] = False,
    socket: SocketOption = None,
) -> None:
    """Set candidates aside that nobody has answered: they count as not reviewed, never as not there."""

    async def work(client: EngineClient) -> TraceDetail:
        detail, _ = await with_candidate(client, candidates[0])
        return await client.set_aside(detail.trace.trace_id, tuple(candidates), aside=not up_again)

    ask(socket, work)
    count = "1 candidate is" if len(candidates) == 1 else f"{len(candidates)} candidates are"
    say(f"{count} {'taken up again' if up_again else 'set aside'}")


def _closed(candidate: CandidateView, detail: TraceDetail) -> bool:
    """Whether a colleague has answered already, where that may be known."""
    return candidate.answer is not None and not detail.blind
