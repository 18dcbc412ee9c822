"""Pictures and footage of a candidate: told in words, and drawn where a person sees them. Nothing is written
to disk, and no cursor moves: what is shown once scrolls away."""

import sys
from collections.abc import Callable
from typing import Annotated

import typer
from rich.console import Console

from engine.api.client import EngineClient
from engine.api.review_schema import Clip
from engine.api.schema import CandidateView, Picture, TraceDetail, ViewReply
from engine.domain.errors import InputError
from tui.commands.connect import SocketOption, ask, say, second
from tui.commands.decide import face_of, viewed
from tui.commands.drawing import Pair, draw, draws, terminal
from tui.commands.failing import plainly
from tui.commands.finding import own_answer, stands_as_patient, with_candidate

One = Annotated[str, typer.Argument(metavar="CANDIDATE", help="Its id, from the list.")]
NOT_DRAWN = "nothing is drawn, and nothing was asked for: pictures need a terminal with colours"
STOP = "q"


@plainly()
def show(
    candidate: One,
    frame: Annotated[bool, typer.Option("--frame", help="The whole frames too.")] = False,
    words: Annotated[bool, typer.Option("--words", help="No pictures, and no view in the audit.")] = False,
    socket: SocketOption = None,
) -> None:
    """What there is to go on about a candidate, and at a terminal its faces beside the patient's."""
    console = terminal()
    pair = Pair.of(console) if draws(console) and not words else None

    async def work(client: EngineClient) -> tuple[str, TraceDetail, CandidateView, ViewReply | None]:
        detail, one = await with_candidate(client, candidate)
        view = None if pair is None else await viewed(client, candidate, pair)
        return (await client.hello()).person, detail, one, view

    me, detail, one, view = ask(socket, work)
    for line in about(one, detail, me):
        say(line)
    if view is None or pair is None:
        say("no picture is drawn, and no view stands in the audit" if words else NOT_DRAWN)
        return
    draw_view(console, pair, view, frame=frame)


@plainly()
def compare(
    candidate: One,
    other: Annotated[str, typer.Argument(metavar="OTHER", help="A confirmed one of the same trace.")],
    socket: SocketOption = None,
) -> None:
    """A candidate beside a confirmed sighting of the same trace. Nobody answers here."""
    console = terminal()
    pair = Pair.of(console) if draws(console) else None

    async def work(
        client: EngineClient,
    ) -> tuple[str, TraceDetail, tuple[CandidateView, CandidateView], tuple[ViewReply, ...]]:
        me = (await client.hello()).person
        detail, one = await with_candidate(client, candidate)
        confirmed = next((c for c in detail.candidates if c.candidate_id == other), None)
        if confirmed is None or not stands_as_patient(detail, confirmed, me):
            mend = f"see: tracedesk case timeline {detail.trace.trace_id}"
            raise InputError("is no confirmed sighting of the same trace", place=other, mend=mend)
        ids = (candidate, other) if pair is not None else ()
        return me, detail, (one, confirmed), tuple([await viewed(client, one_id, pair) for one_id in ids])

    me, detail, both, views = ask(socket, work)
    for one in both:
        for line in about(one, detail, me):
            say(line)
    if pair is None:
        say(NOT_DRAWN)
        return
    left, right = (face_of(view) for view in views)
    if right is None:
        raise InputError("has no picture of a face", place=other)
    pair.draw(console, left, right)
    say(f"left {candidate}, right {other}, which is confirmed")


@plainly()
def clip(
    candidate: One,
    words: Annotated[bool, typer.Option("--words", help="Draw nothing.")] = False,
    socket: SocketOption = None,
) -> None:
    """Open the footage around a sighting, which stands in the audit first; everybody else is mosaicked.

    Says how many frames there are and when; at a terminal they are drawn one after the other.
    """
    found = ask(socket, lambda client: client.clip(candidate))
    for line in clip_words(found):
        say(line)
    console = terminal()
    if words or not found.frames:
        return
    if not draws(console):
        say("no frame is drawn: pictures need a terminal with colours")
        return
    draw_clip(console, found, _goes_on)


def draw_view(console: Console, pair: Pair, view: ViewReply, *, frame: bool) -> None:
    """Every face of the candidate, the first beside the patient's, with ``frame`` the whole frames too."""
    subject = view.subject[0] if view.subject else None
    faces = [p for p in view.pictures if p.kind != "frame"]
    for number, face in enumerate(faces, start=1):
        pair.draw(console, subject if number == 1 else None, face)
        left = "the patient left, the candidate right" if number == 1 and subject else "the candidate"
        say(f"face {number} of {len(faces)}: {left}{_at(face)}")
    for whole in (p for p in view.pictures if frame and p.kind == "frame"):
        draw(whole.jpeg, console)
        say(f"the whole frame, everybody else mosaicked{_at(whole)}")
    face_px = pair.face_height_px(face_of(view)) if faces else 0.0
    enough = "large enough to confirm" if view.adequate else "too small to confirm"
    say(f"the face stands {face_px:.0f} px high here, {enough}")
    say(f"answer it: tracedesk decide {view.candidate_id} same, not_same or cannot_tell")


def draw_clip(console: Console, found: Clip, goes_on: Callable[[], bool]) -> None:
    """One frame after the other, as long as ``goes_on`` says so."""
    for number, frame in enumerate(found.frames, start=1):
        draw(frame.jpeg, console)
        say(f"frame {number} of {len(found.frames)}{_at(frame)}")
        if number < len(found.frames) and not goes_on():
            break


def clip_words(found: Clip) -> list[str]:
    """How many frames, from when to when, and how many of them a second."""
    if not found.frames:
        return [f"the clip of candidate {found.candidate_id} has no frame: there is no footage of it"]
    count = "1 frame" if len(found.frames) == 1 else f"{len(found.frames)} frames"
    said = f"the clip of candidate {found.candidate_id}: {count}, {found.rate_hz:g} a second"
    times = [frame.at for frame in found.frames if frame.at is not None]
    when = f"from {second(times[0])} to {second(times[-1])}" if times else "times are not available"
    return [said, when, "everybody but the candidate is mosaicked; nothing of it is kept here"]


def about(candidate: CandidateView, detail: TraceDetail, me: str) -> list[str]:
    """What the desk says beside the faces, a sentence a line; the model's word after one's own answer."""
    mine = own_answer(candidate, me)
    where = f"{candidate.camera_name or candidate.camera_id}, {candidate.place or 'place not available'}"
    told = [
        f"candidate {candidate.candidate_id} of case {candidate.case_id}: {where}",
        f"seen {second(candidate.start)} to {second(candidate.end)}, within {candidate.sigma_s:.0f} s",
        f"your answer: {mine or 'none yet'}",
    ]
    if detail.blind:
        told.append("you are the second reviewer: first answers are hidden from you")
    evidence = [sentence for sentence in candidate.evidence if sentence != candidate.infeasible]
    told += [f"impossible journey: {candidate.infeasible}"] if candidate.infeasible else []
    told += [f"to go on: {sentence}" for sentence in evidence]
    told += [f"the model: {said}" for said in (candidate.support, *candidate.opinion) if mine and said]
    if candidate.aside:
        told.append("set aside: not reviewed")
    if candidate.second_wanted_by:
        told.append(f"a second reviewer is wanted by {candidate.second_wanted_by}")
    if candidate.note:
        told.append(f"note by {candidate.noted_by or 'nobody known'}: {candidate.note}")
    return told


def _at(picture: Picture) -> str:
    return f", {second(picture.at)}" if picture.at is not None else ""


def _goes_on() -> bool:
    """At a keyboard a person says when; a pipe has nobody who does."""
    if not sys.stdin.isatty():
        return True
    said: str = typer.prompt(f"enter: next frame, {STOP}: stop", default="", show_default=False)
    return said.strip().lower() != STOP
