"""From a confirmed sighting to an exposure, on real faces: two people filmed side by side."""

import hashlib
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

START = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
RATE = 15


def pictures(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)][::2]


def side_by_side(left: Path, right: Path, to: Path) -> float:
    """A clip of both, left and right of each other; its length in seconds."""
    frames = [np.hstack(pair) for pair in zip(pictures(left), pictures(right), strict=False)]
    with av.open(str(to), "w") as container:
        stream = container.add_stream("mpeg4", rate=RATE)
        stream.width, stream.height = frames[0].shape[1], frames[0].shape[0]
        stream.pix_fmt, stream.bit_rate = "yuv420p", 6_000_000
        stream.time_base = Fraction(1, RATE)
        for image in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        container.mux(stream.encode(None))
    return len(frames) / RATE


@pytest.fixture(scope="module")
def result(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    site = tmp_path_factory.mktemp("two")
    (site / "footage").mkdir()
    clip = site / "footage" / "hall.mp4"
    length_s = side_by_side(shared / "footage/asl_again.mkv", shared / "footage/asl_milk.mkv", clip)
    stills = [shared / "faces/enrol" / name for name in ("A_0.png", "A_1.png")]
    digests = {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in (clip, *stills)}
    end = START + timedelta(seconds=length_s)
    (site / "site.toml").write_text(f"""
name = "Two in a hall"
profile = "rehearsal"
cameras = "cameras.toml"
places = "places.csv"
rehearsal_statement = "rehearsal.toml"
[footage]
manifest = "footage.toml"
[footage.folder]
root = "footage"
[stills]
root = {json.dumps(str(shared / "faces/enrol"))}
[models.folder]
root = {json.dumps(str(shared / "models"))}
""")
    (site / "cameras.toml").write_text("""
[[camera]]
camera_id = "hall"
name = "Hall"
fixed = true
lat = 37.5
lon = 126.8
place_id = "hall"
hfov_deg = 70
range_m = 20
clock = { offset_s = 0, sigma_s = 1, measured_at = 2026-03-01T00:00:00Z, method = "reference clock" }
""")
    (site / "places.csv").write_text(
        "place_id,name,other_names,address,lat,lon,radius_m,kind,phone\nhall,Hall,,,37.5,126.8,20,hall,\n"
    )
    (site / "footage.toml").write_text(f"""
[[segment]]
camera = "hall"
file = "hall.mp4"
start_device = {START:%Y-%m-%dT%H:%M:%SZ}
end_device = {end:%Y-%m-%dT%H:%M:%S.%fZ}
sha256 = "{digests[clip]}"
""")
    listed = ",\n".join(f'{{ sha256 = "{d}", file = "{p.name}" }}' for p, d in digests.items())
    (site / "rehearsal.toml").write_text(
        f'said_by = "a test"\nsaid_on = 2026-03-02\nstatement = "made for a test"\nfiles = [\n{listed}\n]\n'
    )
    case = site / "cases" / "A"
    (case / "records").mkdir(parents=True)
    (case / "case.toml").write_text(f"""
case_id = "A"
disease = "covid-19"
notification_ref = "TEST-1"
onset = 2026-03-03
stills = [
  {{ file = "A_0.png", provenance = "sample still" }},
  {{ file = "A_1.png", provenance = "sample still" }},
]
[ground]
kind = "separate_consent"
document_sha256 = "{"c" * 64}"
""")
    (case / "authorisation.toml").write_text("""
purpose = "infection_control"
cameras = ["hall"]
sources = ["gps"]
start = 2026-03-02T00:00:00Z
end = 2026-03-02T12:00:00Z
valid_hours = 1
""")
    (case / "records" / "gps.csv").write_text("at,lat,lon,accuracy_m\n2026-03-02T03:00:00Z,37.5,126.8,20\n")
    answers = [
        {"case": "A", "camera": "hall", "start": START.isoformat(), "end": end.isoformat(), "answer": "same"}
    ]
    (site / "answers.json").write_text(json.dumps(answers))
    out = site / "out.json"
    command = [sys.executable, "-m", "tui.cli", "trace", str(case), "--headless", "--json", str(out)]
    done = subprocess.run(
        [*command, "--decisions", str(site / "answers.json")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(out.read_text())
    return found


def test_a_confirmed_sighting_becomes_a_visit_together_with_the_record(result: dict[str, Any]) -> None:
    (trace,) = result["traces"]
    answers = [c["answer"] for c in trace["candidates"]]
    assert answers[0] == "same"
    assert answers.count("same") == 1
    assert [v["basis"] for v in trace["visits"]] == ["both"]
    assert trace["visits"][0]["cameras"] == ["hall"]


def test_the_person_beside_the_patient_is_an_exposure_without_a_name(result: dict[str, Any]) -> None:
    (trace,) = result["traces"]
    assert trace["exposures"]
    for exposure in trace["exposures"]:
        assert exposure["person"].startswith("U-")
        assert exposure["camera"] == "hall"
        assert 0 <= exposure["distance_low_m"] < exposure["distance_high_m"] < 5
        assert 0 < exposure["minutes"] < 0.1
        assert exposure["suggestions"] == []  # two seconds are no contact by any definition


def test_whoever_stood_beside_the_confirmed_patient_cannot_be_the_patient(result: dict[str, Any]) -> None:
    (trace,) = result["traces"]
    for other in trace["candidates"][1:]:
        assert other["answer"] is None
        assert "in the same picture" in other["why_infeasible"]
