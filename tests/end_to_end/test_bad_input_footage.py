"""Footage that cannot be read costs its own camera and nothing else, and each is said in one line."""

import hashlib
import json
from pathlib import Path

import pytest

from tests.end_to_end.house import House, clip, link_models
from tests.end_to_end.spoil import OLD, problems, the_line, trace


@pytest.fixture
def searched(shared: Path, house: House) -> House:
    """A site with models, the photograph of a person, and a camera that saw this person."""
    link_models(house, shared)
    photo = (shared / "faces" / "enrol" / "A_0.png").read_bytes()
    (house.stills / "face.png").write_bytes(photo)
    house.state(hashlib.sha256(photo).hexdigest())
    house.add_clip("good", (shared / "footage" / "asl_again.mkv").read_bytes(), file="good.mkv")
    return house


def test_each_unreadable_clip_is_named_and_the_other_cameras_are_searched(
    searched: House, tmp_path: Path
) -> None:
    house = searched
    said = {
        house.add_clip("gone", b"x"): "the footage of camera gone is missing; put the file there",
        house.add_clip("zero", b""): "is empty; copy",
        house.add_clip("folder", b"-"): "is no plain file; ",
        house.add_clip("link", b"--"): "is a link; ",
        house.add_clip("playlist", b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n"): "is not a video file",
        house.add_clip("concat", b"ffconcat version 1.0\nfile '/etc/passwd'\n"): "is not a video file",
        house.add_clip("noise", b"\0\0\0\x20ftypisom" + bytes(200)): "cannot be opened (",
        house.add_clip(
            "cut", half(clip(tmp_path / "a", frames=90, form="mpegts")), file="cut.ts", told_s=6.0
        ): "is truncated: ends after ",
        house.add_clip("late", clip(tmp_path / "b", frames=31), told_s=20.0): "is truncated: ends after 2.",
        house.add_clip("other", clip(tmp_path / "c", frames=32), sha256="0" * 64): "differs from the sha256",
        house.add_clip("unlisted", clip(tmp_path / "d", frames=33), stated=False): "is not in the rehearsal",
    }
    files = {path.stem: path for path in said}
    files["gone"].unlink()
    files["folder"].unlink()
    files["folder"].mkdir()
    files["link"].unlink()
    files["link"].symlink_to(house.footage / "good.mkv")
    outcome = trace(house)
    assert outcome.exit_code == 2
    lines = [line.removeprefix("tracedesk: ") for line in problems(outcome)]
    for path, words in said.items():
        mine = [line for line in lines if line.startswith(f"{path}: ")]
        assert len(mine) == 1, (path, lines)
        assert mine[0].startswith(f"{path}: {words}")
        assert "; " in mine[0]
    assert len(lines) == len(said)
    (found,) = json.loads(house.out.read_bytes())["traces"]
    assert found["state"] == "awaiting_review"
    assert "good" in {candidate["camera"] for candidate in found["candidates"]}
    assert len(found["problems"]) == len(said)


def test_footage_ending_in_the_future_stays_shut_and_the_rest_is_searched(searched: House) -> None:
    house = searched
    house.replace(house.manifest, "end_device = 2026", "end_device = 2126")
    line = the_line(trace(house))
    assert line.startswith(f"{house.manifest}: segment[0].end_device: ")
    assert "ends in the future" in line
    (found,) = json.loads(house.out.read_bytes())["traces"]
    assert "good" in {candidate["camera"] for candidate in found["candidates"]}


def test_without_the_footage_folder_the_records_are_traced_and_it_is_said(searched: House) -> None:
    house = searched
    house.replace(house.site, 'root = "footage"', 'root = "elsewhere"')
    line = the_line(trace(house))
    assert line.startswith(f"{house.site}: no face search: the footage folder {house.root / 'elsewhere'}")
    (found,) = json.loads(house.out.read_bytes())["traces"]
    assert found["state"] == "records_only"
    assert found["visits"]


def test_a_model_that_is_another_file_stops_the_command_before_anything_is_traced(searched: House) -> None:
    house = searched
    model = house.models / "edgeface_xs.onnx"
    model.unlink()
    model.write_bytes((house.models / "yunet_n_dynamic.onnx").read_bytes())
    line = the_line(trace(house))
    assert line.startswith(f"{model}: has 322906 bytes where edgeface_xs has 9151403; ")
    assert "tracedesk models add" in line
    assert house.out.read_text(encoding="utf-8") == OLD


def test_a_missing_model_leaves_the_records_and_is_said(searched: House) -> None:
    house = searched
    (house.models / "edgeface_xs.onnx").unlink()
    line = the_line(trace(house))
    assert line.startswith(f"{house.site}: no face search: {house.models / 'edgeface_xs.onnx'}: ")
    (found,) = json.loads(house.out.read_bytes())["traces"]
    assert found["state"] == "records_only"


def test_a_state_folder_keeps_what_it_held_through_a_run_that_failed(house: House) -> None:
    house.replace(house.case / "case.toml", "stills = [{", "# [{")
    state = str(house.root / "state")
    assert trace(house, "--state", state).exit_code == 0
    before = house.out.read_bytes()
    entry = house.case / "records" / "entry.csv"
    right = entry.read_bytes()
    entry.write_bytes(right[:-3] + b"\xff\xff\xff")
    line = the_line(trace(house, "--state", state))
    assert line.startswith(f"{entry}: row 3: is not cp949")
    assert house.out.read_bytes() == before
    entry.write_bytes(right)
    assert trace(house, "--state", state).exit_code == 0
    (found,) = json.loads(house.out.read_bytes())["traces"]
    assert [visit["label"] for visit in found["visits"]] == ["Market"]


def test_stills_of_two_people_fail_their_trace_and_no_other(searched: House, shared: Path) -> None:
    house = searched
    other = (shared / "faces" / "enrol" / "C_0.png").read_bytes()
    (house.stills / "other.png").write_bytes(other)
    house.state(hashlib.sha256(other).hexdigest())
    second = '"taken at admission" }, { file = "other.png", provenance = "taken at admission" }]'
    house.replace(house.case / "case.toml", '"taken at admission" }]', second)
    alone = house.new_case("B")
    house.replace(alone / "case.toml", "stills = [{", "# [{")
    line = the_line(trace(house, str(alone)))
    assert line.startswith(
        f"case A: {house.stills / 'other.png'}: seems to show somebody else than face.png; "
    )
    found = {t["case"]: t["state"] for t in json.loads(house.out.read_bytes())["traces"]}
    assert found == {"A": "failed", "B": "records_only"}


def half(content: bytes) -> bytes:
    return content[: len(content) // 2]
