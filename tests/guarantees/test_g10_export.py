"""G10: nothing leaves on a list but what a first person confirmed, and a second one who did not know that."""

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from engine.api.asked import Conflict, request_digest
from engine.api.contact_schema import ExportKind
from engine.audit import counts
from engine.domain.authorisation import Role
from engine.domain.decision import Answer
from engine.domain.errors import InputError, Refused, Unknown
from tests.guarantees.house import a_house, by, seen
from tests.guarantees.line_house import (
    ENTRY,
    LIST,
    both_answer,
    database,
    entry,
    exporting,
    lists,
    meetings,
    on_server,
    rows_of,
)
from tests.guarantees.server_house import CHOI, KIM, LEE

TIMELINE = msgspec.structs.replace(LIST, kind=ExportKind.TIMELINE)
STRANGER = by("moon", 2009, Role.INVESTIGATOR)


async def test_g10_a_list_that_only_one_person_confirmed_does_not_leave(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        trace_id, candidates = await on_server(house, meetings(60, 300))
        await both_answer(house, trace_id, candidates)
        with pytest.raises(Refused, match="2 confirmed candidates lack") as no:
            await exporting(house).export(KIM, "A", LIST)
        assert no.value.rule == "G10"
        assert not [line for line in await house.audit() if line.action == "export"]


@pytest.mark.parametrize("second", [Answer.NOT_SAME, Answer.CANNOT_TELL])
async def test_g10_a_scene_of_which_the_second_person_is_not_sure_is_left_out(
    tmp_path: Path, second: Answer
) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        trace_id, candidates = await on_server(house, meetings(60, 300))
        await both_answer(house, trace_id, candidates, Answer.SAME, second)
        file = await exporting(house).export(KIM, "A", LIST)
        assert (file.rows, file.left_out) == (1, 1)
        assert [row.split(",")[0] for row in rows_of(file)] == ['"U-001"']


async def test_g10_people_keep_their_number_when_others_are_left_out(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        trace_id, candidates = await on_server(house, meetings(60, 300))
        await both_answer(house, trace_id, candidates, Answer.NOT_SAME, Answer.SAME)
        (row,) = rows_of(await exporting(house).export(KIM, "A", LIST))
        assert row.startswith('"U-002",')


async def test_g10_a_name_from_scenes_that_are_left_out_is_left_out_and_one_from_papers_stays(
    tmp_path: Path,
) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        trace_id, candidates = await on_server(house, meetings(60, 300))
        await both_answer(house, trace_id, candidates, Answer.SAME, Answer.NOT_SAME)
        one, two = await lists(house).all(KIM, "A")
        await lists(house).add(KIM, "A", entry(*one.scenes, *two.scenes, name="Both Scenes"))
        await lists(house).add(KIM, "A", msgspec.structs.replace(ENTRY, name="Papers Only"))
        named = [row.split(",")[1] for row in rows_of(await exporting(house).export(KIM, "A", LIST))]
        assert named == ['"Both Scenes"', '"Papers Only"']
        (both, _) = await lists(house).all(KIM, "A")
        await lists(house).change(
            seen(KIM, both.version), "A", both.contact_id, entry(*two.scenes, name="Second Scene")
        )
        rows = rows_of(await exporting(house).export(KIM, "A", LIST))
        assert [row.split(",")[:2] for row in rows] == [['"1"', '"Papers Only"'], ['"U-001"', '""']]


async def test_g10_minutes_on_the_file_are_those_of_its_own_scenes(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        trace_id, candidates = await on_server(house, meetings(60, 300))
        await both_answer(house, trace_id, candidates, Answer.SAME, Answer.NOT_SAME)
        one, two = await lists(house).all(KIM, "A")
        await lists(house).add(KIM, "A", entry(*one.scenes, *two.scenes))
        (row,) = rows_of(await exporting(house).export(KIM, "A", LIST))
        assert row.split('","')[5] == "1.0"


async def test_g10_an_answer_that_was_taken_back_opens_nothing(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        trace_id, candidates = await on_server(house, meetings(60))
        await house.confirm(candidates[0], Answer.SAME, KIM)
        await house.review.second(LEE, trace_id)
        second = await house.confirm(candidates[0], Answer.SAME, LEE)
        await exporting(house).export(KIM, "A", LIST)
        await house.review.undo(seen(KIM, second.version), candidates[0])
        with pytest.raises(Refused, match="nothing to export"):
            await exporting(house).export(KIM, "A", LIST)


async def test_g10_a_second_reviewer_who_has_not_finished_reads_no_line_list(tmp_path: Path) -> None:
    """Who is on it says which candidates were confirmed."""
    async with a_house(tmp_path, rehearsal=False) as house:
        trace_id, candidates = await on_server(house, meetings(60, 300))
        await both_answer(house, trace_id, candidates)
        await house.review.second(LEE, trace_id)
        await house.confirm(candidates[0], Answer.SAME, LEE)
        attempts = (
            lists(house).all(LEE, "A"),
            lists(house).add(LEE, "A", ENTRY),
            exporting(house).export(LEE, "A", LIST),
            exporting(house).export(LEE, "A", TIMELINE),
        )
        for attempt in attempts:
            with pytest.raises(Refused, match="tells the first answers") as no:
                await attempt
            assert no.value.rule == "G10"
        await house.confirm(candidates[1], Answer.SAME, LEE)
        assert len(await lists(house).all(LEE, "A")) == 2


async def test_g10_whoever_has_read_the_line_list_is_no_second_reviewer(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        trace_id, candidates = await on_server(house, meetings(60))
        await both_answer(house, trace_id, candidates)
        await lists(house).all(LEE, "A")
        with pytest.raises(Refused, match="seen no answers"):
            await house.review.second(LEE, trace_id)


async def test_g10_the_timeline_has_only_sightings_that_two_people_confirmed(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        trace_id, candidates = await on_server(house, meetings(1500, 3000))
        await both_answer(house, trace_id, candidates, Answer.NOT_SAME, Answer.SAME)
        file = await exporting(house).export(KIM, "A", TIMELINE)
        starts = [row.split('","')[0].strip('"') for row in rows_of(file) if '"sighting"' in row]
        assert (file.left_out, starts) == (1, ["2026-03-02T12:50+09:00"])


async def test_g10_the_number_of_the_case_has_to_be_typed(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        trace_id, candidates = await on_server(house, meetings(60))
        await both_answer(house, trace_id, candidates, Answer.SAME)
        for typed in ("", "a", "B", "A "):
            with pytest.raises(InputError, match="is not A"):
                await exporting(house).export(KIM, "A", msgspec.structs.replace(LIST, typed_case_id=typed))


async def test_g10_the_list_of_somebody_elses_case_is_unknown(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        trace_id, candidates = await on_server(house, meetings(60))
        await both_answer(house, trace_id, candidates, Answer.SAME)
        with pytest.raises(Unknown):
            await lists(house).all(STRANGER, "A")
        with pytest.raises(Unknown):
            await exporting(house).export(STRANGER, "A", LIST)
        assert (await exporting(house).export(CHOI, "A", LIST)).rows == 1


async def test_g10_an_export_stands_in_the_audit_before_it_leaves_and_names_nobody(tmp_path: Path) -> None:
    """By a keyed digest: one of a short list is not found by trying names and numbers (G14)."""
    async with a_house(tmp_path, rehearsal=False) as house:
        trace_id, candidates = await on_server(house, meetings(60))
        await both_answer(house, trace_id, candidates, Answer.SAME)
        (line,) = await lists(house).all(KIM, "A")
        await lists(house).add(KIM, "A", entry(*line.scenes, phone="010-5550-1234"))
        file = await exporting(house).export(KIM, "A", LIST)
        (line_of,) = [line for line in await house.audit() if line.action == "export"]
        assert (line_of.object, line_of.outcome, line_of.person) == (file.export_id, "intent", "kim")
        assert line_of.detail == {
            "kind": "line_list",
            "rows": "1",
            "left_out": "0",
            "file": house.vault.mac(file.sha256),
        }
        for word in ("Park", "010-5550-1234", "roster of 2 March"):
            assert word.encode() not in database(tmp_path)
        assert not any(word in file.name for word in ("A-", "Park", "kim"))
        while await house.store.run(counts.catch_up):
            pass
        assert (await house.store.run(counts.read_totals))["exports"] == 1


async def test_g10_reading_the_list_stands_in_the_audit(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        await on_server(house, meetings(60))
        before = len(await house.audit())
        await lists(house).all(KIM, "A")
        (line,) = (await house.audit())[before:]
        assert (line.action, line.object, line.detail) == ("read", "A", {"what": "contacts"})


async def test_g10_a_replayed_export_gives_the_same_bytes_or_none(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        trace_id, candidates = await on_server(house, meetings(60))
        await both_answer(house, trace_id, candidates, Answer.SAME)
        digest = request_digest("POST", "/v1/cases/A/exports", msgspec.json.encode(LIST), None)
        asked = replace(KIM, key="a-key-of-an-export", request_sha256=digest)
        first = await exporting(house).export(asked, "A", LIST)
        assert await exporting(house).export(asked, "A", LIST) == first
        twice = [line for line in await house.audit() if line.action == "export"]
        assert [line.detail.get("again") for line in twice] == [None, "yes"]
        await lists(house).add(KIM, "A", ENTRY)
        with pytest.raises(Conflict, match="changed since"):
            await exporting(house).export(asked, "A", LIST)
