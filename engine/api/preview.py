"""What an authorisation would open and cost, before anybody asks for it. Nothing is opened or stored."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from engine.api import journal
from engine.api.access import Access
from engine.api.asked import Asked
from engine.api.authorise import LONGEST_LIFE
from engine.api.case_schema import ScopeLine, ScopePreview
from engine.api.papers import papers_for
from engine.api.schema import AuthorisationRequest
from engine.domain.authorisation import Authorisation, AuthorisationState, Scope
from engine.domain.camera import Camera, CameraWindow
from engine.domain.case import infectious_window
from engine.domain.errors import InputError
from engine.domain.interval import Interval
from engine.policy.caps import Used, allowance
from engine.policy.scope import CAMERA_HOURS_PER_TRACE, check_purpose, check_scope
from engine.ports import Transaction
from engine.store.authorisations import latest_time
from engine.store.pace import camera_seconds_a_second
from engine.trace.context import Context
from engine.trace.gather import gather
from engine.trace.narrow import Plan, narrow
from engine.trace.pipeline import Gathered, why_no_face_search
from engine.trace.window import used_before

LINES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    found: Gathered
    scope: Scope
    used: Used
    pace: float | None
    notes: tuple[str, ...]


class Preview:
    """The look is audited: it shows where the records of a case lead."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._access = Access(context)
        self._one = asyncio.Lock()

    async def scope(self, asked: Asked, wanted: AuthorisationRequest) -> ScopePreview:
        """What such an authorisation would open with the records of now, within what the caps leave. What
        stands in the way of granting it is said in ``notes``, so that a form can be filled in any order.
        Raises InputError for what is no request at all, Refused for another purpose (G17)."""

        async def read(tx: Transaction) -> _Read:
            read = await self._read(tx, asked, wanted)
            await journal.write(self._context, tx, asked, "preview", wanted.case_id, tell=False)
            return read

        seen = await self._context.store.run(read)
        async with self._one:  # many records and cameras take longer than others may wait
            return await asyncio.to_thread(self._planned, seen)

    async def _read(self, tx: Transaction, asked: Asked, wanted: AuthorisationRequest) -> _Read:
        context = self._context
        case = await self._access.case(tx, asked, wanted.case_id)
        now = await latest_time(tx, context.clock)
        purpose = check_purpose(wanted.purpose)
        infectious = infectious_window(case, context.disease_of(case))
        asked_scope = _scope(wanted)
        scope, notes = _grantable(asked_scope, now)
        scope = check_scope(scope, case=case, infectious=infectious, cameras=context.site.cameras, now=now)
        if scope.interval.duration_s < asked_scope.interval.duration_s:
            notes.append(f"of the time asked for, only {_said(scope.interval)} is past and infectious")
        notes += _life(wanted.expires_at, now)
        authorisation = Authorisation(
            authorisation_id="",
            case_id=case.case_id,
            purpose=purpose,
            scope=scope,
            requested_by=asked.name,
            requested_at=now,
            expires_at=wanted.expires_at,
            state=AuthorisationState.REQUESTED,
            four_eyes=not context.site.rehearsal,
            order_ref=wanted.order_ref,
        )
        notes += [str(problem) for problem in (await papers_for(context, tx, authorisation)).missing]
        found = Gathered(
            case=case,
            infectious=infectious,
            authorisation=authorisation,
            ground=await context.cases.ground(tx, case.case_id),
            stills=(await context.cases.counts(tx, case.case_id)).stills,
            records=gather(await context.cases.records(tx, case.case_id), infectious, scope),
        )
        if why := why_no_face_search(context, found):
            notes.append(f"no footage would be opened as things stand: {why}")
        return _Read(
            found=found,
            scope=scope,
            used=await used_before(context, tx, case.case_id, asked.name),
            pace=await camera_seconds_a_second(tx),
            notes=tuple(notes),
        )

    def _planned(self, seen: _Read) -> ScopePreview:
        """Touches nothing but values."""
        site, scope = self._context.site, seen.scope
        plan = Plan()
        if scope.face_search:
            plan = narrow(
                seen.found.records,
                infectious=seen.found.infectious,
                scope=scope,
                cameras=site.cameras.values(),
                segments=site.segments,
                left=allowance(site.limits, scope.max_camera_hours, seen.used),
            )
        notes = [*seen.notes, *plan.notes]
        if plan.without_footage_s:
            notes.append(f"of {plan.without_footage_s / 3600.0:.1f} camera-hours there is no footage here")
        lines = scope_lines(plan.windows, site.cameras)
        if len(lines) > LINES:
            notes.append(f"{len(lines) - LINES} more stretches are not listed")
        return ScopePreview(
            cameras=len({window.camera_id for window in plan.windows}),
            windows=len(plan.windows),
            camera_hours=plan.camera_hours,
            seconds=None if seen.pace is None else plan.camera_hours * 3600.0 / seen.pace,
            lines=lines[:LINES],
            notes=tuple(notes),
        )


def scope_lines(windows: Iterable[CameraWindow], cameras: Mapping[str, Camera]) -> tuple[ScopeLine, ...]:
    """Windows of one camera that meet made one line, by time and camera."""
    lines: list[ScopeLine] = []
    for window in sorted(windows, key=lambda w: (w.camera_id, w.interval.start)):
        start, end = window.interval.start, window.interval.end
        last = lines[-1] if lines else None
        if last is not None and last.camera_id == window.camera_id and start <= last.end:
            lines[-1] = msgspec.structs.replace(last, end=max(last.end, end))
            continue
        name = cameras[window.camera_id].name
        lines.append(ScopeLine(camera_id=window.camera_id, name=name, start=start, end=end))
    return tuple(sorted(lines, key=lambda line: (line.start, line.camera_id)))


def _scope(wanted: AuthorisationRequest) -> Scope:
    try:
        interval = Interval.of(wanted.start, wanted.end)
    except (ValueError, OverflowError) as problem:
        mend = "give two times with their offset from UTC"
        raise InputError(str(problem), place="start", mend=mend) from None
    return Scope(
        cameras=frozenset(wanted.cameras),
        sources=frozenset(wanted.sources),
        interval=interval,
        face_search=wanted.face_search,
        max_camera_hours=wanted.max_camera_hours,
    )


def _grantable(scope: Scope, now: datetime) -> tuple[Scope, list[str]]:
    """The scope within what may be asked for at all, and what would be refused of it as it is."""
    notes: list[str] = []
    if scope.interval.end > now:
        notes.append("the time asked for ends in the future, and would be refused [G6]")
        if scope.interval.start >= now:
            raise InputError("lies in the future", place="start", mend="only past footage can be searched")
        past = Interval(start=scope.interval.start, end=now)
        scope = msgspec.structs.replace(scope, interval=past)
    least = 0.001 if scope.face_search else 0.0
    if not least <= scope.max_camera_hours <= CAMERA_HOURS_PER_TRACE:
        notes.append(
            f"{scope.max_camera_hours:g} camera-hours would be refused: ask for at most"
            f" {CAMERA_HOURS_PER_TRACE:g} [G4]"
        )
        hours = min(max(scope.max_camera_hours, least), CAMERA_HOURS_PER_TRACE)
        scope = msgspec.structs.replace(scope, max_camera_hours=hours)
    return scope, notes


def _life(expires_at: datetime, now: datetime) -> Sequence[str]:
    if expires_at.tzinfo is None:
        raise InputError("has no time zone", place="expires_at", mend="give it with its offset from UTC")
    if expires_at <= now:
        return ("it would have expired already: give a time to come",)
    if expires_at - now > LONGEST_LIFE:
        return (f"an authorisation lives {LONGEST_LIFE.days} days at most [G6]",)
    return ()


def _said(interval: Interval) -> str:
    return f"{interval.start:%Y-%m-%d %H:%M}Z to {interval.end:%Y-%m-%d %H:%M}Z"
