import pytest

from engine.domain.limits import Limits


def test_as_shipped_they_are_those_of_the_design() -> None:
    assert Limits() == Limits(trace_h=100, patient_h=400, requester_day_h=1000, installation_day_h=4000)


@pytest.mark.parametrize("hours", [0.0, -1.0, float("nan"), float("inf")])
def test_no_cap_is_nothing_or_endless(hours: float) -> None:
    with pytest.raises(ValueError, match="patient_h"):
        Limits(patient_h=hours)
