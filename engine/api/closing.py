"""The end of a case: the notice to the patient, what was passed on, signing off, destroyed keys."""

import re
from collections.abc import Sequence
from datetime import UTC

import msgspec

from engine.api import journal
from engine.api.access import Access
from engine.api.asked import Asked, require_version
from engine.api.forms import CaseClose, CaseErased, Confirm, ErasureView, NoticeSent, NoticeView, PassedOn
from engine.api.once import HOUSE_KEY, once
from engine.domain.authorisation import LIVE, AuthorisationState
from engine.domain.case import CaseState
from engine.domain.decision import Part, standing
from engine.domain.errors import InputError, Refused
from engine.domain.notice import Notice
from engine.policy.notices import DUE_WITHIN, require_sent, said_of, sent, told_anew
from engine.ports import Transaction
from engine.schedule.sweep import Sweeper, agree
from engine.store import erasures
from engine.store.authorisations import latest_time
from engine.store.erasures import ErasureState
from engine.store.notices import Notices
from engine.store.sealing import case_key, face_key
from engine.store.traces import TraceRow
from engine.trace.context import Context

_DIGEST = re.compile(r"[0-9a-f]{64}")


class Closing:
    """One method per request."""

    def __init__(self, context: Context, sweeper: Sweeper) -> None:
        self._context = context
        self._sweeper = sweeper
        self._access = Access(context)
        self._notices = Notices(context.sealer)

    async def notice(self, asked: Asked, case_id: str) -> NoticeView:
        async def read(tx: Transaction) -> NoticeView:
            await self._access.case(tx, asked, case_id)
            return await self._notice_view(tx, await self._notice(tx, case_id))

        return await self._context.store.run(read)

    async def notice_sent(self, asked: Asked, case_id: str, wanted: NoticeSent) -> NoticeView:
        """The patient was told (G16). Refused where the notice leaves out what was collected since."""
        if not _DIGEST.fullmatch(wanted.document_sha256):
            mend = "give the sha256 of the notice as it was sent"
            raise InputError("is no sha256", place="document_sha256", mend=mend)
        if wanted.sent_at.tzinfo is None:
            raise InputError("has no offset", place="sent_at", mend="give a time with its offset from UTC")
        try:
            sent_at = wanted.sent_at.astimezone(UTC)
        except OverflowError:
            raise InputError("lies outside the calendar", place="sent_at", mend="correct it") from None

        async def note(tx: Transaction) -> NoticeView:
            await self._access.case(tx, asked, case_id)
            found = await self._notice(tx, case_id)
            require_version(asked, found.version, what="the notice")
            told = sent(
                found,
                sent_at=sent_at,
                means=wanted.means,
                document_sha256=wanted.document_sha256,
                collected=wanted.collected,
                passed_on=wanted.passed_on,
                now=await latest_time(tx, self._context.clock),
            )
            await self._notices.put(tx, told)
            facts = {"collected": str(len(wanted.collected)), "passed_on": str(len(wanted.passed_on))}
            await self._note(tx, asked, "notice", case_id, "sent", facts)
            return await self._notice_view(tx, told)

        return await once(self._context, asked, case_key(case_id), NoticeView, note)

    async def passed_on(self, asked: Asked, case_id: str, wanted: PassedOn) -> NoticeView:
        """Data went to another body: from now on the patient is owed to be told so."""
        if not wanted.to.strip() or not wanted.what.strip():
            raise InputError("is empty", place="to", mend="say to whom what was passed on")

        async def note(tx: Transaction) -> NoticeView:
            await self._access.case(tx, asked, case_id)
            now = await latest_time(tx, self._context.clock)
            found = await self._notice(tx, case_id)
            owed = told_anew(found, (f"passed:{wanted.what.strip()} to {wanted.to.strip()}",), now)
            await self._notices.put(tx, owed)
            await self._note(tx, asked, "passed on", case_id, "done", {})
            return await self._notice_view(tx, owed)

        return await once(self._context, asked, case_key(case_id), NoticeView, note)

    async def close(self, asked: Asked, case_id: str, wanted: CaseClose) -> CaseErased:
        """Sign a case off: its traces stop, its authorisations end, its keys are destroyed, everywhere.

        Refused while the patient is owed a notice (G16), candidates wait for an answer, or an emergency
        for a second person (G1): with the case everything would go that they have to look at.
        """
        if not wanted.reason.strip():
            raise InputError("is empty", place="reason", mend="say why the case is closed")

        async def close(tx: Transaction) -> bool:
            await self._access.case(tx, asked, case_id)
            _, version = await self._context.cases.state(tx, case_id)
            require_version(asked, version, what=f"case {case_id}")
            require_sent(await self._notices.get(tx, case_id))
            traces = await self._context.traces.of_case(tx, case_id)
            if not wanted.undecided:
                for trace in traces:
                    await self._require_answered(tx, trace.trace_id)
            for authorisation in await self._context.authorisations.of_case(tx, case_id):
                if authorisation.unreviewed and authorisation.four_eyes:
                    raise Refused(
                        "an emergency of this case has not been reviewed yet",
                        rule="G1",
                        mend="let somebody review it",
                    )
                if authorisation.state in LIVE:
                    now = await latest_time(tx, self._context.clock)
                    ended = msgspec.structs.replace(
                        authorisation,
                        state=AuthorisationState.REVOKED,
                        revoked_by=asked.name,
                        revoked_at=now,
                        version=authorisation.version + 1,
                    )
                    await self._context.authorisations.put(tx, ended)
            await tx.execute(
                "UPDATE case_file SET state = ?, version = version + 1 WHERE case_id = ?",
                (CaseState.CLOSED, case_id),
            )
            facts = {"traces": str(len(traces))} | await self._agreement(tx, case_id, traces)
            await self._note(tx, asked, "case", case_id, "closed", facts)
            return True

        await once(self._context, asked, HOUSE_KEY, bool, close)
        return await self._erased(case_id, asked.name)

    async def _agreement(self, tx: Transaction, case_id: str, traces: Sequence[TraceRow]) -> dict[str, str]:
        """How many candidates two people answered about, and of how many they differed: the answers
        themselves go with the case."""
        twice = differ = 0
        if self._context.sealer.vault.has(face_key(case_id)):
            for trace in traces:
                made = await self._context.reviews.decisions(tx, trace.trace_id)
                first, second = standing(made), standing(made, Part.SECOND)
                both = first.keys() & second.keys()
                twice += len(both)
                differ += sum(first[i].answer is not second[i].answer for i in both)
        return {"answered_twice": str(twice), "differed": str(differ)}

    async def _erased(self, case_id: str, by: str) -> CaseErased:
        """Destroy what was closed, unless that has happened already."""
        state, _ = await self._context.store.run(lambda tx: self._context.cases.state(tx, case_id))
        if state != CaseState.ERASED:
            await self._sweeper.erase_case(case_id, by)
        found = await self._context.store.run(lambda tx: erasures.of(tx, case_id))
        return CaseErased(case_id=case_id, keys=found.keys if found else 0)

    async def erasures(self) -> ErasureView:
        facts = await self._sweeper.health()
        waiting = await self._context.store.run(lambda tx: erasures.in_state(tx, ErasureState.WAITING))
        return ErasureView(
            keys_due=facts.keys_due,
            overdue=facts.overdue,
            waiting=tuple(erasure.case_id for erasure in waiting),
            unfinished=facts.unfinished,
            lost=facts.lost,
            last_sweep=facts.last_sweep,
            problem=facts.problem or facts.copy_behind,
        )

    async def confirm(self, asked: Asked, wanted: Confirm) -> ErasureView:
        """A custodian has looked: the keys of these cases may go at once (G15)."""

        async def confirm(tx: Transaction) -> bool:
            await agree(self._context, tx, asked.name, wanted.case_ids, asked.person.login_uid)
            return True

        await once(self._context, asked, HOUSE_KEY, bool, confirm)
        await self._sweeper.now()
        return await self.erasures()

    async def _require_answered(self, tx: Transaction, trace_id: str) -> None:
        found = await self._context.reviews.tally(tx, trace_id)
        left = found.undecided + found.aside  # nobody answered about those either
        if left > 0:
            aside = f", {found.aside} of them set aside" if found.aside else ""
            raise Refused(
                f"{left} candidates wait for an answer{aside}",
                rule="G10",
                mend="answer them, or close the case with its undecided candidates",
            )

    async def _notice(self, tx: Transaction, case_id: str) -> Notice:
        found = await self._notices.get(tx, case_id)
        if found is not None:
            return found
        due_at = await latest_time(tx, self._context.clock) + DUE_WITHIN
        return Notice(case_id=case_id, due_at=due_at)

    async def _notice_view(self, tx: Transaction, notice: Notice) -> NoticeView:
        now = await latest_time(tx, self._context.clock)
        return NoticeView(
            case_id=notice.case_id,
            state=said_of(notice, now),
            due_at=notice.due_at,
            sent_at=notice.sent_at,
            collected=notice.collected,
            passed_on=notice.passed_on,
            to_tell=notice.to_tell,
            version=notice.version,
        )

    async def _note(
        self, tx: Transaction, asked: Asked, action: str, case_id: str, outcome: str, detail: dict[str, str]
    ) -> None:
        await journal.write(
            self._context, tx, asked, action, case_id, outcome=outcome, case_id=case_id, detail=detail
        )
