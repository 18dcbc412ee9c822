"""One trace from start to where a person is needed. Each step's result is stored before the next.

gather -> narrow -> scan -> (link, visits, contacts and report are functions of what is stored and of
the decisions so far; they are computed anew whenever somebody looks). A restart replays stored
results and scans only windows that have none.
"""

import asyncio
import secrets
from datetime import datetime, timedelta

import msgspec

from engine.audit import log
from engine.domain.authorisation import Authorisation
from engine.domain.camera import CameraWindow
from engine.domain.candidate import Candidate
from engine.domain.case import Case, infectious_window
from engine.domain.errors import InputError, Refused
from engine.domain.grant import WindowGrant
from engine.domain.ground import FaceGround
from engine.domain.interval import Interval
from engine.domain.record import Record
from engine.domain.trace import Progress, TraceState
from engine.domain.track import Enrolment, WindowResult
from engine.domain.value import Value
from engine.policy.grounds import require_ground
from engine.policy.scope import require_inside, require_live
from engine.ports import Transaction, WindowRequest
from engine.store.authorisations import latest_time
from engine.store.traces import TraceRow
from engine.trace.context import Context
from engine.trace.gather import gather
from engine.trace.narrow import Plan, narrow
from engine.vault.grants import subject_digest

WINDOW_TIME_S = 900.0  # a grant for one window outlives no reading of it


class Outcome(Value, frozen=True, kw_only=True):
    """What a finished trace could not do: left out by design, or for want of readable footage."""

    left_out: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


class Gathered(Value, frozen=True, kw_only=True):
    """Everything known before footage is touched."""

    case: Case
    infectious: Interval
    authorisation: Authorisation
    ground: FaceGround | None
    stills: int
    records: tuple[Record, ...]


async def run(context: Context, trace_id: str) -> TraceState:
    """Run or resume one trace. Raises Refused where its permission ends on the way."""
    trace = await context.store.run(lambda tx: context.traces.get(tx, trace_id))
    found = await context.store.run(lambda tx: gathered(context, tx, trace))
    _show(context, trace, step="gather")
    await context.store.run(
        lambda tx: context.traces.put_step(tx, trace, "gather", tuple(r.record_id for r in found.records))
    )
    left_out: list[str] = []
    missing = why_no_face_search(context, found)
    plan = Plan()
    if missing:
        left_out.append(f"no face search: {missing}")
    else:
        _show(context, trace, step="narrow")
        plan = await _planned(context, trace, found)
        left_out.extend(plan.notes)
    problems: list[str] = []
    if plan.windows:
        problems = await _scan(context, trace, found, plan)
    return await _finish(
        context, trace, bool(missing), Outcome(left_out=tuple(left_out), problems=tuple(problems))
    )


async def gathered(context: Context, tx: Transaction, trace: TraceRow) -> Gathered:
    """Step 1, read in one transaction."""
    case = await context.cases.get(tx, trace.case_id)
    authorisation = await context.authorisations.get(tx, trace.authorisation_id)
    infectious = infectious_window(case, context.disease_of(case))
    records = await context.cases.records(tx, trace.case_id)
    counts = await context.cases.counts(tx, trace.case_id)
    return Gathered(
        case=case,
        infectious=infectious,
        authorisation=authorisation,
        ground=await context.cases.ground(tx, trace.case_id),
        stills=counts.stills,
        records=gather(records, infectious, authorisation.scope),
    )


def why_no_face_search(context: Context, found: Gathered) -> str:
    """ "" or why this trace goes by records alone (G3)."""
    if not found.authorisation.scope.face_search:
        return "the authorisation does not cover one"
    try:
        require_ground(found.ground)
    except Refused as problem:
        return problem.reason
    if not found.stills:
        return "there is no reference photograph"
    return context.site.face_search


async def _planned(context: Context, trace: TraceRow, found: Gathered) -> Plan:
    """Step 2. A plan that was stored is kept: a restart opens nothing that was not planned."""
    stored = await context.store.run(lambda tx: context.traces.step(tx, trace, "narrow", Plan))
    if stored is not None:
        return stored
    plan = narrow(
        found.records,
        infectious=found.infectious,
        scope=found.authorisation.scope,
        cameras=context.site.cameras.values(),
        segments=context.site.segments,
    )
    await context.store.run(lambda tx: context.traces.put_step(tx, trace, "narrow", plan))
    return plan


async def _scan(context: Context, trace: TraceRow, found: Gathered, plan: Plan) -> list[str]:
    """Step 3: every window that has no result yet, all asked for at once, taken as they come."""
    names = tuple(w.window_id for w in plan.windows)
    done = await context.store.run(lambda tx: context.traces.windows_done(tx, trace, names))
    _show(context, trace, step="scan", windows_total=len(names), windows_done=len(done))
    stills = await context.store.run(lambda tx: context.cases.stills(tx, trace.case_id))
    subject = await context.pool.enrol([(still.file, still.content) for still in stills])
    problems: list[str] = []
    try:
        async with asyncio.TaskGroup() as windows:
            for window in plan.windows:
                if window.window_id not in done:
                    windows.create_task(_one_window(context, trace, found, window, subject, problems))
    except BaseExceptionGroup as several:
        raise _first(several) from None
    return sorted(set(problems))


async def _one_window(
    context: Context,
    trace: TraceRow,
    found: Gathered,
    window: CameraWindow,
    subject: Enrolment,
    problems: list[str],
) -> None:
    camera = context.site.cameras[window.camera_id]
    segments = tuple(
        s
        for s in context.site.segments(window.camera_id)
        if _true_time(s.start_device, camera.clock.offset_s) < window.interval.end
        and _true_time(s.end_device, camera.clock.offset_s) > window.interval.start
    )

    async def permit() -> WindowGrant:
        footage = tuple(s.sha256 for s in segments)
        return await context.store.run(lambda tx: _permitted(context, tx, trace, window, subject, footage))

    def progress(share: float, frames: int, faces: int) -> None:
        _show(context, trace, camera_id=window.camera_id, window_fraction=share)

    result = await context.pool.scan(
        WindowRequest(
            trace_id=trace.trace_id,
            window=window,
            camera=camera,
            segments=segments,
            template=subject.template,
            reference_mask=subject.mask,
            permit=permit,
            progress=progress,
        )
    )
    if result.stopped:
        raise Refused(result.stopped, rule="G1")
    problems.extend(result.problems)
    await context.store.run(lambda tx: _keep(context, tx, trace, result))


async def _permitted(
    context: Context,
    tx: Transaction,
    trace: TraceRow,
    window: CameraWindow,
    subject: Enrolment,
    footage_sha256: tuple[str, ...],
) -> WindowGrant:
    """The grant for one window, with the intent in the audit; both commit before footage is opened."""
    now = await latest_time(tx, context.clock)
    authorisation = await context.authorisations.get(tx, trace.authorisation_id)
    require_live(authorisation, now)
    if authorisation.case_id != trace.case_id:
        raise Refused("the authorisation is for another case", rule="G1")
    require_inside(window, authorisation.scope)
    require_ground(await context.cases.ground(tx, trace.case_id))
    if window.interval.end > now:
        raise Refused("the window ends in the future", rule="G6")
    grant = WindowGrant(
        grant_id=secrets.token_hex(12),
        case_id=trace.case_id,
        trace_id=trace.trace_id,
        authorisation_id=trace.authorisation_id,
        window_id=window.window_id,
        camera_id=window.camera_id,
        interval=window.interval,
        subject_sha256=subject_digest(subject.template),
        footage_sha256=footage_sha256,
        expires_at=authorisation.expires_at,
        deadline_boottime_s=context.clock.boottime_s()
        + min(WINDOW_TIME_S, (authorisation.expires_at - now).total_seconds()),
        four_eyes=authorisation.four_eyes,
        rehearsal=context.site.rehearsal,
    )
    await log.append(
        tx,
        at=now,
        person="engine",
        action="search",
        object_id=trace.trace_id,
        outcome="intent",
        detail={
            "grant": grant.grant_id,
            "authorisation": trace.authorisation_id,
            "window": context.sealer.vault.mac(window.window_id),
            "camera_s": f"{window.interval.duration_s:.1f}",
        },
    )
    return grant


async def _keep(context: Context, tx: Transaction, trace: TraceRow, result: WindowResult) -> None:
    """Store what a window gave, together with its line in the audit; a second time changes nothing."""
    now = await latest_time(tx, context.clock)
    require_live(await context.authorisations.get(tx, trace.authorisation_id), now)
    require_ground(await context.cases.ground(tx, trace.case_id))
    if not await context.traces.put_window(tx, trace, result):
        return
    for track in result.tracks:
        candidate = Candidate(
            candidate_id=secrets.token_hex(8), case_id=trace.case_id, trace_id=trace.trace_id, track=track
        )
        await context.reviews.add_candidate(tx, candidate)
    await context.traces.mark(tx, trace.trace_id, "first_window", now)
    if result.tracks:
        await context.traces.mark(tx, trace.trace_id, "first_candidate", now)
    await log.append(
        tx,
        at=now,
        person="engine",
        action="search",
        object_id=trace.trace_id,
        detail={
            "window": context.sealer.vault.mac(result.window_id),
            "frames": str(result.frames),
            "faces_compared": str(result.faces),
            "candidates": str(len(result.tracks)),
        },
    )
    shown = context.progress.get(trace.trace_id, Progress(trace_id=trace.trace_id))
    context.progress[trace.trace_id] = msgspec.structs.replace(shown, windows_done=shown.windows_done + 1)


async def _finish(context: Context, trace: TraceRow, records_only: bool, outcome: Outcome) -> TraceState:
    async def finish(tx: Transaction) -> TraceState:
        now = await latest_time(tx, context.clock)
        candidates = await context.reviews.of_trace(tx, trace.trace_id)
        if records_only:
            state = TraceState.RECORDS_ONLY
        else:
            state = TraceState.AWAITING_REVIEW if candidates else TraceState.COMPLETE
        await context.traces.put_step(tx, trace, "outcome", outcome)
        await context.traces.mark(tx, trace.trace_id, "finished", now)
        await context.traces.set_state(tx, trace.trace_id, state)
        await log.append(
            tx,
            at=now,
            person="engine",
            action="trace",
            object_id=trace.trace_id,
            outcome=state,
            detail={"candidates": str(len(candidates))},
        )
        return state

    _show(context, trace, step="")
    return await context.store.run(finish)


def _show(context: Context, trace: TraceRow, **changes: str | int | float) -> None:
    shown = context.progress.get(trace.trace_id, Progress(trace_id=trace.trace_id))
    context.progress[trace.trace_id] = msgspec.structs.replace(shown, **changes)


def _true_time(device: datetime, offset_s: float) -> datetime:
    return device - timedelta(seconds=offset_s)


def _first(several: BaseExceptionGroup[BaseException]) -> BaseException:
    """The refusal among the errors of a group, else the first of them."""
    flat: list[BaseException] = []
    stack: list[BaseException] = [several]
    while stack:
        problem = stack.pop()
        if isinstance(problem, BaseExceptionGroup):
            stack.extend(problem.exceptions)
        else:
            flat.append(problem)
    return next((p for p in flat if isinstance(p, (Refused, InputError))), flat[-1])
