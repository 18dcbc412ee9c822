from engine.domain.record import Source
from engine.trace.gather import gather
from tests.engine.fakes import a_record, a_scope, span

WINDOW = span(0, 600)


def test_records_come_in_order_of_time() -> None:
    records = [a_record(n) for n in (50, 10, 30)]
    assert [r.record_id for r in gather(records, WINDOW, a_scope())] == ["card-10", "card-30", "card-50"]


def test_a_source_that_was_not_permitted_is_not_looked_at() -> None:
    scope = a_scope(sources=frozenset({Source.CARD}))
    records = [a_record(5, source=Source.PHONE), a_record(6)]
    assert [r.source for r in gather(records, WINDOW, scope)] == [Source.CARD]


def test_what_lies_outside_the_infectious_window_is_left_out() -> None:
    assert gather([a_record(-30), a_record(630)], WINDOW, a_scope()) == ()


def test_a_record_whose_doubt_reaches_into_the_window_is_kept() -> None:
    near, far = a_record(-3, sigma_s=100.0, record_id="near"), a_record(-4, sigma_s=100.0, record_id="far")
    assert [r.record_id for r in gather([near, far], WINDOW, a_scope())] == ["near"]


def test_a_record_without_a_place_is_kept_for_the_eyes_of_a_person() -> None:
    assert len(gather([a_record(5, disc=None)], WINDOW, a_scope())) == 1
