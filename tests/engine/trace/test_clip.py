from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.camera import Clock
from engine.domain.errors import InputError
from engine.domain.track import FacePoint
from engine.trace.clip import MOST_APART_S, MOST_BYTES, MOST_FRAMES, box_at, overlap, within_bounds
from engine.trace.replay import LONGEST_S, footage_of, sighting_of
from tests.engine.fakes import NOON, a_camera, a_candidate, a_neighbour, a_segment, a_still, a_track, span

PATH = (
    FacePoint(at=NOON, box=(0.0, 0.0, 10.0, 20.0), inter_eye_px=30.0),
    FacePoint(at=NOON + timedelta(seconds=0.5), box=(10.0, 20.0, 12.0, 22.0), inter_eye_px=30.0),
    FacePoint(at=NOON + timedelta(seconds=2.0), box=(90.0, 20.0, 12.0, 22.0), inter_eye_px=30.0),
)


def box(seconds: float) -> tuple[float, float, float, float] | None:
    return box_at(PATH, NOON + timedelta(seconds=seconds))


def test_a_face_stands_where_it_was_seen_and_in_between_on_a_straight_line() -> None:
    assert box(0.0) == PATH[0].box
    assert box(0.25) == (5.0, 10.0, 11.0, 21.0)
    assert box(2.0) == PATH[2].box


@pytest.mark.parametrize("seconds", [-0.1, 0.6, 1.9, 2.1])
def test_nobody_knows_where_it_stood_before_after_and_in_a_long_silence(seconds: float) -> None:
    assert MOST_APART_S < 1.5
    assert box(seconds) is None


def test_a_path_of_one_look_has_one_moment() -> None:
    assert box_at(PATH[:1], NOON) == PATH[0].box
    assert box_at(PATH[:1], NOON + timedelta(seconds=0.1)) is None
    assert box_at((), NOON) is None


sides = st.tuples(st.floats(-50, 50), st.floats(-50, 50), st.floats(0.1, 50), st.floats(0.1, 50))


@given(sides, sides)
def test_an_overlap_is_a_share_and_does_not_hang_on_the_order(
    a: tuple[float, float, float, float], b: tuple[float, float, float, float]
) -> None:
    assert 0.0 <= overlap(a, b) <= 1.0 + 1e-9
    assert overlap(a, b) == pytest.approx(overlap(b, a))
    assert overlap(a, a) == pytest.approx(1.0)


def test_what_is_too_much_to_send_is_thinned_out_and_its_rate_with_it() -> None:
    small = [a_still("clip", b"x" * 100)] * 80
    assert len(within_bounds(small, 5.0).frames) == MOST_FRAMES
    large = within_bounds([a_still("clip", b"x" * 60_000)] * 60, 5.0)
    assert (len(large.frames), large.rate_hz) == (15, 1.25)
    assert within_bounds([a_still("clip", b"x" * (MOST_BYTES + 1))], 5.0).frames == ()


# --- which seconds --------------------------------------------------------------------------------


def test_a_clip_is_two_seconds_longer_on_both_sides() -> None:
    candidate = a_candidate(track=a_track(minutes=0.1, neighbours=(a_neighbour(),)))
    sighting, interval = sighting_of(candidate, candidate.track.stills)
    assert (interval.start, interval.duration_s) == (NOON - timedelta(seconds=2), 10.0)
    assert sighting.path == candidate.track.points[:7]
    assert len(sighting.beside[0]) == 10  # as far as the clip goes, and a second


def test_of_a_long_stay_the_seconds_around_its_best_picture_are_shown() -> None:
    best = NOON + timedelta(seconds=60)
    pictures = (a_still("frame"), msgspec.structs.replace(a_still(), at=best))
    candidate = a_candidate(track=a_track(minutes=2.0))
    sighting, interval = sighting_of(candidate, pictures)
    assert interval.duration_s == LONGEST_S
    assert interval.start == best - timedelta(seconds=LONGEST_S / 2)
    assert sighting.seen.at == best
    assert all(
        interval.padded(1.0, 1.0).start <= p.at <= interval.padded(1.0, 1.0).end for p in sighting.path
    )


def test_a_candidate_without_a_picture_of_the_face_has_no_clip() -> None:
    with pytest.raises(InputError, match="no picture of this candidate is stored"):
        sighting_of(a_candidate(), (a_still("frame"),))


def test_the_files_are_those_in_which_the_seconds_lie_by_the_true_time() -> None:
    camera = a_camera()
    files = (a_segment(from_min=-60, to_min=0, file="a"), a_segment(from_min=0, to_min=60, file="b"))
    assert [s.file for s in footage_of(camera, files, span(-0.1, 0.1))] == ["a", "b"]
    assert [s.file for s in footage_of(camera, files, span(1, 2))] == ["b"]
    late = a_camera(clock=Clock(offset_s=-120.0, sigma_s=1.0))
    assert [s.file for s in footage_of(late, files, span(1, 1.9))] == ["a"]
    with pytest.raises(InputError, match="no footage of these seconds"):
        footage_of(camera, files, span(70, 71))
