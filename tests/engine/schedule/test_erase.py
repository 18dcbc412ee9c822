import errno
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine import failpoints
from engine.audit import log
from engine.domain.errors import InputError, Refused
from engine.domain.trace import Progress, TraceState
from engine.ports import Transaction
from engine.schedule import erase
from engine.schedule.erase import erase_case, finish_interrupted
from engine.schedule.sweep import health
from engine.store import case_rows, erasures, events
from engine.store.erasures import ErasureState
from engine.store.sealing import case_key, face_key
from engine.trace.context import Context
from engine.vault import files
from engine.vault.copy import LIMIT_S, KeyCopy
from engine.vault.keys import Erased
from tests.engine.fakes import NOW, a_candidate, a_case, a_context, queued, with_case

POINTS = sorted(name for name in failpoints.NAMES if name.startswith("sweep."))


class Crash(BaseException):
    """The process is gone: nothing of ours may catch it."""


@pytest.fixture(autouse=True)
def nothing_armed() -> Iterator[None]:
    yield
    failpoints.disarm()


async def a_traced_case(context: Context, case_id: str = "case-1", state: TraceState | None = None) -> None:
    """Records, photograph, ground, authorisation, a trace and what came of it."""
    trace_id = await queued(context, f"trace-{case_id}", case_id)

    async def put(tx: Transaction) -> None:
        trace = await context.traces.get(tx, trace_id)
        await context.traces.put_step(tx, trace, "gather", ("card",))
        candidate = a_candidate(f"cand-{case_id}", case_id=case_id, trace_id=trace_id)
        await context.reviews.add_candidate(tx, candidate)
        await context.traces.set_state(tx, trace_id, state or TraceState.AWAITING_REVIEW)

    await context.store.run(put)


async def state_of(context: Context, case_id: str) -> str:
    row = await context.store.run(lambda tx: tx.row("SELECT * FROM case_file WHERE case_id = ?", (case_id,)))
    assert row is not None
    assert row["state"] != "erased" or row["sealed"] == b""
    return str(row["state"])


async def said(context: Context) -> list[tuple[str, str, str]]:
    found = await context.store.run(log.lines)
    return [(line.object, line.outcome, line.person) for line, _ in found if line.action == "erase"]


async def rows_left(context: Context, case_id: str) -> dict[str, int]:
    tables = ("record", "still", "ground", "authorisation", "trace", "candidate")
    found = {}
    for table in tables:
        sql = f"SELECT * FROM {table} WHERE case_id = ?"
        found[table] = len(await context.store.run(lambda tx, s=sql: tx.rows(s, (case_id,))))  # type: ignore[misc]
    found["step"] = len(await context.store.run(lambda tx: tx.rows("SELECT * FROM step")))
    return {table: n for table, n in found.items() if n}


async def test_an_erased_case_leaves_its_id_the_audit_and_nothing_else(context: Context) -> None:
    await a_traced_case(context)
    context.progress["trace-case-1"] = Progress(trace_id="trace-case-1")
    await erase_case(context, "case-1", "kim")
    vault = context.sealer.vault
    assert not vault.has(case_key("case-1"))
    assert vault.destroyed(face_key("case-1"))
    assert await state_of(context, "case-1") == "erased"
    assert await rows_left(context, "case-1") == {}
    assert await said(context) == [("case-1", "intent", "kim"), ("case-1", "done", "kim")]
    assert context.progress == {}
    (event,) = [e for e in await context.store.run(lambda tx: events.after(tx, 0)) if e.state == "erased"]
    assert (event.kind, event.case_id) == ("case", "case-1")
    assert await context.store.run(log.first_bad) is None


async def test_the_outcome_says_how_much_was_tried_and_names_nothing(context: Context) -> None:
    await a_traced_case(context)
    await erase_case(context, "case-1", "kim")
    line = [line for line, _ in await context.store.run(log.lines) if line.outcome == "done"][-1]
    assert line.detail["keys"] == "2"
    assert int(line.detail["tried"]) >= 7  # case, record, still, ground, authorisation, step, candidate
    assert int(line.detail["rows"]) >= 6


async def test_other_cases_are_untouched(context: Context) -> None:
    await a_traced_case(context)
    await a_traced_case(context, "case-2")
    before = await rows_left(context, "case-2")
    await erase_case(context, "case-1", "kim")
    after = await rows_left(context, "case-2")
    assert {**before, "step": 1} == after
    found = await context.store.run(lambda tx: context.reviews.of_trace(tx, "trace-case-2"))
    assert len(found) == 1


async def test_running_work_is_stopped_first_and_without_means_to_it_is_refused(context: Context) -> None:
    await a_traced_case(context, state=TraceState.RUNNING)
    with pytest.raises(Refused, match="a trace of case-1 is running"):
        await erase_case(context, "case-1", "kim")
    assert await state_of(context, "case-1") == "open"
    stopped: list[tuple[str, TraceState]] = []

    async def stop(trace_id: str, state: TraceState, why: str) -> None:
        assert context.sealer.vault.has(case_key("case-1"))
        stopped.append((trace_id, state))

    await erase_case(context, "case-1", "kim", stop=stop)
    assert stopped == [("trace-case-1", TraceState.CANCELLED)]
    assert await rows_left(context, "case-1") == {}


async def test_what_is_not_there_or_erased_already_is_refused_alike(context: Context) -> None:
    await a_traced_case(context)
    await erase_case(context, "case-1", "kim")
    for case_id in ("case-1", "case-9"):
        with pytest.raises(Refused, match=f"there is no case {case_id} to erase"):
            await erase_case(context, case_id, "kim")


async def test_the_log_of_the_database_is_cut_after_the_rows_are_gone(context: Context) -> None:
    await a_traced_case(context)
    seen: list[dict[str, int]] = []

    async def truncate() -> None:
        seen.append(await rows_left(context, "case-1"))

    await erase_case(context, "case-1", "kim", truncate=truncate)
    assert seen == [{}]


async def test_nothing_is_destroyed_before_the_intent_is_in_the_audit(context: Context) -> None:
    await a_traced_case(context)

    async def refuse(tx: Transaction) -> None:
        await tx.execute(
            "CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'disk full'); END"
        )

    await context.store.run(refuse)
    with pytest.raises(Exception, match="disk full"):
        await erase_case(context, "case-1", "kim")
    assert context.sealer.vault.has(case_key("case-1"))
    assert await state_of(context, "case-1") == "open"


@pytest.mark.parametrize("point", POINTS)
async def test_a_crash_at_any_step_is_made_good_at_the_next_start(tmp_path: Path, point: str) -> None:
    def crash() -> None:
        raise Crash

    async with a_context(tmp_path) as context:
        await a_traced_case(context)
        await a_traced_case(context, "case-2")
        failpoints.arm(point, crash)
        with pytest.raises(Crash):
            await erase_case(context, "case-1", "kim")
        failpoints.disarm()
    async with a_context(tmp_path) as context:
        swept = await finish_interrupted(context)
        assert swept.erased == (() if point == erase.AFTER_OUTCOME else ("case-1",))
        assert await state_of(context, "case-1") == "erased"
        assert await rows_left(context, "case-1") == {"step": 1}  # of the other case
        assert not context.sealer.vault.has(case_key("case-1"))
        assert await said(context) == [("case-1", "intent", "kim"), ("case-1", "done", "kim")]
        assert await finish_interrupted(context) == erase.Swept()
        assert await context.store.run(lambda tx: context.cases.get(tx, "case-2"))


async def test_a_disk_that_refuses_leaves_the_intent_and_it_goes_on_later(context: Context) -> None:
    await a_traced_case(context)

    def refuse() -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    failpoints.arm(files.BEFORE_WRITE_SYNC, refuse)
    with pytest.raises(InputError, match="no space left"):
        await erase_case(context, "case-1", "kim")
    failpoints.disarm()
    assert await state_of(context, "case-1") == "closed"
    assert [outcome for _, outcome, _ in await said(context)] == ["intent"]
    await finish_interrupted(context)
    assert await state_of(context, "case-1") == "erased"


async def test_a_key_that_would_survive_is_no_outcome(context: Context) -> None:
    """Somebody makes a key for the case again between its destruction and the proof."""
    await a_traced_case(context)
    failpoints.arm(erase.AFTER_DESTROY, lambda: context.sealer.vault.ensure(case_key("case-1")))
    with pytest.raises(RuntimeError, match="survived"):
        await erase_case(context, "case-1", "kim")
    failpoints.disarm()
    assert [outcome for _, outcome, _ in await said(context)] == ["intent"]
    await finish_interrupted(context)
    assert await state_of(context, "case-1") == "erased"
    assert not context.sealer.vault.has(case_key("case-1"))


async def test_every_portion_of_what_was_sealed_is_tried(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_traced_case(context)
    await a_traced_case(context, "case-2")
    await erase_case(context, "case-1", "kim")
    monkeypatch.setattr(case_rows, "TRIED_AT_ONCE", 1)
    await erase_case(context, "case-2", "kim")
    lines = await context.store.run(log.lines)
    once, twice = [line.detail["tried"] for line, _ in lines if line.outcome == "done"]
    assert int(once) == int(twice) > 3


async def test_a_key_made_for_an_erased_case_goes_at_the_next_start(context: Context) -> None:
    await a_traced_case(context)
    await erase_case(context, "case-1", "kim")
    context.sealer.vault.ensure(case_key("case-1"))
    await finish_interrupted(context)
    assert context.sealer.vault.destroyed(case_key("case-1"))


async def test_an_erasure_is_not_done_while_the_copy_of_the_keys_is_behind(tmp_path: Path) -> None:
    (tmp_path / "copy").mkdir()
    async with a_context(tmp_path) as context:
        vault = context.sealer.vault
        vault._copy = KeyCopy(tmp_path / "copy", LIMIT_S)
        vault.refresh_copy()
        await a_traced_case(context)
        (tmp_path / "copy").rename(tmp_path / "pulled out")
        await erase_case(context, "case-1", "kim")
        assert await state_of(context, "case-1") == "erased"
        assert [outcome for _, outcome, _ in await said(context)] == ["intent", "copy of the keys behind"]
        (tmp_path / "pulled out").rename(tmp_path / "copy")
        await finish_interrupted(context)
        assert [outcome for _, outcome, _ in await said(context)][2:] == ["done"]
        found = await context.store.run(lambda tx: erasures.of(tx, "case-1"))
        assert found is not None
        assert found.state is ErasureState.DONE


async def test_a_withdrawal_is_repeated_where_an_older_database_was_put_back(context: Context) -> None:
    await a_traced_case(context)
    context.sealer.vault.destroy(frozenset({face_key("case-1")}))  # the database knows nothing of it
    await finish_interrupted(context)
    ground = await context.store.run(lambda tx: context.cases.ground(tx, "case-1"))
    assert ground is not None
    assert ground.withdrawn_at == NOW
    assert not context.sealer.vault.has(face_key("case-1"))
    assert await context.store.run(lambda tx: context.cases.stills(tx, "case-1")) == ()
    trace = await context.store.run(lambda tx: context.traces.get(tx, "trace-case-1"))
    assert trace.state is TraceState.STOPPED_AUTHORISATION
    assert await said(context) == [("case-1", "withdrawn again", "engine")]
    await finish_interrupted(context)
    assert len(await said(context)) == 1


async def test_a_key_file_older_than_the_database_erases_nothing(tmp_path: Path) -> None:
    async with a_context(tmp_path) as context:
        older = (tmp_path / "keys.json").read_bytes()
        await with_case(context, case=a_case())
    newer = (tmp_path / "keys.json").read_bytes()
    (tmp_path / "keys.json").write_bytes(older)
    async with a_context(tmp_path) as context:
        with pytest.raises(Erased):
            await context.store.run(lambda tx: context.cases.get(tx, "case-1"))
        assert await finish_interrupted(context) == erase.Swept()
        assert (await health(context)).lost == 1
    (tmp_path / "keys.json").write_bytes(newer)
    async with a_context(tmp_path) as context:
        assert await context.store.run(lambda tx: context.cases.get(tx, "case-1"))
