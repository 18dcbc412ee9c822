"""What an auditor asks: whether the log is sound, what it counts, and the log itself to take away."""

import asyncio
import contextlib
import time
from collections.abc import Mapping, Sequence

from engine.api import audit_sight
from engine.api.audit_schema import AuditCounts, AuditPage, AuditRecord, AuditVerdict
from engine.api.schema import AuditEntry
from engine.api.site_schema import AuditHead
from engine.audit import check, checkpoint, counts, export, log, tree, witnessed
from engine.audit.checkpoint import CheckpointSigner
from engine.audit.export import Record
from engine.audit.line import AuditLine, decode
from engine.domain.errors import InputError
from engine.domain.person import Person
from engine.ports import Transaction
from engine.store.authorisations import latest_time
from engine.trace.context import Context


class Auditing:
    """One method per request. Checking and taking away are audited themselves."""

    def __init__(self, context: Context, signer: CheckpointSigner) -> None:
        self._context = context
        self._signer = signer
        self._one_check = asyncio.Lock()  # it reads everything; two at once would only take longer

    async def read(self, person: Person, after: int) -> tuple[AuditEntry, ...]:
        """Lines after a number, oldest first, a thousand at most; of an answer that this person may not know
        yet, that there is one (G10)."""

        async def read(tx: Transaction) -> tuple[list[tuple[AuditLine, str]], Mapping[int, str]]:
            found = await log.lines(tx, after)
            lines = [line for line, _ in found]
            return found, await audit_sight.outcomes(self._context, tx, person, lines)

        found, outcomes = await self._context.store.run(read)
        return tuple(
            AuditEntry(
                seq=line.seq,
                at=line.at,
                person=line.person,
                action=line.action,
                object=line.object,
                outcome=outcomes.get(line.seq, line.outcome),
                hash=digest,
            )
            for line, digest in found
        )

    async def head(self) -> AuditHead:
        """How long the log is and the root of its tree: a handful of reads however long it is."""

        async def read(tx: Transaction) -> AuditHead:
            size = await tree.size(tx)
            signed = await checkpoint.newest(tx)
            upto, at = await witnessed.witnessed(tx)
            return AuditHead(
                size=size,
                root=(await tree.root(tx, size)).hex(),
                signed_upto=signed.checkpoint.size if signed else 0,
                witnessed_upto=upto,
                witnessed_at=at,
            )

        return await self._context.store.run(read)

    async def verify(self, person: Person) -> AuditVerdict:
        """Check the whole log, in slices between which others work."""
        async with self._one_check:
            begun = time.monotonic()
            found = await check.verify(self._context.store, self._signer.verifier)
            seconds = time.monotonic() - begun
        outcome = "found bad" if found.fault else "verified"

        async def note(tx: Transaction) -> AuditVerdict:
            size, at = await witnessed.witnessed(tx)
            await self._log(tx, person, outcome, {"lines": str(found.lines)})
            fault = found.fault
            return AuditVerdict(
                lines=found.lines,
                first_bad=fault.seq if fault else None,
                first_bad_until=fault.until if fault else None,
                problem=fault.problem if fault else "",
                checkpoints=found.checkpoints,
                signed_upto=found.signed_upto,
                root=found.root.hex(),
                witnessed_upto=size,
                witnessed_at=at,
                disagreement=await witnessed.disagreement(tx),
                seconds=seconds,
                key=self._signer.verifier.text(),
            )

        return await self._context.store.run(note)

    async def counts(self) -> AuditCounts:
        """Counts of all lines there are, without anything personal."""
        more = True
        while more:
            more = await self._context.store.run(counts.catch_up)

        async def read(tx: Transaction) -> AuditCounts:
            found = await counts.read(tx)
            total = found.pop(counts.ALL_DAYS)
            return AuditCounts(
                lines=await counts.counted(tx), total=total, days=found, key=self._signer.verifier.text()
            )

        return await self._context.store.run(read)

    async def export(self, person: Person, after: int, upto: int = 0) -> AuditPage:
        """A page of lines after a number. The first is asked without ``upto``: a checkpoint is made then,
        and its size is where the whole ends; further pages name it. Each page is audited before it goes."""
        if after < 0 or upto < 0:
            raise InputError("is no number of a line", place="after" if after < 0 else "upto")

        async def read(tx: Transaction) -> AuditPage:
            if upto:
                newest = await checkpoint.newest(tx)
                end = min(upto, newest.checkpoint.size if newest else 0)
            else:
                now = await latest_time(tx, self._context.clock)
                end = (await checkpoint.make(tx, self._signer, now)).checkpoint.size
            head = await export.header(tx, self._signer.verifier, after)
            records = await export.records(tx, after, end)
            await audit_sight.take_away(self._context, tx, person, _readable(records))
            await self._log(tx, person, "export", {"after": str(after)})
            return AuditPage(
                key=head.key,
                after=after,
                previous=head.previous,
                peaks=head.peaks,
                last=after + sum(1 for record in records if not record.note),
                upto=end,
                records=tuple(AuditRecord(line=r.line, hash=r.hash, note=r.note) for r in records),
            )

        return await self._context.store.run(read)

    async def _log(self, tx: Transaction, person: Person, outcome: str, detail: dict[str, str]) -> None:
        await log.append(
            tx,
            at=await latest_time(tx, self._context.clock),
            person=person.name,
            login=person.login_uid,
            action="audit",
            object_id="audit",
            outcome=outcome,
            detail=detail,
        )


def _readable(records: Sequence[Record]) -> list[AuditLine]:
    """Those that are lines; a damaged one tells nothing that could be understood."""
    found = []
    for record in records:
        with contextlib.suppress(ValueError):
            found.append(decode(record.line))
    return found
