from datetime import timedelta

import pytest

from engine.domain.authorisation import AuthorisationState, Purpose, Scope
from engine.domain.case import infectious_window
from engine.domain.errors import InputError, Refused
from engine.domain.interval import Interval
from engine.policy.scope import (
    CAMERA_HOURS_PER_TRACE,
    camera_hours,
    check_purpose,
    check_scope,
    require_inside,
    require_live,
)
from tests.engine.fakes import DISEASE, NOW, a_case, a_scope, a_window, an_authorisation, at, span

CAMERAS = {"cam1": object(), "cam2": object()}


def check(scope: Scope) -> Scope:
    case = a_case()
    return check_scope(
        scope, case=case, infectious=infectious_window(case, DISEASE), cameras=CAMERAS, now=NOW
    )


def test_a_scope_over_past_footage_of_known_cameras_is_fine() -> None:
    check(a_scope())


def test_a_scope_is_given_for_the_infectious_period_alone() -> None:
    infectious = infectious_window(a_case(), DISEASE)
    assert check(a_scope(interval=span(-30 * 1440, 60))).interval == Interval(
        start=infectious.start, end=at(60)
    )
    assert check(a_scope(interval=span(0, 10))).interval == span(0, 10)


def test_a_scope_that_ends_in_the_future_is_refused() -> None:
    from_min = (NOW - at(0)).total_seconds() / 60
    check(a_scope(interval=span(0, from_min)))
    with pytest.raises(Refused, match=r"ends in the future.*\[G6\]"):
        check(a_scope(interval=span(0, from_min + 0.1)))


def test_a_scope_outside_the_infectious_period_names_both() -> None:
    with pytest.raises(InputError, match=r"2026-02-20T03:00Z.*outside the infectious period of case case-1"):
        check(a_scope(interval=span(-10 * 1440, -9 * 1440)))


def test_an_unknown_camera_is_named() -> None:
    with pytest.raises(InputError, match="camera cam7 is not in the registry"):
        check(a_scope(cameras=frozenset({"cam1", "cam7"})))


@pytest.mark.parametrize("hours", [-1.0, 0.0, CAMERA_HOURS_PER_TRACE + 0.1, float("nan"), float("inf")])
def test_camera_hours_beyond_the_cap_or_none_at_all_are_refused(hours: float) -> None:
    with pytest.raises(Refused, match=r"camera-hours.*\[G4\]"):
        check(a_scope(max_camera_hours=hours))


def test_a_trace_by_records_alone_needs_no_camera_hours() -> None:
    check(a_scope(face_search=False, max_camera_hours=0.0, cameras=frozenset()))


@pytest.mark.parametrize("purpose", ["missing child", "", "Infection_Control", "infection_control "])
def test_there_is_one_purpose(purpose: str) -> None:
    with pytest.raises(Refused, match="G17"):
        check_purpose(purpose)
    assert check_purpose("infection_control") is Purpose.INFECTION_CONTROL


def test_only_an_approved_authorisation_is_live_and_only_until_it_expires() -> None:
    approved = an_authorisation()
    require_live(approved, approved.expires_at - timedelta(microseconds=1))
    with pytest.raises(Refused, match="expired"):
        require_live(approved, approved.expires_at)
    with pytest.raises(Refused, match="not approved"):
        require_live(an_authorisation(state=AuthorisationState.REQUESTED), NOW)
    with pytest.raises(Refused, match="revoked"):
        require_live(an_authorisation(state=AuthorisationState.REVOKED), NOW)


def test_a_window_is_inside_by_subset_and_not_by_likeness() -> None:
    scope = a_scope(interval=span(0, 10))
    require_inside(a_window("cam1", 0, 10), scope)
    for window in (a_window("cam1", -0.01, 5), a_window("cam1", 5, 10.01)):
        with pytest.raises(Refused, match="outside the authorisation"):
            require_inside(window, scope)
    with pytest.raises(Refused, match="camera cam3"):
        require_inside(a_window("cam3", 0, 10), scope)
    with pytest.raises(Refused, match="does not cover a face search"):
        require_inside(a_window("cam1", 0, 10), a_scope(interval=span(0, 10), face_search=False))


def test_no_cameras_means_none_and_never_all() -> None:
    with pytest.raises(Refused, match="outside the authorisation"):
        require_inside(a_window(), a_scope(cameras=frozenset()))


def test_camera_hours_add_up() -> None:
    assert camera_hours([a_window("cam1", 0, 10), a_window("cam2", 0, 5)]) == pytest.approx(0.25)
