from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.bench.town import Town, build, clip, record_rows
from adapters.loading import load_site
from adapters.records.parse import parse_file
from engine.domain.record import Source
from engine.ports import RecordMapping
from tui.commands.trace import read_cases

NOW = datetime(2026, 4, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    return build(tmp_path_factory.mktemp("town"), cases=3, cameras_each=2)


def test_a_town_is_a_rehearsal_site_like_any_other(town: Town) -> None:
    site = load_site(town.site, NOW)
    assert site.settings.profile == "rehearsal"
    assert (site.warnings, site.problems) == ((), ())
    assert len(site.cameras.all()) == 6
    assert site.archive is not None
    assert len(site.archive.segments("c0-1")) == 72


def test_only_what_its_statement_lists_lies_in_it(town: Town) -> None:
    site = load_site(town.site, NOW)
    assert site.archive is not None
    assert {segment.sha256 for segment in site.archive.all()} == site.rehearsal_sha256


def test_its_cases_can_be_brought_in_and_share_no_camera(town: Town) -> None:
    folders = read_cases(town.cases, town.site)
    papers = [folder.authorisation for folder in folders]
    assert all(folder.stills and folder.ground and folder.records for folder in folders)
    cameras = [camera for paper in papers if paper for camera in paper.cameras]
    assert sorted(cameras) == sorted({*cameras})
    assert len(cameras) == 6


def test_further_rows_of_a_patient_are_records_and_no_two_alike(town: Town) -> None:
    site = load_site(town.site, NOW)
    parsed = parse_file(
        record_rows(1, 1000, first=43_000),
        "gps.csv",
        RecordMapping(source=Source.GPS),
        case_id="made-up-1",
        subject_keys=frozenset(),
        received_at=NOW,
        places=site.places,
    )
    assert len(parsed.records) == 1000
    assert len({(r.interval.start, r.disc) for r in parsed.records}) == 1000


def test_the_clip_can_be_decoded(tmp_path: Path) -> None:
    import av

    clip(tmp_path / "clip.mp4")
    with av.open(str(tmp_path / "clip.mp4")) as container:
        assert sum(1 for _ in container.decode(video=0)) == 30
