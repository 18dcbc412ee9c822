from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from engine.api.asked import Asked
from engine.api.board import Board
from engine.api.schema import TraceStart
from engine.audit import log
from engine.audit.log import AuditLine
from engine.domain.authorisation import Role
from engine.domain.person import Person
from engine.ports import Row, Store, Transaction
from engine.store.sealing import case_key
from engine.trace.footage_table import Footage
from tests.engine.api.conftest import House, open_house
from tests.engine.api.requests import CASE, ready, traced
from tests.engine.fakes import (
    NOON,
    NOW,
    a_camera,
    a_context,
    a_segment,
    a_site,
    an_authorisation,
    at,
    queued,
    with_case,
)


async def audited(house: House, action: str) -> list[AuditLine]:
    lines = await house.context.store.run(lambda tx: log.lines(tx, 0, 10_000))
    return [line for line, _ in lines if line.action == action]


class CountingStore:
    """A Store that counts the statements of its transactions."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.asked = 0

    async def run(self, work: Callable[[Transaction], Awaitable[Any]]) -> Any:
        return await self._store.run(lambda tx: work(Counting(tx, self)))  # type: ignore[arg-type]


class Counting:
    def __init__(self, tx: Transaction, store: CountingStore) -> None:
        self._tx = tx
        self._store = store

    async def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        self._store.asked += 1
        return await self._tx.rows(sql, parameters)

    async def row(self, sql: str, parameters: Sequence[Any] = ()) -> Row | None:
        self._store.asked += 1
        return await self._tx.row(sql, parameters)

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        self._store.asked += 1
        return await self._tx.execute(sql, parameters)


async def test_a_case_stands_on_the_board_with_all_that_it_waits_for(house: House) -> None:
    trace = await traced(house.client, house.pool)
    await house.client.keep("case-1", "handover", "the cafe calls back at four", version=0)
    (case,) = await house.client.board()
    me = (await house.client.hello()).person
    assert (case.case_id, case.state, case.disease, case.owner) == ("case-1", "open", "covid-19", me)
    assert (case.members, case.records, case.stills, case.ground) == ((me,), 1, 1, "separate_consent")
    assert (case.notice, case.notice_due) == ("", None), "a rehearsal owes nobody a notice"
    assert case.trace is not None
    assert (case.trace.trace_id, case.trace.state) == (trace.trace_id, trace.state)
    (permit,) = case.authorisations
    assert (permit.camera_ids, permit.purpose) == (("cam1", "cam2"), "infection_control")
    assert case.handover is not None
    assert (case.handover.text, case.handover.by, case.handover.at) == (
        "the cafe calls back at four",
        me,
        NOW,
    )
    assert case.version == (await house.client.cases())[0].version


async def test_the_infectious_days_of_a_case_are_whole_local_days(house: House) -> None:
    await ready(house.client, house.pool)
    (case,) = await house.client.board()
    seoul = ZoneInfo("Asia/Seoul")
    assert case.infectious_start is not None and case.infectious_end is not None
    first, after = case.infectious_start.astimezone(seoul), case.infectious_end.astimezone(seoul)
    assert (first.date(), after.date()) == (NOON.date() - timedelta(days=2), NOON.date() + timedelta(days=3))
    assert first.time() == after.time() == time.min


async def test_the_newest_of_authorisations_and_traces_comes_first(house: House) -> None:
    first = await traced(house.client, house.pool)
    permit = (await house.client.authorisations())[0].authorisation_id
    asked = await ready(house.client, house.pool)
    newer = await house.client.start_trace(TraceStart(case_id="case-1", authorisation_id=asked))
    (case,) = await house.client.board()
    assert [a.authorisation_id for a in case.authorisations] == [asked, permit]
    assert case.trace is not None
    assert case.trace.trace_id == newer.trace_id != first.trace_id


@asynccontextmanager
async def a_town(folder: Path) -> AsyncIterator[House]:
    """Two cameras with a file each on the day of the sample, which they keep for a week."""
    cameras = [a_camera("cam1", retention_days=7), a_camera("cam2", 200.0, retention_days=8)]
    async with open_house(folder, a_site(cameras, [a_segment("cam1"), a_segment("cam2", -60, 30)])) as house:
        yield house


async def test_footage_of_the_infectious_period_is_told_before_it_is_deleted(tmp_path: Path) -> None:
    async with a_town(tmp_path) as house:
        await house.client.import_case(CASE)
        (case,) = await house.client.board()
        assert [(due.camera_id, due.start, due.end, due.gone_at) for due in case.footage] == [
            ("cam1", at(-60), at(60), at(60) + timedelta(days=7)),
            ("cam2", at(-60), at(30), at(30) + timedelta(days=8)),
        ]
        later = msgspec.structs.replace(CASE, case_id="later", onset=NOON.date() + timedelta(days=4))
        await house.client.import_case(msgspec.structs.replace(later, isolation=None))
        assert [case.footage for case in await house.client.board()][1] == ()


async def test_where_there_is_an_authorisation_only_footage_of_its_cameras_is_told(tmp_path: Path) -> None:
    async with a_town(tmp_path) as house:
        scope = msgspec.structs.replace(an_authorisation().scope, cameras=frozenset({"cam2"}))
        permit = an_authorisation(scope=scope)
        await with_case(house.context, authorisation=permit)
        (case,) = await house.client.board()
        assert [due.camera_id for due in case.footage] == ["cam2"]
        house.clock.forward(8 * 3600)  # it has expired: nobody may open these any more than others
        (case,) = await house.client.board()
        assert [due.camera_id for due in case.footage] == ["cam1", "cam2"]


async def test_the_cameras_of_a_large_authorisation_are_counted_on_the_board_and_named_elsewhere(
    house: House,
) -> None:
    many = frozenset(f"cam{number}" for number in range(201))
    scope = msgspec.structs.replace(an_authorisation().scope, cameras=many)
    await with_case(house.context, authorisation=an_authorisation(scope=scope))
    (case,) = await house.client.board()
    assert (case.authorisations[0].cameras, case.authorisations[0].camera_ids) == (201, ())
    assert len((await house.client.authorisations())[0].camera_ids) == 201


async def test_a_look_is_audited_once_and_again_when_it_shows_something_new(house: House) -> None:
    await house.client.import_case(CASE)
    for _ in range(3):
        await house.client.board()
    (line,) = await audited(house, "read")
    assert (line.object, line.detail) == ("board", {"cases": "1"})
    await house.client.keep("case-1", "handover", "something new", version=0)
    for _ in range(2):
        await house.client.board()
    assert len(await audited(house, "read")) == 2


async def test_a_case_whose_key_was_lost_hides_no_other_and_tells_what_lies_open(house: House) -> None:
    for case_id in ("case-1", "case-2"):
        await ready(house.client, house.pool, case_id)
        await house.client.keep(case_id, "handover", "words", version=0)
    house.context.sealer.vault.destroy(frozenset({case_key("case-1")}))
    lost, other = await house.client.board()
    assert (lost.case_id, lost.disease, lost.records, lost.authorisations, lost.handover) == (
        "case-1",
        "",
        1,
        (),
        None,
    )
    assert other.handover is not None


async def test_the_board_takes_as_many_statements_for_many_cases_as_for_one(tmp_path: Path) -> None:
    taken = []
    me = Asked(person=Person(uid=1, name="kim", roles=frozenset(Role)))
    async with a_context(tmp_path) as context:
        for cases in (1, 30):
            for number in range(len(await context.store.run(context.cases.ids)), cases):
                await queued(context, f"trace-{number}", f"case-{number}")
            store = CountingStore(context.store)
            counted = replace(context, store=store)  # type: ignore[arg-type]
            board = Board(counted, Footage(counted))
            await board.cases(me)  # with a line in the audit, whose tree takes more the longer it is
            store.asked = 0
            assert len(await board.cases(me)) == cases
            taken.append(store.asked)
    assert taken[0] == taken[1] < 20
