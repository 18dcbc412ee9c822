"""What leaves the house as a file: only what two people confirmed, and in the audit before its first byte.

An export is not yet passed on: whoever hands it to another body records that with the case, and then the
patient is owed to be told so (G16, ``tracedesk case notice passed-on``).
"""

import asyncio
import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from engine.api import journal
from engine.api.access import Access
from engine.api.asked import Asked, Conflict
from engine.api.contact_schema import Exported, ExportKind, ExportRequest
from engine.api.once import once
from engine.api.scenes import Reviewed, beside, reviewed
from engine.api.schema import Reply
from engine.api.spreadsheet import MEDIA_TYPE, as_csv
from engine.domain.errors import InputError, Refused
from engine.ports import Row, Transaction
from engine.store.authorisations import latest_time
from engine.store.contacts import Contacts, Export
from engine.store.sealing import case_key
from engine.trace import outputs, report
from engine.trace.context import Context
from engine.trace.line_list import lines, seconded

_FILE = {ExportKind.LINE_LIST: "line-list", ExportKind.TIMELINE: "timeline"}


class _Receipt(Reply, frozen=True, kw_only=True):
    """What is kept of an export beside its line in the audit: nothing that it says."""

    export_id: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Taken:
    """What the file is made of, and how the case stood then. ``seconded`` are the candidates that two
    people confirmed, ``left_out`` counts those that only one did."""

    traces: tuple[Reviewed, ...]
    seconded: frozenset[str]
    left_out: int
    contacts: list[Row]
    timeline: report.Material | None
    stamp: str


@dataclass(frozen=True, slots=True)
class _File:
    content: bytes
    sha256: str
    rows: int


class Exporting:
    """One method."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._access = Access(context)
        self._contacts = Contacts(context.sealer)
        self._long_ones = asyncio.Lock()

    async def export(self, asked: Asked, case_id: str, wanted: ExportRequest) -> Exported:
        """The file. Shut in a rehearsal (G27); refused where nothing is left that a first person confirmed
        and a second, blind one too (G10), else what lacks the second is left out and counted."""
        taken = await self._context.store.run(lambda tx: self._taken(tx, asked, case_id, wanted))
        async with self._long_ones:
            file = await asyncio.to_thread(self._written, wanted.kind, taken)
        if not file.rows:
            raise _nothing(taken.left_out)
        fresh = ""

        async def note(tx: Transaction) -> _Receipt:
            nonlocal fresh
            await self._access.writable(tx, asked, case_id)
            if await self._contacts.stamp(tx, case_id) != taken.stamp:
                raise Conflict("the case changed while the file was made", mend="ask for it again")
            fresh = secrets.token_hex(8)
            await self._contacts.add_export(
                tx,
                Export(
                    export_id=fresh,
                    case_id=case_id,
                    kind=wanted.kind,
                    person=asked.name,
                    at=await latest_time(tx, self._context.clock),
                    sha256=file.sha256,
                    rows=file.rows,
                ),
            )
            await self._note(tx, asked, case_id, fresh, wanted.kind, file, taken)
            return _Receipt(export_id=fresh, sha256=file.sha256)

        receipt = await once(self._context, asked, case_key(case_id), _Receipt, note)
        if receipt.export_id != fresh:
            await self._again(asked, case_id, receipt, wanted.kind, file, taken)
        return Exported(
            export_id=receipt.export_id,
            name=f"{_FILE[wanted.kind]}-{receipt.export_id}.csv",
            media_type=MEDIA_TYPE,
            content=file.content,
            sha256=file.sha256,
            rows=file.rows,
            left_out=taken.left_out,
        )

    # --- inside ---------------------------------------------------------------------------------

    async def _taken(self, tx: Transaction, asked: Asked, case_id: str, wanted: ExportRequest) -> _Taken:
        await self._access.writable(tx, asked, case_id)
        if self._context.site.rehearsal:
            raise Refused("nothing leaves a rehearsal", rule="G27", mend="export from a server")
        if wanted.typed_case_id != case_id:
            raise InputError(
                f"is not {case_id}",
                place="typed_case_id",
                mend="type the number of the case that it is about",
            )
        traces = await reviewed(self._context, tx, asked, case_id)
        concerned = traces if wanted.kind is ExportKind.LINE_LIST else traces[-1:]
        both = frozenset[str]().union(*(t.seconded for t in concerned))
        confirmed = frozenset[str]().union(*(t.confirmed for t in concerned))
        timeline = None
        if wanted.kind is ExportKind.TIMELINE and traces:
            newest = traces[-1]
            decisions = {i: d for i, d in newest.first.items() if i in both}
            timeline = await report.read(self._context, tx, newest.trace, decisions)
        return _Taken(
            traces=traces,
            seconded=both,
            left_out=len(confirmed - both),
            contacts=await self._contacts.rows(tx, case_id),
            timeline=timeline,
            stamp=await self._contacts.stamp(tx, case_id),
        )

    def _written(self, kind: ExportKind, taken: _Taken) -> _File:
        """Opens, chooses and writes; touches nothing but values."""
        site = self._context.site
        zone = ZoneInfo(site.timezone)
        columns: Sequence[str]
        if kind is ExportKind.LINE_LIST:
            newest, older = beside(self._context, taken.traces)
            whole = lines(self._contacts.opened(taken.contacts), newest, older)
            chosen = seconded(whole, taken.seconded)
            columns = outputs.LINE_LIST
            rows = outputs.line_list_rows(chosen, site.cameras, site.labels, zone)
        else:
            visits = report.computed(site, taken.timeline).visits if taken.timeline else ()
            columns, rows = outputs.TIMELINE, outputs.timeline_rows(visits, zone)
        content = as_csv(columns, rows)
        return _File(content, hashlib.sha256(content).hexdigest(), len(rows))

    async def _again(
        self, asked: Asked, case_id: str, receipt: _Receipt, kind: ExportKind, file: _File, taken: _Taken
    ) -> None:
        """Asked for again under the same key: the same bytes leave again, or none."""
        if receipt.sha256 != file.sha256:
            raise Conflict("the case changed since this file was made", mend="ask for a new one")

        async def note(tx: Transaction) -> None:
            await self._access.writable(tx, asked, case_id)
            await self._note(tx, asked, case_id, receipt.export_id, kind, file, taken, again="yes")

        await self._context.store.run(note)

    async def _note(
        self,
        tx: Transaction,
        asked: Asked,
        case_id: str,
        export_id: str,
        kind: ExportKind,
        file: _File,
        taken: _Taken,
        **more: str,
    ) -> None:
        """An intent, so that it counts though the file never arrives. The digest is keyed: a plain one of a
        list of one would be found by trying names and numbers (G14)."""
        detail = {
            "kind": str(kind),
            "rows": str(file.rows),
            "left_out": str(taken.left_out),
            "file": self._context.sealer.vault.mac(file.sha256),
            **more,
        }
        await journal.write(
            self._context,
            tx,
            asked,
            "export",
            export_id,
            outcome="intent",
            case_id=case_id,
            told="exported",
            detail=detail,
        )


def _nothing(left_out: int) -> Refused:
    if not left_out:
        return Refused("there is nothing to export", mend="confirm sightings or write contacts down first")
    one = left_out == 1
    return Refused(
        f"{left_out} confirmed {'candidate lacks' if one else 'candidates lack'} the same answer of a"
        " second, blind reviewer, and nothing else is there",
        rule="G10",
        mend="let a colleague who has seen no answers look: tracedesk case answer --second",
    )
