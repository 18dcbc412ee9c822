import itertools

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.decision import Answer
from engine.domain.interval import Interval, gap_s
from engine.domain.record import Record, Source
from engine.domain.visit import Gap, Visit, VisitBasis
from engine.trace.link import possible
from engine.trace.visits import SAME_PLACE_M, SAME_STAY_S, visits
from tests.engine.fakes import a_camera, a_candidate, a_record, a_track, answered, at, disc, span

CAMERAS = {"cam1": a_camera("cam1", place_id="market"), "cam2": a_camera("cam2", 20_000.0, place_id="pier")}
LABELS = {"market": "Saebyeol Market", "pier": "East Pier"}
DAY = span(-720, 720)
FAR = disc(20_000.0)


def timeline(
    *records: object, candidates: tuple = (), decisions: dict | None = None, within: Interval = DAY
) -> tuple[tuple[Visit, ...], tuple[Gap, ...]]:
    return visits(records, candidates, decisions or {}, CAMERAS, LABELS, within)


def bounds(gaps: tuple[Gap, ...]) -> list[tuple[float, float]]:
    return [
        ((g.interval.start - at(0)).total_seconds() / 60, (g.interval.end - at(0)).total_seconds() / 60)
        for g in gaps
    ]


def test_records_of_one_place_close_in_time_are_one_stay() -> None:
    stays, _ = timeline(
        a_record(0, place_id="market", source=Source.ENTRY), a_record(25, place_id="market", sigma_s=5.0)
    )
    (stay,) = stays
    assert (stay.interval.start, stay.interval.end) == (at(0), at(25))
    assert stay.interval.sigma_s == 60.0  # its first end was told by the less certain clock
    assert stay.label == "Saebyeol Market"
    assert stay.record_ids == ("card-25", "entry-0")
    assert stay.visit_id == "V-001"


def test_the_same_place_hours_later_is_another_stay() -> None:
    stays, _ = timeline(a_record(0, place_id="market"), a_record(120, place_id="market"))
    assert len(stays) == 2


def test_two_named_places_side_by_side_stay_two() -> None:
    stays, _ = timeline(a_record(0, place_id="market"), a_record(5, place_id="bakery", where=disc(5)))
    assert [s.place_id for s in stays] == ["market", "bakery"]


def test_a_narrow_fix_joins_the_stay_it_lies_in_and_a_wide_cell_does_not() -> None:
    stay = a_record(0, 30, place_id="market", where=disc(0, 30))
    fix = a_record(10, source=Source.GPS, where=disc(20, 16))
    cell = a_record(10, source=Source.PHONE, where=disc(20, 500))
    assert len(timeline(stay, fix)[0]) == 1
    assert len(timeline(stay, cell)[0]) == 2


def test_a_disc_over_a_kilometre_or_no_position_is_no_presence() -> None:
    wide = a_record(0, where=disc(0, 1_001), source=Source.PHONE)
    stays, gaps = timeline(wide)
    assert stays == ()
    assert bounds(gaps) == [(-720, 720)]


def test_only_confirmed_sightings_are_on_the_timeline() -> None:
    candidate = a_candidate()
    for answer in (Answer.NOT_SAME, Answer.CANNOT_TELL):
        assert timeline(candidates=(candidate,), decisions=answered(candidate, answer=answer))[0] == ()
    assert timeline(candidates=(candidate,))[0] == ()
    ((stay,), _) = timeline(candidates=(candidate,), decisions=answered(candidate))
    assert stay.basis is VisitBasis.SIGHTING
    assert (stay.label, stay.camera_ids, stay.candidate_ids) == ("Saebyeol Market", ("cam1",), ("cand-1",))


def test_a_sighting_and_a_record_of_one_place_support_each_other() -> None:
    candidate = a_candidate(track=a_track("cam1", 5))
    ((stay,), _) = timeline(
        a_record(0, place_id="market"), candidates=(candidate,), decisions=answered(candidate)
    )
    assert stay.basis is VisitBasis.BOTH
    assert (stay.interval.start, stay.interval.end) == (at(0), at(7))


def test_stays_that_cannot_both_be_true_are_shown_side_by_side_as_a_conflict() -> None:
    stays, _ = timeline(a_record(0, 10, place_id="market"), a_record(5, 15, place_id="pier", where=FAR))
    assert [s.conflict for s in stays] == [
        "cannot be true beside East Pier at 2026-03-02T03:05Z",
        "cannot be true beside Saebyeol Market at 2026-03-02T03:00Z",
    ]


def test_what_nothing_covers_is_said_and_short_stretches_are_not() -> None:
    _, gaps = timeline(
        a_record(0, 60, place_id="market"), a_record(80, 90, place_id="bakery", where=disc(300))
    )
    assert bounds(gaps) == [(-720, 0), (90, 720)]
    assert {g.reason for g in gaps} == {"not covered"}


def test_a_long_stay_under_a_short_one_leaves_no_gap_after_the_short_one() -> None:
    _, gaps = timeline(
        a_record(-700, 700, place_id="market", source=Source.INTERVIEW),
        a_record(0, 1, place_id="bakery", where=disc(300)),
    )
    assert gaps == ()


def test_a_purchase_known_only_by_its_day_covers_nothing() -> None:
    settled = a_record(-720, 720, place_id="market", sigma_s=0.0, moment=True)
    stays, gaps = timeline(settled)
    assert stays[0].moment
    assert (stays[0].interval.start, stays[0].interval.end) == (at(-720), at(720))
    assert bounds(gaps) == [(-720, 720)]


def test_a_purchase_known_only_by_its_day_swallows_no_other_stay() -> None:
    settled = a_record(-720, 720, place_id="market", sigma_s=0.0, moment=True, record_id="settled")
    morning, evening = a_record(-200, place_id="market"), a_record(300, place_id="market")
    stays, _ = timeline(settled, morning, evening)
    assert [(s.moment, s.record_ids) for s in stays] == [
        (True, ("settled",)),
        (False, ("card--200",)),
        (False, ("card-300",)),
    ]


def test_a_purchase_known_only_by_its_day_conflicts_with_no_visit_elsewhere_on_that_day() -> None:
    settled = a_record(-720, 720, place_id="pier", where=FAR, sigma_s=0.0, moment=True)
    stays, _ = timeline(settled, a_record(0, 30, place_id="market"))
    assert [s.conflict for s in stays] == ["", ""]


def test_a_moment_that_is_known_to_the_minute_is_an_ordinary_stay() -> None:
    ((stay,), gaps) = timeline(
        a_record(0, place_id="market", source=Source.ENTRY, moment=True), within=span(-5, 10)
    )
    assert not stay.moment
    assert gaps == ()


rows = st.lists(
    st.tuples(
        st.floats(-900, 900), st.floats(0, 400), st.sampled_from(["market", "pier", ""]), st.booleans()
    ),
    max_size=8,
).map(
    lambda many: [
        a_record(start, start + length, place_id=place, moment=moment, record_id=f"r{n}")
        for n, (start, length, place, moment) in enumerate(many)
    ]
)


@given(rows, st.floats(-900, 800), st.floats(1, 900))
def test_every_minute_of_the_window_is_a_stay_or_a_gap_or_a_short_stretch_and_no_record_is_lost(
    records: list[Record], start: float, length: float
) -> None:
    window = span(start, start + length)
    stays, gaps = timeline(*records, within=window)
    assert sorted(i for s in stays for i in s.record_ids) == sorted(r.record_id for r in records)
    sure = [s.interval for s in stays if not s.moment]
    for gap in gaps:
        assert window.contains(gap.interval)
        assert gap.interval.duration_s >= 1800
        assert all(s.end <= gap.interval.start or gap.interval.end <= s.start for s in sure)
    covered = sorted([*sure, *(g.interval for g in gaps)], key=lambda i: i.start)
    edge = window.start
    for stretch in covered:
        if stretch.start < window.end:
            assert (stretch.start - edge).total_seconds() < 1800
        edge = max(edge, stretch.end)
    assert (window.end - edge).total_seconds() < 1800


def test_a_record_of_an_unknown_place_is_shown_and_covers_nothing() -> None:
    nowhere = a_record(60, 180, note="merchant not in the gazetteer")
    nowhere = msgspec.structs.replace(nowhere, disc=None)
    stays, gaps = visits((nowhere,), (), {}, {}, {}, span(0, 240))
    assert [v.label for v in stays] == ["card record, place unknown"]
    assert stays[0].disc is None
    assert [(g.interval.start, g.interval.end) for g in gaps] == [(at(0), at(240))]


journeys = st.lists(
    st.tuples(
        st.floats(0, 300),
        st.floats(0, 60),
        st.sampled_from([0.0, 25.0, 400.0, 9_000.0, 80_000.0]),
        st.sampled_from([16.0, 60.0, 900.0]),
        st.sampled_from([0.0, 60.0, 2_000.0]),
        st.booleans(),
    ),
    max_size=12,
).map(
    lambda many: [
        a_record(
            start,
            start + length,
            where=disc(north, radius),
            sigma_s=sigma_s,
            moment=moment,
            record_id=f"r{n}",
        )
        for n, (start, length, north, radius, sigma_s, moment) in enumerate(many)
    ]
)


@given(journeys)
def test_a_stay_is_in_conflict_exactly_where_no_journey_joins_it_with_some_other(
    records: list[Record],
) -> None:
    stays, _ = timeline(*records)
    for stay in stays:
        others = [o for o in stays if o is not stay]
        assert bool(stay.conflict) == any(not a_journey_joins(stay, other) for other in others)


def a_journey_joins(one: Visit, other: Visit) -> bool:
    assert one.disc is not None and other.disc is not None
    return possible(
        one.interval, one.disc, other.interval, other.disc, moment_a=one.moment, moment_b=other.moment
    )


@given(journeys)
def test_no_stay_is_left_beside_the_one_that_it_continues(records: list[Record]) -> None:
    sure = [s for s in timeline(*records)[0] if not s.moment]
    for earlier, later in itertools.pairwise(sure):
        if gap_s(earlier.interval, later.interval) < SAME_STAY_S and earlier.disc == later.disc:
            assert earlier.disc is not None
            assert earlier.disc.radius_m > 2 * SAME_PLACE_M  # wide ones are never known to be one place
