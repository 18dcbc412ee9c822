"""One trace from start to where a person is needed. Each step's result is stored before the next.

gather -> narrow -> scan -> (link, visits, contacts and report are functions of what is stored and of
the decisions so far; they are computed anew whenever somebody looks). A restart replays stored
results and scans only windows that have none; only the template of the subject is made again, since
none is ever stored. Records that come late make a further revision of the plan: it holds what was not
scanned before, and everything found and decided stays.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TypeVar

import msgspec

from engine.audit import log
from engine.domain.authorisation import Authorisation
from engine.domain.camera import CameraWindow
from engine.domain.case import Case, infectious_window
from engine.domain.errors import InputError, NeedsOperator, Refused
from engine.domain.grant import WindowGrant
from engine.domain.ground import FaceGround
from engine.domain.interval import Interval
from engine.domain.record import Record
from engine.domain.trace import Progress, TraceState
from engine.domain.track import Enrolment
from engine.domain.value import Value
from engine.policy.caps import allowance
from engine.policy.grounds import require_ground
from engine.ports import Transaction, WindowRequest
from engine.store import slots
from engine.store.authorisations import latest_time
from engine.store.slots import Lease, StaleLease
from engine.store.traces import TraceRow, step_of
from engine.trace.context import Context
from engine.trace.gather import gather
from engine.trace.narrow import Plan, narrow
from engine.trace.window import keep, permitted, used_so_far

PLAN_VERSION = 1  # grows when a stored step means something else than before
T = TypeVar("T")


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


class _Work:
    """One trace at work under a lease: whatever it writes is written under that lease or not at all."""

    def __init__(self, context: Context, lease: Lease, trace: TraceRow) -> None:
        self.context = context
        self.lease = lease
        self.trace = trace
        self.beyond_caps: list[str] = []

    async def write(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Raises StaleLease, before anything of ``work``, where the lease holds no more."""

        async def held(tx: Transaction) -> T:
            await slots.require(tx, self.lease, self.context.clock.boottime_s())
            return await work(tx)

        return await self.context.store.run(held)

    def show(self, **changes: str | int | float) -> None:
        shown = self.context.progress.get(self.trace.trace_id, Progress(trace_id=self.trace.trace_id))
        self.context.progress[self.trace.trace_id] = msgspec.structs.replace(shown, **changes)


async def run(context: Context, lease: Lease) -> TraceState:
    """Run or resume the trace of ``lease``; where it ends by itself, its state is set and its slot free.

    Raises Refused where its permission ends on the way, NeedsOperator for a plan of another release, and
    StaleLease where the slot is no longer its own: nothing was written since.
    """
    trace = await context.store.run(lambda tx: context.traces.get(tx, lease.trace_id))
    if trace.plan_version not in (None, PLAN_VERSION):
        raise NeedsOperator(
            f"it was planned by another release (plan {trace.plan_version}, this one continues"
            f" {PLAN_VERSION}); trace the case anew, or go back to that release"
        )
    work = _Work(context, lease, trace)
    try:
        return await _through(work)
    except msgspec.DecodeError:
        raise NeedsOperator(
            "a stored step of it cannot be read by this release; trace the case anew, or go back to the"
            " release that made it"
        ) from None


async def _through(work: _Work) -> TraceState:
    context, trace = work.context, work.trace
    found = await context.store.run(lambda tx: gathered(context, tx, trace))
    work.show(step="gather")

    async def begin(tx: Transaction) -> None:
        ids = tuple(r.record_id for r in found.records)
        await context.traces.put_step(tx, trace, trace.step("gather"), ids)
        await context.traces.planned_by(tx, trace.trace_id, PLAN_VERSION)

    await work.write(begin)
    missing = why_no_face_search(context, found)
    plan = Plan()
    if not missing:
        work.show(step="narrow")
        plan = await _planned(work, found)
        await _scan(work, plan)
    left_out = (f"no face search: {missing}",) if missing else plan.notes
    return await _finish(work, left_out, records_only=bool(missing))


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


async def _planned(work: _Work, found: Gathered) -> Plan:
    """Step 2. A plan that was stored is kept: a restart opens nothing that was not planned."""
    context, trace = work.context, work.trace
    stored = await context.store.run(lambda tx: context.traces.step(tx, trace, trace.step("narrow"), Plan))
    if stored is not None:
        return stored
    scanned: dict[str, list[Interval]] = {}
    for window in await context.store.run(lambda tx: windows_read(context, tx, trace)):
        scanned.setdefault(window.camera_id, []).extend(window.stretches)
    used = await context.store.run(lambda tx: used_so_far(context, tx, trace, found.authorisation))
    scope = found.authorisation.scope
    plan = await asyncio.to_thread(  # many records and cameras take longer than others may wait
        narrow,
        found.records,
        infectious=found.infectious,
        scope=scope,
        cameras=context.site.cameras.values(),
        segments=context.site.segments,
        left=allowance(context.site.limits, scope.max_camera_hours, used),
        scanned=scanned,
    )
    await work.write(lambda tx: context.traces.put_step(tx, trace, trace.step("narrow"), plan))
    return plan


async def _plans(context: Context, tx: Transaction, trace: TraceRow) -> list[Plan]:
    """The plan of every revision so far; one that never got as far has none."""
    names = [step_of("narrow", revision) for revision in range(1, trace.revision + 1)]
    stored = [await context.traces.step(tx, trace, name, Plan) for name in names]
    return [plan for plan in stored if plan is not None]


async def windows_read(context: Context, tx: Transaction, trace: TraceRow) -> list[CameraWindow]:
    """The windows of all plans that have a result: the footage that was looked at."""
    windows = [window for plan in await _plans(context, tx, trace) for window in plan.windows]
    done = await context.traces.windows_done(tx, trace, tuple(w.window_id for w in windows))
    return [window for window in windows if window.window_id in done]


async def _scan(work: _Work, plan: Plan) -> None:
    """Step 3: every window that has no result yet, all asked for at once, taken as they come."""
    context, trace = work.context, work.trace
    names = tuple(w.window_id for w in plan.windows)
    done = await context.store.run(lambda tx: context.traces.windows_done(tx, trace, names))
    before = (await context.store.run(lambda tx: context.traces.window_counts(tx, trace.trace_id)))["windows"]
    to_do = [window for window in plan.windows if window.window_id not in done]
    work.show(step="scan", windows_total=before + len(to_do), windows_done=before)
    if not to_do:
        return
    stills = await context.store.run(lambda tx: context.cases.stills(tx, trace.case_id))
    subject = await context.pool.enrol([(still.file, still.content) for still in stills])
    try:
        async with asyncio.TaskGroup() as windows:
            for window in to_do:
                windows.create_task(_one_window(work, window, subject))
    except BaseExceptionGroup as several:
        raise _first(several) from None


async def _one_window(work: _Work, window: CameraWindow, subject: Enrolment) -> None:
    context, trace = work.context, work.trace
    camera = context.site.cameras[window.camera_id]
    segments = tuple(
        s
        for s in context.site.segments(window.camera_id)
        if any(  # a file that came meanwhile, in a pause, was not planned and is not paid for
            _true_time(s.start_device, camera.clock.offset_s) < stretch.end
            and _true_time(s.end_device, camera.clock.offset_s) > stretch.start
            for stretch in window.stretches
        )
    )

    async def permit() -> WindowGrant:
        footage = tuple(s.sha256 for s in segments)
        return await work.write(lambda tx: permitted(context, tx, trace, window, subject, footage))

    def progress(share: float, frames: int, faces: int) -> None:
        work.show(camera_id=window.camera_id, window_fraction=share)

    request = WindowRequest(
        trace_id=trace.trace_id,
        window=window,
        camera=camera,
        segments=segments,
        template=subject.template,
        reference_mask=subject.mask,
        permit=permit,
        progress=progress,
    )
    try:
        result = await context.pool.scan(request)
    except Refused as problem:
        if problem.rule != "G4":
            raise
        work.beyond_caps.append(problem.reason)  # a cap that others used up meanwhile ends no trace
        return
    if result.stopped:
        raise Refused(result.stopped, rule="G1")
    await work.write(lambda tx: keep(context, tx, trace, result))


async def _finish(work: _Work, left_out: tuple[str, ...], *, records_only: bool) -> TraceState:
    """Set the state, store the outcome and free the slot. Where records came meanwhile, the trace waits
    for another turn instead."""
    context, trace = work.context, work.trace
    over = [
        f"{work.beyond_caps.count(why)} camera windows were left out: {why}"
        for why in sorted(set(work.beyond_caps))
    ]

    async def finish(tx: Transaction) -> TraceState:
        now = await latest_time(tx, context.clock)
        scanned = await windows_read(context, tx, trace)
        problems = await context.traces.window_problems(tx, trace, [w.window_id for w in scanned])
        outcome = Outcome(left_out=(*left_out, *over), problems=problems)
        await context.traces.put_step(tx, trace, "outcome", outcome, replace=True)
        found = await context.reviews.tally(tx, trace.trace_id)
        if (await context.traces.get(tx, trace.trace_id)).late:
            state = TraceState.QUEUED
            await context.traces.look_again(tx, trace.trace_id)
        else:
            state = TraceState.AWAITING_REVIEW if found.undecided else TraceState.COMPLETE
            state = TraceState.RECORDS_ONLY if records_only else state
            await context.traces.mark(tx, trace.trace_id, "finished", now)
            await context.traces.set_state(tx, trace.trace_id, state)
        await slots.leave(tx, work.lease)
        await log.append(
            tx,
            at=now,
            person="engine",
            action="trace",
            object_id=trace.trace_id,
            outcome=state,
            detail={"candidates": str(found.candidates)},
        )
        return state

    work.show(step="")
    return await work.write(finish)


def _true_time(device: datetime, offset_s: float) -> datetime:
    return device - timedelta(seconds=offset_s)


def _first(several: BaseExceptionGroup[BaseException]) -> BaseException:
    """Of the errors of a group the one that says most about what to do, else the last."""
    flat: list[BaseException] = []
    stack: list[BaseException] = [several]
    while stack:
        problem = stack.pop()
        if isinstance(problem, BaseExceptionGroup):
            stack.extend(problem.exceptions)
        else:
            flat.append(problem)
    for kinds in ((StaleLease,), (Refused, InputError)):
        for problem in flat:
            if isinstance(problem, kinds):
                return problem
    return flat[-1]
