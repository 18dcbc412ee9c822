from hypothesis import given
from hypothesis import strategies as st

from engine.domain.decision import Answer
from engine.domain.journey import FASTEST_M_S
from engine.domain.record import Source
from engine.trace.link import NEARBY_M, contradictions, link, possible
from tests.engine.fakes import a_camera, a_candidate, a_record, a_track, answered, disc, points, span

CAMERAS = {"cam1": a_camera("cam1"), "cam2": a_camera("cam2", 20_000.0)}
FAR = disc(20_000.0, 30.0)


def test_two_places_close_by_are_always_possible() -> None:
    assert possible(span(0, 10), disc(0, 0), span(0, 10), disc(NEARBY_M - 1, 0))


def test_a_journey_needs_its_time_at_the_fastest_speed() -> None:
    seconds = (20_000 - 60 - NEARBY_M) / FASTEST_M_S
    start, end = disc(0, 30), disc(20_000, 30)
    assert not possible(span(0, 0), start, span(seconds / 60 - 0.2, 60), end)
    assert possible(span(0, 0), start, span(seconds / 60 + 0.2, 60), end)


def test_the_doubt_of_both_clocks_is_granted_three_times() -> None:
    unsure = span(0, 0, sigma_s=150.0)
    assert not possible(span(0, 0), disc(), span(2, 2), FAR)
    assert possible(unsure, disc(), span(2, 2, sigma_s=50.0), FAR)


def test_wide_places_leave_less_of_a_way() -> None:
    assert not possible(span(0, 0), disc(0, 30), span(1, 1), disc(5_000, 30))
    assert possible(span(0, 0), disc(0, 1_500), span(1, 1), disc(5_000, 1_500))


def test_a_stay_throughout_a_day_forbids_another_place_on_that_day_and_a_moment_in_it_does_not() -> None:
    day, lunch = span(-720, 720), span(0, 30)
    assert not possible(lunch, disc(), day, FAR)
    assert possible(lunch, disc(), day, FAR, moment_b=True)
    assert possible(day, FAR, lunch, disc(), moment_a=True)


def test_a_moment_within_too_short_a_span_stays_impossible() -> None:
    assert not possible(span(0, 5), disc(), span(-1, 6), FAR, moment_b=True)


def test_two_moments_of_one_day_can_both_be() -> None:
    assert possible(span(0, 60), disc(), span(0, 60), FAR, moment_a=True, moment_b=True)
    assert not possible(span(0, 2), disc(), span(0, 2), FAR, moment_a=True, moment_b=True)


spans = st.tuples(st.floats(-500, 500), st.floats(0, 500)).map(lambda p: span(p[0], p[0] + p[1]))
metres = st.floats(0, 60_000)


@given(spans, spans, metres, st.booleans(), st.booleans())
def test_order_does_not_matter_and_a_moment_never_forbids_more_than_a_stay(
    a: object, b: object, far_m: float, moment_a: bool, moment_b: bool
) -> None:
    here, there = disc(), disc(far_m)
    one = possible(a, here, b, there, moment_a=moment_a, moment_b=moment_b)
    other = possible(b, there, a, here, moment_a=moment_b, moment_b=moment_a)
    assert one == other
    assert one or not possible(a, here, b, there)


def test_candidates_come_best_first_and_ties_keep_one_order() -> None:
    low, high, tie = (a_candidate(i, a_track(llr=llr)) for i, llr in (("a", 1.0), ("b", 7.0), ("c", 1.0)))
    assert [c.candidate_id for c in link([tie, low, high], [], CAMERAS, {})] == ["b", "a", "c"]


def test_one_wrong_record_is_tolerated_and_two_are_believed() -> None:
    candidate = a_candidate()
    one, two = a_record(1, where=FAR), a_record(2, where=FAR, source=Source.ENTRY)
    assert link([candidate], [one], CAMERAS, {})[0].infeasible == ""
    said = link([candidate], [one, two], CAMERAS, {})[0].infeasible
    assert said == "no journey from 2 records (card, entry)"


def test_soft_sources_and_rows_without_a_place_never_forbid() -> None:
    soft = [
        a_record(n, where=FAR, source=s)
        for n, s in enumerate((Source.INTERVIEW, Source.ROSTER, Source.PHONE, Source.INTERVIEW))
    ]
    nowhere = [a_record(n, record_id=f"n{n}", disc=None) for n in range(3)]
    assert link([a_candidate()], [*soft, *nowhere], CAMERAS, {})[0].infeasible == ""


def test_purchases_known_only_by_their_day_forbid_nothing_on_that_day() -> None:
    settled = [a_record(-720, 720, where=FAR, sigma_s=0.0, record_id=f"s{n}", moment=True) for n in range(3)]
    stays = [a_record(-720, 720, where=FAR, sigma_s=0.0, record_id=f"s{n}") for n in range(3)]
    assert link([a_candidate()], settled, CAMERAS, {})[0].infeasible == ""
    assert link([a_candidate()], stays, CAMERAS, {})[0].infeasible != ""


def test_a_confirmed_sighting_elsewhere_at_that_time_forbids_and_an_unconfirmed_one_does_not() -> None:
    here = a_candidate("here", a_track("cam1", 0))
    there = a_candidate("there", a_track("cam2", 1))
    later = a_candidate("later", a_track("cam2", 60))
    by_id = {c.candidate_id: c for c in link([here, there, later], [], CAMERAS, answered(there))}
    assert by_id["here"].infeasible == "no journey from the confirmed sighting at cam2 by the door"
    assert by_id["there"].infeasible == by_id["later"].infeasible == ""
    for other in (Answer.NOT_SAME, Answer.CANNOT_TELL):
        assert not any(c.infeasible for c in link([here, there], [], CAMERAS, answered(there, answer=other)))


def test_two_confirmed_sightings_that_cannot_both_be_true_are_both_marked() -> None:
    here, there = a_candidate("here", a_track("cam1", 0)), a_candidate("there", a_track("cam2", 1))
    assert all(c.infeasible for c in link([here, there], [], CAMERAS, answered(here, there)))


def test_two_faces_in_one_picture_are_not_both_the_patient() -> None:
    left = a_candidate("left", a_track(points=points(0.0, 2.0, x_px=100.0)))
    right = a_candidate("right", a_track(points=points(0.0, 2.0, x_px=400.0)))
    linked = link((left, right), (), {"cam1": a_camera("cam1")}, answered(left))
    assert {c.candidate_id: bool(c.infeasible) for c in linked} == {"left": False, "right": True}


def test_confirmed_sightings_that_nobody_can_have_made_are_a_contradiction() -> None:
    here = a_candidate("a", a_track("cam1", 0, 1))
    far = a_candidate("b", a_track("cam2", 2, 1))
    late = a_candidate("c", a_track("cam2", 60, 1))
    beside = a_candidate("d", a_track("cam1", 0, 1, points=points(0, 1, x_px=500.0)))
    found = [late, far, here, beside]
    assert contradictions(found, CAMERAS, {}) == ()
    rejected = answered(far, answer=Answer.NOT_SAME)
    assert contradictions(found, CAMERAS, answered(here, late) | rejected) == ()
    told = contradictions(found, CAMERAS, answered(here, far, late))
    assert told == (
        ("a", "b", "no journey from cam1 by the door to cam2 by the door in the time between them"),
    )
    told = contradictions(found, CAMERAS, answered(here, beside))
    assert told == (("a", "d", "both stand in one picture of cam1 by the door: they are two people"),)
