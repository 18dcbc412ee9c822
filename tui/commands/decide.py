"""``tracedesk decide``: one answer without the desk, from pictures drawn in this very terminal.

What the desk does, for plain terminals and for screen readers: the engine is told how high the face stood,
and the answer is typed after it was seen. A script, which sees nothing, confirms nobody (G10).
"""

import asyncio
import sys
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console

from engine.api.client import EngineClient
from engine.api.schema import CandidateView, Picture, ViewReply
from engine.domain.decision import Answer, UnclearBecause
from engine.domain.errors import InputError
from tui.commands.connect import SocketOption, ask, say
from tui.commands.drawing import Pair
from tui.commands.failing import plainly

OVERSTATED_PX = 0.5  # a view claimed larger than it is drawn is asked for again with the truth
UNSEEN_PX = 1.0  # nothing is drawn


@plainly()
def decide(
    candidate: Annotated[str, typer.Argument(help="Its id, from: tracedesk candidates list.")],
    answer: Answer,
    because: Annotated[UnclearBecause | None, typer.Option(help="Why it cannot be told.")] = None,
    socket: SocketOption = None,
) -> None:
    """Answer about a candidate, after its pictures are drawn here beside the patient's."""
    if answer is Answer.CANNOT_TELL and because is None:
        reasons = ", ".join(UnclearBecause)
        raise InputError("is missing", place="--because", mend=f"give one of {reasons}")
    if answer is not Answer.CANNOT_TELL and because is not None:
        raise InputError(f"goes with {Answer.CANNOT_TELL}", place="--because", mend="leave it out")
    console = Console()
    seen = sees(console)
    if answer is Answer.SAME and not seen:
        raise InputError(
            "nobody is confirmed unseen",
            place=answer,
            mend="answer it at a terminal that shows colours, or at the desk",
        )

    async def work(client: EngineClient) -> CandidateView:
        pair = Pair.of(console)
        view = await _viewed(client, candidate, pair if seen else None)
        if answer is Answer.SAME and not view.adequate:
            raise InputError(
                f"the face stands {pair.face_height_px(_face_of(view)):.0f} px high in this window, which"
                " is too small to confirm",
                place=answer,
                mend="make the window larger or its type smaller, or answer at the desk",
            )
        if seen:
            _show(console, pair, view)
            _require_typed(answer)
        wait_s = (view.not_before - datetime.now(UTC)).total_seconds()
        await asyncio.sleep(max(0.0, wait_s + 0.05))
        return await client.decide(candidate, view.view_id, answer, because, version=view.version)

    made = ask(socket, work)
    own = made.second_answer if made.answer is None else made.answer
    say(f"candidate {made.candidate_id}: {str(own or answer).replace('_', ' ')}")
    for line in (made.support, *made.opinion):
        if line:
            say(line)


def sees(console: Console) -> bool:
    """Whether a person sits at this terminal and sees what is drawn on it."""
    return console.is_terminal and console.color_system is not None and sys.stdin.isatty()


async def _viewed(client: EngineClient, candidate: str, pair: Pair | None) -> ViewReply:
    """A view at the height at which the face really stands."""
    if pair is None:
        return await client.view(candidate, UNSEEN_PX)
    hoped_px = max(UNSEEN_PX, pair.face_height_px())
    view = await client.view(candidate, hoped_px)
    face = _face_of(view)
    true_px = max(UNSEEN_PX, pair.face_height_px(face)) if face else UNSEEN_PX
    if true_px < hoped_px - OVERSTATED_PX:
        view = await client.view(candidate, true_px)
    return view


def _show(console: Console, pair: Pair, view: ViewReply) -> None:
    face = _face_of(view)
    if face is None:
        raise InputError("has no picture", place="candidate", mend="answer cannot_tell from a script")
    pair.draw(console, view.subject[0] if view.subject else None, face)
    console.print("PATIENT".ljust(pair.columns + 1) + "CANDIDATE", markup=False, highlight=False)


def _face_of(view: ViewReply) -> Picture | None:
    return next((picture for picture in view.pictures if picture.kind != "frame"), None)


def _require_typed(answer: Answer) -> None:
    """The answer comes after the pictures. Raises InputError where another word is typed."""
    typed = typer.prompt(f"type {answer} to answer", default="", show_default=False)
    if typed.strip() != answer:
        raise InputError("nothing was answered", place="candidate", mend="the word differs")
