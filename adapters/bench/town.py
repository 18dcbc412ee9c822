"""A generated rehearsal site with its case folders: nobody lives there, and its footage shows a grey pattern.

Every case has a place and cameras of its own, so that traces share no reading and all of them are
under way for long. The format of the files is that of docs/CASE_FOLDER.md.
"""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

DAY = datetime(2026, 3, 2, tzinfo=UTC)
FIRST_HOUR, LAST_HOUR = 0, 12  # UTC; in which the patients were about, and the cameras recorded
CELL_S = 600  # one piece of footage in every ten minutes: a window of its own
PIECE_S = 10
DEGREES_APART = 0.1  # of longitude: further than any camera sees
WINDOWS_A_CAMERA = (LAST_HOUR - FIRST_HOUR) * 3600 // CELL_S
SIDE_PX = (640, 360)
FRAMES, RATE = 30, 15

SITE = """name = "made-up-town"
profile = "rehearsal"
cameras = "cameras.toml"
places = "places.csv"
rehearsal_statement = "rehearsal.toml"

[footage]
manifest = "footage.toml"

[footage.folder]
root = "footage"
"""
STATEMENT = """said_by = "tracedesk"
said_on = 2026-03-05
statement = "Everything here was generated; nobody is shown."

[[files]]
sha256 = "{sha256}"
file = "clip.mp4"
"""
CAMERA = """[[camera]]
camera_id = "{camera}"
name = "Camera {camera}"
fixed = true
lat = 37.5
lon = {lon}
place_id = "place{number}"
hfov_deg = 70
clock = {{ offset_s = 0, sigma_s = 1 }}

"""
SEGMENT = """[[segment]]
camera = "{camera}"
file = "{file}"
start_device = {start}
end_device = {end}
sha256 = "{sha256}"

"""
CASE = """disease = "covid-19"
notification_ref = "MADE-UP-{number}"
onset = 2026-03-03
stills = [{{ file = "still.png", provenance = "generated" }}]

[ground]
kind = "separate_consent"
document_sha256 = "{sha256}"
"""
AUTHORISATION = """purpose = "infection_control"
cameras = {cameras}
sources = ["interview", "gps"]
start = 2026-03-02T00:00:00Z
end = 2026-03-03T00:00:00Z
valid_hours = 24
"""


@dataclass(frozen=True, slots=True)
class Town:
    """Where everything lies: the site file and a folder for every case."""

    site: Path
    cases: tuple[Path, ...]


def build(folder: Path, cases: int = 10, cameras_each: int = 1) -> Town:
    """Write a town into an empty folder. Each camera has six windows an hour, for twelve hours."""
    footage = folder / "footage"
    footage.mkdir(parents=True)
    content = clip(footage / "clip.mp4")
    sha256 = hashlib.sha256(content).hexdigest()
    cameras, places, segments = [], ["place_id,name,lat,lon,radius_m"], []
    folders = []
    for number in range(cases):
        lon = f"{126.0 + number * DEGREES_APART:.3f}"
        places.append(f"place{number},Place {number},37.5,{lon},50")
        own = [f"c{number}-{n}" for n in range(cameras_each)]
        for camera in own:
            cameras.append(CAMERA.format(camera=camera, lon=lon, number=number))
            segments += _pieces(footage, camera, sha256)
        folders.append(_case(folder / "cases" / f"made-up-{number}", number, own))
    (footage / "clip.mp4").unlink()
    for name, text in {
        "site.toml": SITE,
        "cameras.toml": "".join(cameras),
        "places.csv": "\n".join(places) + "\n",
        "footage.toml": "".join(segments),
        "rehearsal.toml": STATEMENT.format(sha256=sha256),
    }.items():
        (folder / name).write_text(text, encoding="utf-8")
    return Town(site=folder / "site.toml", cases=tuple(folders))


def record_rows(number: int, count: int, first: int = 0) -> bytes:
    """``count`` rows of positions of the patient of case ``number``, as a GPS file; other numbers from
    ``first`` on give other rows."""
    lines = ["at,lat,lon,accuracy_m"]
    for n in range(first, first + count):
        at = DAY + timedelta(hours=FIRST_HOUR, seconds=n % ((LAST_HOUR - FIRST_HOUR) * 3600))
        lon = 126.0 + number * DEGREES_APART + (n // 43_200) * 1e-7
        lines.append(f"{at:%Y-%m-%dT%H:%M:%S}Z,37.5,{lon:.7f},10")
    return ("\n".join(lines) + "\n").encode()


def clip(path: Path) -> bytes:
    """The bytes of a moving grey pattern, two seconds long."""
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=Fraction(RATE))
        stream.width, stream.height, stream.pix_fmt = *SIDE_PX, "yuv420p"
        across = np.arange(SIDE_PX[0], dtype=np.uint16)
        for number in range(FRAMES):
            row = ((across + 3 * number) % 256).astype(np.uint8)
            image = np.repeat(np.repeat(row[None, :, None], SIDE_PX[1], axis=0), 3, axis=2)
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="bgr24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path.read_bytes()


def _pieces(footage: Path, camera: str, sha256: str) -> list[str]:
    """One file for every ten minutes, all of them the same bytes."""
    lines = []
    for start_s in range(FIRST_HOUR * 3600, LAST_HOUR * 3600, CELL_S):
        file = f"{camera}-{start_s:05}.mp4"
        os.link(footage / "clip.mp4", footage / file)
        start = DAY + timedelta(seconds=start_s)
        end = start + timedelta(seconds=PIECE_S)
        lines.append(
            SEGMENT.format(camera=camera, file=file, sha256=sha256, start=_toml(start), end=_toml(end))
        )
    return lines


def _case(folder: Path, number: int, cameras: Sequence[str]) -> Path:
    (folder / "records").mkdir(parents=True)
    digest = hashlib.sha256(f"consent {number}".encode()).hexdigest()
    names = ", ".join(f'"{camera}"' for camera in cameras)
    (folder / "case.toml").write_text(CASE.format(number=number, sha256=digest), encoding="utf-8")
    (folder / "authorisation.toml").write_text(AUTHORISATION.format(cameras=f"[{names}]"), encoding="utf-8")
    (folder / "still.png").write_bytes(f"no photograph {number}".encode())
    rows = f"place,start,end,certainty\nPlace {number},2026-03-02 09:00,2026-03-02 21:00,certain\n"
    (folder / "records" / "interview.csv").write_text(rows, encoding="utf-8")
    return folder


def _toml(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
