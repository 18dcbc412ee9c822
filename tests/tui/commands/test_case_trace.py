"""Traces and the timeline of a case in plain lines."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from engine.domain.decision import Answer
from tests.engine.api.conftest import open_house
from tests.engine.api.requests import AUTHORISATION, ready
from tests.engine.api.test_noting import a_trace, answered
from tests.engine.fakes import NOW, a_track, points
from tests.tui.commands.running import Commands
from tui.commands.case_trace import contradictions, rows_of, way_words
from tui.commands.finding import stands_as_patient


@pytest.fixture
async def commands(tmp_path: Path) -> AsyncIterator[Commands]:
    async with open_house(tmp_path) as house:
        yield Commands(house)


async def test_a_trace_is_started_waited_for_taken_up_again_and_cancelled(commands: Commands) -> None:
    await ready(commands.house.client, commands.house.pool)
    (started,) = await commands.says("case", "trace", "case-1", "--wait")
    assert started.startswith("trace ")
    assert started.endswith(" of case case-1 is complete")
    (again,) = await commands.says("case", "again", "case-1", "--wait")
    assert again == started
    commands.house.pool.gate.clear()
    (running,) = await commands.says("case", "trace", "case-1")
    trace_id = running.split()[1]
    (cancelled,) = await commands.says("case", "cancel", trace_id)
    assert cancelled == f"trace {trace_id} of case case-1 is cancelled"
    commands.house.pool.gate.set()


async def test_a_case_without_a_trace_or_an_authorisation_says_what_to_do(commands: Commands) -> None:
    assert "tracedesk case traces" in await commands.refuses("case", "timeline", "case-1")
    assert "tracedesk authorisation request" in await commands.refuses("case", "trace", "case-1")


async def test_an_authorisation_that_has_expired_does_not_stand_in_the_way_of_one_that_holds(
    commands: Commands,
) -> None:
    client = commands.house.client
    await ready(client, commands.house.pool)  # permits faces, for eight hours
    longer = msgspec.structs.replace(
        AUTHORISATION, face_search=False, cameras=(), max_camera_hours=0.0, expires_at=NOW + timedelta(days=2)
    )
    asked = await client.request_authorisation(longer)
    await client.approve_authorisation(asked.authorisation_id, version=asked.version)
    commands.house.clock.forward(9 * 3600)
    (started,) = await commands.says("case", "trace", "case-1", "--wait")
    assert started.endswith(" of case case-1 is records only")


async def test_the_timeline_has_stays_and_gaps_in_order_and_the_way(commands: Commands) -> None:
    detail = await a_trace(commands.house, 2, ("cam1", "cam2"))
    for candidate in detail.candidates:
        await answered(commands.house, candidate)
    said = await commands.says("case", "timeline", "case-1")
    assert said[0] == f"trace {detail.trace.trace_id} of case case-1: complete"
    assert said[1].endswith("2 candidates, 0 to answer, 0 set aside")
    rows = [line.split("\t") for line in said if line.count("\t") == 7]
    assert rows[0][:4] == ["number", "what", "from", "to"]
    stays = [row for row in rows[1:] if row[0]]
    assert [row[0] for row in stays] == [str(number) for number in range(1, len(stays) + 1)]
    starts = [row[2] for row in rows[1:]]
    assert starts == sorted(starts)
    assert {"not covered"} < {row[1] for row in rows[1:]}
    assert "contradictions: none" in said
    assert any(line.startswith("the way: ") for line in said)
    assert any("on foot" in line and "by car" in line for line in said)


async def test_a_contradiction_is_told_to_whoever_may_know_of_both_answers(commands: Commands) -> None:
    tracks = [
        a_track("cam1", 0.0, 0.25),
        a_track("cam1", 0.0, 0.25, points=points(0.0, 0.25, x_px=500.0)),
    ]
    detail = await a_trace(commands.house, 1)
    assert contradictions(detail, "anybody") == ["contradictions: none"]
    commands.house.pool.found = lambda _: tuple(tracks.pop() for _ in tuple(tracks))
    await commands.says("case", "trace", "case-1", "--wait")
    newest = (await commands.house.client.traces())[-1]
    both = await commands.house.client.trace(newest.trace_id)
    for candidate in both.candidates:
        await answered(commands.house, candidate)
    said = await commands.says("case", "timeline", newest.trace_id)
    (line,) = [line for line in said if line.startswith("contradiction")]
    assert "cannot both be the patient: both stand in one picture of cam1" in line
    after = await commands.house.client.trace(newest.trace_id)
    blind = msgspec.structs.replace(after, blind=True)
    assert contradictions(blind, "a colleague") == ["contradictions: none"]
    assert not stands_as_patient(blind, after.candidates[0], "a colleague")
    assert [c.answer for c in after.candidates] == [Answer.SAME, Answer.SAME]


async def test_a_timeline_for_machines_is_json(commands: Commands, tmp_path: Path) -> None:
    await a_trace(commands.house, 1)
    (line,) = await commands.says("case", "timeline", "case-1", "--json", "-")
    (trace,) = json.loads(line)["traces"]
    assert trace["case"] == "case-1"
    assert trace["candidates"][0]["answer"] is None
    assert "there is no folder" in await commands.refuses(
        "case", "timeline", "case-1", "--json", str(tmp_path / "none" / "x.json")
    )


async def test_nothing_known_is_no_row_and_no_way(commands: Commands) -> None:
    detail = msgspec.structs.replace(await a_trace(commands.house, 1), visits=(), gaps=())
    assert rows_of(detail) == []
    assert way_words(detail) == ["the way: no place with a position is known"]
