"""The scan over a scripted world: who is found, what is opened, what is forgotten."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

import msgspec
import numpy as np
import pytest

from engine.domain.camera import Clock
from engine.domain.errors import InputError
from engine.domain.track import MaskState, Track
from engine.ports import Frame
from engine.trace.scan import FINE_STEP_S
from tests.engine.trace.scripted import CAMERA, START, Actor, Now, World, a_subject, scanned


def seconds(track: Track) -> tuple[float, float]:
    return (
        (track.interval.start - START).total_seconds(),
        (track.interval.end - START).total_seconds(),
    )


def test_a_patient_who_walks_through_is_found_with_the_time_they_were_there() -> None:
    (tracks,) = scanned(World([Actor(1, 5.0, 9.0, speed_px_s=20)]), a_subject(1))
    assert len(tracks) == 1
    from_s, to_s = seconds(tracks[0])
    assert from_s == pytest.approx(5.0, abs=0.25)
    assert to_s == pytest.approx(9.0, abs=0.35)
    assert tracks[0].llr > 5


def test_somebody_else_is_no_track_of_the_patient() -> None:
    (tracks,) = scanned(World([Actor(2, 5.0, 9.0)]), a_subject(1))
    assert tracks == ()


def test_times_are_true_times_whatever_the_clock_of_the_camera_says() -> None:
    fast = msgspec.structs.replace(CAMERA, clock=Clock(offset_s=90.0, sigma_s=2.0))
    world = World([Actor(1, 5.0, 9.0)])
    (tracks,) = scanned(world, a_subject(1, camera=fast), camera=fast)
    assert seconds(tracks[0])[0] == pytest.approx(5.0, abs=0.25)
    assert tracks[0].interval.sigma_s == 2.0


def test_nothing_outside_the_granted_minutes_is_looked_at() -> None:
    world = World([Actor(1, 0.0, 30.0)])
    (tracks,) = scanned(world, a_subject(1, from_s=10.0, to_s=12.0))
    assert all(10.0 <= offset < 12.0 for offset in world.decoded)
    assert seconds(tracks[0])[0] >= 10.0
    assert seconds(tracks[0])[1] < 12.0


def test_key_frames_are_used_where_they_are_close_and_a_sampling_is_stated_where_not() -> None:
    empty = World([], key_every_s=1.0)
    scanned(empty, a_subject(1))
    assert len(empty.decoded) == 30
    rare = World([], key_every_s=12.0)
    scanned(rare, a_subject(1))
    assert len(rare.decoded) == pytest.approx(120, abs=2)


def test_the_fine_pass_stays_around_the_hits() -> None:
    world = World([Actor(1, 10.0, 11.5)], length_s=60.0)
    scanned(world, a_subject(1))
    fine = [offset for offset in world.decoded if offset % 1.0 > 1e-6]
    assert fine
    assert all(7.5 <= offset <= 14.0 for offset in fine)


def test_two_people_who_cross_keep_their_own_tracks() -> None:
    left = Actor(1, 5.0, 9.0, x=100, speed_px_s=60)
    right = Actor(2, 5.0, 9.0, x=340, speed_px_s=-60)
    patient, other = scanned(World([left, right]), a_subject(1), a_subject(2))
    assert len(patient) == len(other) == 1
    assert patient[0].points[0].box[0] < patient[0].points[-1].box[0]
    assert other[0].points[0].box[0] > other[0].points[-1].box[0]


def test_a_fast_passer_by_close_to_the_camera_stays_one_track() -> None:
    world = World([Actor(1, 5.0, 8.0, speed_px_s=300)], rate=10.0)
    (tracks,) = scanned(world, a_subject(1))
    assert len(tracks) == 1
    assert len(tracks[0].points) >= 3.0 / FINE_STEP_S - 1  # in every frame that is looked at


def test_a_cut_in_the_footage_does_not_make_two_people_one() -> None:
    world = World([Actor(1, 5.0, 8.0), Actor(2, 8.0, 11.0)])  # at the very same spot
    (tracks,) = scanned(world, a_subject(1))
    assert len(tracks) == 1
    assert seconds(tracks[0])[1] < 8.0


def test_what_one_subject_is_told_does_not_depend_on_who_else_is_looked_for() -> None:
    def cast() -> World:
        return World(
            [
                Actor(1, 4.0, 9.0, speed_px_s=30),
                Actor(2, 6.0, 20.0, x=300, likeness=0.8),
                Actor(3, 18.0, 24.0, x=200, speed_px_s=25),
            ]
        )

    (alone,) = scanned(cast(), a_subject(1))
    together = scanned(cast(), *(a_subject(n) for n in range(1, 11)))

    def without_numbers(tracks: tuple[Track, ...]) -> list[Track]:
        return [
            msgspec.structs.replace(
                t,
                neighbours=tuple(
                    sorted(
                        (msgspec.structs.replace(n, number=0) for n in t.neighbours),
                        key=lambda n: n.points[0].box,
                    )
                ),
            )
            for t in tracks
        ]

    assert alone
    assert without_numbers(alone) == without_numbers(together[0])
    assert together[4:] == [()] * 6


def test_neighbours_are_those_who_were_there_at_the_same_time() -> None:
    world = World([Actor(1, 5.0, 9.0), Actor(2, 6.0, 8.0, x=300), Actor(3, 20.0, 25.0, x=300)])
    (tracks,) = scanned(world, a_subject(1))
    assert len(tracks[0].neighbours) == 1
    assert {p.box[0] for p in tracks[0].neighbours[0].points} == {300.0}


def test_everybody_else_in_the_frame_is_handed_to_the_mosaic() -> None:
    world = World([Actor(1, 5.0, 9.0), Actor(2, 5.0, 9.0, x=300)])
    scanned(world, a_subject(1))
    assert world.pictured
    for keep, others in world.pictured:
        assert keep[0] == 100.0
        assert [box[0] for box in others] == [300.0]


def test_a_face_that_is_too_small_or_blurred_is_counted_and_never_a_track() -> None:
    for poor in (Actor(1, 5.0, 9.0, inter_eye_px=12.0), Actor(1, 5.0, 9.0, blur=1.0)):
        subject = a_subject(1)
        (tracks,) = scanned(World([poor]), subject)
        assert tracks == ()
        assert subject.cannot_assess > 0


def test_the_mask_state_of_a_track_is_what_most_of_its_best_views_say() -> None:
    (tracks,) = scanned(World([Actor(1, 5.0, 9.0, mask=MaskState.MASKED)]), a_subject(1))
    assert tracks[0].mask is MaskState.MASKED


def test_a_revoked_subject_gets_nothing_and_the_others_go_on() -> None:
    revoked_from = 12.0
    world = World([Actor(1, 5.0, 25.0), Actor(2, 5.0, 25.0, x=300)])

    def stopped(grant_id: str) -> str:
        late = bool(world.decoded) and world.decoded[-1] >= revoked_from
        return "revoked" if grant_id == "grant-1" and late else ""

    first, second = a_subject(1), a_subject(2)
    tracks = scanned(world, first, second, stopped=stopped)
    assert first.stopped == "revoked"
    assert tracks[0] == ()
    assert tracks[1]


def test_the_scan_stops_reading_when_nobody_may_look_any_more() -> None:
    world = World([Actor(1, 0.0, 30.0)])
    scanned(world, a_subject(1), stopped=lambda _: "revoked" if len(world.decoded) > 5 else "")
    assert len(world.decoded) == 6


def test_a_grant_that_runs_out_on_the_boot_clock_ends_the_scan_though_the_wall_clock_stands() -> None:
    clock = Now()
    subject = a_subject(1, clock=clock)
    clock.boot_s += 901.0
    (tracks,) = scanned(World([Actor(1, 0.0, 30.0)]), subject, clock=clock)
    assert tracks == ()
    assert "over" in subject.stopped


def test_footage_that_ends_early_is_said_to_and_what_was_found_stays() -> None:
    subject = a_subject(1)
    with pytest.raises(InputError, match=r"gate.mp4: is truncated: ends after 30.0 s of 60.0 s"):
        scanned(World([Actor(1, 5.0, 9.0)]), subject, told_s=60.0)
    assert len(subject.tracks) == 1


def test_privacy_zones_are_blanked_before_anything_looks() -> None:
    seen: list[int] = []

    class Watching(World):
        def detect(self, image: np.ndarray, least_inter_eye_px: float = 0.0) -> object:  # type: ignore[override]
            seen.append(int(image[1, 1, 0]))
            return super().detect(image)

    zoned = msgspec.structs.replace(CAMERA, privacy_zones=(((0.5, 0.5), (1.0, 0.5), (1.0, 1.0), (0.5, 1.0)),))
    scanned(Watching([]), a_subject(1), camera=zoned)
    assert seen
    assert set(seen) == {0}


def test_a_long_stay_is_thinned_out_and_stays_one_track() -> None:
    world = World([Actor(1, 2.0, 50.0)], length_s=60.0)
    (tracks,) = scanned(world, a_subject(1))
    assert len(tracks) == 1
    assert tracks[0].interval.duration_s == pytest.approx(48.0, abs=1.0)
    assert len(tracks[0].points) < 110


@pytest.mark.parametrize(
    ("odd", "others"), [(MaskState.MASKED, MaskState.BARE), (MaskState.BARE, MaskState.MASKED)]
)
def test_one_view_of_three_does_not_say_whether_somebody_wears_a_mask(
    odd: MaskState, others: MaskState
) -> None:
    class Wavering(World):
        def mask_state(self, image: np.ndarray, box: Sequence[float]) -> MaskState:
            return odd if self.time_of(image) == pytest.approx(5.1) else others  # the first close look

    ((track,),) = scanned(Wavering([Actor(1, 5.0, 9.0)]), a_subject(1))
    assert track.mask is others


def test_who_stays_long_is_told_the_same_beside_somebody_who_passes() -> None:
    def world() -> World:
        return World([Actor(1, 2.3, 50.0), Actor(2, 20.4, 24.1, x=300)], length_s=60.0)

    (alone,) = scanned(world(), a_subject(1))
    beside, passing = scanned(world(), a_subject(1), a_subject(2))
    assert passing
    assert [track.points for track in beside] == [track.points for track in alone]


def test_no_template_is_left_in_the_sights_after_the_scan() -> None:
    kept: list[np.ndarray] = []

    class Keeping(World):
        def embed(self, crops: np.ndarray) -> np.ndarray:
            made = super().embed(crops)
            kept.append(made)
            return made

    import gc

    from engine.trace.tracking import Sight

    scanned(Keeping([Actor(1, 5.0, 9.0), Actor(2, 5.0, 9.0, x=300)]), a_subject(1))
    alive = [o for o in gc.get_objects() if isinstance(o, Sight) and o.template is not None]
    assert kept
    assert all(not s.template.any() for s in alive if s.template is not None)


@pytest.mark.parametrize("offset", [-3600.0, 3600.0])
def test_minutes_that_the_footage_does_not_hold_open_nothing(offset: float) -> None:
    world = World([Actor(1, 0.0, 30.0)])
    (tracks,) = scanned(world, a_subject(1, from_s=offset, to_s=offset + 600.0))
    assert tracks == ()
    assert world.decoded == []


def test_a_subject_may_look_for_a_tenth_of_what_another_looks_for() -> None:
    world = World([Actor(1, 0.0, 30.0), Actor(2, 0.0, 30.0, x=300)])
    short, long = a_subject(1, from_s=10.0, to_s=13.0), a_subject(2)
    tracks = scanned(world, short, long)
    assert seconds(tracks[0][0])[0] >= 10.0
    assert tracks[0][0].interval.end < START + timedelta(seconds=13.0)
    assert tracks[1][0].interval.duration_s > 25.0


@pytest.mark.parametrize("broken_at_s", [12.0, 12.3])
def test_what_was_seen_before_the_footage_breaks_is_kept(broken_at_s: float) -> None:
    class Breaking(World):
        def _frames(self, from_s: float, to_s: float, step_s: float) -> Iterator[Frame]:
            for frame in super()._frames(from_s, to_s, step_s):
                if frame.offset_s >= broken_at_s:
                    raise InputError("cannot be decoded", file="gate.mp4", place="at 12.0 s")
                yield frame

    subject = a_subject(1)
    with pytest.raises(InputError, match="cannot be decoded"):
        scanned(Breaking([Actor(1, 5.0, 20.0)]), subject)
    assert len(subject.tracks) == 1
    assert seconds(subject.tracks[0])[1] == pytest.approx(12.0, abs=0.5)


def test_what_the_detector_sees_for_an_instant_only_is_no_neighbour() -> None:
    world = World([Actor(1, 5.0, 9.0), Actor(2, 6.0, 6.3, x=300)])
    (tracks,) = scanned(world, a_subject(1))
    assert len(tracks) == 1
    assert tracks[0].neighbours == ()
