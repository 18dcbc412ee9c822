"""The board: every case that a person works on, and what each of them waits for."""

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from engine.api import journal
from engine.api.access import Access
from engine.api.asked import Asked
from engine.api.authorise import view_of
from engine.api.blind import blind_in, untold_in
from engine.api.case_schema import BoardCase, FootageDue, Kept
from engine.api.rows import trace_views
from engine.api.schema import TraceView
from engine.api.sources import request_view
from engine.domain.authorisation import LIVE, Authorisation
from engine.domain.case import Case, CaseState, infectious_window
from engine.domain.errors import InputError, Refused
from engine.domain.interval import Interval
from engine.policy.notices import said_of
from engine.ports import Transaction
from engine.store.authorisations import Authorisations, latest_time
from engine.store.case_board import CaseBoard, CaseRows
from engine.store.kept import KeptKind, KeptTexts, SealedText
from engine.store.notices import Notices
from engine.store.source_requests import SourceRequests
from engine.trace.context import Context
from engine.trace.footage_table import Due, Footage, FootageTable
from engine.vault.keys import Erased

CAMERAS_NAMED = 200  # of an authorisation with more, the board tells how many: it is asked for often

R = TypeVar("R")
S = TypeVar("S")
Told = tuple[object, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """What one transaction found, still sealed but for the traces."""

    now: datetime
    rows: dict[str, CaseRows]
    traces: dict[str, TraceView]
    handovers: dict[str, SealedText]
    blind: frozenset[str]
    withheld: frozenset[str]
    told: Told


class Board:
    """Looking is audited as a line whenever it shows a person something else than the last time."""

    def __init__(self, context: Context, footage: Footage) -> None:
        self._context = context
        self._footage = footage
        self._access = Access(context)
        self._board = CaseBoard(context.sealer)
        self._kept = KeptTexts(context.sealer)
        self._authorisations = Authorisations(context.sealer)
        self._requests = SourceRequests(context.sealer)
        self._notices = Notices(context.sealer)
        self._told: dict[int, Told] = {}  # by user; an engine that starts anew tells all of it anew

    async def cases(self, asked: Asked) -> tuple[BoardCase, ...]:
        """Everything is read in one transaction, and opened after it, a case at a time: others go on."""

        async def read(tx: Transaction) -> _Read:
            own = await self._access.seen_by(tx, asked.person)
            rows = await self._board.read(tx, own)
            newest = {t.case_id: t for t in await self._context.traces.all(tx) if t.case_id in rows}
            views = await trace_views(self._context, tx, list(newest.values()))
            handovers = await self._kept.handovers(tx, list(rows))
            others = [case_id for case_id, sealed in handovers.items() if sealed.by != asked.name]
            # what a colleague hands over may say what they answered (G10); who only looks at the board can
            # still become the second reviewer
            blind = (await blind_in(self._context, tx, asked.person)).intersection(others)
            withheld = await untold_in(tx, asked.person, others) if others else frozenset[str]()
            told = _told(rows.values(), handovers, blind, withheld)
            if told != self._told.get(asked.person.uid, ()):
                detail = {"cases": str(len(rows))}
                await journal.write(self._context, tx, asked, "read", "board", tell=False, detail=detail)
            return _Read(
                now=await latest_time(tx, self._context.clock),
                rows=rows,
                traces={view.case_id: view for view in views},
                handovers=handovers,
                blind=blind,
                withheld=withheld,
                told=told,
            )

        found = await self._context.store.run(read)
        self._told[asked.person.uid] = found.told
        table = await self._footage.table()
        shown = []
        for case_id in found.rows:
            shown.append(self._case(found, case_id, table))
            await asyncio.sleep(0)
        return tuple(shown)

    def _case(self, found: _Read, case_id: str, table: FootageTable) -> BoardCase:
        """One case. What cannot be opened of it is left out: a key that was lost hides no other case."""
        rows = found.rows[case_id]
        case = next(_readable([rows], self._board.case), None)
        permits = tuple(_readable(rows.authorisations, self._authorisations.opened))
        requests = _readable(rows.requests, self._requests.opened)
        notice, due = self._notice(rows, found.now)
        within = self._infectious(case)
        return BoardCase(
            case_id=case_id,
            state=CaseState.OPEN,
            disease=case.disease if case else "",
            owner=rows.members[0] if rows.members else "",
            members=tuple(rows.members),
            records=rows.counts.records,
            stills=rows.counts.stills,
            unseconded=rows.counts.unseconded,
            ground=rows.counts.ground,
            notice=notice,
            notice_due=due,
            sources=tuple(request_view(request, found.now) for request in requests),
            authorisations=tuple(view_of(permit, CAMERAS_NAMED) for permit in permits),
            trace=found.traces.get(case_id),
            footage=tuple(_due_view(due) for due in self._due(within, permits, found.now, table)),
            handover=self._handover(found, case_id),
            version=rows.version,
            infectious_start=within.start if within else None,
            infectious_end=within.end if within else None,
        )

    def _infectious(self, case: Case | None) -> Interval | None:
        try:
            return infectious_window(case, self._context.disease_of(case)) if case else None
        except InputError:
            return None

    def _notice(self, rows: CaseRows, now: datetime) -> tuple[str, datetime | None]:
        if rows.notice is None:
            return "", None
        try:
            notice = self._notices.opened(rows.case_id, rows.notice)
        except Erased:
            return "", None
        except InputError:
            return "damaged", None
        return said_of(notice, now), notice.due_at if notice.owed else None

    def _due(
        self,
        within: Interval | None,
        permits: Iterable[Authorisation],
        now: datetime,
        table: FootageTable,
    ) -> tuple[Due, ...]:
        """Of the cameras of the newest authorisation that lives, else of all."""
        if within is None:
            return ()
        live = (p.scope.cameras for p in permits if p.state in LIVE and p.expires_at > now)
        return table.due(within, now, next((cameras for cameras in live if cameras), None))

    def _handover(self, found: _Read, case_id: str) -> Kept | None:
        if (sealed := found.handovers.get(case_id)) is None:
            return None
        with contextlib.suppress(Erased, InputError):
            kept = self._kept.opened(sealed)
            if not kept.text:  # it was taken away: the next one goes on from its version
                return Kept(kind=KeptKind.HANDOVER, version=kept.version)
            if case_id in found.blind:
                return None
            withheld = case_id in found.withheld
            return Kept(
                kind=KeptKind.HANDOVER,
                text="" if withheld else kept.text,
                by=kept.by,
                at=kept.at,
                version=kept.version,
                withheld=withheld,
            )
        return None


def _told(rows: Iterable[CaseRows], handovers: dict[str, SealedText], *unread: frozenset[str]) -> Told:
    """What tells one showing of the board from another, as far as somebody wrote it; a note whose words come
    only now is something else than before."""
    return tuple(
        (
            case.case_id,
            case.version,
            handovers[case.case_id].version if case.case_id in handovers else None,
            tuple(case.case_id in some for some in unread),
            tuple((row["request_id"], row["version"]) for row in case.requests),
            tuple((row["authorisation_id"], row["state"]) for row in case.authorisations),
        )
        for case in rows
    )


def _readable(rows: Iterable[R], opened: Callable[[R], S]) -> Iterator[S]:
    """Those that open."""
    for row in rows:
        with contextlib.suppress(InputError, Refused):
            yield opened(row)


def _due_view(due: Due) -> FootageDue:
    return FootageDue(
        camera_id=due.camera_id, start=due.interval.start, end=due.interval.end, gone_at=due.gone_at
    )
