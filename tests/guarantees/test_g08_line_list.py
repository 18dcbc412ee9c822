"""G8: nobody on a line list gets a name, or is put together with anybody, for what a camera saw."""

from pathlib import Path

import msgspec
import pytest

from engine.api.asked import Conflict
from engine.api.contact_schema import ContactLine, ContactMerge, ContactUnmerge, SceneOf
from engine.domain.decision import Answer
from engine.domain.errors import InputError, Refused
from tests.guarantees.house import ME, OTHER, House, a_house, case_import, seen
from tests.guarantees.line_house import ENTRY, database, entry, lists, meetings, rehearsed


async def unnamed(house: House) -> list[ContactLine]:
    return [line for line in await lists(house).all(ME, "A") if line.backing is None]


async def confirmed(house: House, *seconds: float, neighbours: int = 1) -> list[ContactLine]:
    """A case with confirmed sightings at these seconds; the unnamed people beside them, in order."""
    _, candidates = await rehearsed(house, meetings(*seconds, neighbours=neighbours))
    for candidate_id in candidates:
        await house.confirm(candidate_id, Answer.SAME)
    return await unnamed(house)


async def test_g08_only_confirmed_sightings_bring_anybody_onto_the_list(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        _, candidates = await rehearsed(house, meetings(60, 300, 600))
        assert await unnamed(house) == []
        await house.confirm(candidates[0], Answer.NOT_SAME)
        await house.confirm(candidates[1], Answer.CANNOT_TELL)
        assert await unnamed(house) == []
        await house.confirm(candidates[2], Answer.SAME)
        (line,) = await unnamed(house)
        assert line.contact_id.startswith(candidates[2])
        assert (line.phone, line.reference) == ("", "")


@pytest.mark.parametrize("reference", ["", "-", "  ..  ", "n/a", "?", "x1"])
async def test_g08_without_a_reference_nobody_gets_a_name(tmp_path: Path, reference: str) -> None:
    async with a_house(tmp_path) as house:
        (line,) = await confirmed(house, 60)
        with pytest.raises(Refused, match="without a reference") as no:
            await lists(house).add(ME, "A", entry(*line.scenes, reference=reference))
        assert no.value.rule == "G8"
        assert [line.contact_id for line in await unnamed(house)] == [line.contact_id]


async def test_g08_a_change_takes_no_reference_away_from_a_name(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.case()
        made = await lists(house).add(ME, "A", ENTRY)
        bare = msgspec.structs.replace(ENTRY, reference="")
        with pytest.raises(Refused, match="without a reference"):
            await lists(house).change(seen(ME, made.version), "A", made.contact_id, bare)


async def test_g08_an_unnamed_person_is_given_no_name_in_place(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        (line,) = await confirmed(house, 60)
        with pytest.raises(Refused) as no:
            await lists(house).change(seen(ME), "A", line.contact_id, ENTRY)
        assert no.value.rule == "G8"


async def test_g08_unnamed_people_are_put_together_with_nobody(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        one, two = await confirmed(house, 60, 300)
        named = await lists(house).add(ME, "A", ENTRY)
        for keep, other in (
            (one.contact_id, two.contact_id),
            (named.contact_id, one.contact_id),
            (one.contact_id, named.contact_id),
        ):
            with pytest.raises(Refused) as no:
                await lists(house).merge(ME, "A", keep, ContactMerge(keep_id=keep, other_ids=(other,)))
            assert no.value.rule == "G8"
        for inside, out in ((one.contact_id, named.contact_id), (named.contact_id, one.contact_id)):
            with pytest.raises(Refused) as no:
                await lists(house).unmerge(ME, "A", inside, ContactUnmerge(other_id=out))
            assert no.value.rule == "G8"


async def test_g08_the_same_bystander_in_two_scenes_stands_in_two_rows(tmp_path: Path) -> None:
    """By the same number in either scene, at the same place of the picture."""
    async with a_house(tmp_path) as house:
        found = await confirmed(house, 60, 300, 600)
        assert len({line.contact_id for line in found}) == 3
        assert len({line.name for line in found}) == 3
        assert [len(line.scenes) for line in found] == [1, 1, 1]


async def test_g08_a_person_links_two_scenes_to_a_name_and_they_are_listed_once(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        one, two, three = await confirmed(house, 60, 300, 600)
        made = await lists(house).add(ME, "A", entry(*one.scenes, *two.scenes))
        assert made.minutes == pytest.approx(one.minutes + two.minutes)
        listed = await lists(house).all(ME, "A")
        assert [line.contact_id for line in listed] == [made.contact_id, three.contact_id]


async def test_g08_a_scene_belongs_to_one_name(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        (line,) = await confirmed(house, 60)
        await lists(house).add(ME, "A", entry(*line.scenes))
        with pytest.raises(Conflict, match="belongs to another contact"):
            await lists(house).add(ME, "A", entry(*line.scenes, name="Lim Su-bin"))


async def test_g08_a_scene_of_nobody_confirmed_is_linked_to_no_name(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        _, (first, second) = await rehearsed(house, meetings(60, 300))
        await house.confirm(first, Answer.SAME)
        for number in (1, 0):
            scene = SceneOf(candidate_id=second, person="U-001", number=number)
            with pytest.raises((InputError, Conflict)):
                await lists(house).add(ME, "A", msgspec.structs.replace(ENTRY, scenes=(scene,)))


async def test_g08_somebody_who_was_not_there_is_linked_to_no_name(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        _, (candidate_id,) = await rehearsed(house, meetings(60))
        await house.confirm(candidate_id, Answer.SAME)
        for scene in (
            SceneOf(candidate_id=candidate_id, person="U-001", number=2),
            SceneOf(candidate_id=candidate_id, person="U-002"),
            SceneOf(candidate_id="none", person="U-001", number=1),
        ):
            with pytest.raises(InputError, match="beside no confirmed sighting"):
                await lists(house).add(ME, "A", msgspec.structs.replace(ENTRY, scenes=(scene,)))


async def test_g08_a_scene_of_another_case_is_linked_to_no_name(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        (line,) = await confirmed(house, 60)
        await house.intake.put_case(ME, case_import("B"))
        with pytest.raises(InputError, match="beside no confirmed sighting"):
            await lists(house).add(ME, "B", entry(*line.scenes))


async def test_g08_a_name_stays_with_its_scene_when_everybody_is_counted_anew(tmp_path: Path) -> None:
    """U-001 of the later scene is somebody else as soon as an earlier sighting is confirmed."""
    async with a_house(tmp_path) as house:
        tracks = (*meetings(60), *meetings(600, neighbours=3))
        _, (early, late) = await rehearsed(house, tracks)
        await house.confirm(late, Answer.SAME)
        before = await unnamed(house)
        assert [line.name for line in before] == ["U-001", "U-002", "U-003"]
        made = await lists(house).add(ME, "A", entry(*before[2].scenes))
        await house.confirm(early, Answer.SAME)
        (kept, *others) = await lists(house).all(ME, "A")
        assert (kept.contact_id, [(s.candidate_id, s.number) for s in kept.scenes]) == (
            made.contact_id,
            [(late, 3)],
        )
        assert sorted(line.contact_id for line in others) == sorted([f"{early}:1", f"{late}:1", f"{late}:2"])
        told_before = before[1].scenes[0]  # "U-002", who is the first person there by now
        other = await lists(house).add(ME, "A", entry(told_before, name="Lim Su-bin"))
        assert [(s.candidate_id, s.number) for s in other.scenes] == [(late, 2)]


async def test_g08_minutes_are_those_of_confirmed_scenes(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        _, candidates = await rehearsed(house, meetings(60, 300))
        _, taken_back = [await house.confirm(candidate_id, Answer.SAME) for candidate_id in candidates]
        one, two = await unnamed(house)
        made = await lists(house).add(ME, "A", entry(*one.scenes, *two.scenes))
        await house.review.undo(seen(ME, taken_back.version), taken_back.candidate_id)
        (line,) = await lists(house).all(ME, "A")
        assert (line.contact_id, line.minutes) == (made.contact_id, pytest.approx(one.minutes))
        changed = await lists(house).change(
            seen(ME, line.version), "A", line.contact_id, entry(*line.scenes, note="called")
        )
        await house.confirm(taken_back.candidate_id, Answer.SAME)
        (after,) = await lists(house).all(ME, "A")  # the link was not lost with the answer
        assert (after.version, len(after.scenes)) == (changed.version, 2)


async def test_g08_rows_put_together_by_a_person_come_apart_as_they_were(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        one, two = await confirmed(house, 60, 300)
        kept = await lists(house).add(ME, "A", entry(*one.scenes))
        other = await lists(house).add(ME, "A", entry(*two.scenes, name="Park Jiwoo", phone="010-5550-1234"))
        merged = await lists(house).merge(
            ME,
            "A",
            kept.contact_id,
            ContactMerge(keep_id=kept.contact_id, other_ids=(other.contact_id,)),
        )
        assert (merged.name, merged.merged, len(merged.scenes)) == (kept.name, (other.contact_id,), 2)
        assert merged.minutes == pytest.approx(kept.minutes + other.minutes)
        assert [line.contact_id for line in await lists(house).all(ME, "A")] == [kept.contact_id]
        alone = await lists(house).unmerge(
            ME, "A", kept.contact_id, ContactUnmerge(other_id=other.contact_id)
        )
        assert (alone.merged, alone.scenes) == ((), kept.scenes)
        back = (await lists(house).all(ME, "A"))[1]
        assert msgspec.structs.replace(back, version=other.version) == other


async def test_g08_a_change_of_the_kept_row_takes_no_scene_out_of_the_other(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        one, two = await confirmed(house, 60, 300)
        kept = await lists(house).add(ME, "A", entry(*one.scenes))
        other = await lists(house).add(ME, "A", entry(*two.scenes, name="Park Jiwoo"))
        merged = await lists(house).merge(
            ME,
            "A",
            kept.contact_id,
            ContactMerge(keep_id=kept.contact_id, other_ids=(other.contact_id,)),
        )
        with pytest.raises(InputError, match="take that row out again first"):
            await lists(house).change(seen(ME, merged.version), "A", kept.contact_id, entry(*one.scenes))
        changed = await lists(house).change(
            seen(ME, merged.version), "A", kept.contact_id, entry(*merged.scenes, note="called")
        )
        assert len(changed.scenes) == 2
        await lists(house).unmerge(ME, "A", kept.contact_id, ContactUnmerge(other_id=other.contact_id))
        first, second = await lists(house).all(ME, "A")
        assert (first.scenes, second.scenes) == (one.scenes, two.scenes)


async def test_g08_of_two_who_change_a_row_the_second_is_told_who_and_when(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.case()
        made = await lists(house).add(OTHER, "A", ENTRY)
        await lists(house).change(seen(OTHER, made.version), "A", made.contact_id, entry(note="called"))
        with pytest.raises(Conflict, match=r"changed by colleague at 2026-03-05 00:00"):
            await lists(house).change(seen(ME, made.version), "A", made.contact_id, ENTRY)


async def test_g08_when_the_faces_are_forgotten_the_scenes_go_and_the_names_stay(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        (line,) = await confirmed(house, 60)
        made = await lists(house).add(ME, "A", entry(*line.scenes))
        candidate_id = line.scenes[0].candidate_id
        assert candidate_id.encode() in database(tmp_path)
        await house.intake.withdraw_ground(ME, "A")
        (after,) = await lists(house).all(ME, "A")
        assert (after.contact_id, after.name, after.scenes, after.minutes) == (
            made.contact_id,
            made.name,
            (),
            0.0,
        )


async def test_g08_which_scenes_a_name_was_linked_with_is_sealed_under_the_key_of_the_faces(
    tmp_path: Path,
) -> None:
    """A copy of the database from before, with the key of the case, says nothing of them."""
    async with a_house(tmp_path) as house:
        (line,) = await confirmed(house, 60)
        await lists(house).add(ME, "A", entry(*line.scenes))
        ((contact_id, sealed),) = await house.blobs("contact")
        candidate_id = line.scenes[0].candidate_id.encode()
        paper = house.vault.open("case:A", f"contact/{contact_id}", sealed)
        assert b"Park Ji-woo" in paper
        assert candidate_id not in paper
