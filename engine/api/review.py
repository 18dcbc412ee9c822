"""What a person does with a candidate: look, answer, take back; and the second, blind pair of eyes."""

import secrets
from datetime import timedelta

from engine.api import audited_answer, journal
from engine.api.asked import Asked, Conflict
from engine.api.blind import knows_a_sighting
from engine.api.candidates import CandidateWork
from engine.api.once import once
from engine.api.schema import CandidateView, DecisionRequest, TraceDetail, TraceView, ViewReply
from engine.api.shown import picture
from engine.domain.candidate import Candidate
from engine.domain.decision import ADEQUATE_FACE_PX, Answer, Decision, Part, standing
from engine.domain.errors import InputError, Refused
from engine.domain.trace import TraceState
from engine.ports import Transaction
from engine.store import second_review
from engine.store.authorisations import latest_time
from engine.store.reviews import View
from engine.store.sealing import case_key, face_key
from engine.store.traces import TraceRow

LOOK_FOR_S = 0.7  # nobody has seen a face sooner; a held-down key has


class Review(CandidateWork):
    """One method per request."""

    async def view(self, asked: Asked, candidate_id: str, face_height_px: float) -> ViewReply:
        """Pictures of a candidate beside the subject's. The view is durable before a byte leaves, each
        time that they leave."""
        fresh = False
        if not 0 < face_height_px < 10_000:
            raise InputError(f"{face_height_px:g} is no height", place="face_height_px")

        async def note(tx: Transaction) -> View:
            nonlocal fresh
            fresh = True
            candidate = await self._candidate(tx, asked, candidate_id)
            await self._require_unrevoked(tx, candidate)
            view = View(
                view_id=secrets.token_hex(8),
                candidate_id=candidate_id,
                person=asked.name,
                at=await latest_time(tx, self._context.clock),
                face_height_px=face_height_px,
            )
            await self._context.reviews.add_view(tx, view)
            detail = {"face_height_px": f"{face_height_px:.0f}"}
            await journal.write(
                self._context, tx, asked, "view", candidate_id, outcome="intent", tell=False, detail=detail
            )
            return view

        case_id = (await self._context.store.run(lambda tx: self._candidate(tx, asked, candidate_id))).case_id
        view = await once(self._context, asked, face_key(case_id), View, note)
        return await self._context.store.run(lambda tx: self._pictures(tx, asked, view, not fresh))

    async def _pictures(self, tx: Transaction, asked: Asked, view: View, again: bool) -> ViewReply:
        candidate = await self._candidate(tx, asked, view.candidate_id)
        await self._require_unrevoked(tx, candidate)
        if again:  # an intent like the first: what is published counts every time that they were shown
            detail = {"face_height_px": f"{view.face_height_px:.0f}", "again": "yes"}
            await journal.write(
                self._context,
                tx,
                asked,
                "view",
                view.candidate_id,
                outcome="intent",
                tell=False,
                detail=detail,
            )
        stills = await self._context.cases.stills(tx, candidate.case_id)
        return ViewReply(
            view_id=view.view_id,
            candidate_id=view.candidate_id,
            adequate=view.face_height_px >= ADEQUATE_FACE_PX,
            not_before=view.at + timedelta(seconds=LOOK_FOR_S),
            # the photograph as it was redrawn: the original may show others, and carries metadata (G9)
            subject=tuple(picture(still.portrait) for still in stills),
            pictures=tuple(picture(p) for p in await self._context.reviews.pictures(tx, candidate)),
            version=await self._context.reviews.version(tx, view.candidate_id),
        )

    async def decide(self, asked: Asked, candidate_id: str, wanted: DecisionRequest) -> CandidateView:
        """An answer from a view (G10). Undecided candidates left decide whether the trace is done."""

        async def decide(tx: Transaction) -> CandidateView:
            candidate = await self._writable(tx, asked, candidate_id)
            await self._require_unrevoked(tx, candidate)
            part = await self._part(tx, asked, candidate)
            await self._require_shown(tx, asked, candidate.trace_id)
            await self._require_newest(tx, asked, candidate)
            view = await self._context.reviews.view(tx, wanted.view_id)
            now = await latest_time(tx, self._context.clock)
            _check_answer(wanted, view, asked.name, candidate_id)
            assert view is not None
            if now < view.at + timedelta(seconds=LOOK_FOR_S):
                raise Refused(
                    f"answered within {LOOK_FOR_S:g} s of seeing the pictures", rule="G10", mend="look first"
                )
            await self._require_blind(tx, asked, candidate, part)
            await self._require_other(tx, asked, candidate, part)
            decision = Decision(
                decision_id=secrets.token_hex(8),
                candidate_id=candidate_id,
                decided_by=asked.name,
                decided_at=now,
                answer=wanted.answer,
                because=wanted.because,
                part=part,
            )
            await self._context.reviews.add_decision(tx, decision, asked.person)
            return await self._decided(tx, asked, candidate, part, wanted.answer)

        return await self._once(asked, candidate_id, decide)

    async def undo(self, asked: Asked, candidate_id: str) -> CandidateView:
        """Take back one's own standing answer, by a further record."""

        async def undo(tx: Transaction) -> CandidateView:
            candidate = await self._writable(tx, asked, candidate_id)
            part = await self._part(tx, asked, candidate)
            await self._require_newest(tx, asked, candidate)
            made = await self._context.reviews.decisions(tx, candidate.trace_id)
            standing_one = standing(made, part).get(candidate_id)
            if standing_one is None or standing_one.decided_by != asked.name:
                raise Refused("there is no answer of yours to take back")
            await self._require_blind(tx, asked, candidate, part)
            reversal = Decision(
                decision_id=secrets.token_hex(8),
                candidate_id=candidate_id,
                decided_by=asked.name,
                decided_at=await latest_time(tx, self._context.clock),
                answer=None,
                withdraws=standing_one.decision_id,
                part=part,
            )
            await self._context.reviews.add_decision(tx, reversal, asked.person)
            return await self._decided(tx, asked, candidate, part, None)

        return await self._once(asked, candidate_id, undo)

    async def second(self, asked: Asked, trace_id: str) -> TraceView:
        """Become the second reviewer of a trace: somebody who has answered none of it, and has not seen
        what others answered (G10)."""

        async def take(tx: Transaction) -> str:
            row = await self._trace(tx, asked, trace_id)
            await self._access.writable(tx, asked, row.case_id)
            if row.state not in (TraceState.AWAITING_REVIEW, TraceState.COMPLETE):
                raise Refused("there is nothing to look at a second time yet", rule="G10")
            if (other := await second_review.reviewer(tx, trace_id)) and other != asked.name:
                raise Conflict(f"{other} is the second reviewer already")
            mine = await second_review.answered(tx, trace_id, asked.person, Part.FIRST)
            if mine or await second_review.has_seen(tx, trace_id, asked.person):
                raise Refused(
                    "a second reviewer has answered nothing of a trace and seen no answers",
                    rule="G10",
                    mend="ask a colleague who has not looked at it",
                )
            if await knows_a_sighting(self._context, tx, asked.person, trace_id):
                raise Refused(
                    "you know answers about the same sightings from another trace of this case",
                    rule="G10",
                    mend="ask a colleague who has not looked at it",
                )
            if not other:
                now = await latest_time(tx, self._context.clock)
                await second_review.take(tx, trace_id, asked.person, now)
                await journal.write(
                    self._context, tx, asked, "second reviewer", trace_id, case_id=row.case_id
                )
            return trace_id

        row = await self._context.store.run(lambda tx: self._context.traces.get(tx, trace_id))
        await once(self._context, asked, case_key(row.case_id), str, take)
        return await self._tracing.trace(trace_id)

    async def look(self, asked: Asked, trace_id: str) -> TraceDetail:
        """The first answers, for somebody who will not be the second reviewer that is wanted, and from now
        on cannot be (G10)."""

        async def decline(tx: Transaction) -> str:
            await self._trace(tx, asked, trace_id)
            if await second_review.is_withheld(tx, trace_id, asked.person):
                await second_review.note_seen(tx, trace_id, asked.person)
                await journal.write(
                    self._context, tx, asked, "second reviewer", trace_id, outcome="declined", tell=False
                )
            return trace_id

        row = await self._context.store.run(lambda tx: self._context.traces.get(tx, trace_id))
        await once(self._context, asked, case_key(row.case_id), str, decline)
        return await self._tracing.detail(asked, trace_id)

    # --- inside ---------------------------------------------------------------------------------

    async def _trace(self, tx: Transaction, asked: Asked, trace_id: str) -> TraceRow:
        """The trace; unknown in the same words where the case is somebody else's."""
        row = await self._context.traces.get(tx, trace_id)
        await self._access.of_trace(tx, asked, row.case_id, f"there is no trace {trace_id[:64]}")
        return row

    async def _require_blind(self, tx: Transaction, asked: Asked, candidate: Candidate, part: Part) -> None:
        """A second answer that was given before the first ones were seen is not changed after it (G10)."""
        if part is Part.FIRST or not await second_review.has_seen(tx, candidate.trace_id, asked.person):
            return
        made = await self._context.reviews.decisions(tx, candidate.trace_id)
        if candidate.candidate_id in standing(made, part):
            raise Refused("you have seen the first answers since: yours stands", rule="G10")

    async def _require_other(self, tx: Transaction, asked: Asked, candidate: Candidate, part: Part) -> None:
        """Nobody answers both parts, under no account of theirs (G10)."""
        other = Part.FIRST if part is Part.SECOND else Part.SECOND
        if await second_review.answered(tx, candidate.trace_id, asked.person, other):
            raise Refused("nobody is the second person of their own answers", rule="G10")

    async def _decided(
        self, tx: Transaction, asked: Asked, candidate: Candidate, part: Part, answer: Answer | None
    ) -> CandidateView:
        """What follows from an answer or its withdrawal, in the same transaction. Who listens hears that
        there is an answer, never which: the second reviewer listens too. In the audit it is sealed, since
        whoever takes a copy of the database away may still be asked to look a second time (G10)."""
        detail = {"part": str(part)} if part is Part.SECOND else {}
        if answer is not None:
            detail |= audited_answer.sealed(self._context.sealer, candidate, answer)
        await journal.write(
            self._context,
            tx,
            asked,
            "decide",
            candidate.candidate_id,
            outcome="taken back" if answer is None else audited_answer.OUTCOME,
            case_id=candidate.case_id,
            told="answered",
            detail=detail,
        )
        await self._settle(tx, candidate.trace_id)
        # who gave the last second answer knows the first ones only once they look for them
        return await self._shown(tx, asked, candidate, blind=part is Part.SECOND)


def _check_answer(wanted: DecisionRequest, view: View | None, person: str, candidate_id: str) -> None:
    """Raises Refused unless the answer comes from the answering person's own view of these pictures."""
    if view is None or view.candidate_id != candidate_id or view.person != person:
        raise Refused(
            "nobody answers without having seen the pictures", rule="G10", mend="open the card first"
        )
    if wanted.answer is Answer.SAME and view.face_height_px < ADEQUATE_FACE_PX:
        raise Refused(
            f"the face stood {view.face_height_px:.0f} px high, {ADEQUATE_FACE_PX:.0f} are needed to confirm",
            rule="G10",
            mend="zoom in, then answer",
        )
    if wanted.answer is Answer.CANNOT_TELL and wanted.because is None:
        raise InputError("is missing", place="because", mend="say why it cannot be told")
