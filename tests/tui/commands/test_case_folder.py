from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from engine.domain.errors import InputError
from engine.domain.ground import GroundKind
from engine.domain.record import Source
from tui.commands.case_folder import CaseFolder, read_case_folder

NOW = datetime(2026, 3, 5, 9, 0, tzinfo=UTC)
CASE = """
disease = "covid-19"
notification_ref = "N-1"
onset = 2026-03-03
subject_keys = ["K-1"]
stills = [{ file = "face.png", provenance = "passport office" }]

[ground]
kind = "separate_consent"
document_sha256 = "%s"
""" % ("a" * 64)
AUTHORISATION = """
purpose = "infection_control"
cameras = ["cam1", "cam2"]
sources = ["entry", "card"]
start = 2026-03-02T00:00:00+09:00
end = 2026-03-03T00:00:00+09:00
valid_hours = 24
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    case = tmp_path / "case-7"
    (case / "records").mkdir(parents=True)
    (case / "case.toml").write_text(CASE, encoding="utf-8")
    (case / "authorisation.toml").write_text(AUTHORISATION, encoding="utf-8")
    (case / "face.png").write_bytes(b"png")
    (case / "records" / "entry-market.csv").write_bytes(b"facility,entered_at\n")
    return case


def read(folder: Path, *, stills: Path | None = None, mappings: Path | None = None) -> CaseFolder:
    return read_case_folder(folder, stills, mappings, NOW)


def refusal(folder: Path) -> InputError:
    with pytest.raises(InputError) as caught:
        read(folder)
    assert caught.value.file
    return caught.value


def test_a_case_folder_becomes_the_requests_of_its_case(folder: Path) -> None:
    read_folder = read(folder)
    assert read_folder.case.case_id == "case-7"
    assert [(r.file, r.mapping.source, r.subject_keys) for r in read_folder.records] == [
        ("entry-market.csv", Source.ENTRY, ("K-1",))
    ]
    assert [(s.file, s.content) for s in read_folder.stills] == [("face.png", b"png")]
    assert read_folder.ground is not None
    assert read_folder.ground.kind is GroundKind.SEPARATE_CONSENT
    authorisation = read_folder.authorisation
    assert authorisation is not None
    assert authorisation.case_id == "case-7"
    assert authorisation.cameras == ("cam1", "cam2")
    assert authorisation.expires_at == NOW + timedelta(hours=24)
    assert msgspec.json.decode(msgspec.json.encode(read_folder), type=CaseFolder).case == read_folder.case


def test_an_id_in_the_file_comes_before_the_name_of_the_folder(folder: Path) -> None:
    (folder / "case.toml").write_text('case_id = "other"' + CASE, encoding="utf-8")
    assert read(folder).case.case_id == "other"


def test_a_case_without_authorisation_and_records_is_allowed(folder: Path) -> None:
    (folder / "authorisation.toml").unlink()
    (folder / "records" / "entry-market.csv").unlink()
    (folder / "records").rmdir()
    read_folder = read(folder)
    assert read_folder.authorisation is None
    assert read_folder.records == ()


def test_stills_are_looked_for_in_the_case_folder_first(folder: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "stills"
    elsewhere.mkdir()
    (elsewhere / "face.png").write_bytes(b"other")
    assert read(folder, stills=elsewhere).stills[0].content == b"png"
    (folder / "face.png").unlink()
    assert read(folder, stills=elsewhere).stills[0].content == b"other"


def test_a_missing_still_is_named_with_where_it_was_looked_for(folder: Path) -> None:
    (folder / "face.png").unlink()
    problem = refusal(folder)
    assert problem.place == "stills[0].file"
    assert "face.png" in problem.problem
    assert str(folder) in problem.problem


def test_a_still_never_comes_from_outside_its_folder(folder: Path) -> None:
    for name in ("../face.png", "/etc/hostname", "a/../../face.png", ""):
        (folder / "case.toml").write_text(CASE.replace("face.png", name), encoding="utf-8")
        with pytest.raises(InputError) as caught:
            read(folder)
        assert caught.value.place == "stills[0].file" or "face.png" in caught.value.file


def test_the_mapping_beside_a_record_file_comes_before_that_of_the_source(
    folder: Path, tmp_path: Path
) -> None:
    shared = tmp_path / "mappings"
    shared.mkdir()
    (shared / "entry.toml").write_text('source = "entry"\nencoding = "cp949"\n', encoding="utf-8")
    assert read(folder, mappings=shared).records[0].mapping.encoding == "cp949"
    (folder / "records" / "entry-market.toml").write_text(
        'source = "entry"\nencoding = "euc-kr"\n', encoding="utf-8"
    )
    assert read(folder, mappings=shared).records[0].mapping.encoding == "euc-kr"


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("onset = 2026-03-03\n", "", "onset"),
        ('"passport office"', '" "', "stills[0].provenance"),
        ('disease = "covid-19"\n', "", ""),
        ('notification_ref = "N-1"', 'notification_ref = ""', "notification_ref"),
        ("onset = 2026-03-03", 'onset = "yesterday"', "onset"),
        ("a" * 64, "a" * 63, "ground.document_sha256"),
        ("separate_consent", "good_will", "ground.kind"),
        ("separate_consent", "law", "ground.law_id"),
        ("onset", 'timezone = "Mars/Olympus"\nonset', "timezone"),
        ("onset", 'case_id = "Kim Min-ji"\nonset', "case_id"),
        ("onset", "shoe_size = 42\nonset", ""),
    ],
)
def test_a_case_file_that_cannot_be_used_names_the_place(
    folder: Path, old: str, new: str, place: str
) -> None:
    (folder / "case.toml").write_text(CASE.replace(old, new, 1), encoding="utf-8")
    problem = refusal(folder)
    assert problem.file == str(folder / "case.toml")
    assert problem.place == place


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("+09:00\nend", "\nend", "start"),
        ("end = 2026-03-03", "end = 2026-03-01", "end"),
        ("valid_hours = 24", "valid_hours = 0", "valid_hours"),
        ("valid_hours = 24", "valid_hours = nan", "valid_hours"),
        ("valid_hours = 24", "valid_hours = 24\nmax_camera_hours = 101", "max_camera_hours"),
        ('["entry", "card"]', '["entry", "diary"]', "sources[1]"),
        ('"cam2"', '"cam1"', "cameras[1]"),
    ],
)
def test_an_authorisation_that_cannot_be_used_names_the_place(
    folder: Path, old: str, new: str, place: str
) -> None:
    (folder / "authorisation.toml").write_text(AUTHORISATION.replace(old, new, 1), encoding="utf-8")
    problem = refusal(folder)
    assert problem.file == str(folder / "authorisation.toml")
    assert problem.place == place


@pytest.mark.parametrize(
    "name", ["records/diary.csv", "records/entry.pdf", "records/entry.toml", "extra.png", "record/entry.csv"]
)
def test_nothing_in_a_case_folder_is_passed_over_in_silence(folder: Path, name: str) -> None:
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_bytes(b"a,b\n")
    assert Path(name).parts[0] in refusal(folder).file


def test_papers_and_decisions_may_lie_in_a_case_folder(folder: Path) -> None:
    for name in ("README.md", "consent.pdf", "decisions.json", ".DS_Store"):
        (folder / name).write_bytes(b"x")
    assert read(folder).case.case_id == "case-7"


def test_a_mapping_of_another_source_is_refused(folder: Path) -> None:
    (folder / "records" / "entry-market.toml").write_text('source = "card"\n', encoding="utf-8")
    assert refusal(folder).place == "source"


def test_empty_files_and_missing_folders_are_named(folder: Path, tmp_path: Path) -> None:
    (folder / "records" / "entry-market.csv").write_bytes(b"")
    assert refusal(folder).problem == "is empty"
    assert "no such case folder" in refusal(tmp_path / "nobody").problem
    (folder / "case.toml").unlink()
    assert refusal(folder).file.endswith("case.toml")
