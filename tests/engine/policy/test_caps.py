import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.errors import Refused
from engine.domain.limits import Limits
from engine.policy.caps import Used, allowance, require_room
from engine.policy.scope import CAMERA_HOURS_PER_TRACE

LIMITS = Limits()
HOUR_S = 3600.0


def test_an_authorisation_grants_no_more_than_a_trace_may_open() -> None:
    assert LIMITS.trace_h == CAMERA_HOURS_PER_TRACE


def test_unused_it_is_the_authorisation_that_says_how_much() -> None:
    left = allowance(LIMITS, 1.5, Used())
    assert (left.camera_s, left.said) == (1.5 * HOUR_S, "the cap of 1.5")


@pytest.mark.parametrize(
    ("used", "left_h", "said"),
    [
        (Used(trace_s=98 * HOUR_S), 2, "the cap of 100"),
        (Used(patient_s=399 * HOUR_S), 1, "the 400 that may be opened for one patient"),
        (Used(requester_s=950 * HOUR_S), 50, "the 1000 that one person may ask for in a day"),
        (Used(installation_s=3_999.5 * HOUR_S), 0.5, "the 4000 that this installation may open in a day"),
    ],
)
def test_the_tightest_cap_holds_and_is_named(used: Used, left_h: float, said: str) -> None:
    left = allowance(LIMITS, 1_000.0, used)
    assert left.camera_s == pytest.approx(left_h * HOUR_S)
    assert left.said == said
    require_room(LIMITS, 1_000.0, used, left_h * HOUR_S)
    with pytest.raises(Refused, match=f"beyond {said} camera-hours") as no:
        require_room(LIMITS, 1_000.0, used, left_h * HOUR_S + 1)
    assert no.value.rule == "G4"


def test_where_more_was_used_than_a_cap_allows_now_nothing_is_left() -> None:
    assert allowance(Limits(patient_h=100), 100.0, Used(patient_s=300 * HOUR_S)).camera_s == 0.0


@given(*(st.floats(0, 5_000 * HOUR_S) for _ in range(4)), st.floats(0.001, 100), st.floats(1, 700))
def test_whatever_was_used_one_more_window_never_breaks_a_cap(
    trace_s: float,
    patient_s: float,
    requester_s: float,
    installation_s: float,
    scope_h: float,
    wanted_s: float,
) -> None:
    used = Used(trace_s=trace_s, patient_s=patient_s, requester_s=requester_s, installation_s=installation_s)
    try:
        require_room(LIMITS, scope_h, used, wanted_s)
    except Refused:
        return
    assert trace_s + wanted_s <= min(scope_h, LIMITS.trace_h) * HOUR_S + 0.01
    assert patient_s + wanted_s <= LIMITS.patient_h * HOUR_S + 0.01
    assert requester_s + wanted_s <= LIMITS.requester_day_h * HOUR_S + 0.01
    assert installation_s + wanted_s <= LIMITS.installation_day_h * HOUR_S + 0.01
