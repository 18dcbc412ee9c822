from datetime import timedelta

import msgspec
import pytest

from engine.audit import log
from engine.domain.camera import CameraWindow
from engine.domain.errors import Refused
from engine.domain.grant import WindowGrant
from engine.domain.limits import Limits
from engine.domain.track import Enrolment, MaskState, WindowResult
from engine.policy.caps import Used
from engine.ports import Row, Transaction
from engine.store import events
from engine.trace.context import Context
from engine.trace.window import keep, permitted, used_so_far
from tests.engine.fakes import (
    DIGEST,
    NOW,
    TEMPLATE,
    SetClock,
    a_case,
    a_track,
    a_window,
    an_authorisation,
    at,
    queued,
)

SUBJECT = Enrolment(template=TEMPLATE, mask=MaskState.BARE, inter_eye_px=60.0, blur=150.0, portraits=())


async def ask(context: Context, window: CameraWindow, trace_id: str = "trace-1") -> WindowGrant:
    async def asked(tx: Transaction) -> WindowGrant:
        trace = await context.traces.get(tx, trace_id)
        return await permitted(context, tx, trace, window, SUBJECT, (DIGEST,))

    return await context.store.run(asked)


async def accounts(context: Context) -> list[Row]:
    return await context.store.run(lambda tx: tx.rows("SELECT * FROM usage ORDER BY rowid"))


async def test_the_minutes_are_on_the_accounts_with_the_intent(context: Context) -> None:
    await queued(context, requested_by="lee")
    await ask(context, a_window("cam1", 0, 10))
    (line,) = await accounts(context)
    assert (line["trace_id"], line["case_id"], line["requester"]) == ("trace-1", "case-1", "lee")
    assert (line["day"], line["camera_s"]) == ("2026-03-06", 600.0)
    assert "cam1" not in line["window_mac"]
    (said,) = await context.store.run(log.lines)
    assert (said[0].action, said[0].outcome) == ("search", "intent")


async def test_where_nobody_is_named_who_asked_it_is_who_asked_for_the_authorisation(
    context: Context,
) -> None:
    await queued(context)
    await ask(context, a_window())
    assert (await accounts(context))[0]["requester"] == an_authorisation().requested_by


async def test_the_same_window_again_is_charged_once_and_a_longer_one_in_full(context: Context) -> None:
    await queued(context)
    for window in (a_window("cam1", 0, 5), a_window("cam1", 0, 5), a_window("cam1", 0, 10)):
        await ask(context, window)
    assert [line["camera_s"] for line in await accounts(context)] == [300.0, 600.0]


async def test_a_refused_window_is_neither_charged_nor_in_the_audit(context: Context) -> None:
    await queued(context)
    object.__setattr__(context.site, "limits", Limits(patient_h=0.25))
    await ask(context, a_window("cam1", 0, 10))
    with pytest.raises(Refused, match=r"0\.25 that may be opened for one patient") as no:
        await ask(context, a_window("cam1", 10, 20))
    assert no.value.rule == "G4"
    assert len(await accounts(context)) == 1
    assert len(await context.store.run(log.lines)) == 1
    await ask(context, a_window("cam1", 0, 10))  # what is paid for may be read again


async def test_the_authorisation_itself_caps_its_trace(context: Context) -> None:
    await queued(context)
    small = an_authorisation("auth-case-1")
    small = msgspec.structs.replace(small, scope=msgspec.structs.replace(small.scope, max_camera_hours=0.2))
    await context.store.run(lambda tx: context.authorisations.put(tx, small))
    await ask(context, a_window("cam1", 0, 10))
    with pytest.raises(Refused, match=r"beyond the cap of 0\.2 camera-hours"):
        await ask(context, a_window("cam1", 10, 20))


@pytest.mark.parametrize(
    ("window", "why"),
    [(a_window("cam9"), "outside the authorisation"), (a_window("cam1", 601, 602), "outside")],
)
async def test_outside_the_scope_nothing_is_charged(context: Context, window: CameraWindow, why: str) -> None:
    await queued(context)
    with pytest.raises(Refused, match=why):
        await ask(context, window)
    assert await accounts(context) == []


async def test_a_window_that_ends_in_the_future_is_refused(context: Context, clock: SetClock) -> None:
    await queued(context)
    clock.time = at(5)
    with pytest.raises(Refused, match="ends in the future") as no:
        await ask(context, a_window("cam1", 0, 10))
    assert no.value.rule == "G6"


async def test_a_closed_case_is_not_searched_for(context: Context) -> None:
    await queued(context)
    await context.store.run(lambda tx: tx.execute("UPDATE case_file SET state = 'closed'"))
    with pytest.raises(Refused, match="no open case"):
        await ask(context, a_window())


async def test_the_day_is_that_of_the_latest_time_ever_seen(context: Context, clock: SetClock) -> None:
    await queued(context)
    clock.forward(3600)
    await ask(context, a_window("cam1", 0, 10))
    clock.time -= timedelta(days=3)
    await ask(context, a_window("cam1", 10, 20))
    assert {line["day"] for line in await accounts(context)} == {NOW.date().isoformat()}


async def test_what_was_used_so_far_is_told_for_the_plan(context: Context) -> None:
    await queued(context)
    await queued(context, "trace-2", "case-2")
    other = a_case("case-2", notification_ref="N-2")
    await context.store.run(lambda tx: context.cases.put(tx, other))
    await ask(context, a_window("cam1", 0, 10))
    await ask(context, a_window("cam1", 0, 5), "trace-2")

    async def used(tx: Transaction) -> Used:
        trace = await context.traces.get(tx, "trace-1")
        return await used_so_far(context, tx, trace, an_authorisation("auth-case-1"))

    assert await context.store.run(used) == Used(
        trace_s=600.0, patient_s=600.0, requester_s=900.0, installation_s=900.0
    )


async def test_what_a_window_gave_is_told_candidate_by_candidate_and_only_once(context: Context) -> None:
    await queued(context)
    trace = await context.store.run(lambda tx: context.traces.get(tx, "trace-1"))
    result = WindowResult(window_id="cam1/0", tracks=(a_track(), a_track(from_min=5)))
    for _ in "12":
        await context.store.run(lambda tx: keep(context, tx, trace, result))
    told = await context.store.run(lambda tx: events.after(tx, 0))
    added = [e for e in told if e.kind == "candidate"]
    known = await context.store.run(lambda tx: context.reviews.of_trace(tx, "trace-1"))
    assert [e.object_id for e in added] == [c.candidate_id for c in known]
    assert {(e.state, e.case_id) for e in added} == {("added", "case-1")}
