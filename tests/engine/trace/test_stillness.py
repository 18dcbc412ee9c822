"""Still footage is told by the bytes of its packets, and looked at now and then all the same."""

from collections.abc import Sequence
from datetime import timedelta

import msgspec
import pytest

from engine.domain.track import MaskState
from engine.ports import Faces, Frame, Group, Image
from engine.trace.scan import SMALL_INTER_EYE_PX, STANDS_BY, SegmentScan, Subject
from engine.trace.stillness import CONTROL_EVERY, Still, parted, quiet_groups
from engine.trace.tracking import Sight
from tests.engine.trace.scripted import CALIBRATION, START, Actor, World, a_subject, scanned

GROUP_S = 2.0
FLOOR_PX = CALIBRATION.floor_inter_eye_px
MASKED_EASIER = msgspec.structs.replace(
    CALIBRATION,
    bands=tuple(
        msgspec.structs.replace(band, intercept=-9.5 if band.pair == "bare" else -6.0)
        for band in CALIBRATION.bands
    ),
)


def groups(*sizes: float | None) -> list[Group]:
    return [Group(number * GROUP_S, size) for number, size in enumerate(sizes)]


def test_groups_as_small_as_the_smallest_are_quiet() -> None:
    assert quiet_groups(groups(100, 110, 90, 100, 120, 900, 700, 105)) == [
        True, True, True, True, True, False, False, True,
    ]  # fmt: skip


@pytest.mark.parametrize(
    "sizes",
    [
        (1000, 1100, 1500, 1900, 1050, 1000),  # noise hides who moves, or nobody does
        (100, 900, 800, 100),  # too few to know
        (),
    ],
)
def test_where_quiet_does_not_stand_out_nothing_is_quiet(sizes: Sequence[float]) -> None:
    assert not any(quiet_groups(groups(*sizes)))


def test_a_group_without_other_pictures_is_never_quiet() -> None:
    assert quiet_groups(groups(100, 100, None, 100, 100, 100, 900))[2] is False


def test_a_short_quiet_beside_movement_is_left_out() -> None:
    assert parted(groups(100, 100, 900, 900, 100, 100, 100), 14.5) == ([(4.0, 8.0)], [])


def test_a_longer_quiet_has_a_control_in_its_middle() -> None:
    moving, still = parted(groups(*[100] * 6, 900, 900), 16.0)
    assert moving == [(12.0, 16.0)]
    assert still == [Still((6.0, 8.0), ((0.0, 6.0), (8.0, 12.0)))]


def test_one_of_twenty_groups_of_a_long_quiet_is_a_control() -> None:
    _, still = parted(groups(900, 900, *[100] * (2 * CONTROL_EVERY + 1)), 86.5)
    assert [run.control for run in still] == [(24.0, 26.0), (64.0, 66.0), (84.0, 86.5)]
    assert [run.rest[0][0] for run in still] == [4.0, 44.0, 84.0]
    assert [run.rest[1][1] for run in still] == [44.0, 84.0, 86.5]


def test_without_any_group_everything_is_looked_at() -> None:
    assert parted([], 30.0) == ([(0.0, 30.0)], [])


# --- in a scan ----------------------------------------------------------------------------------

QUIET_BUT_AT_20 = [100.0] * 10 + [900.0] * 3 + [100.0] * 17


TOLD = [Group(float(number), size) for number, size in enumerate(QUIET_BUT_AT_20)]


def test_a_scan_decodes_what_moves_and_controls_only() -> None:
    world = World([], length_s=30.0, groups_told=TOLD)
    scanned(world, a_subject(1))
    assert set(world.decoded) == {5.0, 10.0, 11.0, 12.0, 21.0}


def test_somebody_who_sits_still_is_found_by_a_control() -> None:
    world = World([Actor(1, from_s=13.0, to_s=30.0)], length_s=30.0, groups_told=TOLD)
    ((track,),) = scanned(world, a_subject(1))
    assert track.interval.end > START + timedelta(seconds=29)
    assert {at for at in world.decoded if at < 10.0} == {5.0}


def test_a_control_outside_of_a_window_spares_nothing_inside() -> None:
    sitting = Actor(1, from_s=3.0, to_s=9.9)
    ((track,),) = scanned(
        World([sitting], length_s=30.0, groups_told=TOLD), a_subject(1, from_s=6.0, to_s=30.0)
    )
    assert track.interval.start >= START + timedelta(seconds=6)


def test_what_one_subject_is_told_of_still_footage_does_not_hang_on_others() -> None:
    def alone_and_beside(from_s: float, to_s: float) -> tuple[object, object]:
        def world() -> World:
            return World([Actor(1, from_s=2.0, to_s=9.0)], length_s=30.0, groups_told=TOLD)

        (alone,) = scanned(world(), a_subject(1, from_s, to_s))
        beside, _ = scanned(world(), a_subject(1, from_s, to_s), a_subject(2))
        return [t.points for t in alone], [t.points for t in beside]

    for from_s, to_s in ((0.0, 30.0), (1.0, 30.0), (4.0, 8.0), (0.0, 5.0)):
        alone, beside = alone_and_beside(from_s, to_s)
        assert alone == beside


def test_somebody_who_was_seen_for_a_moment_only_is_followed() -> None:
    world = World([Actor(1, from_s=4.9, to_s=5.15)], length_s=12.0)
    ((track,),) = scanned(world, a_subject(1))
    assert track.quality.faces == 1


def test_a_stranger_who_looks_alike_in_one_frame_costs_a_glance_only() -> None:
    alike = Actor(1, from_s=5.0, to_s=5.1, x=100.0)
    stranger = Actor(9, from_s=5.1, to_s=9.0, x=100.0)
    world = World([alike, stranger], length_s=30.0)
    assert scanned(world, a_subject(1)) == [()]
    around = [at for at in world.decoded if 3.0 <= at < 7.0]
    assert len(around) < 15  # of forty


class Asked(World):
    """Notes how small a face was asked for at which time."""

    def __init__(self, actors: list[Actor], sizes: list[float]) -> None:
        told = [Group(float(number), size) for number, size in enumerate(sizes)]
        super().__init__(actors, length_s=float(len(sizes)), groups_told=told)
        self.asked: list[tuple[float, float]] = []

    def detect(self, image: Image, least_inter_eye_px: float = 0.0) -> Faces:
        self.asked.append((self.time_of(image), least_inter_eye_px))
        return super().detect(image, least_inter_eye_px)

    def for_small(self) -> list[float]:
        assert all(px in (SMALL_INTER_EYE_PX, FLOOR_PX) for _, px in self.asked if px != STANDS_BY * FLOOR_PX)
        return [at for at, px in self.asked if px == SMALL_INTER_EYE_PX]


LOUD_AT_20 = [100.0] * 6 + [900.0] * 14 + [950.0] + [900.0] * 9


def test_small_faces_are_looked_for_in_every_tenth_frame_that_moves() -> None:
    world = Asked([Actor(9, from_s=7.0, to_s=9.5)], LOUD_AT_20)
    scanned(world, a_subject(1))
    assert world.for_small() == [15.0, 25.0]


def test_before_nobody_was_seen_small_faces_are_looked_for_where_most_moves() -> None:
    world = Asked([], LOUD_AT_20)
    scanned(world, a_subject(1))
    assert world.for_small() == [15.0, 25.0, 20.0]


def test_who_saw_nobody_looks_harder_in_their_own_minutes_whoever_else_looks() -> None:
    def for_small(*subjects: Subject) -> list[float]:
        world = Asked([Actor(9, from_s=7.0, to_s=9.5)], LOUD_AT_20)
        scanned(world, *subjects)
        return world.for_small()

    assert for_small(a_subject(1, from_s=10.0, to_s=20.0)) == [15.0, 10.0]
    beside = a_subject(1, from_s=10.0, to_s=20.0)
    assert for_small(beside, a_subject(2)) == [15.0, 25.0, 10.0]
    assert (beside.frames, beside.faces) == (11, 0)


def test_every_template_of_a_scan_is_overwritten_also_of_those_who_were_glanced_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """G7."""
    seen: list[Sight] = []
    look = SegmentScan._look

    def watched(self: SegmentScan, frame: Frame, least_inter_eye_px: float) -> list[Sight]:
        found = look(self, frame, least_inter_eye_px)
        seen.extend(found)
        return found

    monkeypatch.setattr(SegmentScan, "_look", watched)
    alike, stranger = Actor(1, from_s=5.0, to_s=5.1), Actor(9, from_s=5.1, to_s=9.0)
    scanned(World([alike, stranger], length_s=12.0), a_subject(1))
    glanced_at = len(seen)
    scanned(World([Actor(1, from_s=5.0, to_s=9.0)], length_s=12.0), a_subject(1))
    assert len(seen) - glanced_at > 15  # a close look was taken
    templates = [sight.template for sight in seen if sight.template is not None]
    assert len(templates) > 4  # more than the key frames alone
    assert not any(template.any() for template in templates)


def test_a_bare_stranger_is_passed_over_though_a_masked_one_might_be_the_subject() -> None:
    def looked_at(mask: MaskState) -> int:
        stranger = Actor(1, from_s=3.0, to_s=9.0, likeness=0.3, mask=mask)
        world = World([stranger], length_s=12.0)
        scanned(world, a_subject(1), calibration=MASKED_EASIER)
        return len(world.decoded)

    assert looked_at(MaskState.BARE) == 12  # key frames alone
    assert looked_at(MaskState.MASKED) > 12
    assert looked_at(MaskState.UNKNOWN) > 12
