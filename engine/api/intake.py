"""What comes in before a trace: cases, records, photographs, grounds, and who works on them."""

import re
from datetime import timedelta

import msgspec

from engine.api import journal
from engine.api.access import Access
from engine.api.asked import Asked, Conflict, require_version
from engine.api.forms import Member
from engine.api.once import once
from engine.api.schema import (
    CaseImport,
    CaseView,
    GroundRecord,
    RecordFile,
    RecordsTaken,
)
from engine.domain.case import Case, CaseState, infectious_window
from engine.domain.errors import InputError, Refused
from engine.domain.ground import FaceGround
from engine.domain.notice import Notice
from engine.domain.trace import TraceState
from engine.policy.grounds import check_ground, require_another
from engine.policy.notices import DUE_WITHIN, said_of
from engine.policy.sources import require_sources
from engine.ports import Transaction
from engine.schedule.erase import WHY_WITHDRAWN
from engine.schedule.late import look_again
from engine.schedule.runner import Runner
from engine.schedule.withdrawal import finish_withdrawal, finish_withdrawals
from engine.store import members
from engine.store.authorisations import latest_time
from engine.store.notices import Notices
from engine.store.sealing import case_key
from engine.store.source_requests import SourceRequests
from engine.trace.context import Context
from engine.vault.keys import Erased

CASE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")  # it stands in addresses, logs and file names
# a user of the system, as useradd or a directory service names them
PERSON = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@\\-]{0,63}\$?")


class Intake:
    """One method per request. Who asks is always the kernel's word, never a field."""

    def __init__(self, context: Context, runner: Runner) -> None:
        self._context = context
        self._runner = runner
        self._access = Access(context)
        self._source_requests = SourceRequests(context.sealer)
        self._notices = Notices(context.sealer)

    async def cases(self, asked: Asked) -> tuple[CaseView, ...]:
        async def read(tx: Transaction) -> tuple[CaseView, ...]:
            own = await self._access.seen_by(tx, asked.person)
            ids = [i for i in await self._context.cases.ids(tx) if own is None or i in own]
            return tuple([await self._view(tx, i) for i in ids])

        return await self._context.store.run(read)

    async def put_case(self, asked: Asked, wanted: CaseImport) -> CaseView:
        """Make a case, or change what is known of it. The same once more changes nothing."""
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
            await self._access.require_order(tx, case.disease)
            state, version = await self._context.cases.state(tx, case.case_id)
            if not state:
                await self._begin(tx, asked, case)
                return await self._view(tx, case.case_id)
            if state != CaseState.OPEN or not await self._access.sees(tx, asked.person, case.case_id):
                raise Refused(f"the id {case.case_id} cannot be used", mend="give the case an id of its own")
            before = await self._context.cases.get(tx, case.case_id)
            await self._access.require_order(tx, before.disease)  # another name of it opens nothing again
            if before != case:
                require_version(asked, version, what=f"case {case.case_id}")
                if before.notification_ref != case.notification_ref:
                    await self._require_nothing_under(tx, case.case_id)
                await self._context.cases.put(tx, case)
                await self._note(tx, asked, "case", case.case_id, outcome="changed")
            return await self._view(tx, case.case_id)

        return await once(self._context, asked, case_key(case.case_id), CaseView, put)

    async def _require_nothing_under(self, tx: Transaction, case_id: str) -> None:
        """What somebody stood behind or permitted, they did for one notified patient (G5), whose searches
        are counted under that reference (G4)."""
        if self._context.site.rehearsal:
            return
        stills = await self._context.cases.all_stills(tx, case_id)
        if stills or await self._context.authorisations.of_case(tx, case_id):
            raise Refused(
                "photographs or authorisations stand under the notification of this case",
                rule="G5",
                mend="open a case of its own for the other notification",
            )

    async def add_member(self, asked: Asked, case_id: str, wanted: Member) -> CaseView:
        """From now on somebody else works on the case too."""
        if not PERSON.fullmatch(wanted.person):
            raise InputError("is no user name", place="person", mend="give the system's name of the person")

        async def add(tx: Transaction) -> CaseView:
            await self._access.writable(tx, asked, case_id)
            now = await latest_time(tx, self._context.clock)
            await members.add(tx, case_id, wanted.person, added_by=asked.name, at=now)
            await self._note(tx, asked, "member", case_id, detail={"person": wanted.person})
            return await self._view(tx, case_id)

        return await once(self._context, asked, case_key(case_id), CaseView, add)

    async def add_records(self, asked: Asked, case_id: str, wanted: RecordFile) -> RecordsTaken:
        """One file, parsed in a worker. A source that another authority hands over needs its answered
        request first (G2)."""
        source = str(wanted.mapping.source)

        async def permitted(tx: Transaction) -> None:
            await self._access.writable(tx, asked, case_id)
            site = self._context.site
            if not site.rehearsal:
                asked_for = await self._source_requests.of_case(tx, case_id)
                require_sources([source], level=site.level, rules=site.sources, requests=asked_for)

        await self._context.store.run(permitted)
        parsed = await self._context.pool.parse_records(
            case_id=case_id,
            file=wanted.file,
            content=wanted.content,
            mapping=wanted.mapping,
            subject_keys=frozenset(wanted.subject_keys),
            received_at=self._context.clock.now(),
        )
        sealed = await self._context.cases.seal_records(case_id, parsed.records)
        new = 0

        async def add(tx: Transaction) -> RecordsTaken:
            nonlocal new
            await permitted(tx)
            new = await self._context.cases.add_sealed(tx, sealed)
            detail = {
                "source": source,
                "taken": str(len(parsed.records)),
                "new": str(new),
                "dropped": str(sum(parsed.dropped.values())),
            }
            if parsed.truncated:
                detail["truncated"] = "yes"
            await self._note(tx, asked, "records", case_id, detail=detail)
            now = await latest_time(tx, self._context.clock)
            await self._notices.owe(tx, case_id, f"collected:{source}", now)
            if new:
                await look_again(self._context, tx, case_id)
            return RecordsTaken(
                file=wanted.file,
                taken=len(parsed.records),
                dropped=parsed.dropped,
                warnings=parsed.warnings,
                truncated=parsed.truncated,
            )

        taken = await once(self._context, asked, case_key(case_id), RecordsTaken, add)
        if new:
            await self._runner.wake()
        return taken

    async def put_ground(self, asked: Asked, case_id: str, wanted: GroundRecord) -> CaseView:
        """The ground for a face search, in place of the one before. One that was withdrawn never comes back,
        and none comes while what came out of it is still being erased (G3)."""

        async def put(tx: Transaction) -> CaseView:
            await self._access.writable(tx, asked, case_id)
            before = await self._context.cases.ground(tx, case_id)
            ground = FaceGround(
                case_id=case_id,
                kind=wanted.kind,
                recorded_at=await latest_time(tx, self._context.clock),
                recorded_by=asked.name,
                document_sha256=wanted.document_sha256,
                law_id=wanted.law_id,
                ended=before.over if before else (),
            )
            require_another(ground, before)
            if before is not None:
                if before.withdrawn_at is None and before.paper == ground.paper:
                    return await self._view(tx, case_id)
                _, version = await self._context.cases.state(tx, case_id)
                require_version(asked, version, what=f"case {case_id}")
            if case_id in await self._context.cases.withdrawing(tx):
                raise Conflict("the ground before is still being withdrawn", mend="try again in a moment")
            check_ground(ground, self._context.site.laws)
            await self._context.cases.put_ground(tx, ground)
            await self._context.cases.touch(tx, case_id)
            await self._note(
                tx, asked, "ground", case_id, outcome="recorded", detail={"kind": str(ground.kind)}
            )
            return await self._view(tx, case_id)

        return await once(self._context, asked, case_key(case_id), CaseView, put)

    async def withdraw_ground(self, asked: Asked, case_id: str) -> CaseView:
        """Stop every face search of the case and erase what came out of it (G3)."""

        async def withdraw(tx: Transaction) -> tuple[str, ...]:
            await self._access.case(tx, asked, case_id)
            ground = await self._context.cases.ground(tx, case_id)
            if ground is None:
                raise Refused("no ground for a face search is recorded for this case", rule="G3")
            if ground.withdrawn_at is None:
                now = await latest_time(tx, self._context.clock)
                await self._context.cases.put_ground(tx, msgspec.structs.replace(ground, withdrawn_at=now))
                await self._context.cases.touch(tx, case_id)
                await self._note(
                    tx, asked, "ground", case_id, outcome="withdrawn", detail={"kind": "withdrawn"}
                )
            return tuple(t.trace_id for t in await self._context.traces.of_case(tx, case_id))

        for trace_id in await once(self._context, asked, case_key(case_id), tuple[str, ...], withdraw):
            await self._runner.stop(trace_id, TraceState.STOPPED_AUTHORISATION, WHY_WITHDRAWN)
        await finish_withdrawal(self._context, case_id, asked.name)
        return await self._context.store.run(lambda tx: self._view(tx, case_id))

    async def finish_withdrawals(self) -> None:
        """At the start: what a withdrawn ground had to erase is erased now."""
        await finish_withdrawals(self._context, self._runner.stop)

    async def _begin(self, tx: Transaction, asked: Asked, case: Case) -> None:
        """A case that is new: whoever opens it works on it, and a notice to the patient is owed."""
        now = await latest_time(tx, self._context.clock)
        await self._context.cases.put(tx, case)
        await self._context.cases.due(tx, case.case_id, now + timedelta(days=self._context.site.case_days))
        await members.add(tx, case.case_id, asked.name, added_by=asked.name, at=now)
        if not self._context.site.rehearsal:
            owed = Notice(case_id=case.case_id, due_at=now + DUE_WITHIN, newest_at=now)
            await self._notices.put(tx, owed)
        await self._note(tx, asked, "case", case.case_id, outcome="opened")

    async def _view(self, tx: Transaction, case_id: str) -> CaseView:
        counts = await self._context.cases.counts(tx, case_id)
        _, version = await self._context.cases.state(tx, case_id)
        notice, owed = None, ""
        try:
            notice = await self._notices.get(tx, case_id)
        except Erased:  # a key that was lost hides no other case
            pass
        except InputError:
            owed = "damaged"
        if notice is not None:
            now = await latest_time(tx, self._context.clock)
            owed = said_of(notice, now)
        return CaseView(
            case_id=case_id,
            state=CaseState.OPEN,
            records=counts.records,
            stills=counts.stills,
            ground=counts.ground,
            version=version,
            members=await members.of_case(tx, case_id),
            unseconded=counts.unseconded,
            notice=owed,
        )

    async def _note(
        self,
        tx: Transaction,
        asked: Asked,
        action: str,
        case_id: str,
        *,
        outcome: str = "done",
        detail: dict[str, str] | None = None,
    ) -> None:
        await journal.write(
            self._context, tx, asked, action, case_id, outcome=outcome, case_id=case_id, detail=detail
        )
