"""The clip around a sighting, drawn anew from the footage each time that somebody asks; nothing is stored."""

import asyncio

from engine.api import journal
from engine.api.asked import Asked
from engine.api.candidates import CandidateWork
from engine.api.once import once
from engine.api.review_schema import Clip
from engine.api.shown import picture
from engine.api.tracing import Tracing
from engine.domain.candidate import Candidate
from engine.domain.clip import DrawnClip
from engine.domain.errors import InputError
from engine.domain.grant import WindowGrant
from engine.domain.track import Still
from engine.ports import ClipRequest, Transaction
from engine.store.sealing import face_key
from engine.trace import replay
from engine.trace.clip import MOST_BYTES
from engine.trace.context import Context

WAIT_S = 90.0  # for a free worker and for the drawing together


class Clips(CandidateWork):
    """One method per request."""

    def __init__(self, context: Context, tracing: Tracing, *, wait_s: float = WAIT_S) -> None:
        super().__init__(context, tracing)
        self._wait_s = wait_s
        self._one_at_a_time = asyncio.Lock()  # the workers are there for searches

    async def clip(self, asked: Asked, candidate_id: str) -> Clip:
        """Frames around a sighting under the live authorisation of its trace. The intent is in the audit
        before the footage is opened, and the permission is asked again before a byte leaves (G1 G13)."""

        async def ask(tx: Transaction) -> str:
            """Refused at once what would be refused once a worker is free."""
            candidate = await self._candidate(tx, asked, candidate_id)
            await replay.require_live_for(self._context, tx, candidate)
            return candidate_id

        case_id = (await self._context.store.run(lambda tx: self._candidate(tx, asked, candidate_id))).case_id
        await once(self._context, asked, face_key(case_id), str, ask)
        candidate, pictures = await self._context.store.run(lambda tx: self._seen(tx, asked, candidate_id))
        request = self._request(asked, candidate, pictures)
        try:
            async with asyncio.timeout(self._wait_s), self._one_at_a_time:
                drawn = await self._context.pool.clip(request)
        except TimeoutError:
            raise InputError("no worker was free for the clip", mend="ask for it again") from None
        if sum(len(frame.jpeg) for frame in drawn.frames) > MOST_BYTES:
            raise InputError("the clip is larger than a clip can be", mend="look at its card instead")
        await self._context.store.run(lambda tx: self._leaves(tx, asked, candidate_id, drawn))
        frames = tuple(picture(frame) for frame in drawn.frames)
        return Clip(candidate_id=candidate_id, rate_hz=drawn.rate_hz, frames=frames)

    async def _seen(
        self, tx: Transaction, asked: Asked, candidate_id: str
    ) -> tuple[Candidate, tuple[Still, ...]]:
        candidate = await self._candidate(tx, asked, candidate_id)
        return candidate, await self._context.reviews.pictures(tx, candidate)

    def _request(self, asked: Asked, candidate: Candidate, pictures: tuple[Still, ...]) -> ClipRequest:
        sighting, interval = replay.sighting_of(candidate, pictures)
        content = replay.encoded(sighting)
        camera = self._context.site.cameras[candidate.track.camera_id]
        segments = replay.footage_of(camera, self._context.site.segments(camera.camera_id), interval)
        footage = tuple(segment.sha256 for segment in segments)

        async def permit(tx: Transaction) -> WindowGrant:
            await self._candidate(tx, asked, candidate.candidate_id)
            grant = await replay.permitted(
                self._context, tx, candidate, interval, content, footage, asked.name
            )
            detail = {
                "grant": grant.grant_id,
                "authorisation": grant.authorisation_id,
                "camera": self._context.sealer.vault.mac(grant.camera_id),
                "camera_s": f"{grant.interval.duration_s:.1f}",
            }
            await journal.write(
                self._context,
                tx,
                asked,
                "clip",
                candidate.candidate_id,
                outcome="intent",
                tell=False,
                detail=detail,
            )
            return grant

        return ClipRequest(
            trace_id=candidate.trace_id,
            camera=camera,
            segments=segments,
            sighting=content,
            permit=lambda: self._context.store.run(permit),
        )

    async def _leaves(self, tx: Transaction, asked: Asked, candidate_id: str, drawn: DrawnClip) -> None:
        candidate = await self._candidate(tx, asked, candidate_id)
        await replay.require_live_for(self._context, tx, candidate)
        detail = {"frames": str(len(drawn.frames))}
        await journal.write(
            self._context, tx, asked, "clip", candidate_id, outcome="shown", tell=False, detail=detail
        )
