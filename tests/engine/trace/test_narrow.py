from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.domain.authorisation import Scope
from engine.domain.camera import MAX_WINDOW_S, Camera, Clock, Segment
from engine.domain.interval import Interval
from engine.domain.record import Record, Source
from engine.policy.caps import Allowance
from engine.policy.geometry import reaches
from engine.policy.scope import camera_hours
from engine.trace.narrow import AROUND_S, BELIEF, Plan, covered, narrow, without
from tests.engine.fakes import a_camera, a_record, a_scope, a_segment, at, disc, span

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ALWAYS = (a_segment("cam1", -600, 600), a_segment("cam2", -600, 600))


def plan(
    *records: Record,
    cameras: Sequence[Camera] = (a_camera("cam1"), a_camera("cam2", 200.0)),
    segments: Sequence[Segment] = ALWAYS,
    scope: Scope | None = None,
    infectious: Interval | None = None,
    left: Allowance | None = None,
    scanned: Mapping[str, Sequence[Interval]] | None = None,
) -> Plan:
    return narrow(
        records,
        infectious=infectious or span(-1440, 1440),
        scope=scope or a_scope(),
        cameras=cameras,
        segments=lambda camera_id: [s for s in segments if s.camera_id == camera_id],
        left=left,
        scanned=scanned,
    )


def minutes(made: Plan, camera_id: str = "cam1") -> list[tuple[float, float]]:
    """Windows of a camera in minutes after noon, in order of time."""
    return sorted(
        (
            (w.interval.start - at(0)).total_seconds() / 60,
            (w.interval.end - at(0)).total_seconds() / 60,
        )
        for w in made.windows
        if w.camera_id == camera_id
    )


def test_a_record_opens_the_cameras_that_see_its_place_and_no_other() -> None:
    made = plan(a_record(0))
    assert {w.camera_id for w in made.windows} == {"cam1"}
    assert all(w.record_ids == ("card-0",) for w in made.windows)


def test_the_minutes_are_those_around_the_record_and_twice_the_doubt_of_record_and_clock() -> None:
    before_s, after_s = AROUND_S[Source.GPS]
    made = plan(a_record(0, source=Source.GPS, sigma_s=30.0), cameras=(a_camera(clock=Clock(sigma_s=40.0)),))
    slack_s = 2 * 50.0
    assert minutes(made)[0][0] == pytest.approx(-(before_s + slack_s) / 60)
    assert minutes(made)[-1][1] == pytest.approx((after_s + slack_s) / 60)


def test_a_clock_that_was_never_measured_widens_the_search_by_twenty_minutes_each_way() -> None:
    record = a_record(0, source=Source.GPS, sigma_s=0.0)
    known, unknown = (plan(record, cameras=(a_camera(clock=c),)) for c in (Clock(sigma_s=0.0), Clock()))
    assert minutes(known)[0][0] - minutes(unknown)[0][0] == pytest.approx(20.0)
    assert minutes(unknown)[-1][1] - minutes(known)[-1][1] == pytest.approx(20.0)


def test_windows_are_true_time_whatever_the_clock_of_the_camera_says() -> None:
    fast = a_camera(clock=Clock(offset_s=420.0, sigma_s=0.0))
    made = plan(
        a_record(0, source=Source.PHONE, to_min=5, sigma_s=0.0),
        cameras=(fast,),
        segments=(a_segment("cam1", 7, 10),),  # by the device; 12:00 to 12:03 in truth
    )
    assert minutes(made) == [(0, 3)]


def test_footage_with_a_gap_is_opened_on_both_sides_of_it() -> None:
    camera = a_camera(clock=Clock(sigma_s=3.0))
    segment = a_segment("cam1", 0, 10, gaps=((120.0, 180.0), (300.0, 301.0)))
    assert covered(camera, [segment]) == [span(0, 2, 3.0), span(3, 5, 3.0), span(5 + 1 / 60, 10, 3.0)]


def test_gaps_that_overlap_or_reach_over_an_end_leave_no_negative_footage() -> None:
    camera = a_camera(clock=Clock(sigma_s=0.0))
    segment = a_segment("cam1", 0, 10, gaps=((500.0, 900.0), (-60.0, 60.0), (30.0, 120.0)))
    assert covered(camera, [segment]) == [span(2, 500 / 60)]


def test_two_files_over_the_same_minutes_are_still_one_window() -> None:
    made = plan(
        a_record(0, 9, source=Source.PHONE, sigma_s=0.0),
        cameras=(a_camera(clock=Clock(sigma_s=0.0)),),
        segments=(a_segment("cam1", -60, 6, file="a.mp4"), a_segment("cam1", 4, 60, file="b.mp4")),
    )
    assert minutes(made) == [(0, 9)]
    assert made.without_footage_s == 0.0


def short_files(*from_min: float) -> list[Segment]:
    """Files of a minute each."""
    return [a_segment("cam1", start, start + 1, file=f"{start}.mp4") for start in from_min]


def test_footage_with_pauses_is_one_window_in_ten_minutes_and_only_the_footage_is_paid_for() -> None:
    made = plan(
        a_record(0, 20, source=Source.PHONE, sigma_s=0.0),
        cameras=(a_camera(clock=Clock(sigma_s=0.0)),),
        segments=short_files(1, 4, 8.5, 9.5, 15),  # two of them meet, and go on beyond the ten minutes
    )
    first, second = sorted(made.windows, key=lambda w: w.interval.start)
    assert (first.interval, first.pauses) == (span(1, 10), (span(2, 4), span(5, 8.5)))
    assert first.stretches == (span(1, 2), span(4, 5), span(8.5, 10))
    assert (second.interval, second.pauses) == (span(10, 16), (span(10.5, 15),))
    assert made.camera_hours == pytest.approx(5 / 60)


def test_what_was_scanned_before_is_no_pause_between_what_is_new() -> None:
    made = plan(
        a_record(0, 9, source=Source.PHONE, sigma_s=0.0),
        cameras=(a_camera(clock=Clock(sigma_s=0.0)),),
        segments=short_files(1, 4, 7),
        scanned={"cam1": [span(4, 5)]},
    )
    assert minutes(made) == [(1, 2), (7, 8)]


def test_footage_that_comes_later_into_a_pause_is_planned_then() -> None:
    record, camera = a_record(0, 9, source=Source.PHONE, sigma_s=0.0), a_camera(clock=Clock(sigma_s=0.0))
    (before,) = plan(record, cameras=(camera,), segments=short_files(1, 7)).windows
    made = plan(record, cameras=(camera,), segments=short_files(1, 4, 7), scanned={"cam1": before.stretches})
    assert minutes(made) == [(4, 5)]


def test_what_has_no_footage_is_counted_and_not_planned() -> None:
    made = plan(
        a_record(0, 10, source=Source.PHONE, sigma_s=0.0),
        segments=(),
        cameras=(a_camera(clock=Clock(sigma_s=0.0)),),
    )
    assert made.windows == ()
    assert made.without_footage_s == pytest.approx(600.0)


def test_a_disc_over_a_kilometre_selects_nothing_and_is_said() -> None:
    assert plan(a_record(0, where=disc(0, 1_000), source=Source.PHONE)).windows != ()
    made = plan(a_record(0, where=disc(0, 1_001), source=Source.PHONE), a_record(1, disc=None))
    assert made.windows == ()
    assert made.notes == ("1 records are wider than 1000 m and select no camera",)


def test_a_camera_outside_the_authorisation_is_never_opened() -> None:
    made = plan(a_record(0, where=disc(0, 500)), scope=a_scope(cameras=frozenset({"cam2"})))
    assert {w.camera_id for w in made.windows} == {"cam2"}
    assert plan(a_record(0), scope=a_scope(cameras=frozenset())).windows == ()


def test_an_authorisation_beside_the_infectious_window_gives_nothing() -> None:
    made = plan(a_record(0), infectious=span(700, 800))
    assert made.windows == ()
    assert made.notes == ("the authorisation does not touch the infectious window",)


def test_records_that_ask_for_the_same_minutes_share_one_window_with_both_reasons() -> None:
    made = plan(
        a_record(0, 10, source=Source.PHONE, sigma_s=0.0),
        a_record(5, 10, source=Source.INTERVIEW, sigma_s=0.0),
        cameras=(a_camera(clock=Clock(sigma_s=0.0)),),
    )
    (window,) = made.windows
    assert window.record_ids == ("interview-5", "phone-0")
    assert window.weight == pytest.approx(BELIEF[Source.PHONE])


def test_the_most_promising_windows_come_first() -> None:
    made = plan(
        a_record(-300, source=Source.ROSTER),
        a_record(0, source=Source.ENTRY),
        a_record(300, source=Source.CARD, certainty=0.5),
    )
    weights = [w.weight for w in made.windows]
    assert weights == sorted(weights, reverse=True)
    assert {w.record_ids for w in made.windows[:2]} == {("entry-0",)}
    assert {w.weight for w in made.windows} == {0.9, 0.4, 0.3}


def test_a_wide_place_promises_less_than_a_narrow_one() -> None:
    wide = plan(a_record(0, where=disc(0, 500), source=Source.PHONE))
    narrow_one = plan(a_record(0, where=disc(0, 50), source=Source.PHONE))
    assert wide.windows[0].weight == pytest.approx(narrow_one.windows[0].weight / 5)


def test_beyond_the_cap_the_least_promising_are_left_out_and_that_is_said() -> None:
    roster = a_record(-300, source=Source.ROSTER, sigma_s=0.0)
    entry = a_record(0, source=Source.ENTRY, sigma_s=0.0)
    whole = plan(roster, entry)
    made = plan(roster, entry, scope=a_scope(max_camera_hours=1.2))
    assert made.camera_hours == pytest.approx(camera_hours(made.windows))
    assert made.camera_hours <= 1.2 < whole.camera_hours
    assert {w for w in made.windows if w.record_ids == ("entry-0",)} == {
        w for w in whole.windows if w.record_ids == ("entry-0",)
    }
    assert made.notes[0].endswith("camera-hours beyond the cap of 1.2 were left out")


def test_everywhere_all_day_is_bounded_by_the_cap() -> None:
    made = plan(
        a_record(-600, 600, where=disc(0, 1_000), source=Source.INTERVIEW),
        cameras=[a_camera(f"cam{n}", float(n)) for n in range(200)],
        segments=[a_segment(f"cam{n}", -600, 600) for n in range(200)],
        scope=a_scope(cameras=frozenset(f"cam{n}" for n in range(200)), max_camera_hours=100.0),
    )
    assert camera_hours(made.windows) <= 100.0


def test_what_the_caps_leave_is_planned_and_the_rest_is_left_out_with_the_cap_that_said_so() -> None:
    left = Allowance(camera_s=900.0, said="the 400 that may be opened for one patient")
    made = plan(a_record(0), left=left)
    assert 0 < camera_hours(made.windows) <= 0.25 < camera_hours(plan(a_record(0)).windows)
    assert made.notes[0].endswith(
        "camera-hours beyond the 400 that may be opened for one patient were left out"
    )


def test_where_nothing_is_left_no_camera_is_opened() -> None:
    assert plan(a_record(0), left=Allowance(camera_s=0.0, said="the cap of 100")).windows == ()


def test_what_was_scanned_before_is_not_planned_again_also_where_it_overlaps_in_part() -> None:
    record = a_record(0, 30, source=Source.PHONE, sigma_s=0.0)
    camera = a_camera(clock=Clock(sigma_s=0.0))
    made = plan(record, cameras=(camera,), scanned={"cam1": [span(4, 7), span(12, 20), span(-9, 1)]})
    assert minutes(made) == [(1, 4), (7, 10), (10, 12), (20, 30)]
    assert minutes(plan(record, cameras=(camera,), scanned={"cam2": [span(0, 30)]})) == minutes(
        plan(record, cameras=(camera,))
    )
    assert plan(record, cameras=(camera,), scanned={"cam1": [span(-60, 60)]}).windows == ()


def test_what_was_scanned_before_leaves_room_under_the_cap_for_what_is_new() -> None:
    record = a_record(0, 30, source=Source.PHONE, sigma_s=0.0)
    camera = a_camera(clock=Clock(sigma_s=0.0))
    left = Allowance(camera_s=600.0, said="the cap of 1")
    made = plan(record, cameras=(camera,), left=left, scanned={"cam1": [span(0, 20)]})
    assert minutes(made) == [(20, 30)]
    assert made.notes == ()


instants = st.integers(0, 40)
pieces = st.lists(st.tuples(instants, instants).map(lambda p: span(min(p), max(p))), max_size=6)


@given(st.tuples(instants, instants).filter(lambda p: p[0] < p[1]), pieces)
def test_every_minute_is_either_known_or_left_and_none_is_both(
    ends: tuple[int, int], known: list[Interval]
) -> None:
    rest = without(span(*ends), known)
    for minute in range(*ends):
        inside = span(minute, minute + 1)
        assert any(k.contains(inside) for k in known) + any(r.contains(inside) for r in rest) == 1
    assert all(span(*ends).contains(r) for r in rest)


def test_two_traces_that_want_the_same_minutes_ask_for_the_same_cells() -> None:
    one = plan(a_record(0, 60, source=Source.PHONE))
    other = plan(a_record(3, 47, source=Source.INTERVIEW))
    inner = {w.interval.start for w in one.windows} & {w.interval.start for w in other.windows}
    assert len(inner) >= 3


def test_names_of_windows_are_unique() -> None:
    made = plan(*(a_record(n * 7, where=disc(0, 300)) for n in range(20)))
    assert len({w.window_id for w in made.windows}) == len(made.windows)


records = st.builds(
    lambda start, length, north, radius, source, sigma_s, certainty, number: a_record(
        start,
        start + length,
        where=disc(north, radius),
        source=source,
        sigma_s=sigma_s,
        certainty=certainty,
        record_id=f"r{number}",
    ),
    st.floats(-800, 800),
    st.floats(0, 300),
    st.floats(-400, 400),
    st.floats(0, 2_000),
    st.sampled_from(list(Source)),
    st.floats(0, 4_000),
    st.floats(0, 1),
    st.integers(0, 10**6),
)
cameras = st.lists(
    st.tuples(st.floats(-300, 300), st.floats(-900, 900), st.floats(0, 600)), min_size=1, max_size=4
).map(
    lambda many: [
        a_camera(f"cam{n}", north, clock=Clock(offset_s=offset_s, sigma_s=sigma_s))
        for n, (north, offset_s, sigma_s) in enumerate(many)
    ]
)
lengths = st.one_of(
    st.floats(0.1, 200), st.floats(0.1, 3)
)  # minutes: of recorders that stop where nothing moves, too
stretches = st.lists(st.tuples(st.integers(0, 3), st.floats(-700, 700), lengths), max_size=12).map(
    lambda many: [a_segment(f"cam{n}", start, start + length) for n, start, length in many]
)
scopes = st.tuples(
    st.frozensets(st.sampled_from([f"cam{n}" for n in range(5)])),
    st.floats(-600, 500),
    st.floats(1, 600),
    st.floats(0.01, 5),
).map(lambda p: a_scope(cameras=p[0], interval=span(p[1], p[1] + p[2]), max_camera_hours=p[3]))
windows_of_infection = st.tuples(st.floats(-700, 600), st.floats(1, 900)).map(
    lambda p: span(p[0], p[0] + p[1])
)


@settings(max_examples=150)
@given(
    st.lists(records, max_size=6, unique_by=lambda r: r.record_id),
    cameras,
    stretches,
    scopes,
    windows_of_infection,
)
def test_whatever_the_records_say_no_window_leaves_its_bounds(
    found: list[Record],
    known: list[Camera],
    footage: list[Segment],
    scope: Scope,
    infectious: Interval,
) -> None:
    made = plan(*found, cameras=known, segments=footage, scope=scope, infectious=infectious)
    by_id = {c.camera_id: c for c in known}
    reasons = {r.record_id: r for r in found}
    assert made.camera_hours == pytest.approx(camera_hours(made.windows))
    assert made.camera_hours <= scope.max_camera_hours + 1e-9
    assert len({w.window_id for w in made.windows}) == len(made.windows)
    for window in made.windows:
        camera = by_id[window.camera_id]
        assert window.camera_id in scope.cameras
        assert scope.interval.contains(window.interval)
        assert infectious.contains(window.interval)
        assert 0 < window.interval.duration_s <= MAX_WINDOW_S
        cell = (window.interval.start - EPOCH) // timedelta(seconds=MAX_WINDOW_S)
        assert window.interval.end <= EPOCH + timedelta(seconds=(cell + 1) * MAX_WINDOW_S)
        of_camera = covered(camera, [s for s in footage if s.camera_id == camera.camera_id])
        assert all(any(there.contains(stretch) for there in of_camera) for stretch in window.stretches)
        assert not any(there.overlaps(pause) for there in of_camera for pause in window.pauses)
        assert window.camera_s == pytest.approx(sum(stretch.duration_s for stretch in window.stretches))
        assert window.record_ids
        for record_id in window.record_ids:
            where = reasons[record_id].disc
            assert where is not None
            assert where.radius_m <= 1_000
            assert reaches(camera, where)
    for one in made.windows:  # nobody pays twice for the same minutes of a camera
        for other in made.windows:
            if one is not other and one.camera_id == other.camera_id:
                assert not one.interval.overlaps(other.interval)


def test_one_moment_of_a_whole_day_weighs_less_than_an_hour_that_is_known() -> None:
    known, sometime = a_record(0, 50), a_record(-600, 600, moment=True)
    weights = [max(w.weight for w in plan(r).windows) for r in (known, sometime)]
    assert weights[1] < weights[0]
