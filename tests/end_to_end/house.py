"""A small site with one case, written to a folder, for tests that spoil one thing in it."""

import hashlib
import shutil
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

SITE = """
name = "Test town"
profile = "rehearsal"
cameras = "cameras.toml"
places = "places.csv"
rehearsal_statement = "rehearsal.toml"
mappings = "mappings"

[footage]
manifest = "footage.toml"

[footage.folder]
root = "footage"

[stills]
root = "stills"

[models.folder]
root = "models"
"""
CAMERA = """
[[camera]]
camera_id = "{name}"
name = "Gate {name}"
fixed = true
lat = 37.5
lon = 126.8
place_id = "market"
clock = {{ offset_s = 0, sigma_s = 1 }}
"""
PLACES = "place_id,name,lat,lon\nmarket,Market,37.5,126.8\n"
CASE = """
disease = "covid-19"
notification_ref = "N-1"
onset = 2026-03-03
subject_keys = ["K-1"]
stills = [{ file = "face.png", provenance = "taken at admission" }]

[ground]
kind = "separate_consent"
document_sha256 = "%s"
""" % ("a" * 64)
AUTHORISATION = """
purpose = "infection_control"
cameras = {cameras}
sources = ["entry", "card"]
start = 2026-03-02T00:00:00+09:00
end = 2026-03-03T00:00:00+09:00
valid_hours = 24
"""
ENTRY_MAPPING = """
source = "entry"
encoding = "cp949"
subject_column = "key"

[columns]
facility = "업소명"
entered_at = "일시"
"""
ENTRY = "업소명,일시,key\nMarket,2026-03-02 12:00:00,K-1\nMarket,2026-03-02 12:05:00,K-2\n"
CLIP_S = 2.0


class House:
    """Where everything lies, and how one thing is changed. Clips begin at 12:00:00 local time."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.site = root / "site.toml"
        self.cameras = root / "cameras.toml"
        self.places = root / "places.csv"
        self.manifest = root / "footage.toml"
        self.statement = root / "rehearsal.toml"
        self.footage = root / "footage"
        self.stills = root / "stills"
        self.models = root / "models"
        self.mappings = root / "mappings"
        self.case = root / "cases" / "A"
        self.out = root / "out.json"
        self._segments: list[tuple[str, str, float, str]] = []
        self._stated: list[str] = []
        for folder in (self.footage, self.stills, self.models, self.mappings, self.case / "records"):
            folder.mkdir(parents=True)
        self.site.write_text(SITE, encoding="utf-8")
        self.cameras.write_text("", encoding="utf-8")
        self.places.write_text(PLACES, encoding="utf-8")
        (self.mappings / "entry.toml").write_text(ENTRY_MAPPING, encoding="utf-8")
        (self.case / "case.toml").write_text(CASE, encoding="utf-8")
        (self.case / "records" / "entry.csv").write_bytes(ENTRY.encode("cp949"))
        (self.stills / "face.png").write_bytes(b"no photograph")
        self.write_lists()

    def add_clip(
        self,
        camera: str,
        content: bytes,
        *,
        file: str = "",
        told_s: float = CLIP_S,
        stated: bool = True,
        sha256: str = "",
    ) -> Path:
        """Register a camera with one clip and list the clip where it has to be listed."""
        file = file or f"{camera}.mp4"
        with self.cameras.open("a", encoding="utf-8") as cameras:
            cameras.write(CAMERA.format(name=camera))
        (self.footage / file).write_bytes(content)
        digest = sha256 or hashlib.sha256(content).hexdigest()
        self._segments.append((camera, file, told_s, digest))
        if stated:
            self.state(digest)
        self.write_lists()
        return self.footage / file

    def state(self, digest: str) -> None:
        """List a file in the rehearsal statement."""
        if digest not in self._stated:
            self._stated.append(digest)
        self.write_lists()

    def write_lists(self) -> None:
        """Manifest, statement and authorisation as they follow from the clips."""
        manifest = ""
        for camera, file, told_s, digest in self._segments:
            manifest += (
                f'[[segment]]\ncamera = "{camera}"\nfile = "{file}"\n'
                f"start_device = 2026-03-02T03:00:00Z\nend_device = 2026-03-02T03:00:{told_s:06.3f}Z\n"
                f'sha256 = "{digest}"\n\n'
            )
        self.manifest.write_text(manifest, encoding="utf-8")
        stated = "".join(f'[[files]]\nsha256 = "{d}"\nfile = "{n}"\n' for n, d in enumerate(self._stated))
        head = 'said_by = "tests"\nsaid_on = 2026-03-05\nstatement = "Everyone shown is invented."\n'
        self.statement.write_text(head + (stated or "files = []\n"), encoding="utf-8")
        cameras = str([segment[0] for segment in self._segments]).replace("'", '"')
        paper = AUTHORISATION.format(cameras=cameras)
        (self.case / "authorisation.toml").write_text(paper, encoding="utf-8")

    def new_case(self, name: str) -> Path:
        """A further case folder, as the first one."""
        folder = self.root / "cases" / name
        shutil.copytree(self.case, folder)
        return folder

    def replace(self, file: Path, old: str, new: str) -> None:
        """Change one text of a file; the text must be there."""
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new, 1), encoding="utf-8")


def link_models(house: House, shared: Path) -> None:
    """The real models, under the names that the site asks for."""
    for name in ("yunet_n_dynamic", "edgeface_xs", "rfb640_masked_face_v2"):
        (house.models / f"{name}.onnx").symlink_to((shared / "models" / f"{name}.onnx").resolve())


def clip(
    path: Path, *, frames: int = 30, rate: int = 15, side: tuple[int, int] = (96, 64), form: str = "mp4"
) -> bytes:
    """The bytes of a moving grey pattern: ``frames`` at ``rate`` per second, a key frame each second."""
    with av.open(str(path), "w", format=form) as container:
        stream = container.add_stream("mpeg2video" if form == "mpegts" else "mpeg4", rate=Fraction(rate))
        stream.width, stream.height, stream.pix_fmt = *side, "yuv420p"
        stream.codec_context.gop_size = rate
        across = np.arange(side[0], dtype=np.uint16)
        for number in range(frames):
            row = ((across + 3 * number) % 256).astype(np.uint8)
            image = np.repeat(np.repeat(row[None, :, None], side[1], axis=0), 3, axis=2)
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="bgr24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path.read_bytes()
