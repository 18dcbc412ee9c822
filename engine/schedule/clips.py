"""A clip that somebody waits for: permitted, handed to one worker, and given to whoever asked."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from engine.domain.camera import Segment
from engine.domain.clip import DrawnClip
from engine.domain.errors import InputError, Refused
from engine.ports import ClipRequest, FootageSource
from engine.schedule.channel import close_all
from engine.schedule.frames import ClipDrawn, DrawClip
from engine.schedule.process import WorkerProcess, raised
from engine.schedule.waiting import fail
from engine.vault.grants import GrantSigner

CLIP_LIMIT_S = 60.0  # whatever takes longer has hung: the process is ended and replaced


@dataclass(eq=False)
class WantedClip:
    """One question. It is tried once: whoever looks at it may ask again."""

    request: ClipRequest
    answer: asyncio.Future[DrawnClip]
    grant_id: str = ""
    begun: bool = False  # a worker has its grant
    stopped: str = ""  # why it was revoked

    @property
    def over(self) -> bool:
        """Nobody may, or wants to, begin it any more."""
        return bool(self.stopped) or self.answer.done()

    async def by(
        self,
        process: WorkerProcess,
        signer: GrantSigner,
        footage: FootageSource | None,
        limit_s: float = CLIP_LIMIT_S,
    ) -> None:
        """Have it drawn by this worker. The permission is asked for, and written down, before a file is
        opened. Raises ChannelClosed or TimeoutError where the worker fails."""
        try:
            grant = await self.request.permit()
            if self.over:  # revoked meanwhile, and answered
                return
            self.grant_id, self.begun = grant.grant_id, True
            descriptors = opened(footage, self.request.segments)
        except Exception as problem:  # whoever asked is told, and the worker goes on
            fail(self.answer, problem)
            return
        message = DrawClip(
            camera=self.request.camera,
            segments=self.request.segments,
            grant=signer.sign(grant),
            sighting=self.request.sighting,
        )
        async with asyncio.timeout(limit_s):
            answer = await process.ask(message, descriptors)
        if self.stopped:
            self.give_stopped(self.stopped)
        elif not isinstance(answer, ClipDrawn):
            fail(self.answer, raised(answer))
        elif not self.answer.done():
            self.answer.set_result(DrawnClip(rate_hz=answer.rate_hz, frames=answer.frames))

    def give_stopped(self, why: str) -> None:
        fail(self.answer, Refused(why, rule="G1"))

    def give_up(self) -> None:
        """The worker is gone."""
        if self.stopped:
            self.give_stopped(self.stopped)
        fail(self.answer, InputError("the worker ended while it drew the clip", mend="ask for it again"))


def opened(footage: FootageSource | None, segments: Sequence[Segment]) -> list[int]:
    """One descriptor a file. Raises InputError where one is missing; then none is left open."""
    descriptors: list[int] = []
    try:
        for segment in segments:
            if footage is None:
                raise InputError("this site has no footage", place="footage")
            descriptors.append(footage.open(segment))
    except InputError:
        close_all(descriptors)
        raise
    return descriptors
