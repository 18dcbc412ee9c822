"""The comparison itself: it finds what is lost, doubled, or told otherwise by the audit."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from engine.domain.decision import Answer
from engine.ports import Transaction
from tests.engine.api.conftest import House, open_house
from tests.engine.fakes import NOW, a_candidate, a_case, an_authorisation
from tests.faults.books import Finding, look, set_aside
from tests.faults.insistent import Change, Ledger


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """An engine with one candidate, which was answered and taken back."""
    (tmp_path / "state").mkdir()
    async with open_house(tmp_path / "state") as opened:
        await opened.context.store.run(lambda tx: furnish(tx, opened))
        view = await opened.client.view("cand-1", 100.0)
        opened.clock.forward(1.0)
        answered = await opened.client.decide("cand-1", view.view_id, Answer.SAME, version=view.version)
        await opened.client.undo("cand-1", version=answered.version)
        yield opened


async def furnish(tx: Transaction, house: House) -> None:
    context = house.context
    await context.cases.put(tx, a_case())
    context.sealer.vault.ensure("faces:case-1")
    await context.authorisations.put(tx, an_authorisation())
    await context.traces.add(tx, trace_id="trace-1", case_id="case-1", authorisation_id="auth-1", queued=NOW)
    await tx.execute("UPDATE trace SET state = 'awaiting_review'")
    await context.reviews.add_candidate(tx, a_candidate())


async def compared(house: House, ledger: Ledger, tmp_path: Path) -> Finding:
    set_aside(tmp_path / "state", tmp_path / "aside")
    return await look(tmp_path / "aside", ledger, whole=True)


def told() -> Ledger:
    """What the people of the house were told of the decisions."""
    return Ledger(told={"cand-1": {2: "same", 3: None}})


async def test_decisions_that_were_told_are_there_once(house: House, tmp_path: Path) -> None:
    found = await compared(house, told(), tmp_path)
    assert (found.lost, found.decisions) == ([], 2)
    assert not [line for line in found.doubled if "candidate" in line]
    assert not [line for line in found.apart if "decisions" in line or "audit" in line]


async def test_a_decision_that_was_told_and_is_not_there_is_lost(house: House, tmp_path: Path) -> None:
    ledger = told()
    ledger.told["cand-1"][4] = "not_same"
    assert (await compared(house, ledger, tmp_path)).lost == ["version 4 of candidate cand-1"]


async def test_a_decision_of_another_answer_is_lost_too(house: House, tmp_path: Path) -> None:
    ledger = Ledger(told={"cand-1": {2: "not_same", 3: None}})
    assert (await compared(house, ledger, tmp_path)).lost == ["version 2 of candidate cand-1"]


async def test_a_decision_that_nobody_was_told_of_is_one_too_many(house: House, tmp_path: Path) -> None:
    ledger = Ledger(told={"cand-1": {2: "same"}})
    assert (
        "candidate cand-1: 2 decisions, 1 acknowledged" in (await compared(house, ledger, tmp_path)).doubled
    )
    ledger.unanswered.append(Change(kind="undo", about="cand-1", method="POST", path="/"))
    doubled = (await compared(house, ledger, tmp_path)).doubled
    assert not [line for line in doubled if "candidate" in line]


async def test_a_decision_without_its_line_sets_them_apart(house: House, tmp_path: Path) -> None:
    await house.context.store.run(
        lambda tx: tx.execute(
            "INSERT INTO decision (decision_id, candidate_id, number, person, at, answer)"
            " VALUES ('d', 'cand-1', 3, 'kim', '2026-03-06T00:00:00+00:00', 'same')"
        )
    )
    apart = (await compared(house, told(), tmp_path)).apart
    assert "3 decisions, 2 lines of the audit about decisions" in apart


async def test_an_edited_line_is_found(house: House, tmp_path: Path) -> None:
    async def edit(tx: Transaction) -> None:
        await tx.execute("DROP TRIGGER audit_is_append_only")
        await tx.execute("UPDATE audit SET line = replace(line, 'answered', 'unheard')")
        await tx.execute(
            "CREATE TRIGGER audit_is_append_only BEFORE UPDATE ON audit\n"
            "    BEGIN SELECT RAISE(ABORT, 'the audit can only grow'); END"
        )

    await house.context.store.run(edit)
    assert [line for line in (await compared(house, told(), tmp_path)).apart if line.startswith("the audit")]


async def test_a_listener_who_missed_an_event_is_told_apart(house: House, tmp_path: Path) -> None:
    ledger = told()
    ledger.events = [1, 3]
    assert [line for line in (await compared(house, ledger, tmp_path)).lost if "listener" in line]
    ledger.events = [1, 2]
    assert (await compared(house, ledger, tmp_path)).lost == []
