from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import msgspec
import numpy as np
import pytest

from adapters.city import sources
from adapters.city.archive import Stretch, figures, stretches
from adapters.city.facts import Beside, Sighting, Truth
from adapters.city.film import FPS
from adapters.city.heads import Heads
from adapters.city.paperwork import DATE, MIDNIGHT, at, camera_id
from adapters.city.plan import TOWN
from adapters.city.scene import Scene
from adapters.city.simulation import Simulation, simulate
from adapters.city.sources import place_id
from adapters.city.truth import read_truth, truth_of, write_truth
from engine.domain.errors import InputError

PATIENTS = 10


@pytest.fixture(scope="module")
def heads() -> Heads:
    return Heads()


@pytest.fixture(scope="module")
def town(heads: Heads) -> Simulation:
    return simulate(2, TOWN, PATIENTS, len(heads))


@pytest.fixture(scope="module")
def archive(town: Simulation) -> list[Stretch]:
    return stretches(town)


@pytest.fixture(scope="module")
def truth(town: Simulation, archive: list[Stretch], heads: Heads) -> Truth:
    return truth_of(town, archive, heads)


def sightings(truth: Truth) -> list[Sighting]:
    return [s for p in truth.patients for s in p.sightings]


def second(instant: object) -> float:
    return (instant - MIDNIGHT).total_seconds()  # type: ignore[operator, no-any-return]


def test_patients_are_named_like_their_case_folders_and_no_others_are_in_it(truth: Truth) -> None:
    assert [p.case_id for p in truth.patients] == [f"P{n:02d}" for n in range(1, PATIENTS + 1)]


def test_stays_are_the_day_without_the_nights(town: Simulation, truth: Truth) -> None:
    for resident, patient in zip(town.patients, truth.patients, strict=True):
        seats = [k for k in range(1, 6) if town.day.place[resident, k] >= 0]
        assert [(s.place_id, s.start, s.end) for s in patient.stays] == [
            (
                place_id(int(town.day.place[resident, k])),
                at(int(town.day.start_s[resident, k])),
                at(int(town.day.end_s[resident, k])),
            )
            for k in seats
        ]
        home = place_id(int(town.people.home[resident]))
        assert [p.place_id for p in patient.elsewhere[:2]] == [home, home]


def test_a_stay_is_told_by_the_sources_whose_records_are_true(town: Simulation, truth: Truth) -> None:
    sources_told = set()
    for resident, patient in zip(town.patients, truth.patients, strict=True):
        held = sources.records(town.plan, town.day, int(resident), DATE, "any key")
        seats = [k for k in range(1, 6) if town.day.place[resident, k] >= 0]
        for seat, stay in zip(seats, patient.stays, strict=True):
            assert stay.told == tuple(sorted(s for s, k in held.told if k == seat))
            sources_told.update(stay.told)
    assert {"phone", "interview", "entry", "card"} <= sources_told


def test_every_pass_is_a_sighting_in_true_time(town: Simulation, truth: Truth) -> None:
    passes = town.passes
    for resident, patient in zip(town.patients, truth.patients, strict=True):
        rows = np.flatnonzero(passes.resident == resident)
        assert [(s.camera_id, s.start) for s in patient.sightings] == [
            (camera_id(int(passes.camera[r]), len(town.cameras)), at(float(passes.start_s[r]))) for r in rows
        ]
        for sighting in patient.sightings:
            if sighting.stay is not None:
                assert patient.stays[sighting.stay].place_id == sighting.place_id
    assert {s.mask for s in sightings(truth)} >= {"none", "worn"}
    assert any(s.stay is None for s in sightings(truth))


def test_a_sighting_is_recorded_where_the_archive_holds_it(
    town: Simulation, archive: list[Stretch], heads: Heads, truth: Truth
) -> None:
    kept = [s for s in archive if s.camera != archive[0].camera]
    fewer = truth_of(town, kept, heads)
    lost = [
        a for a, b in zip(sightings(truth), sightings(fewer), strict=True) if a.recorded and not b.recorded
    ]
    seen = [
        s
        for s in sightings(truth)
        if s.recorded and s.camera_id == camera_id(archive[0].camera, len(town.cameras))
    ]
    assert lost == seen
    assert not any(s.recorded for s in sightings(truth_of(town, [], heads)))


def test_sizes_and_times_of_faces_are_those_of_the_pictures_that_are_made(
    town: Simulation, archive: list[Stretch], heads: Heads, truth: Truth
) -> None:
    """The scene itself is painted, frame by frame, around one sighting that shows a face and another
    that does not."""
    shown = next(s for s in sightings(truth) if s.recorded and s.facing and s.face is not None)
    away = next(s for s in sightings(truth) if s.recorded and not s.facing)
    for sighting in (shown, away):
        stretch, row = next(
            (stretch, row)
            for stretch in archive
            for row in stretch.passes
            if camera_id(stretch.camera, len(town.cameras)) == sighting.camera_id
            and at(float(town.passes.start_s[row])) == sighting.start
            and int(town.passes.resident[row]) in town.patients
        )
        scene = Scene(town.plan.seed, town.cameras, stretch.camera, heads)
        px = {}
        for number in range(round((stretch.end_s - stretch.start_s) * FPS)):
            at_s = stretch.start_s + number / FPS
            who = figures(town, stretch.passes, at_s)
            if row in [r for r, _ in who]:
                seen = scene.frame(number, [f for _, f in who])[1][[r for r, _ in who].index(row)]
                if seen is not None and seen.whole:
                    px[at_s] = seen.inter_eye_px
        if sighting is away:
            assert px == {} and sighting.face is None
            continue
        assert sighting.face is not None
        assert sighting.face.inter_eye_px == pytest.approx(max(px.values()), abs=0.01)
        clear = [s for s, size in px.items() if size >= 20.0]
        assert 0 < len(clear) < len(px)
        assert (sighting.face.start, sighting.face.end) == (at(min(clear)), at(max(clear)))


def test_nobody_is_beside_a_patient_whose_face_does_not_show(truth: Truth) -> None:
    assert all(not s.beside for s in sightings(truth) if s.face is None)
    beside = [(s, b) for s in sightings(truth) for b in s.beside]
    assert beside
    for sighting, other in beside:
        assert sighting.face is not None
        assert 0 < other.together_px <= sighting.face.inter_eye_px


def together(town: Simulation, heads: Heads, later_s: float, turned: bool = False) -> tuple[Beside, ...]:
    """Somebody follows the first patient, the same way before the same camera."""
    passes = town.passes
    row = next(
        int(r)
        for r in np.flatnonzero(passes.resident == town.patients[0])
        if passes.motion[r] == 0 and truth_of_row(town, heads, int(r)).face is not None
    )
    other = next(r for r in range(len(town.people)) if r not in town.patients)
    two = passes.some(np.array([row, row]))
    two.resident[1] = other
    two.start_s[1] += later_s
    two.end_s[1] += later_s
    two.motion[1] = 1 if turned else 0
    alone = replace(town, passes=two, patients=town.patients[:1])
    return truth_of(alone, [], heads).patients[0].sightings[0].beside


def truth_of_row(town: Simulation, heads: Heads, row: int) -> Sighting:
    alone = replace(town, passes=town.passes.some(np.array([row])))
    return next(s for p in truth_of(alone, [], heads).patients for s in p.sightings)


def test_who_shows_a_face_at_the_same_time_is_beside(town: Simulation, heads: Heads) -> None:
    (other,) = together(town, heads, 1.0)
    assert other.number == 1
    assert other.together_px > 0
    (same,) = together(town, heads, 0.0)
    assert (same.start, same.end) == (other.start - timedelta(seconds=1), other.end - timedelta(seconds=1))
    assert same.together_px > other.together_px, "who follows is farther off while both can be seen"


def test_who_comes_later_or_turns_their_back_is_not_beside(town: Simulation, heads: Heads) -> None:
    assert together(town, heads, 60.0) == ()
    assert together(town, heads, 1.0, turned=True) == ()


def test_a_face_counts_while_the_whole_of_it_is_in_the_picture(town: Simulation, heads: Heads) -> None:
    row = int(np.flatnonzero((town.passes.motion == 0) & (town.passes.resident == town.patients[0]))[0])

    def walking(right_m: float) -> Sighting:
        one = town.passes.some(np.array([row]))
        one.right_m[0] = right_m
        one.yaw_deg[0] = 0.0
        return truth_of(replace(town, passes=one), [], heads).patients[0].sightings[0]

    middle, edge, outside = walking(0.0), walking(0.9), walking(30.0)
    assert middle.face is not None
    assert edge.face is not None
    assert edge.face.end < middle.face.end, "at the edge a face leaves the picture before it is nearest"
    assert edge.face.inter_eye_px < middle.face.inter_eye_px
    assert outside.face is None


def test_only_clocks_that_nobody_measured_mislead(town: Simulation, truth: Truth) -> None:
    for number, camera in enumerate(truth.cameras):
        unknown = bool(np.isnan(town.cameras.sigma_s[number]))
        assert camera.clock_error_s == (float(town.cameras.offset_s[number]) if unknown else 0.0)
    assert any(c.clock_error_s for c in truth.cameras)


def test_stops_are_where_a_card_was_held_to_the_reader(town: Simulation, heads: Heads) -> None:
    passes = town.passes.some(np.array([], np.int64))
    everybody = replace(town, passes=passes, patients=np.arange(len(town.people)))
    riders = 0
    everyone = truth_of(everybody, [], heads).patients
    for number, patient in enumerate(everyone):
        rows = sources.records(town.plan, town.day, number, DATE, "").rows.get("transit", [])
        taps = [(r[f"stop_{way}_id"], r[f"{way}_at"]) for r in rows for way in ("on", "off")]
        local = [(p.place_id, f"{DATE}T{_clock(second(p.start))}") for p in patient.elsewhere[2:]]
        assert local == taps
        assert all(p.start == p.end for p in patient.elsewhere[2:])
        riders += bool(taps)
    assert riders


def _clock(at_s: float) -> str:
    return f"{int(at_s) // 3600:02d}:{int(at_s) % 3600 // 60:02d}:{int(at_s) % 60:02d}"


def test_the_file_is_for_its_owner_alone_and_the_same_each_time(tmp_path: Path, truth: Truth) -> None:
    first, again = tmp_path / "truth.json", tmp_path / "again.json"
    write_truth(first, truth)
    write_truth(again, truth)
    write_truth(again, truth)
    assert first.stat().st_mode & 0o777 == 0o600
    assert first.read_bytes() == again.read_bytes()
    assert read_truth(first) == truth
    assert sorted(p.name for p in tmp_path.iterdir()) == ["again.json", "truth.json"]


def broken(truth: Truth, old: bytes, new: bytes) -> bytes:
    content = msgspec.json.encode(truth)
    assert old in content
    return content.replace(old, new, 1)


def test_a_bad_file_is_named_with_its_spot(tmp_path: Path, truth: Truth) -> None:
    path = tmp_path / "truth.json"
    with pytest.raises(InputError, match=r"truth\.json: no such file"):
        read_truth(path)
    patient = truth.patients[0]
    seen = patient.sightings[0]
    start = msgspec.json.encode(patient.stays[0].start).strip(b'"')
    for content, says in (
        (b"{", r"truth\.json: is not JSON"),
        (b"[]", r"truth\.json: Expected `object`, got `array`"),
        (broken(truth, b'"mask":"', b'"mask":"half '), r"patients\[0\]\.sightings\[0\]\.mask: "),
        (broken(truth, b'"size"', b'"sizes"'), "sizes"),
        (broken(truth, start, start.rstrip(b"Z")), r"patients\[0\]: a time has no time zone"),
        (broken(truth, start, b"2027" + start[4:]), r"patients\[0\]: an end lies before its start"),
    ):
        path.write_bytes(content)
        with pytest.raises(InputError, match=says):
            read_truth(path)
    gone = msgspec.structs.replace(truth, cameras=())
    path.write_bytes(msgspec.json.encode(gone))
    with pytest.raises(InputError, match=rf"patients\[0\]: camera '{seen.camera_id}' is unknown"):
        read_truth(path)
    fewer = msgspec.structs.replace(patient, stays=(), sightings=(msgspec.structs.replace(seen, stay=7),))
    path.write_bytes(msgspec.json.encode(msgspec.structs.replace(truth, patients=(fewer,))))
    with pytest.raises(InputError, match=r"patients\[0\]: there is no stay 7"):
        read_truth(path)
