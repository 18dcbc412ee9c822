"""The footage archive: a folder and a manifest that says which file is which camera and when."""

import math
import os
import stat
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

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
    """A FootageSource over a folder. Files are opened without following links out of it.

    ``refused`` are segments that no trace may open, with why; asking for one raises that.
    """

    def __init__(
        self,
        folder: Path,
        manifest: Path,
        segments: Sequence[Segment],
        refused: Mapping[Segment, InputError] | None = None,
    ) -> None:
        self.folder = folder
        self.manifest = manifest
        self.refused: Mapping[Segment, InputError] = refused or {}
        self._by_camera: dict[str, list[Segment]] = {}
        for segment in sorted(segments, key=lambda s: s.start_device):
            self._by_camera.setdefault(segment.camera_id, []).append(segment)

    def segments(self, camera_id: str) -> Sequence[Segment]:
        return tuple(self._by_camera.get(camera_id, ()))

    def all(self) -> Sequence[Segment]:
        return tuple(segment for segments in self._by_camera.values() for segment in segments)

    def open(self, segment: Segment) -> int:
        """A descriptor of a plain file below the folder. Raises InputError for anything else."""
        if refused := self.refused.get(segment):
            raise InputError(refused.problem, file=refused.file, place=refused.place, mend=refused.mend)
        path = self.folder / segment.file
        mend = f"put the file there, or take its segment out of {self.manifest.name}"
        if not path.parent.resolve().is_relative_to(self.folder.resolve()):
            raise InputError("lies outside the footage folder, behind a link", file=str(path), mend=mend)
        try:
            # a pipe must not hold the engine up: nothing is waited for
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            what = f"the footage of camera {segment.camera_id} is missing"
            raise InputError(what, file=str(path), mend=mend) from None
        except OSError as problem:
            what = "is a link" if path.is_symlink() else (problem.strerror or "cannot be opened").lower()
            raise InputError(what, file=str(path), mend=mend) from None
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode) or facts.st_size == 0:
            os.close(descriptor)
            what = "is empty" if stat.S_ISREG(facts.st_mode) else "is no plain file"
            raise InputError(what, file=str(path), mend="copy the footage of this camera again")
        return descriptor


def load_archive(
    folder: Path,
    manifest: Path,
    *,
    now: datetime | None = None,
    offsets_s: Mapping[str, float] | None = None,
) -> FootageArchive:
    """Read the manifest; opens no footage. Raises InputError naming the segment that is wrong.

    ``offsets_s`` gives device clock minus true time in seconds for every camera there is. A segment
    that ends after ``now`` (UTC) in true time is refused by itself (G6): the others can be used.
    """
    listed: Manifest = load_toml(manifest, Manifest)
    segments: list[Segment] = []
    refused: dict[Segment, InputError] = {}
    spots: dict[str, str] = {}
    for number, entry in enumerate(listed.segment):
        spot = f"segment[{number}]"
        segment = _segment(entry, str(manifest), spot)
        if entry.file in spots:
            raise InputError(
                f"{entry.file} is already {spots[entry.file]}",
                file=str(manifest),
                place=f"{spot}.file",
                mend="a file belongs to one camera and one time: take one of the two out",
            )
        spots[entry.file] = spot
        segments.append(segment)
        if offsets_s is not None and entry.camera not in offsets_s:
            raise InputError(
                f"camera {entry.camera[:80]!r} is not in the registry",
                file=str(manifest),
                place=f"{spot}.camera",
                mend="register the camera, or correct its id",
            )
        offset_s = offsets_s[entry.camera] if offsets_s is not None else 0.0
        end = segment.end_device - timedelta(seconds=offset_s)
        if now is not None and end > now:
            refused[segment] = InputError(
                f"the footage of {segment.camera_id} ends in the future ({end.isoformat()})",
                file=str(manifest),
                place=f"{spot}.end_device",
                mend="correct the time, or the clock of the camera",
            )
    return FootageArchive(folder, manifest, segments, refused)


def _segment(entry: ManifestSegment, file: str, place: str) -> Segment:
    name = Path(entry.file)
    if not name.parts or name.is_absolute() or ".." in name.parts or not entry.file.isprintable():
        raise InputError(
            f"{entry.file[:80]!r} is no file below the footage folder",
            file=file,
            place=f"{place}.file",
            mend="give its name relative to that folder",
        )
    for key, instant in (("start_device", entry.start_device), ("end_device", entry.end_device)):
        if instant.tzinfo is None:
            raise InputError(
                "has no time zone", file=file, place=f"{place}.{key}", mend="write 2026-03-02T03:00:00Z"
            )
        if not 1970 < instant.year < 9999:  # beyond it no clock can be subtracted
            raise InputError(
                f"lies in the year {instant.year}", file=file, place=f"{place}.{key}", mend="correct the time"
            )
    if entry.end_device <= entry.start_device:
        raise InputError(
            "ends before it starts", file=file, place=f"{place}.end_device", mend="check the two times"
        )
    if len(entry.sha256) != 64 or not all(c in "0123456789abcdef" for c in entry.sha256):
        raise InputError(
            "expected 64 lower-case hex digits",
            file=file,
            place=f"{place}.sha256",
            mend="copy it from sha256sum",
        )
    told_s = (entry.end_device - entry.start_device).total_seconds()
    for number, (from_s, to_s) in enumerate(entry.gaps):
        if not (math.isfinite(from_s) and 0 <= from_s < to_s <= told_s + 1):
            raise InputError(
                f"expected 0 <= from < to <= {told_s:g} s",
                file=file,
                place=f"{place}.gaps[{number}]",
                mend="give seconds from the first frame",
            )
    return Segment(
        camera_id=entry.camera,
        file=entry.file,
        start_device=entry.start_device.astimezone(UTC),
        end_device=entry.end_device.astimezone(UTC),
        sha256=entry.sha256,
        gaps=entry.gaps,
    )
