"""Two people at one candidate, and fifty traces at ten slots. TRACEDESK_RACE_ROUNDS makes it longer."""

import asyncio
import contextlib
import os
import random
import sys
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.assembly.workers import worker_environment
from adapters.bench.engine import MANY
from adapters.clock import SystemClock
from engine.audit import log
from engine.domain.candidate import Candidate
from engine.domain.trace import TraceState
from engine.ports import Transaction
from engine.schedule.frames import Prepare
from engine.schedule.pool import Pool
from engine.schedule.runner import Runner
from engine.trace.context import Context
from engine.vault.grants import GrantSigner
from tests.engine.api.conftest import House, open_house
from tests.engine.fakes import NOW, a_candidate, a_case, a_context, an_authorisation, queued
from tests.faults.insistent import Caller, Change, Ledger
from tests.faults.one_file import OneFile

RACES = int(os.environ.get("TRACEDESK_RACE_ROUNDS", "500"))
ROUNDS_A_TRACE = 25  # a trace with thousands of answers is no longer the case that is looked at
PEOPLE = ("kim", "lee", "park", "choi", "jung")


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path, limits=MANY) as opened:
        await opened.context.store.run(lambda tx: a_case_under_way(tx, opened.context))
        yield opened


async def a_case_under_way(tx: Transaction, context: Context) -> None:
    await context.cases.put(tx, a_case())
    context.sealer.vault.ensure("faces:case-1")
    await context.authorisations.put(tx, an_authorisation(expires_at=NOW + timedelta(days=30)))


async def a_fresh_candidate(house: House, number: int) -> Candidate:
    trace_id = f"trace-{number}"
    candidate = a_candidate(f"cand-{number}", trace_id=trace_id)
    traces = house.context.traces

    async def add(tx: Transaction) -> None:
        await traces.add(
            tx, trace_id=trace_id, case_id="case-1", authorisation_id="auth-1", queued=house.clock.now()
        )
        await traces.set_state(tx, trace_id, TraceState.AWAITING_REVIEW)
        await house.context.reviews.add_candidate(tx, candidate)

    await house.context.store.run(add)
    return candidate


def an_answer(candidate_id: str, view_id: str, version: int, answer: str) -> Change:
    return Change(
        kind="decide",
        about=candidate_id,
        method="POST",
        path=f"/candidates/{candidate_id}/decisions",
        body={"view_id": view_id, "answer": answer},
        version=version,
        answer=answer,
    )


async def a_look(caller: Caller, candidate_id: str) -> str:
    look = Change(
        kind="view",
        about=candidate_id,
        method="POST",
        path=f"/candidates/{candidate_id}/view",
        body={"face_height_px": 90.0},
    )
    return str((await caller.change(look))[1]["view_id"])


async def test_of_two_who_answer_at_once_one_wins_and_the_other_hears_who_and_when(house: House) -> None:
    dice, won = random.Random(7), Counter[str]()
    version, views, candidate = 1, {"first": "", "second": ""}, a_candidate()
    async with Caller(house.socket, Ledger()) as first, Caller(house.socket, Ledger()) as second:
        callers = {"first": first, "second": second}
        for number in range(RACES):
            house.clock.forward(1.0)
            if number % ROUNDS_A_TRACE == 0:
                candidate, version = await a_fresh_candidate(house, number), 1
                views = {who: await a_look(caller, candidate.candidate_id) for who, caller in callers.items()}
                house.clock.forward(1.0)
            racing = dice.sample(sorted(callers), 2)
            answers = await asyncio.gather(
                *(
                    callers[who].change(
                        an_answer(
                            candidate.candidate_id,
                            views[who],
                            version,
                            "same" if who == "first" else "not_same",
                        )
                    )
                    for who in racing
                )
            )
            assert sorted(status for status, _ in answers) == [200, 409]
            by_who = {who: answer for who, (_, answer) in zip(racing, answers, strict=True)}
            winner = next(w for w, (status, _) in zip(racing, answers, strict=True) if status == 200)
            loser = next(w for w in racing if w != winner)
            won[winner] += 1
            version += 1
            assert by_who[winner]["version"] == version
            assert by_who[winner]["answer"] == ("same" if winner == "first" else "not_same")
            when = f"{house.clock.now():%Y-%m-%d %H:%M:%S}Z"
            assert f"by {by_who[winner]['decided_by']} at {when}" in by_who[loser]["message"]
    assert won["first"] + won["second"] == RACES
    assert min(won["first"], won["second"]) > RACES // 10

    async def books(tx: Transaction) -> tuple[list[str], list[str]]:
        rows = await tx.rows("SELECT candidate_id FROM decision ORDER BY number")
        lines = [line for line, _ in await log.lines(tx, 0, 10 * RACES + 100)]
        return [r["candidate_id"] for r in rows], [li.object for li in lines if li.action == "decide"]

    decided, audited = await house.context.store.run(books)
    assert len(decided) == RACES
    assert audited == decided


@contextlib.asynccontextmanager
async def two_workers(folder: Path) -> AsyncIterator[Pool]:
    """Real processes that answer at once."""
    (folder / "footage").write_bytes(b"\0\0\0\x18ftyp")
    signer = GrantSigner(b"s" * 32)
    async with Pool(
        size=2,
        command=(sys.executable, "-P", "-m", "adapters.bench.worker", "0.01", "0"),
        prepare=Prepare(
            verify_key=signer.verify_key, models=(), calibrations=(), rehearsal_sha256=None, places=()
        ),
        signer=signer,
        footage=OneFile(folder / "footage"),
        environment=worker_environment() | {"PYTHONPATH": os.pathsep.join(sys.path)},
    ) as pool:
        yield pool


async def test_fifty_traces_of_five_people_run_ten_at_a_time_and_nobody_starves(tmp_path: Path) -> None:
    """The first person asks for forty before the others ask for anything."""
    wanted = [PEOPLE[0]] * 38 + [person for person in PEOPLE[1:] for _ in range(3)]
    most_slots = most_in_pool = 0
    clock = SystemClock()  # the workers look at it too
    async with two_workers(tmp_path) as pool, a_context(tmp_path, pool=pool, clock=clock) as context:
        for number in range(len(wanted)):
            await queued(context, f"trace-{number}", f"case-{number}")
        await context.store.run(lambda tx: whose(tx, context, wanted))
        async with Runner(context) as runner, asyncio.timeout(120):
            while runner.busy:
                held = await context.store.run(slots_held)
                in_pool = {w.request.trace_id for w in pool._wanted}
                in_pool |= {w.request.trace_id for place in pool._places for w in place.scanning}
                most_slots, most_in_pool = max(most_slots, held), max(most_in_pool, len(in_pool))
        states = [row.state for row in await context.store.run(context.traces.all)]
        order = await context.store.run(started)
    assert (most_slots, most_in_pool) == (10, 10)
    assert len(states) == len(order) == 50
    assert {*states} <= {TraceState.AWAITING_REVIEW, TraceState.COMPLETE}
    # nobody of the others has to wait for more than the first ten and one turn of everybody
    for person in PEOPLE[1:]:
        assert order.index(person) < 10 + len(PEOPLE)
    assert max(n for n, person in enumerate(order) if person != PEOPLE[0]) < 10 + 4 * 3 * 2


async def whose(tx: Transaction, context: Context, people: list[str]) -> None:
    for number, person in enumerate(people):
        paper = an_authorisation(
            f"auth-case-{number}",
            case_id=f"case-{number}",
            expires_at=context.clock.now() + timedelta(hours=1),
        )
        await context.authorisations.put(tx, paper)
        await tx.execute("UPDATE trace SET requested_by = ? WHERE trace_id = ?", (person, f"trace-{number}"))


async def slots_held(tx: Transaction) -> int:
    """Slots that are given out, each to another trace, and no trace at work without one."""
    rows = await tx.rows("SELECT trace_id FROM slot WHERE trace_id IS NOT NULL")
    running = await tx.rows("SELECT trace_id FROM trace WHERE state = 'running'")
    assert {row["trace_id"] for row in running} <= {row["trace_id"] for row in rows}
    return len(rows)


async def started(tx: Transaction) -> list[str]:
    """Whose traces were given a slot, in the order in which they were."""
    rows = await tx.rows(
        "SELECT t.requested_by AS person FROM event e JOIN trace t ON t.trace_id = e.object"
        " WHERE e.kind = 'trace' AND e.state = 'running' ORDER BY e.seq"
    )
    return [row["person"] for row in rows]
