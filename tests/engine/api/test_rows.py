"""The rows of the desk: read together, each with its own facts."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from engine.api.rows import trace_views
from engine.domain.authorisation import AuthorisationState
from engine.domain.trace import Progress
from engine.domain.track import WindowResult
from engine.ports import Row, Transaction
from engine.store import orders
from engine.trace.context import Context
from engine.trace.pipeline import Outcome
from tests.engine.fakes import NOW, a_candidate, a_context, a_decision, an_authorisation, queued
from tests.engine.store.test_papers import KIM, LEE, ORDER


class Counting:
    """A Transaction that counts what is asked of it."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self.asked = 0
        self.plans: list[Row] = []

    async def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        self.asked += 1
        self.plans += await self._tx.rows(f"EXPLAIN QUERY PLAN {sql}", parameters)
        return await self._tx.rows(sql, parameters)


async def rows_of(context: Context, count: int) -> tuple[dict[str, Any], int]:
    async def read(tx: Transaction) -> tuple[dict[str, Any], int]:
        counting = Counting(tx)
        rows = (await context.traces.all(tx))[:count]
        views = await trace_views(context, counting, rows)  # type: ignore[arg-type]
        return {view.trace_id: view for view in views}, counting.asked

    return await context.store.run(read)


async def test_ten_rows_take_no_more_statements_than_one(tmp_path: Path) -> None:
    async with a_context(tmp_path) as context:
        for number in range(10):
            await queued(context, f"trace-{number}", f"case-{number}")
        one, statements_of_one = await rows_of(context, 1)
        ten, statements_of_ten = await rows_of(context, 10)
    assert (len(one), len(ten)) == (1, 10)
    assert statements_of_ten == statements_of_one


async def test_every_row_has_its_own_counts(tmp_path: Path) -> None:
    async with a_context(tmp_path) as context:
        for number in range(2):
            await queued(context, f"trace-{number}", f"case-{number}")

        async def found(tx: Transaction) -> None:
            trace = await context.traces.get(tx, "trace-1")
            for name in ("cam1/0", "cam1/600"):
                window = WindowResult(window_id=name, frames=10, faces=3, cannot_assess=1)
                await context.traces.put_window(tx, trace, window)
            for name in ("cand-1", "cand-2", "cand-3"):
                await context.reviews.add_candidate(
                    tx, a_candidate(name, case_id="case-1", trace_id="trace-1")
                )
            await context.reviews.add_decision(tx, a_decision("cand-1"))
            await context.reviews.add_decision(tx, a_decision("cand-2"))
            taken_back = a_decision("cand-2", None, decision_id="back", withdraws="dec-cand-2")
            await context.reviews.add_decision(tx, taken_back)
            outcome = Outcome(left_out=("no face search",))
            await context.traces.put_step(tx, trace, "outcome", outcome)

        await context.store.run(found)
        context.progress["trace-1"] = Progress(trace_id="trace-1", windows_total=7, camera_id="cam1")
        views, _ = await rows_of(context, 2)
    row = views["trace-1"]
    assert (row.windows_done, row.frames, row.faces, row.cannot_assess) == (2, 20, 6, 2)
    assert (row.windows_total, row.candidates, row.undecided) == (7, 3, 2)
    assert row.left_out == ("no face search",)
    assert row.camera_id == ""  # it does not run
    assert row.expires_at == an_authorisation().expires_at
    other = views["trace-0"]
    assert (other.windows_done, other.frames, other.candidates, other.undecided) == (0, 0, 0, 0)
    assert other.left_out == ()


async def test_an_authorisation_that_was_tampered_with_is_said_in_its_own_row(tmp_path: Path) -> None:
    async with a_context(tmp_path) as context:
        for number in range(2):
            await queued(context, f"trace-{number}", f"case-{number}")
        await context.store.run(
            lambda tx: tx.execute(
                "UPDATE authorisation SET state = ? WHERE authorisation_id = 'auth-case-1'",
                (AuthorisationState.REVOKED,),
            )
        )
        views, _ = await rows_of(context, 2)
    assert views["trace-1"].message == "the authorisation was changed behind the engine's back"
    assert views["trace-1"].expires_at is None
    assert views["trace-0"].message == ""
    assert views["trace-0"].expires_at is not None


async def test_no_table_that_grows_with_the_footage_is_read_as_a_whole(tmp_path: Path) -> None:
    """Four times a second, whoever listens: all that is read is found by an index."""
    async with a_context(tmp_path) as context:
        for number in range(2):
            await queued(context, f"trace-{number}", f"case-{number}")

        async def plans(tx: Transaction) -> list[str]:
            explaining = Counting(tx)
            await trace_views(context, explaining, await context.traces.all(tx))  # type: ignore[arg-type]
            return [str(row["detail"]) for row in explaining.plans]

        found = await context.store.run(plans)
    assert {line for line in found if line.startswith("SCAN") and "json_each" not in line} == set()
    for table in ("window_result", "c", "d", "w"):  # c, d, w: candidates, their decisions, withdrawals
        assert any(line.startswith(f"SEARCH {table} USING") for line in found), table


async def test_a_row_says_how_its_authorisation_and_its_ground_stand(tmp_path: Path) -> None:
    async with a_context(tmp_path) as context:
        for number in range(3):
            await queued(context, f"trace-{number}", f"case-{number}")

        async def ended(tx: Transaction) -> None:
            first = await context.authorisations.get(tx, "auth-case-0")
            revoked = msgspec.structs.replace(first, state=AuthorisationState.REVOKED)
            await context.authorisations.put(tx, revoked)
            second = await context.authorisations.get(tx, "auth-case-1")
            emergency = msgspec.structs.replace(
                second, state=AuthorisationState.EMERGENCY, review_due=second.expires_at - timedelta(hours=1)
            )
            await context.authorisations.put(tx, emergency)
            await tx.execute("UPDATE ground SET withdrawn = 1 WHERE case_id = 'case-1'")
            await tx.execute("DELETE FROM ground WHERE case_id = 'case-2'")

        await context.store.run(ended)
        views, _ = await rows_of(context, 3)
    rows = [views[f"trace-{number}"] for number in range(3)]
    assert [row.authorisation for row in rows] == ["revoked", "emergency", "approved"]
    assert [row.ground for row in rows] == ["separate_consent", "withdrawn", ""]
    until = an_authorisation().expires_at
    assert [row.expires_at for row in rows] == [until, until - timedelta(hours=1), until]


async def test_a_row_says_that_the_order_above_it_was_ended_by_hand_and_finds_that_by_an_index(
    tmp_path: Path,
) -> None:
    async with a_context(tmp_path) as context:
        for number in range(3):
            await queued(context, f"trace-{number}", f"case-{number}")

        async def papers(tx: Transaction) -> list[str]:
            for n, extended in enumerate((False, True)):
                number = f"2026-{n}"
                for name in (number, f"{number}b") if extended else (number,):
                    order = msgspec.structs.replace(ORDER, order_id=name, number=number)
                    await orders.add(tx, order, KIM)
                    await orders.approve(tx, name, LEE, NOW)
                await orders.end(tx, number)
                permit = await context.authorisations.get(tx, f"auth-case-{n}")
                await context.authorisations.put(tx, msgspec.structs.replace(permit, order_ref=number))
            explaining = Counting(tx)
            await trace_views(context, explaining, await context.traces.all(tx))  # type: ignore[arg-type]
            return [str(row["detail"]) for row in explaining.plans]

        plans = await context.store.run(papers)
        views, _ = await rows_of(context, 3)
    assert [views[f"trace-{number}"].order_ended for number in range(3)] == [True, False, False]
    assert not [line for line in plans if line.startswith("SCAN") and "json_each" not in line]


DAMAGE = {
    "message": "UPDATE trace SET message = zeroblob(60) WHERE trace_id = 'trace-1'",
    "outcome": "UPDATE step SET sealed = zeroblob(60) WHERE trace_id = 'trace-1'",
    "authorisation": "UPDATE authorisation SET sealed = zeroblob(60) WHERE case_id = 'case-1'",
}


@pytest.mark.parametrize("damaged", DAMAGE)
async def test_what_is_damaged_is_said_in_its_row_and_leaves_the_others_alone(
    tmp_path: Path, damaged: str
) -> None:
    async with a_context(tmp_path) as context:
        for number in range(2):
            await queued(context, f"trace-{number}", f"case-{number}")

        async def damage(tx: Transaction) -> None:
            trace = await context.traces.get(tx, "trace-1")
            await context.traces.put_step(tx, trace, "outcome", Outcome(left_out=("no face search",)))
            await tx.execute(DAMAGE[damaged])

        await context.store.run(damage)
        views, _ = await rows_of(context, 2)
    assert "does not open: damaged" in " ".join((views["trace-1"].message, *views["trace-1"].problems))
    assert (views["trace-0"].message, views["trace-0"].problems) == ("", ())
