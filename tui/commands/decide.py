"""``tracedesk decide``: one answer without the desk, from pictures drawn in this very terminal.

What the desk does, for plain terminals and for screen readers: the engine is told how high the face stood,
and the answer is typed after it was seen. A script, which sees nothing, confirms nobody (G10).
"""

import asyncio
import contextlib
import sys
import termios
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Protocol

import typer
from rich.console import Console

from engine.api.schema import CandidateView, Picture, ViewReply
from engine.domain.decision import Answer, UnclearBecause
from engine.domain.errors import InputError
from tui.commands.connect import SocketOption, ask, say
from tui.commands.drawing import Pair
from tui.commands.failing import plainly

OVERSTATED_PX = 0.5  # a view claimed larger than it is drawn is asked for again with the truth
UNSEEN_PX = 1.0  # nothing is drawn
LOOK_FOR_S = 0.7  # nobody has looked at two faces and typed a word in less: it was typed before, or pasted
LONGEST_WAIT_S = 2.0  # for the moment from which an answer is taken: the engine's clock may be another


class Engine(Protocol):
    """What of the client an answer needs."""

    async def view(self, candidate_id: str, face_height_px: float) -> ViewReply: ...

    async def decide(
        self,
        candidate_id: str,
        view_id: str,
        answer: Answer,
        because: UnclearBecause | None = None,
        *,
        version: int,
    ) -> CandidateView: ...


def _typed(answer: Answer) -> str:
    with contextlib.suppress(termios.error, OSError, ValueError):
        termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)  # keys from before the pictures mean nothing
    said: str = typer.prompt(f"type {answer} to answer", default="", show_default=False)
    return said


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
    pair = Pair.of(console) if seen else None
    made = ask(socket, lambda client: answered(client, console, pair, candidate, answer, because))
    say(f"candidate {made.candidate_id}: {str(answer).replace('_', ' ')}")
    for line in (made.support, *made.opinion):
        if line:
            say(line)


async def answered(
    client: Engine,
    console: Console,
    pair: Pair | None,
    candidate: str,
    answer: Answer,
    because: UnclearBecause | None,
    typed: Callable[[Answer], str] = _typed,
    clock: Callable[[], float] = time.monotonic,
) -> CandidateView:
    """Look, draw into ``pair`` (None: nobody sees it), let the answer be typed, and give it. Raises
    InputError where the face is too small to confirm, another word was typed, or one sooner than anybody
    can have looked. ``clock`` gives seconds."""
    view = await _viewed(client, candidate, pair)
    face = _face_of(view)
    if answer is Answer.SAME and (pair is None or face is None or not view.adequate):
        stands_px = pair.face_height_px(face) if pair and face else 0.0
        raise InputError(
            f"the face stands {stands_px:.0f} px high here, which is too small to confirm",
            place=answer,
            mend="make the window larger or its type smaller, or answer at the desk",
        )
    if pair is not None and face is not None:
        pair.draw(console, view.subject[0] if view.subject else None, face)
        console.print("PATIENT".ljust(pair.columns + 1) + "CANDIDATE", markup=False, highlight=False)
        drawn_s = clock()
        if typed(answer).strip() != answer:
            raise InputError("nothing was answered", place="candidate", mend="type the answer as it is")
        if clock() - drawn_s < LOOK_FOR_S:
            raise InputError("too quick", place="candidate", mend="look at both faces first, then type")
    wait_s = (view.not_before - datetime.now(UTC)).total_seconds()
    await asyncio.sleep(min(max(0.0, wait_s + 0.05), LONGEST_WAIT_S))
    return await client.decide(candidate, view.view_id, answer, because, version=view.version)


def sees(console: Console) -> bool:
    """Whether a person sits at this terminal and sees what is drawn on it."""
    return console.is_terminal and console.color_system is not None and sys.stdin.isatty()


async def _viewed(client: Engine, candidate: str, pair: Pair | None) -> ViewReply:
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


def _face_of(view: ViewReply) -> Picture | None:
    return next((picture for picture in view.pictures if picture.kind != "frame"), None)
