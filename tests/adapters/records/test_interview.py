from collections.abc import Callable

import pytest

from engine.domain.errors import InputError
from engine.domain.record import Source
from engine.ports import ParsedRecords, RecordMapping

Parse = Callable[..., ParsedRecords]
MAPPING = RecordMapping(source=Source.INTERVIEW)
HEAD = "place,start,end,certainty,mask,companions\n"


def test_a_stay_is_found_through_the_gazetteer_and_as_certain_as_the_patient_was(parse: Parse) -> None:
    sure, unsure, number = parse(
        HEAD
        + "Saebyeol Market,2026-03-02 12:00,2026-03-02 13:00,certain,예,0\n"
        + "Saebyeol Market,2026-03-02 12:00,2026-03-02 13:00,불확실,no,2\n"
        + "Saebyeol Market,2026-03-02 12:00,,0.55,,\n",
        MAPPING,
    ).records
    assert sure.place_id == "market"
    assert (sure.certainty, sure.interval.sigma_s, sure.note) == (0.9, 1800, "mask worn, alone")
    assert (unsure.certainty, unsure.interval.sigma_s, unsure.note) == (0.4, 3600, "no mask, with 2 others")
    assert (number.certainty, number.note) == (0.55, "end not told")


def test_names_of_companions_never_get_in(parse: Parse) -> None:
    parsed = parse(HEAD + "Saebyeol Market,2026-03-02 12:00,,certain,,cousin Seo-yun\n", MAPPING)
    assert "Seo-yun" not in repr(parsed)
    assert parsed.records[0].note.endswith("with others")
    assert parsed.dropped == {"text about companions": 1}


def test_from_one_date_to_another_is_a_stay_of_those_days(parse: Parse) -> None:
    (record,) = parse(HEAD + "Saebyeol Market,2026-03-02,2026-03-03,likely,,\n", MAPPING).records
    assert record.interval.duration_s == 2 * 86_400
    assert not record.moment


def test_a_date_alone_is_some_time_on_that_day(parse: Parse) -> None:
    (record,) = parse(HEAD + "Saebyeol Market,2026-03-02,,likely,,\n", MAPPING).records
    assert record.interval.duration_s == 86_400
    assert record.moment


def test_a_stated_uncertainty_and_radius_win_over_the_usual_ones(parse: Parse) -> None:
    (record,) = parse(
        "place,start,sigma_s,radius_m\nSaebyeol Market,2026-03-02 12:00,900,300\n", MAPPING
    ).records
    assert record.interval.sigma_s == 900
    assert record.disc is not None
    assert record.disc.radius_m == 300


def test_an_end_before_the_start_is_refused(parse: Parse) -> None:
    with pytest.raises(InputError, match="row 2, column end"):
        parse(HEAD + "Saebyeol Market,2026-03-02 12:00,2026-03-02 11:00,likely,,\n", MAPPING)
