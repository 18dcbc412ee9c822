"""What reviewers leave for each other about candidates: notes, wishes for second eyes, ranges set aside."""

import unicodedata

from engine.api import journal
from engine.api.asked import Asked
from engine.api.candidates import CandidateWork
from engine.api.once import once
from engine.api.review_schema import MOST_NOTE_CHARACTERS, CandidateNote, SecondWanted, SetAside
from engine.api.schema import CandidateView, TraceDetail
from engine.domain.candidate import Candidate
from engine.domain.errors import InputError, Refused
from engine.ports import Transaction
from engine.store import events, margins
from engine.store.authorisations import latest_time
from engine.store.sealing import face_key

MOST_AT_ONCE = 5000  # candidates of one range


class Noting(CandidateWork):
    """One method per request."""

    async def note(self, asked: Asked, candidate_id: str, wanted: CandidateNote) -> CandidateView:
        """Keep a note, "" for none; it is sealed like the pictures, and the audit has none of its words.
        A second reviewer who is still blind writes over nobody else's (G10)."""
        text = _plain(wanted.text)

        async def note(tx: Transaction) -> CandidateView:
            candidate = await self._writable(tx, asked, candidate_id)
            await self._require_unrevoked(tx, candidate)
            await self._require_newest(tx, asked, candidate)
            blind = await self._hides(tx, asked, candidate.trace_id)
            before = await self._margins.of(tx, candidate_id)
            if blind and before.for_blind(asked.name) != before:
                raise Refused(
                    "somebody else has noted something here",
                    rule="G10",
                    mend="answer everything first: then you may read it",
                )
            now = await latest_time(tx, self._context.clock)
            await self._margins.note(tx, candidate.case_id, candidate_id, asked.name, now, text)
            await self._write(tx, asked, "note", candidate, "written" if text else "taken away")
            return await self._shown(tx, asked, candidate, blind=blind)

        return await self._once(asked, candidate_id, note)

    async def second(self, asked: Asked, candidate_id: str, wanted: SecondWanted) -> CandidateView:
        """Say that a second, blind reviewer should look at a candidate. Only who asked takes it back."""

        async def want(tx: Transaction) -> CandidateView:
            candidate = await self._writable(tx, asked, candidate_id)
            await self._require_unrevoked(tx, candidate)
            by = (await self._margins.of(tx, candidate_id)).second_wanted_by
            if wanted.wanted:
                now = await latest_time(tx, self._context.clock)
                await margins.want_second(tx, candidate_id, asked.name, now)
            elif by not in ("", asked.name):
                raise Refused(f"{by} asked for it", mend="let them take it back")
            else:
                await margins.want_no_second(tx, candidate_id)
            if bool(by) != wanted.wanted:
                outcome = "wanted" if wanted.wanted else "taken back"
                await self._write(tx, asked, "second wanted", candidate, outcome)
            blind = await self._hides(tx, asked, candidate.trace_id)
            return await self._shown(tx, asked, candidate, blind=blind)

        return await self._once(asked, candidate_id, want)

    async def set_aside(self, asked: Asked, trace_id: str, wanted: SetAside) -> TraceDetail:
        """Candidates that nobody answered leave the work as not reviewed, or come back to it: all of the
        list or none. That is no answer, and closing the case still says that they have none."""
        ids = tuple(dict.fromkeys(wanted.candidate_ids))
        if not 0 < len(ids) <= MOST_AT_ONCE:
            raise InputError(
                f"names {len(ids)} candidates, not 1 to {MOST_AT_ONCE}",
                place="candidate_ids",
                mend="set them aside in parts",
            )

        async def move(tx: Transaction) -> bool:
            row = await self._context.traces.get(tx, trace_id)
            await self._access.of_trace(tx, asked, row.case_id, f"there is no trace {trace_id[:64]}")
            await self._access.writable(tx, asked, row.case_id)
            await self._require_permitted(tx, row)
            await self._require_not_blind(tx, asked, trace_id)
            await self._require_open(tx, trace_id, ids)
            now = await latest_time(tx, self._context.clock)
            if wanted.aside:
                moved = await margins.set_aside(tx, ids, asked.name, now)
            else:
                moved = await margins.take_up(tx, ids)
            if moved:
                outcome = "set aside" if wanted.aside else "taken up"
                detail = {"candidates": str(moved)}
                await journal.write(
                    self._context, tx, asked, "aside", trace_id, outcome=outcome, tell=False, detail=detail
                )
                await events.note(
                    tx, at=now, kind="candidate", object_id=trace_id, state=outcome, case_id=row.case_id
                )
            await self._settle(tx, trace_id)
            return True

        row = await self._context.store.run(lambda tx: self._context.traces.get(tx, trace_id))
        await once(self._context, asked, face_key(row.case_id), bool, move)
        return await self._tracing.detail(asked, trace_id)

    # --- inside ---------------------------------------------------------------------------------

    async def _require_not_blind(self, tx: Transaction, asked: Asked, trace_id: str) -> None:
        """What is set aside has not to be answered before the first answers are seen: so the second reviewer
        is not who does it (G10)."""
        await self._require_shown(tx, asked, trace_id)
        if await self._hides(tx, asked, trace_id):
            raise Refused("a second reviewer sets nothing aside", rule="G10", mend="answer everything")

    async def _require_open(self, tx: Transaction, trace_id: str, ids: tuple[str, ...]) -> None:
        """Raises InputError or Refused naming the first one that is none of this trace or has an answer."""
        known = await self._context.reviews.versions(tx, trace_id)
        if unknown := next((i for i in ids if i not in known), ""):
            raise InputError(f"there is no {unknown[:64]!r} in this trace", place="candidate_ids")
        unanswered = await self._context.reviews.unanswered(tx, trace_id)
        if answered := next((i for i in ids if i not in unanswered), ""):
            raise Refused(f"candidate {answered} has an answer", mend="leave it out of the range")

    async def _write(
        self, tx: Transaction, asked: Asked, action: str, candidate: Candidate, outcome: str
    ) -> None:
        """In the audit, and for those who have the card open: that something changed, never what."""
        candidate_id, case_id = candidate.candidate_id, candidate.case_id
        await journal.write(self._context, tx, asked, action, candidate_id, outcome=outcome, tell=False)
        now = await latest_time(tx, self._context.clock)
        await events.note(
            tx, at=now, kind="candidate", object_id=candidate_id, state="changed", case_id=case_id
        )


def _plain(text: str) -> str:
    """Raises InputError where a note is too long, or holds what is no character of a text."""
    text = text.strip()
    if len(text) > MOST_NOTE_CHARACTERS:
        raise InputError(
            f"has {len(text)} characters, {MOST_NOTE_CHARACTERS} are kept",
            place="text",
            mend="make it shorter",
        )
    if any(unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t" for c in text):
        raise InputError("has control characters", place="text", mend="write plain text")
    return text
