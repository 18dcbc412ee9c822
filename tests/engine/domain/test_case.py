from datetime import UTC, date, datetime

import pytest

from engine.domain.case import infectious_window
from engine.domain.errors import InputError
from tests.engine.fakes import DISEASE, a_case


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def test_the_window_runs_from_two_days_before_onset_to_the_end_of_the_day_of_isolation() -> None:
    window = infectious_window(a_case(onset=date(2026, 3, 2), isolation=date(2026, 3, 4)), DISEASE)
    assert window.start == utc(2026, 2, 27, 15)  # midnight of 28 February in Seoul
    assert window.end == utc(2026, 3, 4, 15)


def test_without_symptoms_the_day_of_the_specimen_takes_the_place_of_onset() -> None:
    case = a_case(onset=None, specimen=date(2026, 3, 10), isolation=date(2026, 3, 10))
    assert infectious_window(case, DISEASE).start == utc(2026, 3, 7, 15)


def test_onset_wins_over_the_specimen() -> None:
    case = a_case(onset=date(2026, 3, 2), specimen=date(2026, 3, 9))
    assert infectious_window(case, DISEASE).start == utc(2026, 2, 27, 15)


def test_without_isolation_the_disease_says_when_it_ends() -> None:
    case = a_case(onset=date(2026, 3, 2), isolation=None)
    assert infectious_window(case, DISEASE).end == utc(2026, 3, 16, 15)


def test_late_isolation_does_not_prolong_it() -> None:
    case = a_case(onset=date(2026, 3, 2), isolation=date(2026, 5, 1))
    assert infectious_window(case, DISEASE).end == utc(2026, 3, 16, 15)


def test_an_approximate_onset_adds_a_day_before_and_none_after() -> None:
    sure, about = a_case(), a_case(onset_approximate=True)
    assert infectious_window(about, DISEASE).start == utc(2026, 2, 26, 15)
    assert infectious_window(about, DISEASE).end == infectious_window(sure, DISEASE).end


def test_neither_onset_nor_specimen_is_refused_with_the_mend() -> None:
    with pytest.raises(InputError, match=r"onset: neither onset nor specimen date is given; give onset"):
        infectious_window(a_case(onset=None), DISEASE)


def test_isolation_before_the_infectious_period_is_refused() -> None:
    with pytest.raises(InputError, match="isolation 2026-02-01 lies before"):
        infectious_window(a_case(isolation=date(2026, 2, 1)), DISEASE)


def test_isolation_on_its_first_day_leaves_that_day() -> None:
    window = infectious_window(a_case(onset=date(2026, 3, 2), isolation=date(2026, 2, 28)), DISEASE)
    assert window.duration_s == 86_400


def test_days_are_days_of_the_cases_own_time_zone() -> None:
    case = a_case(onset=date(2026, 7, 2), isolation=date(2026, 7, 2), timezone="America/New_York")
    assert infectious_window(case, DISEASE).start == utc(2026, 6, 30, 4)


def test_a_day_of_the_change_to_summer_time_is_23_hours_and_back_is_25() -> None:
    spring = a_case(onset=date(2026, 3, 31), isolation=date(2026, 3, 29), timezone="Europe/Berlin")
    autumn = a_case(onset=date(2026, 10, 27), isolation=date(2026, 10, 25), timezone="Europe/Berlin")
    assert infectious_window(spring, DISEASE).duration_s == 23 * 3600
    assert infectious_window(autumn, DISEASE).duration_s == 25 * 3600


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../../etc/passwd", "Asia/Seoul\x00"])
def test_an_unknown_time_zone_is_refused_and_not_a_crash(zone: str) -> None:
    with pytest.raises(InputError, match="timezone"):
        infectious_window(a_case(timezone=zone), DISEASE)


@pytest.mark.parametrize("onset", [date.min, date.max])
def test_a_date_at_the_edge_of_the_calendar_is_refused_and_not_a_crash(onset: date) -> None:
    with pytest.raises(InputError, match="onset"):
        infectious_window(a_case(onset=onset, isolation=None), DISEASE)
