"""G21: an acknowledged decision is durable, and happens once however often it is asked for.

Thousands of kills under load are in ``tests/faults``; here each single thing that they rely on is attacked.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from engine import failpoints
from engine.api.asked import Asked
from engine.api.schema import BackupRequest, DecisionRequest
from engine.api.standing import Standing
from engine.api.upkeep import Upkeep
from engine.domain.decision import Answer
from engine.domain.errors import InputError, Refused
from engine.domain.trace import TraceState
from engine.domain.track import WindowResult
from engine.ports import Transaction
from engine.store.writer import SqliteStore, StoreBroken
from engine.trace.window import keep
from tests.engine.api.conftest import House as Served
from tests.engine.api.conftest import open_house
from tests.guarantees.house import ME, House, a_house, a_track, by, case_import, seen

ANOTHER = by("colleague", 1002)
EVERYTHING = (
    "SELECT (SELECT count(*) FROM case_file) + (SELECT count(*) FROM audit) + (SELECT count(*) FROM event)"
    " + (SELECT count(*) FROM decision) AS n"
)


def keyed(who: Asked, key: str = "key-of-a-retry", request: str = "r1") -> Asked:
    return replace(who, key=key, request_sha256=request)


async def rows(house: House) -> int:
    row = await house.store.run(lambda tx: tx.row(EVERYTHING))
    assert row is not None
    return int(row["n"])


@pytest.fixture(autouse=True)
def disarmed() -> object:
    yield
    failpoints.disarm()


async def test_g21_a_request_repeated_with_its_key_happens_once_and_answers_alike(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        first = await house.intake.put_case(keyed(ME), case_import())
        before = await rows(house)
        assert await house.intake.put_case(keyed(ME), case_import()) == first
        assert await rows(house) == before


async def test_g21_a_decision_repeated_after_a_restart_is_made_once(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.case()
        house.pool.tracks = lambda _: (a_track(),)
        candidate = (await house.traced()).candidates[0]
        view = await house.review.view(ME, candidate.candidate_id, 100.0)
        house.clock.pass_s(1.0)
        answer = DecisionRequest(view_id=view.view_id, answer=Answer.SAME)
        first = await house.review.decide(keyed(seen(ME, view.version)), candidate.candidate_id, answer)
    async with a_house(tmp_path, clock=house.clock) as again:
        repeated = keyed(seen(ME, view.version))
        assert await again.review.decide(repeated, candidate.candidate_id, answer) == first
        assert len(await again.store.run(lambda tx: tx.rows("SELECT * FROM decision"))) == 1


async def test_g21_a_key_stands_for_one_request(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.intake.put_case(keyed(ME), case_import())
        with pytest.raises(Refused, match="used for another request"):
            await house.intake.put_case(keyed(ME, request="r2"), case_import("B"))
        assert [case.case_id for case in await house.intake.cases(ME)] == ["A"]


async def test_g21_the_key_of_one_person_is_nothing_to_another(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.intake.put_case(keyed(ME), case_import())
        await house.intake.put_case(keyed(ANOTHER, request="r2"), case_import("B"))
        assert [case.case_id for case in await house.intake.cases(ME)] == ["A", "B"]


async def test_g21_a_request_that_was_refused_leaves_nothing_and_no_receipt(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        before = await rows(house)
        with pytest.raises(InputError):
            await house.intake.put_case(keyed(ME), case_import(disease="plague"))
        with pytest.raises(Refused):
            await house.intake.withdraw_ground(keyed(ME), "A")
        assert await rows(house) == before
        assert await house.store.run(lambda tx: tx.rows("SELECT * FROM receipt")) == []


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    async with open_house(tmp_path) as opened:
        yield opened


async def test_g21_no_change_is_made_without_a_key(served: Served) -> None:
    for headers in ({}, {"Idempotency-Key": "short"}, {"Idempotency-Key": "a key with spaces"}):
        answer = await served.bare.put("/cases/case-1", content=b"{}", headers=headers)
        assert answer.status_code in (422, 428)
        assert "Idempotency-Key" in answer.json()["message"]


async def test_g21_what_two_can_touch_is_changed_by_who_saw_it(served: Served) -> None:
    answer = await served.bare.post(
        "/cases/case-1/close", content=b'{"reason": "over"}', headers={"Idempotency-Key": "12345678"}
    )
    assert answer.status_code == 428
    assert "If-Match" in answer.json()["message"]


# --- the store ------------------------------------------------------------------------------------


def value(path: Path, key: str) -> list[tuple[str]]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchall()
    finally:
        connection.close()


async def put(tx: Transaction, key: str) -> None:
    await tx.execute("INSERT INTO meta (key, value) VALUES (?, 'there')", (key,))


async def test_g21_what_is_acknowledged_is_in_the_file(tmp_path: Path) -> None:
    """As somebody else reads it, who sees only what was committed."""
    path = tmp_path / "a.sqlite"
    async with SqliteStore(path) as store:
        await store.run(lambda tx: put(tx, "a decision"))
        assert value(path, "a decision") == [("there",)]


async def test_g21_nothing_is_acknowledged_that_the_disk_did_not_take(tmp_path: Path) -> None:
    """The disk fails at the commit. That one is told so, and so is everybody after."""
    path, told = tmp_path / "a.sqlite", []

    def fail() -> None:
        raise sqlite3.OperationalError("disk I/O error")

    async with SqliteStore(path, on_broken=lambda: told.append("broken")) as store:
        failpoints.arm("writer.before_commit", fail)
        with pytest.raises(StoreBroken):
            await store.run(lambda tx: put(tx, "lost"))
        failpoints.disarm()
        with pytest.raises(StoreBroken):
            await store.run(lambda tx: put(tx, "after"))
        assert told == ["broken"]
    assert value(path, "lost") == value(path, "after") == []


async def test_g21_a_transaction_that_is_refused_takes_nobody_elses_with_it(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"

    async def refused(tx: Transaction) -> None:
        await put(tx, "half done")
        raise Refused("no")

    async with SqliteStore(path) as store:
        outcomes = await asyncio.gather(
            store.run(lambda tx: put(tx, "before")),
            store.run(refused),
            store.run(lambda tx: put(tx, "after")),
            return_exceptions=True,
        )
        assert [type(o) for o in outcomes] == [type(None), Refused, type(None)]
    assert value(path, "before") == value(path, "after") == [("there",)]
    assert value(path, "half done") == []


async def test_g21_a_transaction_that_ends_itself_is_no_transaction(tmp_path: Path) -> None:
    async def sly(tx: Transaction) -> None:
        await put(tx, "behind the back")
        await tx.execute("COMMIT")

    async with SqliteStore(tmp_path / "a.sqlite") as store:
        with pytest.raises(StoreBroken):
            await store.run(sly)


async def test_g21_a_statement_that_nobody_waited_for_belongs_to_nothing(tmp_path: Path) -> None:
    kept: list[Transaction] = []

    async def leaks(tx: Transaction) -> None:
        kept.append(tx)

    async with SqliteStore(tmp_path / "a.sqlite") as store:
        await store.run(leaks)
        with pytest.raises(RuntimeError, match="is over"):
            await put(kept[0], "too late")


async def test_g21_every_commit_waits_for_the_disk(tmp_path: Path) -> None:
    async with SqliteStore(tmp_path / "a.sqlite") as store:
        row = await store.run(lambda tx: tx.row("PRAGMA synchronous"))
        assert row is not None
        assert tuple(row) == (2,)  # FULL: the log is synced at each commit
        journal = await store.run(lambda tx: tx.row("PRAGMA journal_mode"))
        assert journal is not None
        assert tuple(journal) == ("wal",)


# --- traces ---------------------------------------------------------------------------------------


async def test_g21_a_window_that_comes_back_twice_is_kept_once(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.case()
        trace_id = (await house.traced()).trace.trace_id
        found = WindowResult(window_id="hall/again", tracks=(a_track(),), frames=1, faces=1)

        async def twice(tx: Transaction) -> None:
            trace = await house.context.traces.get(tx, trace_id)
            await keep(house.context, tx, trace, found)
            await keep(house.context, tx, trace, found)

        await house.store.run(twice)
        assert len(await house.blobs("candidate")) == 1


async def test_g21_a_trace_that_ran_when_the_engine_died_runs_in_the_next_one(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.case()
        house.pool.may_answer.clear()
        trace_id = await house.trace()
        await house.pool.granted.wait()
    async with a_house(tmp_path, clock=house.clock) as again:
        assert await again.over(trace_id) is TraceState.COMPLETE


async def test_g21_a_stop_that_is_sent_again_ends_no_later_engine(tmp_path: Path) -> None:
    """Its answer was lost, and the next engine is there already when it comes again."""
    stops: list[str] = []
    async with a_house(tmp_path) as house:
        first = Standing(house.context, "1", lambda: stops.append("the first"))
        said = await first.stop(keyed(ME))
        assert await first.stop(keyed(ME)) == said
    async with a_house(tmp_path, clock=house.clock) as again:
        await Standing(again.context, "1", lambda: stops.append("the next")).stop(keyed(ME))
        assert stops == ["the first"]
        assert [line.action for line in await again.audit()].count("stop") == 1


async def test_g21_a_backup_that_is_asked_for_again_is_the_same(tmp_path: Path) -> None:
    """Also while the first is still being made."""
    async with a_house(tmp_path) as house:
        upkeep, wanted = Upkeep(house.context), BackupRequest(folder=str(tmp_path / "backups"))
        first, meanwhile = await asyncio.gather(*(upkeep.backup(keyed(ME), wanted) for _ in range(2)))
        house.clock.pass_s(3600.0)
        later = await upkeep.backup(keyed(ME), wanted)
        assert [folder.name for folder in (tmp_path / "backups").iterdir()] == [first.name]
        assert first == meanwhile == later


async def test_g21_a_backup_that_was_cut_short_is_made_anew_and_written_down(tmp_path: Path) -> None:
    """There was no room; then there is. No copy of the data is without an intent of its own."""
    async with a_house(tmp_path) as house:
        upkeep, wanted = Upkeep(house.context), BackupRequest(folder=str(tmp_path / "backups"))
        (tmp_path / "backups").write_bytes(b"a file in its place")
        with pytest.raises(InputError):
            await upkeep.backup(keyed(ME), wanted)
        (tmp_path / "backups").unlink()
        await upkeep.backup(keyed(ME), wanted)
        said = [line.outcome for line in await house.audit() if line.action == "backup"]
        assert said == ["intent", "intent", "done"]
