"""G6: past footage only, asked where a window is granted: whatever an authorisation or a plan says."""

from datetime import timedelta
from pathlib import Path

import pytest

from engine.domain.authorisation import Authorisation, AuthorisationState, Purpose, Scope
from engine.domain.camera import CameraWindow
from engine.domain.errors import Refused
from engine.domain.interval import Interval
from engine.domain.record import Source
from engine.domain.trace import TraceState
from engine.ports import Transaction
from engine.trace.narrow import Plan
from tests.guarantees.house import ME, NOW, a_house


async def test_g06_no_grant_is_given_for_minutes_to_come(tmp_path: Path) -> None:
    """The insider smuggles in an authorisation that reaches into tomorrow, and a plan that does."""
    tomorrow = Interval(start=NOW - timedelta(hours=1), end=NOW + timedelta(days=1))
    window = CameraWindow(
        window_id="w",
        camera_id="hall",
        interval=Interval(start=NOW - timedelta(minutes=5), end=NOW + timedelta(minutes=5)),
        weight=1.0,
        record_ids=(),
    )
    standing = Authorisation(
        authorisation_id="standing",
        case_id="A",
        purpose=Purpose.INFECTION_CONTROL,
        scope=Scope(
            cameras=frozenset({"hall"}),
            sources=frozenset(Source),
            interval=tomorrow,
            face_search=True,
            max_camera_hours=10.0,
        ),
        requested_by=ME.name,
        requested_at=NOW,
        expires_at=NOW + timedelta(days=1),
        state=AuthorisationState.APPROVED,
        four_eyes=False,
    )
    async with a_house(tmp_path) as house:
        await house.case()

        async def smuggle(tx: Transaction) -> None:
            await house.context.authorisations.put(tx, standing)
            await house.context.traces.add(
                tx, trace_id="T", case_id="A", authorisation_id="standing", queued=NOW
            )
            trace = await house.context.traces.get(tx, "T")
            await house.context.traces.put_step(tx, trace, "narrow", Plan(windows=(window,)))

        await house.store.run(smuggle)
        await house.runner.submit("T")
        assert await house.over("T") is TraceState.STOPPED_AUTHORISATION
        assert not house.pool.grants


async def test_g06_an_authorisation_for_the_past_is_not_given_for_the_past(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.case()
        with pytest.raises(Exception, match="lies in the past"):
            await house.authorisation(expires_at=NOW)
        with pytest.raises(Refused, match="days at most"):
            await house.authorisation(expires_at=NOW + timedelta(days=365))
