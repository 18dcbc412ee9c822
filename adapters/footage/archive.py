"""The footage archive: a folder and a manifest that says which file is which camera and when."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from adapters.settings import Strict, load_toml
from engine.domain.camera import Segment
from engine.domain.errors import InputError


class ManifestSegment(Strict, frozen=True, kw_only=True):
    """One ``[[segment]]`` of the manifest; times are the device's own clock, with a zone."""

    camera: str
    file: str
    start_device: datetime
    end_device: datetime
    sha256: str
    gaps: tuple[tuple[float, float], ...] = ()


class Manifest(Strict, frozen=True, kw_only=True):
    segment: tuple[ManifestSegment, ...] = ()


class FootageArchive:
    """A FootageSource over a folder. Files are opened without following links out of it."""

    def __init__(self, folder: Path, manifest: Path, segments: Sequence[Segment]) -> None:
        self.folder = folder
        self.manifest = manifest
        self._by_camera: dict[str, list[Segment]] = {}
        for segment in sorted(segments, key=lambda s: s.start_device):
            self._by_camera.setdefault(segment.camera_id, []).append(segment)

    def segments(self, camera_id: str) -> Sequence[Segment]:
        return tuple(self._by_camera.get(camera_id, ()))

    def all(self) -> Sequence[Segment]:
        return tuple(segment for segments in self._by_camera.values() for segment in segments)

    def open(self, segment: Segment) -> int:
        path = self.folder / segment.file
        try:
            return os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            raise InputError(
                f"the footage of camera {segment.camera_id} is missing",
                file=str(path),
                mend=f"put the file there, or take its segment out of {self.manifest.name}",
            ) from None
        except OSError as problem:
            raise InputError(problem.strerror or "cannot be opened", file=str(path)) from None


def load_archive(folder: Path, manifest: Path) -> FootageArchive:
    """Read the manifest. Raises InputError naming the segment that is wrong; opens no footage."""
    listed: Manifest = load_toml(manifest, Manifest)
    segments = tuple(
        _segment(entry, str(manifest), f"segment[{number}]") for number, entry in enumerate(listed.segment)
    )
    return FootageArchive(folder, manifest, segments)


def _segment(entry: ManifestSegment, file: str, place: str) -> Segment:
    name = Path(entry.file)
    if name.is_absolute() or ".." in name.parts:
        raise InputError(f"{entry.file} leaves the footage folder", file=file, place=f"{place}.file")
    for key, instant in (("start_device", entry.start_device), ("end_device", entry.end_device)):
        if instant.tzinfo is None:
            raise InputError(
                "has no time zone", file=file, place=f"{place}.{key}", mend="write 2026-03-02T03:00:00Z"
            )
    if entry.end_device <= entry.start_device:
        raise InputError("ends before it starts", file=file, place=f"{place}.end_device")
    if len(entry.sha256) != 64 or not all(c in "0123456789abcdef" for c in entry.sha256):
        raise InputError("expected 64 hexadecimal digits", file=file, place=f"{place}.sha256")
    return Segment(
        camera_id=entry.camera,
        file=entry.file,
        start_device=entry.start_device.astimezone(UTC),
        end_device=entry.end_device.astimezone(UTC),
        sha256=entry.sha256,
        gaps=entry.gaps,
    )


def manifest_as_toml(segments: Sequence[Segment]) -> str:
    """The manifest that ``load_archive`` would read back."""
    blocks = []
    for s in segments:
        lines = [
            "[[segment]]",
            f"camera = {msgspec.json.encode(s.camera_id).decode()}",
            f"file = {msgspec.json.encode(s.file).decode()}",
            f"start_device = {s.start_device.isoformat().replace('+00:00', 'Z')}",
            f"end_device = {s.end_device.isoformat().replace('+00:00', 'Z')}",
            f'sha256 = "{s.sha256}"',
        ]
        if s.gaps:
            lines.append(f"gaps = {[list(gap) for gap in s.gaps]}")
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"
