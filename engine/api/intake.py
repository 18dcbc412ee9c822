"""What comes in before a trace: cases, records, photographs, grounds, authorisations."""

import hashlib
import re
import secrets
from datetime import timedelta

import msgspec

from engine.api.schema import (
    AuthorisationRequest,
    AuthorisationView,
    CaseImport,
    CaseView,
    GroundRecord,
    RecordFile,
    RecordsTaken,
    StillFile,
    StillTaken,
)
from engine.audit import log
from engine.domain.authorisation import Authorisation, AuthorisationState, Scope
from engine.domain.case import Case, CaseState, infectious_window
from engine.domain.errors import InputError, Refused
from engine.domain.ground import FaceGround
from engine.domain.interval import Interval
from engine.domain.trace import TraceState
from engine.policy.grounds import check_ground
from engine.policy.scope import check_purpose, check_scope
from engine.ports import Transaction
from engine.schedule.runner import Runner
from engine.store.authorisations import latest_time
from engine.store.cases import ReferenceStill
from engine.store.sealing import face_key
from engine.trace.context import Context

CASE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")  # it stands in addresses, logs and file names

LONGEST_LIFE = timedelta(days=31)  # footage is kept about a month; what lives longer is a standing query


WITHDRAWN = "the ground for a face search was withdrawn"
REVIEWED = (TraceState.AWAITING_REVIEW, TraceState.COMPLETE)  # traces that may hold candidates


class Intake:
    """One method per request. ``person`` is always the kernel's word, never a field."""

    def __init__(self, context: Context, runner: Runner) -> None:
        self._context = context
        self._runner = runner

    async def cases(self) -> tuple[CaseView, ...]:
        async def read(tx: Transaction) -> tuple[CaseView, ...]:
            return tuple([await self._view(tx, i) for i in await self._context.cases.ids(tx)])

        return await self._context.store.run(read)

    async def put_case(self, person: str, wanted: CaseImport) -> CaseView:
        case = Case(**msgspec.structs.asdict(wanted))
        if not CASE_ID.fullmatch(case.case_id):
            raise InputError(
                f"{case.case_id[:70]!r} is no case id",
                place="case_id",
                mend="give 1 to 64 of A-Z a-z 0-9 . _ -",
            )
        if not case.notification_ref:
            raise InputError(
                "is empty",
                place="notification_ref",
                mend="give the reference under which the case was notified",
            )
        infectious_window(case, self._context.disease_of(case))

        async def put(tx: Transaction) -> CaseView:
            await self._context.cases.put(tx, case)
            await self._log(tx, person, "case", case.case_id)
            return await self._view(tx, case.case_id)

        return await self._context.store.run(put)

    async def add_records(self, person: str, case_id: str, wanted: RecordFile) -> RecordsTaken:
        await self._must_be_open(case_id)
        parsed = await self._context.pool.parse_records(
            case_id=case_id,
            file=wanted.file,
            content=wanted.content,
            mapping=wanted.mapping,
            subject_keys=frozenset(wanted.subject_keys),
            received_at=self._context.clock.now(),
        )

        async def add(tx: Transaction) -> None:
            new = await self._context.cases.add_records(tx, case_id, parsed.records)
            dropped = sum(parsed.dropped.values())
            detail = {
                "source": str(wanted.mapping.source),
                "taken": str(len(parsed.records)),
                "new": str(new),
                "dropped": str(dropped),
            }
            await self._log(tx, person, "records", case_id, detail)

        await self._context.store.run(add)
        return RecordsTaken(
            file=wanted.file, taken=len(parsed.records), dropped=parsed.dropped, warnings=parsed.warnings
        )

    async def add_still(self, person: str, case_id: str, wanted: StillFile) -> StillTaken:
        await self._must_be_open(case_id)
        if not wanted.provenance.strip():
            raise InputError(
                "has no provenance", file=wanted.file, mend="say where the photograph comes from"
            )
        enrolment = await self._context.pool.enrol([(wanted.file, wanted.content)])
        digest = hashlib.sha256(wanted.content).hexdigest()
        still = ReferenceStill(
            still_id=self._context.sealer.vault.mac(f"{case_id}/{digest}"),
            file=wanted.file,
            provenance=wanted.provenance,
            content=wanted.content,
            portrait=enrolment.portraits[0],
        )

        async def add(tx: Transaction) -> None:
            await self._context.cases.add_still(tx, case_id, still, digest)
            await self._log(tx, person, "photo", case_id, {"photo": self._context.sealer.vault.mac(digest)})

        await self._context.store.run(add)
        return StillTaken(file=wanted.file, inter_eye_px=enrolment.inter_eye_px, mask=enrolment.mask)

    async def put_ground(self, person: str, case_id: str, wanted: GroundRecord) -> CaseView:
        async def put(tx: Transaction) -> CaseView:
            await self._context.cases.get(tx, case_id)
            ground = FaceGround(
                case_id=case_id,
                kind=wanted.kind,
                recorded_at=await latest_time(tx, self._context.clock),
                recorded_by=person,
                document_sha256=wanted.document_sha256,
                law_id=wanted.law_id,
            )
            check_ground(ground, self._context.site.laws)
            await self._context.cases.put_ground(tx, ground)
            await self._log(tx, person, "ground", case_id, {"kind": str(ground.kind)})
            return await self._view(tx, case_id)

        return await self._context.store.run(put)

    async def withdraw_ground(self, person: str, case_id: str) -> CaseView:
        """Stop every face search of the case and erase what came out of it (G3)."""

        async def withdraw(tx: Transaction) -> list[str]:
            await self._context.cases.get(tx, case_id)
            ground = await self._context.cases.ground(tx, case_id)
            if ground is None:
                raise Refused("no ground for a face search is recorded for this case", rule="G3")
            now = await latest_time(tx, self._context.clock)
            await self._context.cases.put_ground(tx, msgspec.structs.replace(ground, withdrawn_at=now))
            await self._log(tx, person, "ground", case_id, {"kind": "withdrawn"})
            return [t.trace_id for t in await self._context.traces.all(tx) if t.case_id == case_id]

        for trace_id in await self._context.store.run(withdraw):
            await self._runner.stop(trace_id, TraceState.STOPPED_AUTHORISATION, WITHDRAWN)

        return await self._forget_faces(person, case_id)

    async def finish_withdrawals(self) -> None:
        """After a crash: what a withdrawn ground had to erase is erased now."""

        async def unfinished(tx: Transaction) -> list[str]:
            found: list[str] = []
            for case_id in await self._context.cases.ids(tx):
                ground = await self._context.cases.ground(tx, case_id)
                if ground is not None and ground.withdrawn_at is not None:
                    found.append(case_id)
            return found

        for case_id in await self._context.store.run(unfinished):
            if self._context.sealer.vault.has(face_key(case_id)):
                await self._forget_faces("engine", case_id)

    async def _forget_faces(self, person: str, case_id: str) -> CaseView:
        """Rows first, then the key: while the key is there, it is known that the work is unfinished."""

        async def forget(tx: Transaction) -> CaseView:
            gone = await self._context.reviews.forget_faces(tx, case_id)
            for trace in await self._context.traces.all(tx):
                if trace.case_id == case_id and trace.state in REVIEWED:
                    stopped = TraceState.STOPPED_AUTHORISATION
                    await self._context.traces.set_state(tx, trace.trace_id, stopped, WITHDRAWN)
            await self._log(tx, person, "erase", case_id, {"candidates": str(gone)})
            return await self._view(tx, case_id)

        view = await self._context.store.run(forget)
        self._context.sealer.vault.destroy(frozenset({face_key(case_id)}))
        return view

    async def request_authorisation(self, person: str, wanted: AuthorisationRequest) -> AuthorisationView:
        async def request(tx: Transaction) -> AuthorisationView:
            case = await self._context.cases.get(tx, wanted.case_id)
            now = await latest_time(tx, self._context.clock)
            try:
                interval = Interval.of(wanted.start, wanted.end)
            except (ValueError, OverflowError) as problem:
                mend = "give two times with their offset from UTC"
                raise InputError(str(problem), place="start", mend=mend) from None
            if wanted.expires_at.tzinfo is None or wanted.expires_at <= now:
                raise InputError("lies in the past", place="expires_at", mend="give a time to come")
            if wanted.expires_at - now > LONGEST_LIFE:
                raise Refused(
                    f"an authorisation lives {LONGEST_LIFE.days} days at most",
                    rule="G6",
                    mend="ask again when it has expired",
                )
            scope = Scope(
                cameras=frozenset(wanted.cameras),
                sources=frozenset(wanted.sources),
                interval=interval,
                face_search=wanted.face_search,
                max_camera_hours=wanted.max_camera_hours,
            )
            check_scope(
                scope,
                case=case,
                infectious=infectious_window(case, self._context.disease_of(case)),
                cameras=self._context.site.cameras,
                now=now,
            )
            authorisation = Authorisation(
                authorisation_id=secrets.token_hex(8),
                case_id=case.case_id,
                purpose=check_purpose(wanted.purpose),
                scope=scope,
                requested_by=person,
                requested_at=now,
                expires_at=wanted.expires_at,
                state=AuthorisationState.REQUESTED,
                four_eyes=not self._context.site.rehearsal,
                order_ref=wanted.order_ref,
            )
            return await self._put(tx, person, authorisation)

        return await self._context.store.run(request)

    async def approve_authorisation(self, person: str, authorisation_id: str) -> AuthorisationView:
        async def approve(tx: Transaction) -> AuthorisationView:
            found = await self._context.authorisations.get(tx, authorisation_id)
            if found.state is not AuthorisationState.REQUESTED:
                raise Refused(f"the authorisation is {found.state} already")
            if found.four_eyes and found.requested_by == person:
                raise Refused("nobody approves their own request", rule="G24")
            now = await latest_time(tx, self._context.clock)
            approved = msgspec.structs.replace(
                found, state=AuthorisationState.APPROVED, approved_by=person, approved_at=now
            )
            return await self._put(tx, person, approved)

        return await self._context.store.run(approve)

    async def revoke_authorisation(self, person: str, authorisation_id: str) -> AuthorisationView:
        """Takes effect at once: what runs under it stops within two seconds."""

        async def revoke(tx: Transaction) -> tuple[AuthorisationView, list[str]]:
            found = await self._context.authorisations.get(tx, authorisation_id)
            now = await latest_time(tx, self._context.clock)
            revoked = msgspec.structs.replace(found, state=AuthorisationState.REVOKED, revoked_at=now)
            view = await self._put(tx, person, revoked)
            traces = await self._context.traces.all(tx)
            return view, [t.trace_id for t in traces if t.authorisation_id == authorisation_id]

        view, traces = await self._context.store.run(revoke)
        for trace_id in traces:
            await self._runner.stop(
                trace_id, TraceState.STOPPED_AUTHORISATION, "the authorisation was revoked"
            )
        return view

    async def _put(self, tx: Transaction, person: str, authorisation: Authorisation) -> AuthorisationView:
        await self._context.authorisations.put(tx, authorisation)
        detail = {"case": authorisation.case_id, "cameras": str(len(authorisation.scope.cameras))}
        await log.append(
            tx,
            at=await latest_time(tx, self._context.clock),
            person=person,
            action="authorisation",
            object_id=authorisation.authorisation_id,
            outcome=authorisation.state,
            detail=detail,
        )
        return AuthorisationView(
            authorisation_id=authorisation.authorisation_id,
            case_id=authorisation.case_id,
            state=authorisation.state,
            four_eyes=authorisation.four_eyes,
            requested_by=authorisation.requested_by,
            approved_by=authorisation.approved_by,
            expires_at=authorisation.expires_at,
            cameras=len(authorisation.scope.cameras),
        )

    async def _must_be_open(self, case_id: str) -> None:
        await self._context.store.run(lambda tx: self._context.cases.get(tx, case_id))

    async def _view(self, tx: Transaction, case_id: str) -> CaseView:
        counts = await self._context.cases.counts(tx, case_id)
        return CaseView(
            case_id=case_id,
            state=CaseState.OPEN,
            records=counts.records,
            stills=counts.stills,
            ground=counts.ground,
        )

    async def _log(
        self, tx: Transaction, person: str, action: str, case_id: str, detail: dict[str, str] | None = None
    ) -> None:
        at = await latest_time(tx, self._context.clock)
        await log.append(tx, at=at, person=person, action=action, object_id=case_id, detail=detail)
