"""What a person does with a trace: start it, look, answer, take back."""

import secrets
from datetime import timedelta

from engine.api.schema import (
    CandidateView,
    DecisionRequest,
    ExposureView,
    GapView,
    Picture,
    TraceDetail,
    TraceStart,
    TraceView,
    ViewReply,
    VisitView,
)
from engine.audit import log
from engine.domain.candidate import Candidate
from engine.domain.decision import Answer, Decision, standing
from engine.domain.errors import InputError, Refused
from engine.domain.exposure import Exposure
from engine.domain.trace import Progress, TraceState
from engine.domain.track import Still
from engine.domain.visit import Gap, Visit
from engine.policy.scope import require_live
from engine.ports import Transaction
from engine.schedule.runner import Runner
from engine.store.authorisations import latest_time
from engine.store.reviews import View
from engine.store.traces import TraceRow
from engine.trace.context import Context
from engine.trace.pipeline import Outcome
from engine.trace.report import TraceReport, report
from engine.trace.words import evidence_words, support_words

ADEQUATE_FACE_PX = 60.0  # face height on the screen from which "same" may be answered (DESIGN 10)
LOOK_FOR_S = 0.7  # nobody has seen a face sooner; a held-down key has


class Review:
    """One method per request. ``person`` is always the kernel's word, never a field."""

    def __init__(self, context: Context, runner: Runner) -> None:
        self._context = context
        self._runner = runner

    async def start(self, person: str, wanted: TraceStart) -> TraceView:
        trace_id = secrets.token_hex(8)

        async def add(tx: Transaction) -> None:
            await self._context.cases.get(tx, wanted.case_id)
            authorisation = await self._context.authorisations.get(tx, wanted.authorisation_id)
            now = await latest_time(tx, self._context.clock)
            require_live(authorisation, now)
            if authorisation.case_id != wanted.case_id:
                raise Refused("the authorisation is for another case", rule="G1")
            await self._context.traces.add(
                tx,
                trace_id=trace_id,
                case_id=wanted.case_id,
                authorisation_id=wanted.authorisation_id,
                queued=now,
            )
            await log.append(tx, at=now, person=person, action="trace", object_id=trace_id, outcome="queued")

        await self._context.store.run(add)
        await self._runner.submit(trace_id)
        return await self.trace(trace_id)

    async def cancel(self, person: str, trace_id: str) -> TraceView:
        async def note(tx: Transaction) -> None:
            await self._context.traces.get(tx, trace_id)
            now = await latest_time(tx, self._context.clock)
            await log.append(tx, at=now, person=person, action="trace", object_id=trace_id, outcome="cancel")

        await self._context.store.run(note)
        await self._runner.stop(trace_id, TraceState.CANCELLED, "cancelled")
        return await self.trace(trace_id)

    async def traces(self) -> tuple[TraceView, ...]:
        """The newest trace of every case, in the order in which the cases were first traced."""

        async def read(tx: Transaction) -> tuple[TraceView, ...]:
            newest = {row.case_id: row for row in await self._context.traces.all(tx)}
            return tuple([await self._row(tx, row) for row in newest.values()])

        return await self._context.store.run(read)

    async def trace(self, trace_id: str) -> TraceView:
        async def read(tx: Transaction) -> TraceView:
            return await self._row(tx, await self._context.traces.get(tx, trace_id))

        return await self._context.store.run(read)

    async def detail(self, person: str, trace_id: str) -> TraceDetail:
        """Everything about one trace but pictures. Looking is written to the audit first."""

        async def read(tx: Transaction) -> TraceDetail:
            row = await self._context.traces.get(tx, trace_id)
            now = await latest_time(tx, self._context.clock)
            await log.append(tx, at=now, person=person, action="read", object_id=trace_id)
            found = await report(self._context, tx, row)
            return TraceDetail(
                trace=await self._row(tx, row),
                candidates=tuple(
                    self._candidate(c, found.decisions.get(c.candidate_id)) for c in found.candidates
                ),
                visits=tuple(_visit(v, found) for v in found.visits),
                gaps=tuple(_gap(g) for g in found.gaps),
                exposures=tuple(_exposure(e) for e in found.exposures),
            )

        return await self._context.store.run(read)

    async def view(self, person: str, candidate_id: str, face_height_px: float) -> ViewReply:
        """Pictures of a candidate beside the subject's. The view is durable before a byte leaves."""
        if not 0 < face_height_px < 10_000:
            raise InputError(f"{face_height_px:g} is no height", place="face_height_px")
        view_id = secrets.token_hex(8)

        async def note(tx: Transaction) -> tuple[View, Candidate]:
            candidate = await self._context.reviews.get(tx, candidate_id)
            at = await latest_time(tx, self._context.clock)
            view = View(
                view_id=view_id,
                candidate_id=candidate_id,
                person=person,
                at=at,
                face_height_px=face_height_px,
            )
            await self._context.reviews.add_view(tx, view)
            detail = {"face_height_px": f"{face_height_px:.0f}"}
            await log.append(
                tx,
                at=at,
                person=person,
                action="view",
                object_id=candidate_id,
                outcome="intent",
                detail=detail,
            )
            return view, candidate

        view, candidate = await self._context.store.run(note)
        pictures = await self._context.store.run(lambda tx: self._context.reviews.pictures(tx, candidate))
        stills = await self._context.store.run(lambda tx: self._context.cases.stills(tx, candidate.case_id))
        return ViewReply(
            view_id=view_id,
            candidate_id=candidate_id,
            adequate=face_height_px >= ADEQUATE_FACE_PX,
            not_before=view.at + timedelta(seconds=LOOK_FOR_S),
            # the photograph as it was redrawn: the original may show others, and carries metadata (G9)
            subject=tuple(_picture(still.portrait) for still in stills),
            pictures=tuple(_picture(picture) for picture in pictures),
        )

    async def decide(self, person: str, candidate_id: str, wanted: DecisionRequest) -> CandidateView:
        """An answer from a view (G10). Undecided candidates left decide whether the trace is done."""

        async def decide(tx: Transaction) -> CandidateView:
            candidate = await self._context.reviews.get(tx, candidate_id)
            view = await self._context.reviews.view(tx, wanted.view_id)
            now = await latest_time(tx, self._context.clock)
            _check_answer(wanted, view, person, candidate_id)
            assert view is not None
            if now < view.at + timedelta(seconds=LOOK_FOR_S):
                raise Refused(
                    f"answered within {LOOK_FOR_S:g} s of seeing the pictures", rule="G10", mend="look first"
                )
            decision = Decision(
                decision_id=secrets.token_hex(8),
                candidate_id=candidate_id,
                decided_by=person,
                decided_at=now,
                answer=wanted.answer,
                because=wanted.because,
            )
            await self._context.reviews.add_decision(tx, decision)
            await log.append(
                tx, at=now, person=person, action="decide", object_id=candidate_id, outcome=wanted.answer
            )
            await self._settle(tx, candidate.trace_id)
            return self._candidate(candidate, decision)

        return await self._context.store.run(decide)

    async def undo(self, person: str, candidate_id: str) -> CandidateView:
        """Take back one's own standing answer, by a further record."""

        async def undo(tx: Transaction) -> CandidateView:
            candidate = await self._context.reviews.get(tx, candidate_id)
            made = await self._context.reviews.decisions(tx, candidate.trace_id)
            standing_one = standing(made).get(candidate_id)
            if standing_one is None or standing_one.decided_by != person:
                raise Refused("there is no answer of yours to take back")
            now = await latest_time(tx, self._context.clock)
            reversal = Decision(
                decision_id=secrets.token_hex(8),
                candidate_id=candidate_id,
                decided_by=person,
                decided_at=now,
                answer=None,
                withdraws=standing_one.decision_id,
            )
            await self._context.reviews.add_decision(tx, reversal)
            await log.append(
                tx, at=now, person=person, action="decide", object_id=candidate_id, outcome="taken back"
            )
            await self._settle(tx, candidate.trace_id)
            return self._candidate(candidate, standing((*made, reversal)).get(candidate_id))

        return await self._context.store.run(undo)

    async def _settle(self, tx: Transaction, trace_id: str) -> None:
        """A reviewed trace is complete; one with an answer taken back waits again."""
        row = await self._context.traces.get(tx, trace_id)
        if row.state not in (TraceState.AWAITING_REVIEW, TraceState.COMPLETE):
            return
        undecided = await self._undecided(tx, trace_id)
        state = TraceState.AWAITING_REVIEW if undecided else TraceState.COMPLETE
        if state is not row.state:
            await self._context.traces.set_state(tx, trace_id, state)

    async def _undecided(self, tx: Transaction, trace_id: str) -> int:
        decided = standing(await self._context.reviews.decisions(tx, trace_id))
        count = await self._context.reviews.count(tx, trace_id)
        return count - len(decided)

    async def _row(self, tx: Transaction, row: TraceRow) -> TraceView:
        progress = self._context.progress.get(row.trace_id, Progress(trace_id=row.trace_id))
        counts = await self._context.traces.window_counts(tx, row.trace_id)
        expires_at, four_eyes, message = None, True, row.message
        try:
            authorisation = await self._context.authorisations.get(tx, row.authorisation_id)
            expires_at, four_eyes = authorisation.expires_at, authorisation.four_eyes
        except Refused as problem:  # said in its own row; the other traces are shown all the same
            message = problem.reason
        outcome = await self._context.traces.step(tx, row, "outcome", Outcome) or Outcome()
        return TraceView(
            trace_id=row.trace_id,
            case_id=row.case_id,
            state=row.state,
            step=progress.step,
            queued=row.queued,
            started=row.started,
            first_window=row.first_window,
            first_candidate=row.first_candidate,
            finished=row.finished,
            windows_total=max(progress.windows_total, counts["windows"]),
            windows_done=counts["windows"],
            frames=counts["frames"],
            faces=counts["faces"],
            cannot_assess=counts["cannot_assess"],
            candidates=await self._context.reviews.count(tx, row.trace_id),
            undecided=await self._undecided(tx, row.trace_id),
            camera_id=progress.camera_id if row.state is TraceState.RUNNING else "",
            window_fraction=progress.window_fraction if row.state is TraceState.RUNNING else 0.0,
            message=message,
            expires_at=expires_at,
            four_eyes=four_eyes,
            left_out=outcome.left_out,
            problems=outcome.problems,
        )

    def _candidate(self, candidate: Candidate, decision: Decision | None) -> CandidateView:
        track = candidate.track
        camera = self._context.site.cameras[track.camera_id]
        return CandidateView(
            candidate_id=candidate.candidate_id,
            trace_id=candidate.trace_id,
            case_id=candidate.case_id,
            camera_id=track.camera_id,
            camera_name=camera.name,
            place=self._context.site.labels.get(camera.place_id, ""),
            start=track.interval.start,
            end=track.interval.end,
            sigma_s=track.interval.sigma_s,
            llr=track.llr,
            mask=track.mask,
            inter_eye_px=track.quality.inter_eye_px,
            infeasible=candidate.infeasible,
            evidence=evidence_words(candidate),
            support=support_words(track.llr) if decision and decision.answer else "",
            neighbours=len(track.neighbours),
            answer=decision.answer if decision else None,
            because=decision.because if decision else None,
            decided_by=decision.decided_by if decision else "",
            decided_at=decision.decided_at if decision else None,
        )


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


def _picture(still: Still) -> Picture:
    return Picture(
        kind=still.kind,
        at=still.at,
        width=still.width,
        height=still.height,
        face_px=still.face_px,
        jpeg=still.jpeg,
    )


def _visit(visit: Visit, found: TraceReport) -> VisitView:
    sources = {r.record_id: str(r.source) for r in found.found.records}
    return VisitView(
        start=visit.interval.start,
        end=visit.interval.end,
        sigma_s=visit.interval.sigma_s,
        place_id=visit.place_id,
        label=visit.label,
        basis=visit.basis,
        cameras=visit.camera_ids,
        sources=tuple(sorted({sources[i] for i in visit.record_ids if i in sources})),
        lat=visit.disc.lat if visit.disc else None,
        lon=visit.disc.lon if visit.disc else None,
        radius_m=visit.disc.radius_m if visit.disc else None,
        conflict=visit.conflict,
        moment=visit.moment,
    )


def _gap(gap: Gap) -> GapView:
    return GapView(start=gap.interval.start, end=gap.interval.end, reason=gap.reason)


def _exposure(exposure: Exposure) -> ExposureView:
    return ExposureView(
        person=exposure.person,
        camera=exposure.camera_id,
        candidate_id=exposure.candidate_id,
        start=exposure.interval.start,
        end=exposure.interval.end,
        minutes=exposure.minutes,
        distance_low_m=exposure.distance_low_m,
        distance_high_m=exposure.distance_high_m,
        patient_mask=exposure.patient_mask,
        person_mask=exposure.person_mask,
        suggestions=exposure.suggestions,
    )
