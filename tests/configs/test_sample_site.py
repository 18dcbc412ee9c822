"""The sample site that ships: complete, consistent, and walkable."""

import hashlib
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

import configs
from adapters.footage.archive import load_archive
from adapters.records.parse import parse_file
from adapters.settings import SiteFile, folder_path, load_toml
from adapters.site.cameras import CameraTable, load_cameras
from adapters.site.places import PlaceTable, load_places
from adapters.site.statement import RehearsalStatement, load_statement
from engine.domain.authorisation import Scope
from engine.domain.camera import Segment
from engine.domain.case import Case, Disease, infectious_window
from engine.domain.interval import Interval, gap_s
from engine.domain.place import Disc, distance_m, least_distance_m
from engine.domain.record import Record
from engine.trace.narrow import narrow
from tui.commands.case_folder import CaseFolder, read_case_folder

SAMPLE = Path(configs.__file__).parent / "sample"
NOW = datetime(2026, 3, 5, tzinfo=UTC)
CASES = ("A", "B", "C", "D", "G", "A-masked", "B-masked", "C-masked", "D-masked", "G-masked")
WALK_M_S = 1.4  # a usual walking pace
COVID = Disease(
    name="covid-19",
    infectious_days_before_onset=2,
    infectious_days_before_specimen=2,
    infectious_days_after_onset=14,
    source="as in configs/definitions",
)
UNPLACED = {  # records without a place in the gazetteer, by their notes
    "cases/D": ["settled only, whole day"],
    "cases/D-masked": ["time illegible, whole day"],
}
RIDE_M_S = 20.0  # bus and car, for journeys over a kilometre


@pytest.fixture(scope="module")
def site() -> SiteFile:
    return load_toml(SAMPLE / "site.toml", SiteFile)  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def cameras(site: SiteFile) -> CameraTable:
    return load_cameras(SAMPLE / site.cameras)


@pytest.fixture(scope="module")
def places(site: SiteFile) -> PlaceTable:
    return load_places(SAMPLE / site.places)


@pytest.fixture(scope="module")
def statement(site: SiteFile) -> RehearsalStatement:
    return load_statement(SAMPLE / site.rehearsal_statement)


@pytest.fixture(scope="module")
def segments(site: SiteFile) -> tuple[Segment, ...]:
    assert site.footage is not None
    folder = folder_path(site.footage.folder, SAMPLE)
    return tuple(load_archive(folder, SAMPLE / site.footage.manifest).all())


def true_time(segment: Segment, cameras: CameraTable) -> Interval:
    camera = cameras.by_id(segment.camera_id)
    assert camera is not None
    fast = timedelta(seconds=camera.clock.offset_s)
    return Interval.of(segment.start_device - fast, segment.end_device - fast, camera.clock.sigma_s)


def read(name: str, stills: Path | None) -> CaseFolder:
    return read_case_folder(SAMPLE / name, stills, SAMPLE / "mappings", NOW)


def records_of(folder: CaseFolder, places: PlaceTable) -> list[Record]:
    return [
        record
        for file in folder.records
        for record in parse_file(
            file.content,
            file.file,
            file.mapping,
            case_id=folder.case.case_id,
            subject_keys=frozenset(file.subject_keys),
            received_at=NOW,
            places=places,
        ).records
    ]


@pytest.fixture(scope="module")
def stills(shared: Path) -> Path:
    return shared / "faces" / "enrol"


def test_every_camera_is_fixed_has_a_measured_clock_and_one_clip(
    cameras: CameraTable, segments: tuple[Segment, ...]
) -> None:
    assert cameras.warnings == ()
    assert sorted(camera.camera_id for camera in cameras.all()) == sorted(s.camera_id for s in segments)
    for segment in segments:
        assert Path(segment.file).stem in (segment.camera_id, f"{segment.camera_id}_timeline")


def test_the_two_timelines_begin_at_their_stated_true_times(
    cameras: CameraTable, segments: tuple[Segment, ...]
) -> None:
    starts = {s.camera_id: (s.start_device, true_time(s, cameras)) for s in segments}
    assert starts["cam1"][1].start == datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
    assert starts["cam2"][1].start == datetime(2026, 3, 2, 3, 10, tzinfo=UTC)
    assert starts["cam2"][0] == datetime(2026, 3, 2, 3, 11, 30, tzinfo=UTC)
    assert (starts["cam1"][1].sigma_s, starts["cam2"][1].sigma_s) == (1, 2)


def test_every_journey_between_two_cameras_can_be_walked(
    cameras: CameraTable, segments: tuple[Segment, ...]
) -> None:
    seen = sorted(
        ((true_time(s, cameras), cameras.by_id(s.camera_id)) for s in segments), key=lambda s: s[0].start
    )
    for number, (first_time, first) in enumerate(seen):
        for second_time, second in seen[number + 1 :]:
            assert first is not None
            assert second is not None
            assert distance_m(first.disc, second.disc) < WALK_M_S * gap_s(first_time, second_time)


@pytest.mark.parametrize("name", [*(f"cases/{case}" for case in CASES), "records-only/R"])
def test_every_case_has_its_records_and_every_journey_to_a_camera_is_possible(
    name: str,
    places: PlaceTable,
    cameras: CameraTable,
    segments: tuple[Segment, ...],
    stills: Path,
) -> None:
    records = records_of(read(name, stills), places)
    assert len(records) >= 3
    assert [record.note for record in records if record.disc is None] == UNPLACED.get(name, [])
    for record in records:
        if record.disc is None:
            continue
        for segment in segments:
            camera = cameras.by_id(segment.camera_id)
            assert camera is not None
            far_m = least_distance_m(record.disc, camera.disc)
            pace = RIDE_M_S if far_m > 1000 else WALK_M_S
            seconds = gap_s(record.interval, true_time(segment, cameras)) + record.interval.sigma_s
            assert far_m <= pace * seconds, (record.source, record.interval, camera.camera_id)


@pytest.mark.parametrize("case", CASES)
def test_every_case_leads_to_every_camera_and_is_authorised_for_it(
    case: str, places: PlaceTable, cameras: CameraTable, segments: tuple[Segment, ...], stills: Path
) -> None:
    folder = read(f"cases/{case}", stills)
    records = records_of(folder, places)
    authorisation = folder.authorisation
    assert authorisation is not None
    asked = Interval.of(authorisation.start, authorisation.end)
    for segment in segments:
        camera, when = cameras.by_id(segment.camera_id), true_time(segment, cameras)
        assert camera is not None
        assert camera.camera_id in authorisation.cameras
        assert asked.contains(when)
        assert any(
            record.disc is not None
            and record.disc.radius_m <= 1000
            and record.interval.contains(when)
            and distance_m(record.disc, Disc(lat=camera.lat, lon=camera.lon, radius_m=0))
            < record.disc.radius_m
            for record in records
        )
    assert authorisation.face_search
    assert authorisation.expires_at == NOW + timedelta(hours=24)


@pytest.mark.parametrize("case", CASES)
def test_narrowing_any_case_opens_every_clip_whole(
    case: str, places: PlaceTable, cameras: CameraTable, segments: tuple[Segment, ...], stills: Path
) -> None:
    folder = read(f"cases/{case}", stills)
    asked = folder.authorisation
    assert asked is not None
    scope = Scope(
        cameras=frozenset(asked.cameras),
        sources=frozenset(asked.sources),
        interval=Interval.of(asked.start, asked.end),
        face_search=asked.face_search,
        max_camera_hours=asked.max_camera_hours,
    )
    known = msgspec.convert(msgspec.structs.asdict(folder.case), Case)
    plan = narrow(
        records_of(folder, places),
        infectious=infectious_window(known, COVID),
        scope=scope,
        cameras=cameras.all(),
        segments=lambda camera_id: [s for s in segments if s.camera_id == camera_id],
    )
    opened_s = {window.camera_id: 0.0 for window in plan.windows}
    for window in plan.windows:
        opened_s[window.camera_id] += window.interval.duration_s
    assert opened_s == {s.camera_id: pytest.approx(true_time(s, cameras).duration_s) for s in segments}


@pytest.mark.parametrize("case", CASES)
def test_every_case_has_its_stills_and_the_specimen_consent(
    case: str, stills: Path, statement: RehearsalStatement
) -> None:
    folder = read(f"cases/{case}", stills)
    person, _, masked = case.partition("-")
    wanted = [f"{person}_0_masked.png"] if masked else [f"{person}_0.png", f"{person}_1.png"]
    assert folder.case.case_id == case
    assert [still.file for still in folder.stills] == wanted
    assert all(hashlib.sha256(still.content).hexdigest() in statement.hashes for still in folder.stills)
    assert folder.ground is not None
    specimen = (SAMPLE / "consent-specimen.txt").read_bytes()
    assert folder.ground.document_sha256 == hashlib.sha256(specimen).hexdigest()


def test_the_records_only_case_needs_neither_stills_nor_ground_nor_cameras(places: PlaceTable) -> None:
    folder = read("records-only/R", None)
    assert folder.stills == ()
    assert folder.ground is None
    assert folder.authorisation is not None
    assert not folder.authorisation.face_search
    assert len(records_of(folder, places)) >= 10


def test_the_sources_are_mixed_over_the_cases_and_hold_every_trap(places: PlaceTable, stills: Path) -> None:
    folders = [read(f"cases/{case}", stills) for case in CASES]
    assert len({file.mapping.source for folder in folders for file in folder.records}) == 7
    records = [record for folder in folders for record in records_of(folder, places)]
    notes = " ".join(record.note for record in records)
    for trap in ("family card", "wide cell", "no tag-off", "whole day", "minutes illegible", "no exit"):
        assert trap in notes


def test_every_place_that_a_camera_names_is_in_the_gazetteer(
    cameras: CameraTable, places: PlaceTable
) -> None:
    for camera in cameras.all():
        place = places.by_id(camera.place_id)
        assert place is not None
        assert least_distance_m(camera.disc, place.disc) == 0


def test_the_statement_lists_the_clips_of_the_manifest(
    statement: RehearsalStatement, segments: tuple[Segment, ...]
) -> None:
    assert {segment.sha256 for segment in segments} < statement.hashes
    assert all(re.fullmatch(r"[0-9a-f]{64}", segment.sha256) for segment in segments)


def test_the_statement_is_true_of_the_files_that_lie_beside_the_checkout(
    statement: RehearsalStatement, shared: Path
) -> None:
    clips = [path for path in (shared / "footage").iterdir() if path.suffix != ".json"]
    stills = list((shared / "faces" / "enrol").iterdir())
    digests = {hashlib.sha256(path.read_bytes()).hexdigest() for path in (*clips, *stills)}
    assert digests == statement.hashes


def test_folders_of_the_site_lie_beside_the_checkout_and_can_be_set(
    site: SiteFile, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("TRACEDESK_SAMPLE", raising=False)
    assert site.footage is not None
    assert site.stills is not None
    beside = (SAMPLE.parents[2] / "shared").resolve()
    assert folder_path(site.footage.folder, SAMPLE) == beside / "footage"
    assert folder_path(site.stills, SAMPLE) == beside / "faces" / "enrol"
    monkeypatch.setenv("TRACEDESK_SAMPLE", str(tmp_path / "footage"))
    assert folder_path(site.footage.folder, SAMPLE) == (tmp_path / "footage").resolve()
    assert folder_path(site.stills, SAMPLE) == (tmp_path / "faces" / "enrol").resolve()


def test_no_committed_file_of_the_sample_names_a_place_on_some_machine() -> None:
    for path in SAMPLE.rglob("*"):
        if path.is_file():
            assert not re.search(rb"/(work|tmp|home|root)/", path.read_bytes()), path
