import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from engine.audit import log
from engine.domain.authorisation import AuthorisationState
from engine.domain.errors import InputError, NeedsOperator, Refused
from engine.domain.trace import TraceState
from engine.domain.track import Enrolment, Track, WindowResult
from engine.ports import Transaction, WindowRequest
from engine.store import events, slots
from engine.store.sealing import case_key
from engine.store.slots import StaleLease
from engine.store.traces import TraceRow, Traces
from engine.trace import pipeline
from engine.trace.context import Context
from engine.trace.narrow import Plan
from engine.trace.pipeline import PLAN_VERSION, Outcome
from engine.trace.window import WINDOW_TIME_S, keep
from engine.vault.grants import subject_digest
from tests.engine.fakes import (
    DIGEST,
    NOW,
    TEMPLATE,
    FakePool,
    SetClock,
    a_camera,
    a_context,
    a_ground,
    a_reference,
    a_scope,
    a_segment,
    a_site,
    a_track,
    an_authorisation,
    leased,
    queued,
    with_case,
    worked,
)


def once(request: WindowRequest) -> tuple[Track, ...]:
    """One track in the window that holds noon."""
    return (a_track(),) if request.window.interval.start == a_track().interval.start else ()


async def row(context: Context) -> TraceRow:
    return await context.store.run(lambda tx: context.traces.get(tx, "trace-1"))


async def outcome(context: Context) -> Outcome:
    trace = await row(context)
    found = await context.store.run(lambda tx: context.traces.step(tx, trace, "outcome", Outcome))
    assert found is not None
    return found


async def plan(context: Context) -> Plan:
    trace = await row(context)
    found = await context.store.run(lambda tx: context.traces.step(tx, trace, "narrow", Plan))
    assert found is not None
    return found


async def audited(context: Context) -> list[log.AuditLine]:
    return [line for line, _ in await context.store.run(log.lines)]


async def test_a_trace_scans_what_was_planned_and_waits_for_a_person(
    context: Context, pool: FakePool
) -> None:
    pool.found = once
    await queued(context)
    assert await worked(context) is TraceState.AWAITING_REVIEW
    planned = await plan(context)
    assert len(planned.windows) > 3
    assert sorted(w for _, w in pool.scanned) == sorted(w.window_id for w in planned.windows)
    trace = await row(context)
    assert (trace.state, trace.finished) == (TraceState.AWAITING_REVIEW, NOW)
    assert (trace.first_window, trace.first_candidate) == (NOW, NOW)
    assert await context.store.run(lambda tx: context.reviews.count(tx, "trace-1")) == 1


async def test_a_trace_without_candidates_is_complete(context: Context) -> None:
    await queued(context)
    assert await worked(context) is TraceState.COMPLETE
    assert (await row(context)).first_candidate is None


async def test_every_step_is_stored(context: Context) -> None:
    trace_id = await queued(context)
    await worked(context)
    steps = await context.store.run(lambda tx: tx.rows("SELECT name FROM step ORDER BY name"))
    assert [s["name"] for s in steps] == ["gather", "narrow", "outcome"]
    counts = await context.store.run(lambda tx: context.traces.window_counts(tx, trace_id))
    assert counts["windows"] == len((await plan(context)).windows)
    assert counts["frames"] == 100 * counts["windows"]


async def test_the_grant_speaks_of_exactly_this_window_subject_and_footage(
    context: Context, pool: FakePool
) -> None:
    await queued(context)
    await worked(context)
    windows = {w.window_id: w for w in (await plan(context)).windows}
    for grant in pool.grants:
        window = windows.pop(grant.window_id)
        assert (grant.camera_id, grant.interval) == (window.camera_id, window.interval)
        assert (grant.case_id, grant.trace_id) == ("case-1", "trace-1")
        assert grant.subject_sha256 == subject_digest(TEMPLATE)
        assert grant.footage_sha256 == (DIGEST,)
        assert grant.expires_at == an_authorisation().expires_at
        assert grant.rehearsal
        assert 0 < grant.deadline_boottime_s - context.clock.boottime_s() <= WINDOW_TIME_S
    assert not windows
    assert len({g.grant_id for g in pool.grants}) == len(pool.grants)


async def test_a_grant_ends_with_an_authorisation_that_has_less_time_left(
    context: Context, pool: FakePool, clock: SetClock
) -> None:
    await queued(context)
    clock.forward(8 * 3600 - 30)
    await worked(context)
    assert {g.deadline_boottime_s for g in pool.grants} == {clock.boottime_s() + 30}


async def test_the_intent_is_in_the_audit_before_footage_is_opened(context: Context, pool: FakePool) -> None:
    intents: list[int] = []

    def found(_: WindowRequest) -> tuple[Track, ...]:
        intents.append(len(pool.grants))
        return ()

    pool.found = found
    await queued(context)
    await worked(context)
    lines = await audited(context)
    searched = [line for line in lines if line.action == "search"]
    assert [line.outcome for line in searched].count("intent") == len(pool.grants) == len(intents)
    for grant in pool.grants:
        of_grant = [n for n, line in enumerate(lines) if line.detail.get("grant") == grant.grant_id]
        window = lines[of_grant[0]].detail["window"]
        results = [n for n, line in enumerate(lines) if line.detail.get("window") == window]
        assert of_grant == [results[0]]
        assert len(results) == 2
    assert lines[-1].action == "trace"
    assert lines[-1].outcome == "complete"


async def test_the_audit_names_no_camera_and_no_place(context: Context) -> None:
    await queued(context)
    await worked(context)
    text = msgspec.json.encode(await audited(context)).decode()
    for word in ("cam1", "place-", "front.jpg", "N-1"):
        assert word not in text


async def test_a_restart_keeps_the_plan_and_scans_only_windows_without_a_result(tmp_path: Path) -> None:
    enough = asyncio.Event()

    def slowly(request: WindowRequest) -> tuple[Track, ...]:
        if len(first.scanned) == 3:
            enough.set()
        return once(request)

    first = FakePool(slowly, lanes=1)
    async with a_context(tmp_path, pool=first) as context:
        await queued(context)
        running = asyncio.create_task(worked(context))
        await enough.wait()
        running.cancel()  # the engine goes down in the middle
        await asyncio.gather(running, return_exceptions=True)
    second = FakePool(once)
    async with a_context(tmp_path, pool=second, site=a_site(segments=())) as context:
        trace = await row(context)
        planned = tuple(w.window_id for w in (await plan(context)).windows)
        done = await context.store.run(lambda tx: context.traces.windows_done(tx, trace, planned))
        assert 0 < len(done) < len(planned)
        # footage that vanished meanwhile would give another plan; the stored one stands
        assert await worked(context) is TraceState.AWAITING_REVIEW
        assert {w for _, w in second.scanned} == set(planned) - done
        assert await context.store.run(lambda tx: context.reviews.count(tx, "trace-1")) == 1


async def test_running_a_finished_trace_again_scans_nothing_and_adds_nothing(
    context: Context, pool: FakePool
) -> None:
    pool.found = once
    await queued(context)
    await worked(context)
    scanned = len(pool.scanned)
    await worked(context)
    assert len(pool.scanned) == scanned
    assert await context.store.run(lambda tx: context.reviews.count(tx, "trace-1")) == 1


async def test_the_same_window_twice_adds_its_candidates_once(context: Context, pool: FakePool) -> None:
    pool.found = once
    await queued(context)
    await worked(context)
    trace = await row(context)
    window = next(w for w in (await plan(context)).windows if w.interval.start == a_track().interval.start)
    again = WindowResult(window_id=window.window_id, tracks=(a_track(),))
    await context.store.run(lambda tx: keep(context, tx, trace, again))
    assert await context.store.run(lambda tx: context.reviews.count(tx, "trace-1")) == 1


async def test_a_refused_permit_stops_the_trace_before_any_footage(
    context: Context, pool: FakePool, clock: SetClock
) -> None:
    await queued(context)
    clock.forward(9 * 3600)
    with pytest.raises(Refused, match="expired"):
        await worked(context)
    assert pool.scanned == []
    assert not [line for line in await audited(context) if line.action == "search"]


@pytest.mark.parametrize("what", ["expiry", "revocation", "withdrawal"])
async def test_a_permission_that_ends_on_the_way_stops_the_trace_and_keeps_no_later_result(
    tmp_path: Path, what: str
) -> None:
    clock = SetClock()
    pool = FakePool(lanes=1)
    async with a_context(tmp_path, pool=pool, clock=clock) as context:
        await queued(context)

        async def end() -> None:
            if what == "expiry":
                clock.forward(9 * 3600)
            elif what == "revocation":
                revoked = an_authorisation(
                    "auth-case-1", state=AuthorisationState.REVOKED, revoked_at=clock.now()
                )
                await context.store.run(lambda tx: context.authorisations.put(tx, revoked))
            else:
                gone = a_ground(withdrawn_at=clock.now())
                await context.store.run(lambda tx: context.cases.put_ground(tx, gone))

        ended: list[asyncio.Task[None]] = []

        def found(_: WindowRequest) -> tuple[Track, ...]:
            if len(pool.scanned) == 2:
                ended.append(asyncio.create_task(end()))
            return ()

        pool.found = found
        with pytest.raises(Refused, match=r"expired|revoked|withdrawn"):
            await worked(context)
        await asyncio.gather(*ended)
        counts = await context.store.run(lambda tx: context.traces.window_counts(tx, "trace-1"))
        assert counts["windows"] <= 2
        assert len(pool.scanned) < len((await plan(context)).windows)


async def test_a_result_that_comes_after_the_permission_has_ended_is_not_kept(
    context: Context, pool: FakePool, clock: SetClock
) -> None:
    def found(_: WindowRequest) -> tuple[Track, ...]:
        clock.forward(9 * 3600)
        return (a_track(),)

    pool.found = found
    await queued(context)
    with pytest.raises(Refused, match="expired"):
        await worked(context)
    assert pool.scanned
    assert await context.store.run(lambda tx: context.reviews.count(tx, "trace-1")) == 0
    counts = await context.store.run(lambda tx: context.traces.window_counts(tx, "trace-1"))
    assert counts["windows"] == 0


async def test_an_authorisation_for_another_case_opens_nothing(context: Context, pool: FakePool) -> None:
    await queued(context)
    await with_case(context, authorisation=an_authorisation("auth-other", case_id="case-1"))
    other = an_authorisation("auth-case-1", case_id="case-2")
    sealed = context.sealer.seal("case:case-1", "authorisation", "auth-case-1", other)
    await context.store.run(
        lambda tx: tx.execute(
            "UPDATE authorisation SET sealed = ? WHERE authorisation_id = 'auth-case-1'", (sealed,)
        )
    )
    with pytest.raises(Refused, match=r"another case \[G1\]"):
        await worked(context)
    assert pool.scanned == []


async def test_a_window_that_a_worker_let_go_of_stops_the_trace(context: Context, pool: FakePool) -> None:
    await queued(context)
    pool.gate.clear()
    running = asyncio.create_task(worked(context))
    await pool.entered.acquire()
    pool.revoke("trace-1", "the authorisation was revoked")
    pool.gate.set()
    with pytest.raises(Refused, match="the authorisation was revoked"):
        await running


@pytest.mark.parametrize("missing", ["ground", "withdrawn", "photograph", "scope", "site"])
async def test_without_what_a_face_search_needs_the_trace_finishes_from_records(
    tmp_path: Path, missing: str
) -> None:
    pool = FakePool()
    site = a_site(face_search="no model is installed" if missing == "site" else "")
    async with a_context(tmp_path, pool=pool, site=site) as context:
        ground = {"ground": None, "withdrawn": a_ground(withdrawn_at=NOW)}.get(missing, a_ground())
        await with_case(
            context,
            authorisation=an_authorisation(scope=a_scope(face_search=missing != "scope")),
            ground=ground,
            still=None if missing == "photograph" else a_reference(),
        )
        await context.store.run(
            lambda tx: context.traces.add(
                tx, trace_id="trace-1", case_id="case-1", authorisation_id="auth-1", queued=NOW
            )
        )
        assert await worked(context) is TraceState.RECORDS_ONLY
        (said,) = (await outcome(context)).left_out
        assert said.startswith("no face search: ")
    assert pool.enrolled == pool.scanned == pool.grants == []


async def test_the_photograph_of_the_subject_is_read_by_a_worker_once_a_trace(
    context: Context, pool: FakePool
) -> None:
    await queued(context)
    await worked(context)
    assert pool.enrolled == [("front.jpg",)]


async def test_a_photograph_that_shows_nobody_ends_the_trace_with_its_own_line(
    context: Context, pool: FakePool
) -> None:
    await queued(context)
    await with_case(context, still=a_reference("still-2", b"nobody"))
    with pytest.raises(InputError, match=r"front\.jpg: shows no face"):
        await worked(context)
    assert pool.scanned == []


async def test_footage_that_cannot_be_read_is_said_and_ends_nothing(context: Context, pool: FakePool) -> None:
    pool.problems = ("cam1.mp4: is cut short",)
    await queued(context)
    assert await worked(context) is TraceState.COMPLETE
    assert (await outcome(context)).problems == ("cam1.mp4: is cut short",)


async def test_a_fault_among_many_windows_is_told_as_itself(context: Context, pool: FakePool) -> None:
    pool.fault = RuntimeError("a worker went wrong")
    await queued(context)
    with pytest.raises(RuntimeError, match="a worker went wrong"):
        await worked(context)


async def test_progress_is_a_snapshot_that_ends_with_everything_done(context: Context) -> None:
    await queued(context)
    await worked(context)
    shown = context.progress["trace-1"]
    assert shown.windows_done == shown.windows_total == len((await plan(context)).windows)
    assert shown.step == ""


async def test_windows_of_footage_carry_only_the_files_that_reach_into_them(tmp_path: Path) -> None:
    seen: dict[str, tuple[str, ...]] = {}

    def found(request: WindowRequest) -> tuple[Track, ...]:
        seen[request.window.window_id] = tuple(s.file for s in request.segments)
        return ()

    files = (a_segment("cam1", -60, 5, file="early.mp4"), a_segment("cam1", 5, 60, file="late.mp4"))
    async with a_context(tmp_path, pool=FakePool(found), site=a_site(segments=files)) as context:
        await queued(context)
        await worked(context)
        windows = {w.window_id: w.interval for w in (await plan(context)).windows}
    for window_id, carried in seen.items():
        interval = windows[window_id]
        reach = tuple(
            f.file for f in files if f.start_device < interval.end and f.end_device > interval.start
        )
        assert carried == reach
    assert ("early.mp4", "late.mp4") in seen.values()


async def test_a_window_with_pauses_pays_for_its_footage_and_takes_no_file_that_comes_into_a_pause(
    tmp_path: Path,
) -> None:
    known = {"cam1": [a_segment("cam1", 1, 2, file="a.mp4"), a_segment("cam1", 7, 8, file="c.mp4")]}
    seen: list[tuple[str, ...]] = []

    class Late(FakePool):
        async def enrol(self, stills: Sequence[tuple[str, bytes]]) -> Enrolment:
            known["cam1"].insert(1, a_segment("cam1", 4, 5, file="b.mp4"))  # after the plan was made
            return await super().enrol(stills)

    def found(request: WindowRequest) -> tuple[Track, ...]:
        seen.append(tuple(s.file for s in request.segments))
        return ()

    site = a_site(segments=(), cameras=(a_camera("cam1"),))
    site = replace(site, segments=lambda camera_id: tuple(known.get(camera_id, ())))
    async with a_context(tmp_path, pool=Late(found), site=site) as context:
        await queued(context)
        await worked(context)
        (window,) = (await plan(context)).windows
        charged = await context.store.run(lambda tx: tx.row("SELECT sum(camera_s) AS s FROM usage"))
        said = [line.detail.get("camera_s") for line in await audited(context) if line.outcome == "intent"]
    assert (window.interval.duration_s, window.camera_s) == (420.0, 120.0)
    assert seen == [("a.mp4", "c.mp4")]
    assert charged is not None
    assert charged["s"] == 120.0
    assert said == ["120.0"]


# --- what was stored is gone on with, by this release only ----------------------------------------

STORED = Path(__file__).parent / "stored"


async def restored(context: Context, name: str, **changed: object) -> dict[str, Any]:
    """A trace as an earlier release left it: plan, steps and windows from a file, sealed as they were."""
    kept: dict[str, Any] = json.loads((STORED / name).read_text("utf-8")) | changed
    await queued(context)
    trace = await row(context)
    vault = context.sealer.vault

    async def put(tx: Transaction) -> None:
        for step, value in kept["steps"].items():
            blob = vault.seal(case_key("case-1"), f"step-{step}/trace-1", msgspec.msgpack.encode(value))
            await tx.execute(
                "INSERT INTO step (trace_id, name, sealed) VALUES ('trace-1', ?, ?)", (step, blob)
            )
        for window in kept["windows"]:
            result = msgspec.convert(window, WindowResult)
            await context.traces.put_window(tx, trace, result)
        await context.traces.planned_by(tx, "trace-1", kept["plan_version"])

    await context.store.run(put)
    return kept


@pytest.mark.parametrize("name", sorted(f.name for f in STORED.glob("*.json")))
async def test_what_an_earlier_release_has_stored_is_gone_on_with_as_it_was_planned(
    context: Context, pool: FakePool, name: str
) -> None:
    """Fails where a stored step got another shape and PLAN_VERSION did not grow with it. Then add a file
    for the new version, and say here what becomes of the old one."""
    kept = await restored(context, name)
    if kept["plan_version"] != PLAN_VERSION:
        with pytest.raises(NeedsOperator):
            await worked(context)
        return
    assert await worked(context) is TraceState.COMPLETE
    planned = [w["window_id"] for w in kept["steps"]["narrow"]["windows"]]
    done = [w["window_id"] for w in kept["windows"]]
    assert sorted(w for _, w in pool.scanned) == sorted(set(planned) - set(done))
    found = await outcome(context)
    assert found.left_out == tuple(kept["steps"]["narrow"]["notes"])
    assert found.problems == tuple(p for w in kept["windows"] for p in w["problems"])


def test_there_is_a_stored_trace_of_the_plan_of_this_release() -> None:
    versions = [json.loads(f.read_text("utf-8"))["plan_version"] for f in STORED.glob("*.json")]
    assert PLAN_VERSION in versions


@pytest.mark.parametrize("version", [0, PLAN_VERSION + 1])
async def test_the_plan_of_another_release_is_not_touched(
    context: Context, pool: FakePool, version: int
) -> None:
    await restored(context, "plan_1.json", plan_version=version)
    with pytest.raises(NeedsOperator, match="planned by another release"):
        await worked(context)
    assert pool.enrolled == pool.scanned == []
    assert await audited(context) == []


@pytest.mark.parametrize(
    "narrow",
    [
        {"windows": [], "camera_hours": 0.0, "ranked_by": "something this release does not know"},
        {"windows": "all"},
        ["not", "a", "plan"],
    ],
)
async def test_a_stored_step_that_does_not_read_strictly_is_never_half_run(
    context: Context, pool: FakePool, narrow: object
) -> None:
    await restored(context, "plan_1.json", steps={"gather": [], "narrow": narrow}, windows=[])
    with pytest.raises(NeedsOperator, match="cannot be read by this release"):
        await worked(context)
    assert pool.enrolled == pool.scanned == []


@pytest.mark.parametrize("step", ["gather", "narrow", "enrol", "scan", "outcome"])
async def test_a_kill_after_any_step_costs_that_step_and_no_other(tmp_path: Path, step: str) -> None:
    """The engine dies right before the next step is stored. The one after it does only what is missing."""
    first, second = FakePool(once), FakePool(once)
    wrote: list[str] = []

    class Dying(Traces):
        async def put_step(
            self, tx: Transaction, trace: TraceRow, name: str, result: Any, *, replace: bool = False
        ) -> None:
            if name == step:
                raise RuntimeError("killed")
            await super().put_step(tx, trace, name, result, replace=replace)

        async def put_window(self, tx: Transaction, trace: TraceRow, result: WindowResult) -> bool:
            if step == "scan" and len(wrote) == 2:
                raise RuntimeError("killed")
            wrote.append(result.window_id)
            return await super().put_window(tx, trace, result)

    async with a_context(tmp_path, pool=first) as made:
        context = replace(made, traces=Dying(made.sealer))
        await queued(context)
        if step == "enrol":
            first.enrol = killed  # type: ignore[method-assign]
        with pytest.raises((RuntimeError, OSError)):
            await worked(context)
    async with a_context(tmp_path, pool=second) as context:
        before = await context.store.run(lambda tx: tx.rows("SELECT name, sealed FROM step"))
        assert await worked(context) is TraceState.AWAITING_REVIEW
        after = await context.store.run(lambda tx: tx.rows("SELECT name, sealed FROM step"))
        planned = {w.window_id for w in (await plan(context)).windows}
        assert {(s["name"], s["sealed"]) for s in before} <= {(s["name"], s["sealed"]) for s in after}
        assert {w for _, w in second.scanned} == planned - set(wrote)
        assert len(second.enrolled) == (0 if step == "outcome" else 1)
        assert await context.store.run(lambda tx: context.reviews.count(tx, "trace-1")) == 1


async def killed(stills: object) -> Enrolment:
    raise OSError("killed")


async def test_footage_that_could_not_be_read_before_a_restart_is_still_said_after_it(
    context: Context, pool: FakePool
) -> None:
    await restored(context, "plan_1.json")
    await worked(context)
    assert (await outcome(context)).problems == ("cam1.mp4: is cut short",)


# --- under a lease or not at all ------------------------------------------------------------------


async def test_a_trace_without_its_slot_writes_nothing_at_all(context: Context, pool: FakePool) -> None:
    await queued(context)
    lease = await leased(context)
    await context.store.run(lambda tx: slots.leave(tx, lease))
    with pytest.raises(StaleLease):
        await pipeline.run(context, lease)
    assert await context.store.run(lambda tx: tx.rows("SELECT * FROM step")) == []
    assert await audited(context) == []
    assert pool.scanned == []


@pytest.mark.parametrize("when", ["before the permit", "before the result is kept"])
async def test_a_slot_that_is_lost_on_the_way_keeps_nothing_that_comes_after(
    tmp_path: Path, when: str
) -> None:
    """Somebody else takes the slot over meanwhile, under a higher fence."""

    class Overtaken(FakePool):
        async def before_permit(self) -> None:
            if when == "before the permit":
                await leased(context)

        async def scan(self, request: WindowRequest) -> WindowResult:
            result = await super().scan(request)
            await leased(context)
            return result

    async with a_context(tmp_path, pool=Overtaken(once, lanes=1)) as context:
        await queued(context)
        with pytest.raises(StaleLease):
            await worked(context)
        counts = await context.store.run(lambda tx: context.traces.window_counts(tx, "trace-1"))
        assert counts["windows"] == 0
        assert await context.store.run(lambda tx: context.reviews.count(tx, "trace-1")) == 0
        intents = [line for line in await audited(context) if line.outcome == "intent"]
        charged = await context.store.run(lambda tx: tx.rows("SELECT * FROM usage"))
        assert len(intents) == len(charged)
        assert bool(intents) == (when != "before the permit")
        assert (await row(context)).state is TraceState.RUNNING


async def test_the_slot_is_free_in_the_very_transaction_that_ends_the_trace(context: Context) -> None:
    await queued(context)
    await worked(context)
    held = await context.store.run(lambda tx: tx.rows("SELECT * FROM slot WHERE trace_id NOTNULL"))
    assert held == []


async def test_a_trace_tells_of_itself_and_of_each_candidate(context: Context, pool: FakePool) -> None:
    pool.found = once
    await queued(context)
    await worked(context)
    told = await context.store.run(lambda tx: events.after(tx, 0))
    (candidate,) = await context.store.run(lambda tx: context.reviews.of_trace(tx, "trace-1"))
    assert [(e.kind, e.object_id, e.state) for e in told] == [
        ("trace", "trace-1", "queued"),
        ("trace", "trace-1", "running"),
        ("candidate", candidate.candidate_id, "added"),
        ("trace", "trace-1", "awaiting_review"),
    ]
    assert {e.case_id for e in told} == {"case-1"}
