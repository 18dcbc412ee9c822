"""What every request about a candidate has in common: whose it is, what may be known of it, what follows."""

from collections.abc import Awaitable, Callable

from engine.api.access import Access
from engine.api.asked import Asked, require_version
from engine.api.blind import is_blind_beside, own_second, second_as_shown
from engine.api.once import once
from engine.api.schema import CandidateView
from engine.api.shown import candidate_view, counted_as_high
from engine.api.tracing import Tracing
from engine.domain.authorisation import AuthorisationState
from engine.domain.candidate import Candidate
from engine.domain.decision import Part, standing
from engine.domain.errors import Refused
from engine.domain.trace import TraceState
from engine.ports import Transaction
from engine.store import second_review
from engine.store.margins import Margins
from engine.store.sealing import face_key
from engine.store.traces import TraceRow
from engine.trace.context import Context
from engine.trace.link import confirmed, link
from engine.trace.travel import NONE_YET, travel_words

WITH_OTHERS = 300  # candidates that are opened in some milliseconds to say how one stands among them

Work = Callable[[Transaction], Awaitable[CandidateView]]


class CandidateWork:
    """Base of the services about candidates."""

    def __init__(self, context: Context, tracing: Tracing) -> None:
        self._context = context
        self._tracing = tracing
        self._access = Access(context)
        self._margins = Margins(context.sealer)

    async def _once(self, asked: Asked, candidate_id: str, work: Work) -> CandidateView:
        found = await self._context.store.run(lambda tx: self._candidate(tx, asked, candidate_id))
        return await once(self._context, asked, face_key(found.case_id), CandidateView, work)

    async def _candidate(self, tx: Transaction, asked: Asked, candidate_id: str) -> Candidate:
        """The candidate; unknown in the same words where the case is somebody else's."""
        case_id = await self._context.reviews.case_of(tx, candidate_id)
        await self._access.of_trace(tx, asked, case_id, f"there is no candidate {candidate_id[:64]}")
        return await self._context.reviews.get(tx, candidate_id)

    async def _writable(self, tx: Transaction, asked: Asked, candidate_id: str) -> Candidate:
        candidate = await self._candidate(tx, asked, candidate_id)
        await self._access.writable(tx, asked, candidate.case_id)
        return candidate

    async def _require_unrevoked(self, tx: Transaction, candidate: Candidate) -> None:
        """Nothing is shown and nothing answered of what nobody permits any more (G1)."""
        await self._require_permitted(tx, await self._context.traces.get(tx, candidate.trace_id))

    async def _require_permitted(self, tx: Transaction, trace: TraceRow) -> None:
        """The same, of a whole trace."""
        authorisation = await self._context.authorisations.get(tx, trace.authorisation_id)
        if authorisation.state is AuthorisationState.REVOKED:
            raise Refused("the authorisation was revoked", rule="G1")

    async def _part(self, tx: Transaction, asked: Asked, candidate: Candidate) -> Part:
        second = await second_review.reviewer(tx, candidate.trace_id)
        return Part.SECOND if second == asked.name else Part.FIRST

    async def _hides(self, tx: Transaction, asked: Asked, trace_id: str) -> bool:
        """Whether this person may not know yet what others answered and noted (G10)."""
        answers = standing(await self._context.reviews.decisions(tx, trace_id), Part.SECOND)
        if await second_review.is_blind(tx, trace_id, asked.person, len(answers)):
            return True
        if await is_blind_beside(self._context, tx, asked.person, trace_id):
            return True
        return await second_review.is_withheld(tx, trace_id, asked.person)

    async def _require_shown(self, tx: Transaction, asked: Asked, trace_id: str) -> None:
        """Whoever is shown no answers yet because a second reviewer is wanted gives no first one: it would
        stand in the place of one that they do not know (G10)."""
        if await second_review.is_withheld(tx, trace_id, asked.person):
            raise Refused(
                "a second reviewer is wanted here, and you may still be it",
                rule="G10",
                mend="take that part, or ask for the first answers",
            )
        if await is_blind_beside(self._context, tx, asked.person, trace_id):
            raise Refused(
                "you look at another trace of this case as the second reviewer",
                rule="G10",
                mend="answer every candidate there first",
            )

    async def _require_newest(self, tx: Transaction, asked: Asked, candidate: Candidate) -> None:
        """Of two who answer or note at once one is first; the other is told who, and when."""
        version = await self._context.reviews.version(tx, candidate.candidate_id)
        made = await self._context.reviews.decisions(tx, candidate.trace_id)
        changes = [(d.decided_at, d.decided_by) for d in made if d.candidate_id == candidate.candidate_id]
        margin = await self._margins.of(tx, candidate.candidate_id)
        if margin.noted_at is not None:
            changes.append((margin.noted_at, margin.noted_by))
        last = max(changes, default=None)
        who, when = (last[1], f"{last[0]:%Y-%m-%d %H:%M:%S}Z") if last else ("", "")
        require_version(asked, version, what="the candidate", who=who, when=when)

    async def _shown(
        self, tx: Transaction, asked: Asked, candidate: Candidate, *, blind: bool
    ) -> CandidateView:
        """The candidate as this person may know it: ``blind``, with their own second answer alone. Whoever is
        told what others answered or noted can no longer become the second reviewer (G10). In a trace of
        many candidates, how it stands among the others is left to the next reading of the whole."""
        candidate_id, trace_id = candidate.candidate_id, candidate.trace_id
        made = await self._context.reviews.decisions(tx, trace_id)
        answers = await own_second(tx, asked.person, trace_id, made) if blind else standing(made)
        first = answers.get(candidate_id)
        second = None
        if not blind:
            others = second_as_shown(answers, standing(made, Part.SECOND), asked.name)
            second = others.get(candidate_id)
        margin = await self._margins.of(tx, candidate_id)
        if blind:
            margin = margin.for_blind(asked.name)
        # how one stands to confirmed sightings tells that others were confirmed: any answer counts
        told = {*(answer.decided_by for answer in answers.values()), margin.noted_by or asked.name}
        if not blind and told - {asked.name}:
            await second_review.note_seen(tx, trace_id, asked.person)
        travel, as_high = NONE_YET, None
        if await self._context.reviews.count(tx, trace_id) <= WITH_OTHERS:
            cameras = self._context.site.cameras
            found = link(await self._context.reviews.of_trace(tx, trace_id), (), cameras, answers)
            candidate = next(c for c in found if c.candidate_id == candidate_id)
            travel = travel_words(candidate, confirmed(found, answers), cameras)
            as_high = counted_as_high(found)[candidate_id]
        version = await self._context.reviews.version(tx, candidate_id)
        site = self._context.site
        return candidate_view(
            site,
            candidate,
            first,
            second,
            version,
            asked.name,
            margin=margin,
            travel=travel,
            as_high=as_high,
        )

    async def _settle(self, tx: Transaction, trace_id: str) -> None:
        """A reviewed trace is complete; one with an answer taken back waits again."""
        row = await self._context.traces.get(tx, trace_id)
        if row.state not in (TraceState.AWAITING_REVIEW, TraceState.COMPLETE):
            return
        undecided = await self._tracing.undecided(tx, trace_id)
        state = TraceState.AWAITING_REVIEW if undecided else TraceState.COMPLETE
        if state is not row.state:
            await self._context.traces.set_state(tx, trace_id, state)
