"""Bad input gets one line with file, place and mend, exit code 2, and loses nothing.

Each row spoils one thing of a small site and runs the real command on it.
"""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.domain.errors import InputError
from tests.end_to_end.house import House
from tests.end_to_end.spoil import OLD, append, put, remove, rewrite, the_line, trace
from tui.commands.trace import write_result
from tui.commands.trace_result import Result

CASE, PAPER, ENTRIES = "cases/A/case.toml", "cases/A/authorisation.toml", "cases/A/records/entry.csv"
SECOND_CAMERA = '[[camera]]\ncamera_id = "cam1"\nname = "Twin"\nfixed = true\nlat = 37.5\nlon = 126.8\n'

# what is spoilt, how, the file that must be named, the place in it, what must be said
FOUND_AT_ONCE = [
    ("site.toml is missing", remove("site.toml"), "cases/A", "", "no site.toml"),
    ("unknown key in the site", append("site.toml", "\ncolour = 1\n"), "site.toml", "", "`colour`"),
    ("site of no profile", rewrite("site.toml", "rehearsal", "demo"), "site.toml", "profile", "rehearsal"),
    ("site that is not TOML", append("site.toml", "\n= ="), "site.toml", "", "is not TOML"),
    (
        "site in another encoding",
        put("site.toml", 'name = "서울"\n'.encode("cp949")),
        "site.toml",
        "",
        "UTF-8",
    ),
    (
        "time zone that is none",
        rewrite("site.toml", "cameras =", 'timezone = "X/Y"\ncameras ='),
        "site.toml",
        "timezone",
        "unknown time zone",
    ),
    (
        "folder of mappings is missing",
        rewrite("site.toml", 'mappings = "mappings"', 'mappings = "gone"'),
        "site.toml",
        "mappings",
        "is not there",
    ),
    (
        "model of another kind",
        rewrite("site.toml", "[models.folder]", '[models]\ndetector = "edgeface_xs"\n[models.folder]'),
        "site.toml",
        "models.detector",
        "yunet",
    ),
    (
        "model that nobody knows",
        rewrite("site.toml", "[models.folder]", '[models]\nembedder = "best"\n[models.folder]'),
        "site.toml",
        "models.embedder",
        "edgeface_xs",
    ),
    ("camera registry is missing", remove("cameras.toml"), "cameras.toml", "", "no such file"),
    (
        "camera without fixed",
        rewrite("cameras.toml", "fixed = true\n", ""),
        "cameras.toml",
        "cameras[0].fixed",
        "fixed = true",
    ),
    ("unknown key of a camera", append("cameras.toml", "zoom = 2\n"), "cameras.toml", "cameras[0]", "`zoom`"),
    (
        "two cameras of one id",
        append("cameras.toml", SECOND_CAMERA),
        "cameras.toml",
        "cameras[1].camera_id",
        "cam1",
    ),
    (
        "camera at an unknown place",
        rewrite("cameras.toml", "market", "harbour"),
        "cameras.toml",
        "cameras[0].place_id",
        "harbour",
    ),
    (
        "camera beyond the pole",
        rewrite("cameras.toml", "37.5", "97.5"),
        "cameras.toml",
        "cameras[0].lat",
        "-90..90",
    ),
    ("gazetteer is missing", remove("places.csv"), "places.csv", "", "no such file"),
    ("gazetteer without a column", rewrite("places.csv", "lat", "latitude"), "places.csv", "", "lat"),
    ("manifest is missing", remove("footage.toml"), "footage.toml", "", "no such file"),
    (
        "footage of an unknown camera",
        rewrite("footage.toml", '"cam1"', '"cam9"'),
        "footage.toml",
        "segment[0].camera",
        "cam9",
    ),
    (
        "unknown key of a segment",
        append("footage.toml", "rate = 3\n"),
        "footage.toml",
        "segment[0]",
        "`rate`",
    ),
    (
        "segment that ends before it starts",
        rewrite("footage.toml", "03:00:02", "02:00:02"),
        "footage.toml",
        "segment[0].end_device",
        "before it starts",
    ),
    (
        "segment without a time zone",
        rewrite("footage.toml", "02T03:00:00Z", "02T03:00:00"),
        "footage.toml",
        "segment[0].start_device",
        "time zone",
    ),
    (
        "segment that leaves the folder",
        rewrite("footage.toml", "cam1.mp4", "../cam1.mp4"),
        "footage.toml",
        "segment[0].file",
        "below the footage folder",
    ),
    (
        "hash that is none",
        rewrite("footage.toml", 'sha256 = "', 'sha256 = "X'),
        "footage.toml",
        "segment[0].sha256",
        "64",
    ),
    ("statement is missing", remove("rehearsal.toml"), "rehearsal.toml", "", "no such file"),
    ("statement by nobody", rewrite("rehearsal.toml", '"tests"', '""'), "rehearsal.toml", "said_by", "who"),
    (
        "unknown key of the statement",
        append("rehearsal.toml", "page = 1\n"),
        "rehearsal.toml",
        "files[0]",
        "`page`",
    ),
    ("case.toml is missing", remove(CASE), CASE, "", "no such file"),
    ("unknown key of the case", put(CASE, b'nickname = "x"\n'), CASE, "", "`"),
    ("case in another encoding", put(CASE, 'note = "서울"\n'.encode("cp949")), CASE, "", "UTF-8"),
    ("case without onset and specimen", rewrite(CASE, "onset = 2026-03-03", ""), CASE, "onset", "specimen"),
    ("date that is none", rewrite(CASE, "2026-03-03", '"soon"'), CASE, "onset", "correct"),
    (
        "case id with a slash",
        rewrite(CASE, "disease", 'case_id = "../B"\ndisease'),
        CASE,
        "case_id",
        "opaque id",
    ),
    (
        "case id with control characters",
        rewrite(CASE, "disease", 'case_id = "A\\u001b[2J"\ndisease'),
        CASE,
        "case_id",
        "opaque id",
    ),
    ("still that is missing", remove("stills/face.png"), CASE, "stills[0].file", "face.png"),
    ("still without bytes", put("stills/face.png", b""), "stills/face.png", "", "is empty"),
    ("consent without a hash", rewrite(CASE, "a" * 64, ""), CASE, "ground.document_sha256", "64"),
    ("stranger in the case folder", put("cases/A/notes.bin", b"x"), "cases/A/notes.bin", "", "not part"),
    ("authorisation is missing", remove(PAPER), PAPER, "", "is missing"),
    ("unknown key of the authorisation", append(PAPER, "urgent = true\n"), PAPER, "", "`urgent`"),
    (
        "authorisation that ends before it starts",
        rewrite(PAPER, "end = 2026-03-03", "end = 2026-03-01"),
        PAPER,
        "end",
        "start",
    ),
    (
        "authorisation for ever",
        rewrite(PAPER, "valid_hours = 24", "valid_hours = 99999"),
        PAPER,
        "valid_hours",
        "744",
    ),
    ("record file without bytes", put(ENTRIES, b""), ENTRIES, "", "is empty"),
    (
        "record file of an unknown source",
        put("cases/A/records/diary.csv", b"x"),
        "cases/A/records/diary.csv",
        "",
        "source",
    ),
    (
        "record file of an unknown form",
        put("cases/A/records/entry.docx", b"x"),
        "cases/A/records/entry.docx",
        "",
        ".csv",
    ),
    (
        "mapping to an unknown column",
        rewrite("mappings/entry.toml", "entered_at", "entered"),
        "mappings/entry.toml",
        "",
        "entered",
    ),
]


@pytest.mark.parametrize(
    ("spoil", "file", "place", "said"),
    [pytest.param(*row[1:], id=row[0]) for row in FOUND_AT_ONCE],
)
def test_a_mistake_in_a_file_is_found_before_an_engine_starts(
    house: House, spoil: Callable[[House], None], file: str, place: str, said: str
) -> None:
    spoil(house)
    line = the_line(trace(house, "--state", str(house.root / "state")))
    assert line.startswith(f"{house.root / file}: {place}"), line
    assert said in line
    assert line.partition("; ")[2] or "expected" in line, "it says what to do"
    assert house.out.read_text(encoding="utf-8") == OLD
    assert not (house.root / "state").exists(), "no engine was started"


def test_two_folders_of_one_case_are_refused_with_both_named(house: House) -> None:
    twin = house.root / "cases" / "B"
    (twin / "records").mkdir(parents=True)
    for name in ("case.toml", "authorisation.toml"):
        (twin / name).write_bytes((house.case / name).read_bytes())
    house.replace(twin / "case.toml", "disease", 'case_id = "A"\ndisease')
    line = the_line(trace(house, str(twin)))
    assert line.startswith(f"{twin / 'case.toml'}: case_id: ")
    assert str(house.case) in line


DECISION = {
    "case": "A",
    "camera": "cam1",
    "start": "2026-03-02T03:00:00Z",
    "end": "2026-03-02T03:01:00Z",
    "answer": "same",
}


@pytest.mark.parametrize(
    ("content", "place", "said"),
    [
        pytest.param(None, "", "no such file", id="there is none"),
        pytest.param("[{", "", "is not JSON", id="half of one"),
        pytest.param(b"\xff\xfe[", "", "is not JSON", id="in another encoding"),
        pytest.param([DECISION | {"case": "Z"}], "[0].case", "not traced", id="for a case that is not there"),
        pytest.param([DECISION | {"camera": "cam9"}], "[0].camera", "registry", id="for an unknown camera"),
        pytest.param([DECISION | {"answer": "maybe"}], "[0].answer", "maybe", id="with an unknown answer"),
        pytest.param([DECISION | {"by": "me"}], "[0]", "`by`", id="with an unknown key"),
        pytest.param([DECISION | {"start": "2026-03-02T03:00:00"}], "[0].start", "zone", id="without a zone"),
        pytest.param(
            [DECISION | {"end": "2026-03-01T00:00:00Z"}], "[0].end", "before", id="that end too soon"
        ),
        pytest.param([DECISION | {"answer": "cannot_tell"}], "[0].because", "why", id="without a reason"),
    ],
)
def test_decisions_that_cannot_be_used_are_found_before_an_engine_starts(
    house: House, content: object, place: str, said: str
) -> None:
    file = house.root / "decisions.json"
    if content is not None:
        plain = content if isinstance(content, bytes) else None
        file.write_bytes(plain or (content if isinstance(content, str) else json.dumps(content)).encode())
    line = the_line(trace(house, "--decisions", str(file), "--state", str(house.root / "state")))
    assert line.lower().startswith(f"{file}: {place}".lower())
    assert said.lower() in line.lower()
    assert "; " in line
    assert not (house.root / "state").exists()


@pytest.mark.parametrize("where", ["gone/out.json", "cases"])
def test_a_result_that_could_not_be_written_is_found_before_the_work(house: House, where: str) -> None:
    house.out = house.root / where
    line = the_line(trace(house, "--state", str(house.root / "state")))
    assert line.startswith(f"{house.out}: ")
    assert not (house.root / "state").exists()


def test_a_full_disk_leaves_the_old_result_and_is_said(house: House) -> None:
    empty = Result(wall_s=0.0, peak_concurrent=0, profile="rehearsal", demo_models=False, traces=())
    with pytest.raises(InputError, match=r"^/dev/full: no space left on device; free space"):
        write_result(empty, Path("/dev/full"))
    write_result(empty, house.out)
    assert json.loads(house.out.read_bytes())["traces"] == []
    assert [f.name for f in house.root.glob("out.json*")] == ["out.json"], "no half file beside it"


def test_a_state_folder_that_is_a_file_is_refused(house: House) -> None:
    line = the_line(trace(house, "--state", str(house.site)))
    assert line.startswith(f"{house.site}: ")
    assert "--state" in line
    assert "Test town" in house.site.read_text(encoding="utf-8")


def test_a_state_folder_whose_path_is_too_long_is_refused(house: House) -> None:
    line = the_line(trace(house, "--state", str(house.root / ("x" * 120))))
    assert "shorter" in line
