"""G20: of one reading everybody is handed their own result, and nobody's keys or keyed rows fit another's."""

import asyncio

from engine.domain.track import MaskState, WindowResult
from engine.ports import WindowRequest
from engine.schedule.frames import GrantResult, ScanDone
from engine.schedule.waiting import Wanted, hand_out
from engine.store.sealing import case_key, face_key
from tests.engine.fakes import a_camera, a_track, a_window
from tests.engine.schedule.parts import asking, done, read


def wanted(trace_id: str, grant_id: str) -> Wanted:
    async def permit() -> object:
        raise AssertionError

    request = WindowRequest(
        trace_id=trace_id,
        window=a_window(),
        camera=a_camera(),
        segments=(),
        template=trace_id.encode(),
        reference_mask=MaskState.BARE,
        permit=permit,  # type: ignore[arg-type]
        progress=lambda *_: None,
    )
    return Wanted(request, asyncio.get_running_loop().create_future(), grant_id=grant_id)


def result(window_id: str, llr: float) -> WindowResult:
    return WindowResult(window_id=window_id, tracks=(a_track(llr=llr),))


async def test_g20_of_one_reading_everybody_gets_the_result_of_their_own_grant() -> None:
    """The worker answers in another order, and not at all for the third."""
    group = [wanted("A", "grant-a"), wanted("B", "grant-b"), wanted("C", "grant-c")]
    answers = (
        GrantResult(grant_id="grant-b", result=result("w", 2.0)),
        GrantResult(grant_id="grant-a", result=result("w", 1.0)),
    )
    hand_out(group, ScanDone(job="j", results=answers), {})
    a, b, c = [one.answer.result() for one in group]
    assert [t.llr for t in a.tracks] == [1.0]
    assert [t.llr for t in b.tracks] == [2.0]
    assert c.tracks == ()
    assert c.stopped


async def test_g20_of_every_part_of_a_reading_everybody_gets_their_own() -> None:
    """B is the only one whom the worker answers in the second part."""
    _, (a, b) = await read(
        lambda number, message: done(message, without="A" if number == 2 else ""), asking("A"), asking("B")
    )
    assert (a.sampling, a.frames) == ("", 0)
    assert a.stopped
    assert (b.sampling, b.frames) == ("B", 30)


async def test_g20_a_file_that_is_missing_for_one_is_missing_for_nobody_else() -> None:
    group = [wanted("A", "grant-a"), wanted("B", "grant-b")]
    answers = tuple(GrantResult(grant_id=f"grant-{x}", result=result("w", 1.0)) for x in "ab")
    hand_out(group, ScanDone(job="j", results=answers), {"of-nobody.mp4": "is missing"})
    assert [one.answer.result().problems for one in group] == [(), ()]


def test_g20_every_case_has_keys_of_its_own() -> None:
    keys = {key(case_id) for key in (case_key, face_key) for case_id in ("A", "B", "A/B")}
    assert len(keys) == 6
