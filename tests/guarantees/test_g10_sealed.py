"""G10: a copy of the database tells no answer: whoever keeps the backups may look a second time as well."""

from dataclasses import replace
from pathlib import Path

import pytest

from engine.api.closing import Closing
from engine.api.forms import CaseClose, NoticeSent
from engine.api.housekeeping import Housekeeper
from engine.api.schema import DecisionRequest
from engine.domain.decision import Answer, UnclearBecause
from engine.ports import Transaction
from engine.schedule.sweep import Sweeper
from engine.store.backup import DATABASE, backup
from engine.store.sealing import face_key
from tests.engine.api.test_housekeeping import refusals_of
from tests.guarantees.house import ME, OTHER, House, a_house, a_track, seen
from tests.guarantees.line_house import both_answer, meetings, on_server
from tests.guarantees.server_house import KIM

TELLING = (b"not_same", b"cannot_tell", b'"same"', b"twin_like")


async def candidate_of(house: House) -> str:
    await house.case()
    house.pool.tracks = lambda _: (a_track(),)
    return (await house.traced()).candidates[0].candidate_id


async def bytes_of_a_backup(house: House, folder: Path) -> bytes:
    manifest = await backup(house.store, folder, house.clock)
    return (folder / manifest.name / DATABASE).read_bytes()


@pytest.mark.parametrize("answer", Answer)
async def test_g10_a_backup_tells_no_answer_and_no_reason(tmp_path: Path, answer: Answer) -> None:
    async with a_house(tmp_path) as house:
        candidate_id = await candidate_of(house)
        view = await house.review.view(ME, candidate_id, 100.0)
        house.clock.pass_s(1.0)
        request = DecisionRequest(view_id=view.view_id, answer=answer, because=UnclearBecause.TWIN_LIKE)
        await house.review.decide(seen(ME, view.version), candidate_id, request)
        copied = await bytes_of_a_backup(house, tmp_path / "backups")
        assert candidate_id.encode() in copied, "the row is in it"
        assert not [word for word in TELLING if word in copied]
        rows = await house.store.run(lambda tx: tx.rows("SELECT answer, because, sealed FROM decision"))
        assert [(row["answer"], row["because"]) for row in rows] == [(None, None)]


async def test_g10_sealed_answers_are_as_long_as_each_other(tmp_path: Path) -> None:
    """Or their length would tell them."""
    async with a_house(tmp_path) as house:
        candidate_id = await candidate_of(house)
        for number, answer in enumerate(Answer):
            view = await house.review.view(ME, candidate_id, 100.0)
            house.clock.pass_s(1.0)
            because = UnclearBecause.BLUR if answer is Answer.CANNOT_TELL else None
            request = DecisionRequest(view_id=view.view_id, answer=answer, because=because)
            with_key = replace(seen(ME, view.version), key=f"key-{number}", request_sha256="0" * 64)
            await house.review.decide(with_key, candidate_id, request)
        for table in ("decision", "receipt"):
            rows = await house.store.run(
                lambda tx, t=table: tx.rows(f"SELECT length(sealed) AS n FROM {t}")  # type: ignore[misc]
            )
            assert len(rows) == 3 and len({row["n"] for row in rows}) == 1, table


async def as_before(house: House, candidate_id: str) -> None:
    """An answer as releases kept it that did not seal them."""

    async def put(tx: Transaction) -> None:
        await tx.execute(
            "INSERT INTO decision (decision_id, candidate_id, number, person, at, answer, because)"
            " VALUES ('old', ?, 1, 'investigator', '2026-03-05T00:00:00+00:00', 'cannot_tell', 'twin_like')",
            (candidate_id,),
        )

    await house.store.run(put)


async def test_g10_answers_of_an_earlier_release_are_sealed_and_stay_what_they_were(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        candidate_id = await candidate_of(house)
        await as_before(house, candidate_id)
        before = await house.tracing.detail(ME, (await house.tracing.traces(ME))[0].trace_id)
        await Housekeeper(house.context, house.authorise, refusals_of(house.context)).look()
        after = await house.tracing.detail(ME, before.trace.trace_id)
        assert after.candidates == before.candidates
        assert (after.candidates[0].answer, after.candidates[0].because) == ("cannot_tell", "twin_like")
        copied = await bytes_of_a_backup(house, tmp_path / "backups")
        assert not [word for word in TELLING if word in copied]
        second = await house.tracing.detail(OTHER, before.trace.trace_id)
        assert second.candidates[0].answer == Answer.CANNOT_TELL


async def test_g10_an_answer_whose_key_is_gone_waits_for_its_erasure(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        candidate_id = await candidate_of(house)
        await as_before(house, candidate_id)
        await house.context.sealer.destroy(frozenset({face_key("A")}))
        keeper = Housekeeper(house.context, house.authorise, refusals_of(house.context))
        await keeper.look()
        assert keeper.problem == ""
        assert await house.store.run(lambda tx: tx.row("SELECT 1 FROM decision WHERE answer IS NOT NULL"))


async def test_g10_how_often_two_people_differed_outlives_the_answers(tmp_path: Path) -> None:
    """Nobody can count it in the audit any more, where the answers are sealed."""
    async with a_house(tmp_path, rehearsal=False) as house:
        trace_id, candidates = await on_server(house, meetings(60, 300, 540))
        await both_answer(house, trace_id, candidates, Answer.SAME, Answer.NOT_SAME, Answer.CANNOT_TELL)
        desk = Closing(house.context, Sweeper(house.context, stop=house.runner.stop))
        notice = await desk.notice(KIM, "A")
        collected = tuple(one.removeprefix("collected:") for one in notice.to_tell)
        sent_at = house.clock.wall
        form = NoticeSent(sent_at=sent_at, means="post", document_sha256="d" * 64, collected=collected)
        await desk.notice_sent(seen(KIM, notice.version), "A", form)
        (case,) = await house.intake.cases(KIM)
        await desk.close(seen(KIM, case.version), "A", CaseClose(reason="isolation is over"))
        (line,) = [x for x in await house.audit() if (x.action, x.outcome) == ("case", "closed")]
        assert (line.detail["answered_twice"], line.detail["differed"]) == ("3", "2")
