"""The traces of a case by plain commands: start, look again, cancel, list, and the timeline in words."""

import asyncio
import contextlib
from datetime import datetime
from typing import Annotated

import typer

from engine.api.client import EngineAway, EngineClient
from engine.api.schema import (
    AuthorisationView,
    CandidateView,
    GapView,
    Hello,
    TraceDetail,
    TraceStart,
    TraceView,
    VisitView,
)
from engine.domain.errors import InputError
from tui.casework.board import in_force
from tui.casework.whereabouts import path, whereabouts
from tui.commands.connect import SocketOption, ask, minute, say, table
from tui.commands.failing import plainly
from tui.commands.finding import detail_of, stands_as_patient, trace_of
from tui.commands.listing import listing
from tui.commands.to_json import JsonTo
from tui.commands.trace import check_output, write_result
from tui.commands.trace_result import result
from tui.language.words import metres

Wait = Annotated[bool, typer.Option("--wait", help="Until the machine work is over.")]
BEGINS_WITHIN_S = 3.0
HEADINGS = ("number", "what", "from", "to", "where", "unsure", "through", "conflict")
BASES = {"record": "record", "sighting": "seen", "both": "record and seen"}

Where = Annotated[str, typer.Argument(metavar="CASE|TRACE", help="A case (its newest trace) or a trace.")]


@plainly()
def trace(case_id: str, wait: Wait = False, socket: SocketOption = None) -> None:
    """Start a trace under the authorisation that stands: one that permits faces before one that does not."""

    async def work(client: EngineClient) -> TraceView:
        now = await _now(client)
        standing = [a for a in await client.authorisations() if a.case_id == case_id and in_force(a, now)]
        if not standing:
            mend = "ask for one: tracedesk authorisation request"
            raise InputError("no authorisation stands", place=f"case {case_id}", mend=mend)
        best = max(standing, key=_worth)
        start = TraceStart(case_id=case_id, authorisation_id=best.authorisation_id)
        return await _worked(client, await client.start_trace(start), wait=wait)

    _told(ask(socket, work))


@plainly()
def again(where: Where, wait: Wait = False, socket: SocketOption = None) -> None:
    """Have a trace look at records and footage that came since."""

    async def work(client: EngineClient) -> TraceView:
        trace_id = (await trace_of(client, where)).trace_id
        return await _worked(client, await _begun(client, trace_id, wait=wait), wait=wait)

    _told(ask(socket, work))


@plainly()
def cancel(where: Where, socket: SocketOption = None) -> None:
    """End the machine work of a trace; what it found until then stays."""

    async def work(client: EngineClient) -> TraceView:
        return await client.cancel_trace((await trace_of(client, where)).trace_id)

    _told(ask(socket, work))


@plainly()
def traces(socket: SocketOption = None) -> None:
    """What runs, what waits for a person, and what is somebody else's."""
    rows = [
        (
            t.trace_id,
            t.case_id or "busy",
            t.state.replace("_", " "),
            f"{t.windows_done}/{t.windows_total}",
            t.undecided if t.case_id else "",
            t.message,
        )
        for t in ask(socket, EngineClient.traces)
    ]
    table(("trace", "case", "state", "windows", "to answer", ""), rows, "nothing was traced yet")


@plainly()
def timeline(
    where: Where,
    json: JsonTo = None,
    socket: SocketOption = None,
) -> None:
    """What is known of the patient in order of time: stays, gaps, contradictions, the way, and what was
    left out."""
    if json is not None:
        check_output(json)

    async def work(client: EngineClient) -> tuple[Hello, TraceDetail]:
        return await client.hello(), await detail_of(client, where)

    hello, detail = ask(socket, work)
    if json is not None:
        write_result(result(hello, [detail]), json)
        return
    for line in state_words(detail):
        say(line)
    listing(HEADINGS, rows_of(detail), "nothing is known yet", first=5)
    for line in (*way_words(detail), *contradictions(detail, hello.person), *left_out(detail)):
        say(line)


def state_words(detail: TraceDetail) -> list[str]:
    """How the trace stands."""
    trace = detail.trace
    found = f"{trace.candidates} candidates, {trace.undecided} to answer"
    lines = [
        f"trace {trace.trace_id} of case {trace.case_id}: {trace.state.replace('_', ' ')}",
        f"windows: {trace.windows_done} of {trace.windows_total}; {found}, {trace.aside} set aside",
    ]
    if trace.message:
        lines.append(trace.message)
    if trace.expires_at is not None:
        lines.append(f"authorised until {minute(trace.expires_at)}")
    if detail.blind:
        lines.append("you are the second reviewer: first answers are hidden from you")
    return lines


def rows_of(detail: TraceDetail) -> list[tuple[str, ...]]:
    """Stays and gaps in order of time; stays are numbered."""
    events: list[VisitView | GapView] = [*detail.visits, *detail.gaps]
    events.sort(key=lambda event: (event.start, event.end))
    rows: list[tuple[str, ...]] = []
    number = 0
    for event in events:
        if isinstance(event, GapView):
            reason = "" if event.reason == "not covered" else event.reason
            rows.append(("", "not covered", minute(event.start), minute(event.end), reason, "", "", ""))
            continue
        number += 1
        rows.append((str(number), *_visit(event)))
    return rows


def way_words(detail: TraceDetail) -> list[str]:
    """Places with a position one after the other, and how far somebody can have come from each before the
    next: what the map shows."""
    way = path(detail.visits)
    if not way:
        return ["the way: no place with a position is known"]
    lines = [f"the way: {len(way)} places in order"]
    for number, visit in enumerate(way, start=1):
        said = f"{number}. {_name(visit)}, {minute(visit.start)} to {minute(visit.end)}"
        after = way[number] if number < len(way) else None
        if after is not None and after.start > visit.end:
            reach = whereabouts(way[:number], after.start)
            if reach.last is not None:
                said += (
                    f"; until the next within {metres(reach.foot_m)} on foot, {metres(reach.car_m)} by car"
                )
        lines.append(said)
    return lines


def contradictions(detail: TraceDetail, me: str) -> list[str]:
    """Pairs of confirmed sightings that cannot both be true, as far as this person may know of them."""
    known = {c.candidate_id: c for c in detail.candidates if stands_as_patient(detail, c, me)}
    lines = []
    for conflict in detail.conflicts:
        if conflict.first_id in known and conflict.second_id in known:
            one, other = known[conflict.first_id], known[conflict.second_id]
            lines.append(
                f"contradiction: {_sighting(one)} and {_sighting(other)} cannot both be the patient:"
                f" {conflict.because}"
            )
    return lines or ["contradictions: none"]


def left_out(detail: TraceDetail) -> list[str]:
    return [
        *(f"left out: {reason}" for reason in detail.trace.left_out),
        *(f"problem: {problem}" for problem in detail.trace.problems),
    ]


async def _now(client: EngineClient) -> datetime:
    """The engine's time."""
    async for snapshot in client.snapshots():
        return snapshot.now
    raise EngineAway("it closed the connection")


def _worth(paper: AuthorisationView) -> tuple[bool, float]:
    return paper.face_search, paper.expires_at.timestamp()


def _visit(visit: VisitView) -> tuple[str, ...]:
    basis = BASES.get(visit.basis, visit.basis)
    place = _name(visit) + (f" within {visit.radius_m:.0f} m" if visit.radius_m is not None else "")
    unsure = f"{visit.sigma_s:.0f} s" if visit.sigma_s > 0 else ""
    if visit.moment:
        unsure = "; ".join(part for part in ("some time within", unsure) if part)
    through = ", ".join((*visit.sources, *visit.cameras))
    return basis, minute(visit.start), minute(visit.end), place, unsure, through, visit.conflict


def _name(visit: VisitView) -> str:
    return visit.label or visit.place_id or "place not available"


def _sighting(candidate: CandidateView) -> str:
    return f"{candidate.candidate_id} ({candidate.camera_name}, {minute(candidate.start)})"


async def _begun(client: EngineClient, trace_id: str, *, wait: bool) -> TraceView:
    """The trace once it has begun anew, where somebody waits for that; as it was where it has nothing new
    to look at."""
    asked = await client.look_again(trace_id)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(BEGINS_WITHIN_S if wait else 0.0):
            async for snapshot in client.snapshots():
                for row in snapshot.traces:
                    if row.trace_id == trace_id and not row.state.machine_done:
                        return row
    return asked


async def _worked(client: EngineClient, begun: TraceView, *, wait: bool) -> TraceView:
    """The trace as it is once its machine work is over, where somebody waits for that."""
    if wait and not begun.state.machine_done:
        async for snapshot in client.snapshots():
            for trace in snapshot.traces:
                if trace.trace_id == begun.trace_id and trace.state.machine_done:
                    return trace
    return begun


def _told(trace: TraceView) -> None:
    say(f"trace {trace.trace_id} of case {trace.case_id} is {trace.state.replace('_', ' ')}")
