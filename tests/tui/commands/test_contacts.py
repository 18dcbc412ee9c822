"""The plain commands about candidates and contacts against an engine behind a real socket."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from engine.api.client import EngineSaysNo
from engine.domain.decision import Answer
from engine.domain.person import Person
from engine.ports import Transaction
from engine.store.margins import want_second
from tests.engine.api.conftest import open_house
from tests.engine.api.requests import traced
from tests.engine.fakes import NOW, a_decision, a_neighbour, a_track
from tests.screens.fake_engine import a_candidate
from tests.tui.commands.running import Commands
from tui.commands.finding import own_answer

ROSTER = json.dumps({"name": "박지우", "reference": "roster of 2 March, line 14", "phone": "010-5550-1234"})


@pytest.fixture
async def commands(tmp_path: Path) -> AsyncIterator[Commands]:
    async with open_house(tmp_path) as house:
        noon = a_track().interval.start
        house.pool.found = lambda request: (
            (a_track(neighbours=(a_neighbour(1), a_neighbour(2))),)
            if request.window.interval.start == noon
            else ()
        )
        await traced(house.client, house.pool)
        yield Commands(house)


async def confirmed(commands: Commands) -> str:
    house = commands.house
    (trace,) = await house.client.traces()
    (candidate,) = (await house.client.trace(trace.trace_id)).candidates
    view = await house.client.view(candidate.candidate_id, 100.0)
    house.clock.forward(1.0)
    await house.client.decide(candidate.candidate_id, view.view_id, Answer.SAME, version=candidate.version)
    return candidate.candidate_id


async def test_candidates_are_listed_without_the_word_of_the_model(commands: Commands) -> None:
    (trace,) = await commands.house.client.traces()
    (candidate,) = (await commands.house.client.trace(trace.trace_id)).candidates
    assert candidate.llr is not None  # a rehearsal measures models, and this list still does not tell
    for where in ("case-1", trace.trace_id):
        said = "\n".join(await commands.says("candidates", "list", where))
        assert candidate.candidate_id in said
        assert "support" not in said
        assert f"{candidate.llr:.1f}" not in said.replace(candidate.candidate_id, "")
    await confirmed(commands)
    after = "\n".join(await commands.says("candidates", "list", "case-1"))
    assert "same" in after
    assert "support" in after


def test_the_answer_of_somebody_else_is_not_shown_as_ones_own() -> None:
    candidate = a_candidate(1, answer=Answer.SAME, decided_by="lee")
    assert own_answer(candidate, "lee") == "same"
    assert own_answer(candidate, "kim") == ""


async def test_the_list_says_that_answers_are_withheld_until_one_looks(commands: Commands) -> None:
    context = commands.house.context
    (trace,) = await commands.house.client.traces()
    (candidate,) = (await commands.house.client.trace(trace.trace_id)).candidates

    async def by_kim(tx: Transaction) -> None:
        decision = a_decision(candidate.candidate_id, decided_by="kim")
        await context.reviews.add_decision(tx, decision, Person(uid=9001, name="kim"))
        await want_second(tx, candidate.candidate_id, "kim", NOW)

    await context.store.run(by_kim)
    assert "first answers are withheld" in (await commands.run("candidates", "list", "case-1")).stderr
    (said,) = await commands.says("candidates", "look", "case-1")
    assert said == f"trace {trace.trace_id}: first answers are shown; you are no second reviewer of it"
    assert "withheld" not in (await commands.run("candidates", "list", "case-1")).stderr
    with pytest.raises(EngineSaysNo, match="seen no answers"):
        await commands.house.client.second_review(trace.trace_id)


async def test_a_script_takes_its_answer_back(commands: Commands) -> None:
    candidate_id = await confirmed(commands)
    await commands.says("candidates", "undo", candidate_id)
    (trace,) = await commands.house.client.traces()
    assert trace.undecided == 1


async def test_a_contact_comes_from_a_file_and_takes_a_scene_along(commands: Commands) -> None:
    candidate_id = await confirmed(commands)
    one = f"{candidate_id}:1"
    listed = await commands.says("contacts", "list", "case-1")
    assert one in listed[1]
    assert "unnamed" in listed[1]
    words = ("contacts", "add", "case-1", "--backing", "roster", "--from", "-", "--scene", one)
    (made,) = await commands.says(*words, typed=ROSTER)
    contact_id = made.split()[1]
    (row, other) = (await commands.says("contacts", "list", "case-1"))[1:]
    assert "박지우" in row
    assert one in row
    assert f"{candidate_id}:2" in other
    assert "by the door" in row, "the name of the camera, as everywhere"
    scenes = [scene for line in await commands.house.client.contacts("case-1") for scene in line.scenes]
    assert {(s.camera_name, s.place) for s in scenes} == {("cam1 by the door", "shop of cam1")}

    await commands.says(
        "contacts", "change", "case-1", contact_id, "--status", "reached", "--until", "2026-03-16"
    )
    (line, _) = await commands.house.client.contacts("case-1")
    assert (line.status, line.phone, len(line.scenes)) == ("reached", "010-5550-1234", 1)
    await commands.says("contacts", "change", "case-1", contact_id, "--unlink", one)
    assert [len(c.scenes) for c in await commands.house.client.contacts("case-1")] == [0, 1, 1]


async def test_pages_follow_each_other(commands: Commands) -> None:
    for number in range(5):
        written = json.dumps({"name": f"Person {number}", "reference": f"roster line {number}"})
        await commands.says("contacts", "add", "case-1", "--backing", "roster", "--from", "-", typed=written)
    first = await commands.run("contacts", "list", "case-1", "--limit", "2")
    assert first.stderr.startswith("3 more: tracedesk contacts list case-1 --after ")
    after = first.stderr.split()[-1]
    rest = await commands.says("contacts", "list", "case-1", "--after", after, "--limit", "9")
    assert [line.split("\t")[1] for line in rest[1:]] == ["Person 2", "Person 3", "Person 4"]
    assert "begin again" in await commands.refuses("contacts", "list", "case-1", "--after", "gone")


async def test_a_long_reference_cuts_no_id_off(commands: Commands) -> None:
    written = json.dumps({"name": "Park\u200b", "reference": "line 4 " + "x" * 400})
    words = ("contacts", "add", "case-1", "--backing", "roster", "--from", "-")
    (made,) = await commands.says(*words, typed=written)
    heading, row = await commands.says("contacts", "list", "case-1")
    assert row.split("\t")[0] == made.split()[1]
    assert len(row.split("\t")) == len(heading.split("\t"))
    assert "x" * 400 in row


async def test_rows_go_together_and_come_apart(commands: Commands) -> None:
    ids = []
    for name in ("Park", "Bak"):
        written = json.dumps({"name": name, "reference": "roster line 4"})
        (made,) = await commands.says(
            "contacts", "add", "case-1", "--backing", "roster", "--from", "-", typed=written
        )
        ids.append(made.split()[1])
    await commands.says("contacts", "merge", "case-1", *ids)
    assert len(await commands.says("contacts", "list", "case-1")) == 2
    await commands.says("contacts", "unmerge", "case-1", *ids)
    assert len(await commands.says("contacts", "list", "case-1")) == 3


async def test_a_name_without_a_reference_is_refused_in_one_line(commands: Commands) -> None:
    words = ("contacts", "add", "case-1", "--backing", "roster", "--from", "-")
    said = await commands.refuses(*words, typed='{"name": "Park"}')
    assert "without a reference" in said
    assert "[G8]" in said
    assert "unknown field" in await commands.refuses(*words, typed='{"nom": "Park"}')
    assert "nobody is at a terminal" in await commands.refuses(*words[:-2])


async def test_a_rehearsal_exports_nothing_and_writes_nothing(commands: Commands, tmp_path: Path) -> None:
    out = tmp_path / "list.csv"
    said = await commands.refuses("export", "case-1", "--out", str(out), "--case-number", "case-1")
    assert "[G27]" in said
    assert not out.exists()
