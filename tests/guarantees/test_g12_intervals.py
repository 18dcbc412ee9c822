"""G12: time and place are intervals throughout, whatever clocks and cells say."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from adapters.footage.archive import load_archive
from adapters.records.parse import parse_file
from adapters.site.cameras import load_cameras
from adapters.site.places import PlaceTable
from engine.domain.authorisation import Scope
from engine.domain.camera import UNKNOWN_CLOCK_SIGMA_S, Camera, CameraWindow, Clock
from engine.domain.candidate import Candidate
from engine.domain.case import Case, Disease, infectious_window
from engine.domain.decision import Answer
from engine.domain.errors import InputError
from engine.domain.interval import Interval
from engine.domain.place import Disc
from engine.domain.record import Record, Source
from engine.ports import RecordMapping
from engine.trace.link import link, possible
from engine.trace.narrow import covered, narrow
from engine.trace.visits import visits
from tests.guarantees.house import (
    ME,
    NOON,
    NOW,
    a_camera,
    a_house,
    a_record,
    a_segment,
    a_track,
    asked,
)

DAY = Interval(start=NOON - timedelta(hours=3), end=NOON + timedelta(hours=12))


def planned(record: Record, camera: Camera, minutes: float = 60.0) -> tuple[CameraWindow, ...]:
    scope = Scope(
        cameras=frozenset({camera.camera_id}),
        sources=frozenset(Source),
        interval=DAY,
        face_search=True,
        max_camera_hours=100.0,
    )
    footage = a_segment(camera, minutes, NOON - timedelta(minutes=minutes / 2))
    return narrow(
        [record], infectious=DAY, scope=scope, cameras=[camera], segments=lambda _: [footage]
    ).windows


@pytest.mark.parametrize("offset_s", [420.0, -420.0, 90.0, 3600.0])
def test_g12_windows_of_a_wrong_clock_lie_where_the_patient_was(offset_s: float) -> None:
    """Seven minutes off, fast and slow: the true minutes are opened, not those the device showed."""
    right, wrong = a_camera(), a_camera(offset_s=offset_s)
    at_noon = a_record(minutes=0.0, source=Source.GPS)
    assert [w.interval for w in planned(at_noon, wrong)] == [w.interval for w in planned(at_noon, right)]
    (stretch,) = covered(wrong, [a_segment(wrong)])
    assert (stretch.start, stretch.end) == (NOON, NOON + timedelta(minutes=20))


def test_g12_an_unmeasured_clock_widens_the_window_instead_of_missing_the_patient() -> None:
    known = a_camera(sigma_s=1.0)
    unknown = a_camera(sigma_s=UNKNOWN_CLOCK_SIGMA_S)
    at_noon = a_record(minutes=0.0, source=Source.GPS, interval=Interval(start=NOON, end=NOON, sigma_s=5.0))

    def spread(camera: Camera) -> tuple[datetime, datetime]:
        windows = planned(at_noon, camera, 120.0)
        return min(w.interval.start for w in windows), max(w.interval.end for w in windows)

    assert spread(unknown)[0] <= spread(known)[0] - timedelta(seconds=2 * 590)
    assert spread(unknown)[1] >= spread(known)[1] + timedelta(seconds=2 * 590)


def test_g12_a_camera_without_a_measured_clock_is_said_to_be_so(tmp_path: Path) -> None:
    file = tmp_path / "cameras.toml"
    file.write_text(
        '[[camera]]\ncamera_id = "a"\nname = "a"\nfixed = true\nlat = 37.5\nlon = 126.8\n', encoding="utf-8"
    )
    table = load_cameras(file)
    (camera,) = table.all()
    assert camera.clock == Clock(sigma_s=UNKNOWN_CLOCK_SIGMA_S)
    assert table.warnings


def taken(text: str, **mapping: object) -> Record:
    parsed = parse_file(
        text.encode(),
        "gps.csv",
        RecordMapping(source=Source.GPS, **mapping),  # type: ignore[arg-type]
        case_id="A",
        subject_keys=frozenset(),
        received_at=NOW,
        places=PlaceTable(()),
    )
    (record,) = parsed.records
    return record


def test_g12_local_time_beside_utc_in_one_file_is_the_same_instant() -> None:
    head = "at,lat,lon,accuracy_m\n"
    said = (
        "2026-03-02T12:00:00",
        "2026-03-02T03:00:00Z",
        "2026-03-02T12:00:00+09:00",
        "2026-03-01T22:00:00-05:00",
    )
    for text in said:
        record = taken(f"{head}{text},37.5,126.8,10\n", timezone="Asia/Seoul")
        assert record.interval.start == NOON, text
        assert record.interval.sigma_s > 0


def test_g12_a_local_time_without_a_zone_is_never_taken_for_utc() -> None:
    with pytest.raises(ValueError, match="time zone"):
        Interval.of(datetime(2026, 3, 2, 12), datetime(2026, 3, 2, 13))
    with pytest.raises(ValueError, match="UTC"):
        seoul = datetime.fromisoformat("2026-03-02T12:00:00+09:00")
        Interval(start=seoul, end=seoul)


@pytest.mark.parametrize("key", ["start_device", "end_device"])
def test_g12_footage_without_a_zone_is_refused(tmp_path: Path, key: str) -> None:
    times = {"start_device": "2026-03-02T03:00:00Z", "end_device": "2026-03-02T03:10:00Z"}
    times[key] = times[key].rstrip("Z")
    lines = [f"{k} = {v}" for k, v in times.items()]
    manifest = tmp_path / "footage.toml"
    manifest.write_text(
        "\n".join(["[[segment]]", 'camera = "a"', 'file = "a.mp4"', *lines, f'sha256 = "{"0" * 64}"']),
        encoding="utf-8",
    )
    with pytest.raises(InputError) as problem:
        load_archive(tmp_path, manifest)
    assert problem.value.place == f"segment[0].{key}"


async def test_g12_an_authorisation_in_local_time_without_a_zone_is_refused(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.case()
        for given in ({"start": datetime(2026, 3, 2, 0)}, {"end": datetime(2026, 3, 2, 23)}):
            with pytest.raises(InputError):
                await house.authorise.request(ME, asked(**given))
        with pytest.raises(InputError):
            await house.authorisation(expires_at=datetime(2026, 3, 6))


def test_g12_a_local_day_is_not_a_day_of_utc() -> None:
    disease = Disease(
        name="x",
        infectious_days_before_onset=2,
        infectious_days_before_specimen=2,
        infectious_days_after_onset=14,
        source="test",
    )
    case = Case(
        case_id="A", disease="x", notification_ref="N", onset=date(2026, 3, 3), isolation=date(2026, 3, 4)
    )
    window = infectious_window(case, disease)
    assert window.start == datetime(2026, 2, 28, 15, tzinfo=UTC)
    assert window.end == datetime(2026, 3, 4, 15, tzinfo=UTC)


async def test_g12_a_cell_of_two_kilometres_is_no_visit_and_selects_no_camera(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.case(records=0)
        cell = a_record(
            source=Source.PHONE,
            disc=Disc(lat=37.5, lon=126.8, radius_m=2000.0),
            interval=Interval(start=NOON, end=NOON + timedelta(hours=1)),
            place_id="",
        )
        await house.store.run(lambda tx: house.context.cases.add_records(tx, "A", (cell,)))
        found = await house.traced()
        assert found.visits == ()
        assert not house.pool.grants
        assert any("select no camera" in line for line in found.trace.left_out)


def test_g12_a_visit_keeps_the_interval_and_the_disc_of_what_it_rests_on() -> None:
    record = a_record(
        interval=Interval(start=NOON, end=NOON + timedelta(minutes=5), sigma_s=900.0),
        disc=Disc(lat=37.5, lon=126.8, radius_m=400.0),
    )
    (visit,), _ = visits([record], [], {}, {}, {}, DAY)
    assert (visit.interval, visit.disc) == (record.interval, record.disc)


async def test_g12_times_of_a_sighting_carry_the_uncertainty_of_the_clock(tmp_path: Path) -> None:
    """Also where a record with a better clock tells of the same stay: the end that only the camera
    knows stays as uncertain as the camera's clock."""
    sighting = msgspec.structs.replace(
        a_track(), interval=Interval(start=NOON, end=NOON + timedelta(seconds=30), sigma_s=600.0)
    )
    async with a_house(tmp_path, cameras=(a_camera(sigma_s=600.0),)) as house:
        await house.case()
        house.pool.tracks = lambda _: (sighting,)
        found = await house.traced()
        (candidate, *_) = found.candidates
        assert candidate.sigma_s == 600.0
        assert any("clock error of the camera not available" in line for line in candidate.evidence)
        await house.confirm(candidate.candidate_id, Answer.SAME)
        (visit,) = (await house.tracing.detail(ME, found.trace.trace_id)).visits
        assert visit.start == NOON
        assert visit.basis == "both"
        assert visit.sigma_s == 600.0


def test_g12_an_uncertain_clock_forbids_no_journey_that_it_cannot_exclude() -> None:
    """Twelve kilometres in one minute: impossible by good clocks, possible by one that nobody set."""
    far = Disc(lat=37.6, lon=126.85, radius_m=30.0)
    here = Disc(lat=37.5, lon=126.8, radius_m=30.0)
    minute_later = NOON + timedelta(minutes=1)
    sure = Interval(start=minute_later, end=minute_later, sigma_s=1.0)
    unsure = Interval(start=minute_later, end=minute_later, sigma_s=600.0)
    assert not possible(Interval(start=NOON, end=NOON, sigma_s=1.0), here, sure, far)
    assert possible(Interval(start=NOON, end=NOON, sigma_s=1.0), here, unsure, far)


def test_g12_a_wide_cell_makes_no_sighting_impossible() -> None:
    candidate = Candidate(candidate_id="c", case_id="A", trace_id="T", track=a_track())
    cells = [
        a_record(n, source=Source.CARD, disc=Disc(lat=37.51, lon=126.8, radius_m=2000.0), minutes=1.5)
        for n in range(3)
    ]
    (linked,) = link([candidate], cells, {"hall": a_camera()}, {})
    assert linked.infeasible == ""
