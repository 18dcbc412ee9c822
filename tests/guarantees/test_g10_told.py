"""G10: whoever was told a first answer by a note, by the audit or by a refusal is no second reviewer, and
who only looks at a screen that is there anyway is told none."""

from pathlib import Path

import msgspec
import pytest

from engine.api.asked import Asked, Conflict
from engine.api.auditing import Auditing
from engine.api.board import Board
from engine.api.case_schema import Kept, KeptText
from engine.api.contact_schema import ContactMerge
from engine.api.keeping import Keeping
from engine.api.review_schema import SecondWanted
from engine.audit import log
from engine.audit.checkpoint import CheckpointSigner
from engine.audit.line import decode
from engine.domain.authorisation import Role
from engine.domain.decision import Answer
from engine.domain.errors import InputError, Refused
from engine.store.sealing import face_key
from engine.trace.footage_table import Footage
from tests.guarantees.house import ME, OTHER, House, a_house, a_track, by, seen
from tests.guarantees.line_house import entry, lists, meetings, on_server
from tests.guarantees.server_house import KIM, LEE

ANOTHER_OF_OTHER = by("colleague-2", 1008, login_uid=1002)
AUDITOR = by("auditor", 1020, Role.AUDITOR)
TOLD = "the second one is him, I have confirmed it"
ANSWERS = {str(answer) for answer in Answer}


async def unanswered(house: House, count: int = 2) -> tuple[str, list[str]]:
    """A trace of candidates that nobody has answered; trace and candidates."""
    await house.case()
    house.pool.tracks = lambda request: (
        tuple(a_track(seconds=60.0 + 90 * n, llr=6.0 - n) for n in range(count))
        if request.window.window_id == house.pool.grants[0].window_id
        else ()
    )
    found = await house.traced()
    return found.trace.trace_id, [c.candidate_id for c in found.candidates]


async def handed_over(house: House) -> tuple[str, list[str]]:
    """A trace of which ME has confirmed the first candidate, and written so into the handover note."""
    trace_id, candidates = await unanswered(house)
    await house.confirm(candidates[0], Answer.SAME)
    await keeping(house).keep(seen(ME, 0), "A", "handover", KeptText(text=TOLD))
    return trace_id, candidates


async def as_before(house: House, candidate_id: str, who: Asked = ME) -> None:
    """A line as releases wrote it that did not seal answers."""
    await house.store.run(
        lambda tx: log.append(
            tx,
            at=house.clock.now(),
            person=who.name,
            action="decide",
            object_id=candidate_id,
            outcome=str(Answer.SAME),
        )
    )


def keeping(house: House) -> Keeping:
    return Keeping(house.context)


def auditing(house: House) -> Auditing:
    return Auditing(house.context, CheckpointSigner(b"s" * 32, "bucheon/test"))


async def note_on_board(house: House, who: Asked) -> Kept:
    (case,) = await Board(house.context, Footage(house.context)).cases(who)
    assert case.handover is not None
    return case.handover


async def no_second(house: House, trace_id: str, who: Asked) -> None:
    with pytest.raises(Refused, match="seen no answers") as no:
        await house.review.second(who, trace_id)
    assert no.value.rule == "G10"


@pytest.mark.parametrize("who", [OTHER, ANOTHER_OF_OTHER], ids=["themselves", "under another account"])
async def test_g10_whoever_has_read_the_handover_of_others_is_no_second_reviewer(
    tmp_path: Path, who: Asked
) -> None:
    async with a_house(tmp_path) as house:
        trace_id, _ = await handed_over(house)
        assert (await keeping(house).kept(who, "A", "handover")).text == TOLD
        await no_second(house, trace_id, OTHER)
        looked = [line for line in await house.audit() if (line.action, line.outcome) == ("read", "handover")]
        assert [line.person for line in looked] == [who.name]


async def test_g10_the_handover_is_remembered_of_an_answer_that_was_taken_back(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        trace_id, candidates = await handed_over(house)
        await house.review.undo(seen(ME, 2), candidates[0])
        await keeping(house).kept(OTHER, "A", "handover")
        await no_second(house, trace_id, OTHER)


async def test_g10_a_handover_that_was_read_before_any_answer_keeps_nobody_away(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        trace_id, candidates = await unanswered(house)
        await keeping(house).keep(seen(ME, 0), "A", "handover", KeptText(text="ask the cafe"))
        assert (await note_on_board(house, OTHER)).text == "ask the cafe"
        assert (await keeping(house).kept(OTHER, "A", "handover")).text == "ask the cafe"
        await house.confirm(candidates[0], Answer.SAME)
        await house.review.second(OTHER, trace_id)


async def test_g10_the_board_shows_the_words_of_a_handover_to_nobody_who_may_still_be_second(
    tmp_path: Path,
) -> None:
    """It is there whenever somebody sits down: they would never be asked."""
    async with a_house(tmp_path) as house:
        trace_id, _ = await handed_over(house)
        for who in (OTHER, ANOTHER_OF_OTHER):
            note = await note_on_board(house, who)
            assert (note.text, note.by, note.withheld) == ("", ME.name, True)
        assert (await note_on_board(house, ME)).text == TOLD
        await house.review.second(OTHER, trace_id)


async def test_g10_the_board_shows_the_words_of_a_handover_to_who_has_read_it(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await handed_over(house)
        await keeping(house).kept(OTHER, "A", "handover")
        note = await note_on_board(house, OTHER)
        assert (note.text, note.withheld) == (TOLD, False)


async def test_g10_a_handover_is_withheld_while_a_second_reviewer_is_wanted(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        trace_id, candidates = await handed_over(house)
        await house.noting.second(ME, candidates[0], SecondWanted())
        with pytest.raises(Refused, match="a second reviewer is wanted") as no:
            await keeping(house).kept(OTHER, "A", "handover")
        assert no.value.rule == "G10"
        await house.review.second(OTHER, trace_id)


async def test_g10_whoever_asked_for_the_first_answers_reads_the_handover_too(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        trace_id, candidates = await handed_over(house)
        await house.noting.second(ME, candidates[0], SecondWanted())
        await house.review.look(OTHER, trace_id)
        assert (await keeping(house).kept(OTHER, "A", "handover")).text == TOLD


async def test_g10_second_answers_stand_once_the_handover_was_read(tmp_path: Path) -> None:
    """Whoever has answered everything may read it, and changes nothing any more."""
    async with a_house(tmp_path) as house:
        trace_id, candidates = await handed_over(house)
        await house.review.second(OTHER, trace_id)
        for candidate_id in candidates:
            await house.confirm(candidate_id, Answer.NOT_SAME, OTHER)
        assert (await note_on_board(house, OTHER)).withheld, "they may still change their mind"
        await keeping(house).kept(OTHER, "A", "handover")
        with pytest.raises(Refused, match="yours stands"):
            await house.confirm(candidates[0], Answer.SAME, OTHER)


async def test_g10_nobody_writes_over_a_handover_that_they_have_not_read(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await handed_over(house)
        version = (await note_on_board(house, OTHER)).version
        with pytest.raises(Refused, match="have not read the note"):
            await keeping(house).keep(seen(OTHER, version), "A", "handover", KeptText(text="mine"))
        await keeping(house).kept(OTHER, "A", "handover")
        kept = await keeping(house).keep(seen(OTHER, version), "A", "handover", KeptText(text="mine"))
        assert kept.text == "mine"


# --- the audit ----------------------------------------------------------------------------------


async def answers_read(house: House, who: Asked) -> list[str]:
    """What the tail of the audit says that others answered."""
    lines = await auditing(house).read(who.person, 0)
    return [line.outcome for line in lines if line.action == "decide" and line.person != who.name]


@pytest.mark.parametrize("who", [OTHER, ANOTHER_OF_OTHER], ids=["themselves", "under another account"])
async def test_g10_the_tail_of_the_audit_tells_no_answer_to_who_may_still_be_second(
    tmp_path: Path, who: Asked
) -> None:
    async with a_house(tmp_path) as house:
        trace_id, candidates = await handed_over(house)
        assert await answers_read(house, who) == ["answered"]
        await house.review.second(OTHER, trace_id)
        assert await answers_read(house, who) == ["answered"]
        for candidate_id in candidates:
            await house.confirm(candidate_id, Answer.NOT_SAME, OTHER)
        assert await answers_read(house, OTHER) == ["answered"], "they may still change their mind"
        await house.tracing.detail(OTHER, trace_id)
        assert await answers_read(house, OTHER) == ["same"]


async def test_g10_one_reads_ones_own_answers_in_the_audit(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        _, candidates = await handed_over(house)
        await house.confirm(candidates[1], Answer.NOT_SAME)
        lines = await auditing(house).read(ME.person, 0)
        assert [line.outcome for line in lines if line.action == "decide"] == ["same", "not_same"]


async def test_g10_an_auditor_who_works_on_no_case_reads_all_and_is_no_second_reviewer_later(
    tmp_path: Path,
) -> None:
    async with a_house(tmp_path) as house:
        trace_id, _ = await handed_over(house)
        assert await answers_read(house, AUDITOR) == ["same"]
        await no_second(house, trace_id, by(AUDITOR.name, AUDITOR.person.uid, Role.INVESTIGATOR))


async def test_g10_whoever_has_taken_the_audit_away_is_no_second_reviewer(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        trace_id, candidates = await handed_over(house)
        await as_before(house, candidates[0])
        page = await auditing(house).export(OTHER.person, 0)
        taken = [decode(record.line) for record in page.records if record.line]
        assert ANSWERS & {line.outcome for line in taken}, "or there would be nothing to be told"
        await no_second(house, trace_id, OTHER)


async def test_g10_the_audit_that_is_taken_away_tells_no_answer_and_keeps_nobody_from_a_second_look(
    tmp_path: Path,
) -> None:
    async with a_house(tmp_path) as house:
        trace_id, candidates = await handed_over(house)
        await house.confirm(candidates[1], Answer.NOT_SAME)
        page = await auditing(house).export(OTHER.person, 0)
        lines = [decode(record.line) for record in page.records if record.line]
        assert [line.outcome for line in lines if line.action == "decide"] == ["answered"] * 2
        assert not any(answer in record.line for record in page.records for answer in ANSWERS)
        sealed = [line.detail["answer"] for line in lines if line.action == "decide"]
        assert len({len(text) for text in sealed}) == 1, "nor by their length"
        await house.review.second(OTHER, trace_id)
        assert await answers_read(house, OTHER) == ["answered"] * 2


async def test_g10_a_sealed_answer_of_the_audit_goes_with_the_case(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        _, _ = await handed_over(house)
        assert await answers_read(house, AUDITOR) == ["same"]
        await house.context.sealer.destroy(frozenset({face_key("A")}))
        assert await answers_read(house, AUDITOR) == ["answered"]


async def test_g10_a_blind_second_reviewer_takes_no_audit_away(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        trace_id, candidates = await handed_over(house)
        await as_before(house, candidates[0])
        await house.review.second(OTHER, trace_id)
        for who in (OTHER, ANOTHER_OF_OTHER):
            with pytest.raises(Refused, match="the audit tells the first answers") as no:
                await auditing(house).export(who.person, 0)
            assert no.value.rule == "G10"
        for candidate_id in candidates:
            await house.confirm(candidate_id, Answer.NOT_SAME, OTHER)
        await auditing(house).export(OTHER.person, 0)
        with pytest.raises(Refused, match="yours stands"):
            await house.confirm(candidates[0], Answer.SAME, OTHER)


async def test_g10_who_may_be_the_second_reviewer_that_is_wanted_takes_no_audit_away(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        trace_id, candidates = await handed_over(house)
        await as_before(house, candidates[0])
        await house.noting.second(ME, candidates[0], SecondWanted())
        with pytest.raises(Refused, match="a second reviewer is wanted"):
            await auditing(house).export(OTHER.person, 0)
        assert await auditing(house).export(AUDITOR.person, 0), "nobody asks an auditor for a second answer"
        await house.review.look(OTHER, trace_id)
        assert await auditing(house).export(OTHER.person, 0)


# --- refusals -----------------------------------------------------------------------------------


async def test_g10_whoever_was_told_of_confirmed_scenes_by_a_refusal_is_no_second_reviewer(
    tmp_path: Path,
) -> None:
    """That scenes are missing from a row says that their sightings are confirmed."""
    async with a_house(tmp_path, rehearsal=False) as house:
        trace_id, candidates = await on_server(house, meetings(60))
        await house.confirm(candidates[0], Answer.SAME, KIM)
        (unnamed,) = await lists(house).all(KIM, "A")
        whole = await lists(house).add(KIM, "A", entry(*unnamed.scenes))
        other = await lists(house).add(KIM, "A", msgspec.structs.replace(entry(), name="Park Ji-won"))
        merged = ContactMerge(keep_id=other.contact_id, other_ids=(whole.contact_id,))
        row = await lists(house).merge(KIM, "A", other.contact_id, merged)
        with pytest.raises(InputError, match="leave out 1"):
            await lists(house).change(seen(LEE, row.version), "A", row.contact_id, entry())
        await no_second(house, trace_id, LEE)


async def test_g10_of_two_notes_to_whoever_goes_on_none_is_lost(tmp_path: Path) -> None:
    """Who writes over a note reads it first, so they know what it tells."""
    async with a_house(tmp_path) as house:
        _, _ = await handed_over(house)
        await keeping(house).kept(OTHER, "A", "handover")
        await keeping(house).keep(seen(OTHER, 1), "A", "handover", KeptText(text="theirs"))
        with pytest.raises(Conflict, match=r"the note was changed by colleague at 20.*Z; read it"):
            await keeping(house).keep(seen(ME, 1), "A", "handover", KeptText(text="mine"))
        assert (await keeping(house).kept(ME, "A", "handover")).text == "theirs"
