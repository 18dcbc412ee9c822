"""``tracedesk site check`` and ``init``, as a person meets them."""

from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from tests.end_to_end.house import House, clip, link_models
from tui.cli import app


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.delenv("TRACEDESK_MODELS", raising=False)
    made = House(tmp_path / "town")
    made.add_clip("cam1", clip(tmp_path / "clip.mp4"))
    return made


def checked(site: Path) -> Result:
    outcome = CliRunner().invoke(app, ["site", "check", str(site)])
    assert "Traceback" not in outcome.output
    return outcome


def marked(outcome: Result, mark: str) -> list[str]:
    return [line[6:] for line in outcome.stdout.splitlines() if line.startswith(f"{mark} ")]


def test_a_site_with_everything_is_ready(shared: Path, house: House) -> None:
    link_models(house, shared)
    outcome = checked(house.site)
    assert outcome.exit_code == 0, outcome.stdout
    assert outcome.stdout.splitlines()[-1] == "ready"
    assert "cam1: cam1.mp4, mpeg4 96x64, 2.0 s at 15.0 frames/s, key frames within 1.0 s" in outcome.stdout
    assert "cameras: 1 in cameras.toml, 0 with a coverage polygon, 1 with a measured clock" in outcome.stdout
    assert "calibration: edgeface_xs" in outcome.stdout


def test_all_faults_are_found_in_one_go(house: House, tmp_path: Path) -> None:
    house.add_clip("long", clip(tmp_path / "a.mp4", frames=31), told_s=9.0)
    house.add_clip("other", clip(tmp_path / "b.mp4", frames=32), sha256="0" * 64)
    house.add_clip("unlisted", clip(tmp_path / "c.mp4", frames=33), stated=False)
    house.add_clip("text", b"#EXTM3U\nfile:///etc/passwd\n")
    house.add_clip("gone", b"x").unlink()
    (house.mappings / "card.toml").write_text('source = "card"\ncolour = 1\n', encoding="utf-8")
    (house.footage / "stray.mp4").write_bytes(b"")
    outcome = checked(house.site)
    assert outcome.exit_code == 2
    faults = marked(outcome, "FAULT")
    for file, said in (
        (house.footage / "long.mp4", "lasts 2.1 s where the manifest says 9.0 s; copy"),
        (house.footage / "other.mp4", "differs from the sha256 in the manifest; copy"),
        (house.footage / "unlisted.mp4", "is not in the rehearsal statement; list"),
        (house.footage / "text.mp4", "is not a video file that can be read; export"),
        (house.footage / "gone.mp4", "the footage of camera gone is missing; put"),
        (house.mappings / "card.toml", "Object contains unknown field `colour`; take"),
    ):
        assert [line for line in faults if line.startswith(f"{file}: {said}")], (file, faults)
    assert any("yunet_n_dynamic.onnx: there is no such model file" in line for line in faults)
    assert len(faults) == 7
    assert any("stray.mp4" in line for line in marked(outcome, "warn "))
    assert outcome.stdout.splitlines()[-1].startswith("not ready: 7 faults, ")


def test_a_part_that_cannot_be_read_does_not_hide_the_others(house: House) -> None:
    house.replace(house.cameras, "fixed = true\n", "")
    house.replace(house.statement, '"tests"', '""')
    house.replace(house.manifest, "end_device = 2026", "end_device = 2126")
    faults = marked(checked(house.site), "FAULT")
    assert any(line.startswith(f"{house.cameras}: cameras[0].fixed: ") for line in faults)
    assert any(line.startswith(f"{house.statement}: said_by: ") for line in faults)
    assert any(line.startswith(f"{house.manifest}: segment[0].end_device: ") for line in faults)


def test_clocks_that_nobody_measured_and_overlapping_footage_are_warned_of(house: House) -> None:
    house.replace(house.cameras, "clock = { offset_s = 0, sigma_s = 1 }\n", "")
    block = house.manifest.read_text(encoding="utf-8")
    house.manifest.write_text(block + block.replace("cam1.mp4", "again.mp4"), encoding="utf-8")
    (house.footage / "again.mp4").write_bytes((house.footage / "cam1.mp4").read_bytes())
    warned = marked(checked(house.site), "warn ")
    assert any(line.startswith(f"{house.cameras}: cameras[0].clock: ") for line in warned)
    assert any("cam1.mp4 and again.mp4 of cam1 overlap in time" in line for line in warned)


@pytest.mark.parametrize(
    ("line", "key", "said"),
    [
        (
            "coverage = [[126.8, 37.5], [126.8001, 37.5001], [126.8001, 37.5], [126.8, 37.5001]]\n",
            "coverage",
            "no simple ring",
        ),
        ("coverage = [[37.5, 126.8], [37.6, 126.8], [37.6, 126.9]]\n", "coverage[0][1]", "-90..90"),
        ("coverage = [[126.9, 37.5], [126.91, 37.5], [126.91, 37.51]]\n", "coverage", "m from the camera"),
    ],
)
def test_a_coverage_that_cannot_be_true_is_named(house: House, line: str, key: str, said: str) -> None:
    house.replace(house.cameras, "fixed = true\n", "fixed = true\n" + line)
    faults = marked(checked(house.site), "FAULT")
    assert any(f.startswith(f"{house.cameras}: cameras[0].{key}: ") and said in f for f in faults), faults


def test_a_camera_far_from_its_place_is_named(house: House) -> None:
    house.replace(house.places, "37.5,126.8", "36.5,126.8")
    faults = marked(checked(house.site), "FAULT")
    assert any(
        "stands 11" in line and line.startswith(f"{house.cameras}: cameras[0].place_id") for line in faults
    )


def test_a_new_site_lacks_only_footage_models_and_a_measured_clock(
    tmp_path: Path, shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRACEDESK_MODELS", str(tmp_path / "none"))
    folder = tmp_path / "new"
    made = CliRunner().invoke(app, ["site", "init", str(folder)])
    assert made.exit_code == 0
    assert str(folder / "site.toml") in made.stdout
    outcome = checked(folder / "site.toml")
    (fault,) = marked(outcome, "FAULT")
    assert fault.startswith("models: ")
    warnings = marked(outcome, "warn ")
    assert len(warnings) == 2
    assert any(line.endswith("camera cam1 has no footage") for line in warnings)
    assert any("clock" in line for line in warnings)  # nobody has measured it yet
    monkeypatch.setenv("TRACEDESK_MODELS", str(shared / "models"))
    assert checked(folder / "site.toml").exit_code == 0


def test_a_folder_in_use_gets_no_site(house: House) -> None:
    outcome = CliRunner().invoke(app, ["site", "init", str(house.root)])
    assert outcome.exit_code == 2
    assert outcome.stderr == f"tracedesk: {house.root}: is not empty; name a new folder\n"


def test_without_a_site_file_the_check_says_so(tmp_path: Path) -> None:
    outcome = checked(tmp_path / "site.toml")
    assert outcome.exit_code == 2
    assert outcome.stderr.startswith(f"tracedesk: {tmp_path / 'site.toml'}: there is no such file; ")
