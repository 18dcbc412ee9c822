import pytest

from engine.domain.decision import Answer, UnclearBecause
from engine.domain.errors import InputError, Refused
from engine.domain.track import WindowResult
from engine.store.reviews import View
from engine.store.sealing import face_key
from engine.trace.context import Context
from engine.vault.keys import Erased
from tests.engine.fakes import (
    NOW,
    a_candidate,
    a_case,
    a_decision,
    a_ground,
    a_still,
    a_track,
    an_authorisation,
    with_case,
)

STILLS = (a_still("face", b"face pixels"), a_still("frame", b"frame pixels"))


async def reviewed(
    context: Context, *numbers: int, case_id: str = "case-1", trace_id: str = "trace-1"
) -> None:
    """Candidates ``cand-N`` of one trace of a case."""
    await with_case(
        context,
        case=a_case(case_id),
        authorisation=an_authorisation(f"auth-{case_id}", case_id=case_id),
        ground=a_ground(case_id),
    )
    await context.store.run(
        lambda tx: context.traces.add(
            tx, trace_id=trace_id, case_id=case_id, authorisation_id=f"auth-{case_id}", queued=NOW
        )
    )
    for number in numbers:
        candidate = a_candidate(f"cand-{number}", a_track(stills=STILLS), case_id=case_id, trace_id=trace_id)
        await context.store.run(lambda tx, c=candidate: context.reviews.add_candidate(tx, c))


async def test_candidates_come_in_the_order_of_arrival_and_without_pictures(context: Context) -> None:
    await reviewed(context, 3, 1, 2)
    found = await context.store.run(lambda tx: context.reviews.of_trace(tx, "trace-1"))
    assert [c.candidate_id for c in found] == ["cand-3", "cand-1", "cand-2"]
    assert all(c.track.stills == () for c in found)
    assert await context.store.run(lambda tx: context.reviews.count(tx, "trace-1")) == 3


async def test_pictures_are_read_by_themselves(context: Context) -> None:
    await reviewed(context, 1)
    candidate = await context.store.run(lambda tx: context.reviews.get(tx, "cand-1"))
    assert await context.store.run(lambda tx: context.reviews.pictures(tx, candidate)) == STILLS


async def test_pictures_moved_to_another_candidate_do_not_open(context: Context) -> None:
    await reviewed(context, 1, 2)
    await context.store.run(
        lambda tx: tx.execute(
            "UPDATE candidate SET pictures ="
            " (SELECT pictures FROM candidate WHERE candidate_id = 'cand-2') WHERE candidate_id = 'cand-1'"
        )
    )
    candidate = await context.store.run(lambda tx: context.reviews.get(tx, "cand-1"))
    with pytest.raises(InputError, match="does not open"):
        await context.store.run(lambda tx: context.reviews.pictures(tx, candidate))


async def test_an_unknown_candidate_and_an_unknown_view_are_told_apart_from_known_ones(
    context: Context,
) -> None:
    with pytest.raises(Refused, match="no candidate cand-9"):
        await context.store.run(lambda tx: context.reviews.get(tx, "cand-9"))
    assert await context.store.run(lambda tx: context.reviews.view(tx, "view-9")) is None


async def test_a_view_comes_back_as_it_went_in(context: Context) -> None:
    await reviewed(context, 1)
    view = View(view_id="v1", candidate_id="cand-1", person="kim", at=NOW, face_height_px=61.5)
    await context.store.run(lambda tx: context.reviews.add_view(tx, view))
    assert await context.store.run(lambda tx: context.reviews.view(tx, "v1")) == view


async def test_decisions_keep_their_order_and_a_reversal_is_one_more(context: Context) -> None:
    await reviewed(context, 1)
    made = (
        a_decision("cand-1", Answer.CANNOT_TELL, decision_id="z", because=UnclearBecause.BLUR),
        a_decision("cand-1", None, decision_id="y", withdraws="z"),
        a_decision("cand-1", Answer.SAME, decision_id="x"),
    )
    for decision in made:
        await context.store.run(lambda tx, d=decision: context.reviews.add_decision(tx, d))
    assert await context.store.run(lambda tx: context.reviews.decisions(tx, "trace-1")) == made


async def test_forgetting_the_faces_of_a_case_leaves_nothing_of_them_and_touches_no_other_case(
    context: Context,
) -> None:
    await reviewed(context, 1, 2)
    await reviewed(context, 3, case_id="case-2", trace_id="trace-2")
    for candidate_id in ("cand-1", "cand-3"):
        view = View(
            view_id=f"v-{candidate_id}", candidate_id=candidate_id, person="kim", at=NOW, face_height_px=70
        )
        await context.store.run(lambda tx, v=view: context.reviews.add_view(tx, v))
        await context.store.run(lambda tx, i=candidate_id: context.reviews.add_decision(tx, a_decision(i)))
    for trace_id in ("trace-1", "trace-2"):
        row = await context.store.run(lambda tx, i=trace_id: context.traces.get(tx, i))
        await context.store.run(
            lambda tx, r=row: context.traces.put_window(tx, r, WindowResult(window_id="cam1/0"))
        )
    assert await context.store.run(lambda tx: context.reviews.forget_faces(tx, "case-1")) == 2
    left = {}
    for table in ("candidate", "view", "decision", "window_result"):
        found = await context.store.run(lambda tx, t=table: tx.row(f"SELECT count(*) AS n FROM {t}"))
        left[table] = found["n"]  # type: ignore[index]
    assert left == {"candidate": 1, "view": 1, "decision": 1, "window_result": 1}
    assert await context.store.run(lambda tx: context.reviews.count(tx, "trace-2")) == 1


async def test_without_the_key_of_the_faces_no_candidate_opens_and_the_records_still_do(
    context: Context,
) -> None:
    await reviewed(context, 1)
    context.sealer.vault.destroy(frozenset({face_key("case-1")}))
    with pytest.raises(Erased):
        await context.store.run(lambda tx: context.reviews.get(tx, "cand-1"))
    assert (await context.store.run(lambda tx: context.cases.get(tx, "case-1"))).case_id == "case-1"
