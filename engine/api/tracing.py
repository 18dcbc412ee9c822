"""Traces as people ask for them: started, stopped, listed, read."""

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from engine.api import journal
from engine.api.access import Access
from engine.api.asked import Asked, Conflict
from engine.api.blind import is_blind_beside, own_second, second_as_shown
from engine.api.once import once
from engine.api.rows import trace_views
from engine.api.schema import Conflict as Conflicting
from engine.api.schema import TraceDetail, TraceStart, TraceView
from engine.api.shown import (
    candidate_view,
    counted_as_high,
    exposure_view,
    gap_view,
    opened_views,
    visit_view,
)
from engine.api.sight import nameless, sight_of
from engine.domain.authorisation import Role
from engine.domain.candidate import Candidate
from engine.domain.decision import Decision, Part, standing
from engine.domain.errors import Refused
from engine.domain.person import Person
from engine.domain.trace import TraceState
from engine.policy.scope import require_live
from engine.ports import Transaction
from engine.schedule.late import asked_again
from engine.schedule.runner import Runner
from engine.store import second_review
from engine.store.authorisations import latest_time
from engine.store.margins import BARE, Margin, Margins
from engine.store.sealing import case_key
from engine.store.traces import TraceRow
from engine.trace import report
from engine.trace.context import Context, Site

AT_ONCE = 300  # records and candidates that a report is made of in some milliseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class _Looked:
    """What was read of a trace for one person, with the answers as they may know them."""

    view: TraceView
    blind: bool
    withheld: bool
    material: report.Material
    first: dict[str, Decision]
    second: dict[str, Decision]
    versions: dict[str, int]
    margins: dict[str, Margin]


class Tracing:
    """One method per request."""

    def __init__(self, context: Context, runner: Runner) -> None:
        self._context = context
        self._runner = runner
        self._access = Access(context)
        self._margins = Margins(context.sealer)
        self._long_ones = asyncio.Lock()

    async def start(self, asked: Asked, wanted: TraceStart) -> TraceView:
        fresh = ""

        async def add(tx: Transaction) -> TraceView:
            nonlocal fresh
            await self._access.writable(tx, asked, wanted.case_id)
            case_id = await self._context.authorisations.case_of(tx, wanted.authorisation_id)
            what = f"there is no authorisation {wanted.authorisation_id[:64]}"
            await self._access.of_trace(tx, asked, case_id, what)
            authorisation = await self._context.authorisations.get(tx, wanted.authorisation_id)
            if authorisation.case_id != wanted.case_id:
                raise Refused("the authorisation is for another case", rule="G1")
            now = await latest_time(tx, self._context.clock)
            require_live(authorisation, now)
            trace_id = secrets.token_hex(8)
            await self._context.traces.add(
                tx,
                trace_id=trace_id,
                case_id=wanted.case_id,
                authorisation_id=wanted.authorisation_id,
                queued=now,
                requested_by=asked.name,
            )
            await journal.write(
                self._context, tx, asked, "trace", trace_id, outcome="queued", case_id=wanted.case_id
            )
            fresh = trace_id
            return await self._row(tx, await self._context.traces.get(tx, trace_id))

        started = await once(self._context, asked, case_key(wanted.case_id), TraceView, add)
        if fresh:
            await self._runner.submit(fresh)
        return await self.trace(started.trace_id)

    async def again(self, asked: Asked, trace_id: str) -> TraceView:
        """Look at footage that came since, because somebody asks for it now."""

        async def note(tx: Transaction) -> str:
            case_id = (await self._context.traces.get(tx, trace_id)).case_id
            await self._access.of_trace(tx, asked, case_id, f"there is no trace {trace_id[:64]}")
            await self._access.writable(tx, asked, case_id)
            if not await asked_again(self._context, tx, trace_id):
                raise Conflict("this trace does not go on", mend="trace the case anew")
            await journal.write(self._context, tx, asked, "trace", trace_id, outcome="again", case_id=case_id)
            return case_id

        row = await self._context.store.run(lambda tx: self._context.traces.get(tx, trace_id))
        await once(self._context, asked, case_key(row.case_id), str, note)
        await self._runner.wake()
        return await self.trace(trace_id)

    async def cancel(self, asked: Asked, trace_id: str) -> TraceView:
        """Whoever works on the case, or keeps the machine going, may stop a trace."""

        async def note(tx: Transaction) -> str:
            row = await self._context.traces.get(tx, trace_id)
            if Role.OPERATOR not in asked.person.roles:
                await self._access.of_trace(tx, asked, row.case_id, f"there is no trace {trace_id[:64]}")
            await journal.write(
                self._context, tx, asked, "trace", trace_id, outcome="cancel", case_id=row.case_id
            )
            return row.case_id

        row = await self._context.store.run(lambda tx: self._context.traces.get(tx, trace_id))
        case_id = await once(self._context, asked, case_key(row.case_id), str, note)
        await self._runner.stop(trace_id, TraceState.CANCELLED, "cancelled")
        view = await self.trace(trace_id)
        seen = await self._context.store.run(lambda tx: self._access.sees(tx, asked.person, case_id))
        return view if seen else nameless(view)

    async def traces(self, asked: Asked) -> tuple[TraceView, ...]:
        """Own traces in full, everybody else's as busy."""
        sight = await self._context.store.run(lambda tx: sight_of(tx, asked.person, self.cases_of))
        return tuple(row for trace in await self.everything() if (row := sight.trace(trace)) is not None)

    async def cases_of(self, tx: Transaction, person: Person) -> frozenset[str] | None:
        """The cases that a person works on, None for all of them."""
        return await self._access.seen_by(tx, person)

    async def everything(self) -> tuple[TraceView, ...]:
        """The newest trace of every case, in the order in which the cases were first traced. For the
        event stream, which shows each listener their own part of it."""

        async def read(tx: Transaction) -> tuple[TraceView, ...]:
            newest = {row.case_id: row for row in await self._context.traces.all(tx)}
            return await trace_views(self._context, tx, list(newest.values()))

        return await self._context.store.run(read)

    async def trace(self, trace_id: str) -> TraceView:
        async def read(tx: Transaction) -> TraceView:
            return await self._row(tx, await self._context.traces.get(tx, trace_id))

        return await self._context.store.run(read)

    async def detail(self, asked: Asked, trace_id: str) -> TraceDetail:
        """Everything about one trace but pictures. Looking is written to the audit first.

        A second reviewer who has not answered everything reads it as if nobody else had answered, and other
        traces of its case too; so does whoever may still become the one that is wanted. Any other reader who
        sees answers can no longer become that second reviewer (G10).
        """

        async def looked(tx: Transaction) -> _Looked:
            row = await self._context.traces.get(tx, trace_id)
            await self._access.of_trace(tx, asked, row.case_id, f"there is no trace {trace_id[:64]}")
            await journal.write(self._context, tx, asked, "read", trace_id, tell=False)
            made = await self._context.reviews.decisions(tx, trace_id)
            first, second = standing(made), standing(made, Part.SECOND)
            blind = await second_review.is_blind(tx, trace_id, asked.person, len(second))
            blind = blind or await is_blind_beside(self._context, tx, asked.person, trace_id)
            withheld = not blind and await second_review.is_withheld(tx, trace_id, asked.person)
            hidden = blind or withheld
            if hidden:
                first, second = await own_second(tx, asked.person, trace_id, made), {}
            else:
                second = second_as_shown(first, second, asked.name)
            material = await report.read(self._context, tx, row, first)
            margins = await self._margins.of_trace(tx, trace_id)
            told = [d.decided_by for d in first.values()] + [m.noted_by for m in margins.values() if m.note]
            if not hidden and any(person != asked.name for person in told):
                await second_review.note_seen(tx, trace_id, asked.person)
            if hidden:
                margins = {i: margin.for_blind(asked.name) for i, margin in margins.items()}
            return _Looked(
                view=await self._row(tx, row),
                blind=blind,
                withheld=withheld,
                material=material,
                first=first,
                second=second,
                versions=await self._context.reviews.versions(tx, trace_id),
                margins=margins,
            )

        seen = await self._context.store.run(looked)
        if seen.material.size <= AT_ONCE:
            return _in_words(self._context.site, seen, asked.name)
        async with self._long_ones:  # one at a time, beside the event loop: nobody else waits for it
            return await asyncio.to_thread(_in_words, self._context.site, seen, asked.name)

    async def undecided(self, tx: Transaction, trace_id: str) -> int:
        return (await self._context.reviews.tally(tx, trace_id)).undecided

    async def _row(self, tx: Transaction, row: TraceRow) -> TraceView:
        return (await trace_views(self._context, tx, [row]))[0]


def _in_words(site: Site, seen: _Looked, reader: str) -> TraceDetail:
    """Link, visits and contacts over what was read; touches nothing but values."""
    found = report.computed(site, seen.material)
    sources = {r.record_id: str(r.source) for r in found.found.records}
    as_high = counted_as_high(found.candidates)
    shown = _by_time(found.candidates) if seen.blind or seen.withheld else found.candidates
    return TraceDetail(
        trace=seen.view,
        blind=seen.blind,
        withheld=seen.withheld,
        candidates=tuple(
            candidate_view(
                site,
                c,
                seen.first.get(c.candidate_id),
                seen.second.get(c.candidate_id),
                seen.versions[c.candidate_id],
                reader,
                margin=seen.margins.get(c.candidate_id, BARE),
                travel=found.travel[c.candidate_id],
                as_high=as_high[c.candidate_id],
            )
            for c in shown
        ),
        visits=tuple(visit_view(v, sources) for v in found.visits),
        gaps=tuple(gap_view(g) for g in found.gaps),
        exposures=tuple(exposure_view(e) for e in found.exposures),
        opened=tuple(view for window in found.opened for view in opened_views(window)),
        conflicts=tuple(Conflicting(first_id=a, second_id=b, because=why) for a, b, why in found.conflicts),
        scope_cameras=tuple(sorted(found.found.authorisation.scope.cameras)),
    )


def _by_time(candidates: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """Whoever looks a second time answers about all of them: best first would tell what the model thinks."""
    order = sorted(candidates, key=lambda c: (c.track.interval.start, c.track.camera_id, c.candidate_id))
    return tuple(order)
