"""The footage part of ``tracedesk site check``: the manifest against what really lies there."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from itertools import pairwise
from pathlib import Path

from adapters.assembly.workers import Inspected, inspecting
from adapters.clock import SystemClock
from adapters.footage.archive import FootageArchive, load_archive
from adapters.settings import folder_path
from engine.domain.camera import Segment
from engine.domain.errors import InputError
from tui.commands.site_check import FAULT, INFO, OK, WARN, Finding, Parts, fault

DURATION_TOLERANCE_S = 1.0
VIDEO_SUFFIXES = (".mp4", ".mkv", ".mpg", ".mpeg", ".ts", ".mov", ".avi")


async def footage_findings(parts: Parts) -> AsyncIterator[Finding]:
    """One finding or more for each file, in the order of the manifest, as workers have read it."""
    settings = parts.settings
    if settings.footage is None:
        yield Finding(WARN, "footage: none is set; traces go by records alone")
        return
    folder = folder_path(settings.footage.folder, parts.base)
    manifest = parts.base / settings.footage.manifest
    known = parts.cameras.all() if parts.cameras else ()
    try:
        archive = load_archive(
            folder,
            manifest,
            now=SystemClock().now(),
            offsets_s={c.camera_id: c.clock.offset_s for c in known} if parts.cameras else None,
        )
    except InputError as problem:
        yield Finding(FAULT, str(problem))
        return
    if not folder.is_dir():
        env = settings.footage.folder.env
        mend = f"set {env}, or correct footage.folder" if env else "correct footage.folder"
        yield fault(f"the footage folder {folder} is not there", file=parts.path, mend=mend)
        return
    yield Finding(OK, f"footage: {len(archive.all())} files of the manifest, in {folder}")
    for finding in manifest_findings(archive, {c.camera_id for c in known}):
        yield finding
    if archive.all():
        async for finding in _inspected(archive, parts):
            yield finding


def manifest_findings(archive: FootageArchive, cameras: set[str]) -> Iterator[Finding]:
    """What can be told without opening a file: times, overlaps, files that nobody listed."""
    yield from (Finding(FAULT, str(problem)) for problem in archive.refused.values())
    segments = archive.all()
    for camera in sorted(cameras - {s.camera_id for s in segments}):
        yield Finding(WARN, f"{archive.manifest}: camera {camera} has no footage")
    for camera in sorted({s.camera_id for s in segments}):
        for before, after in pairwise(archive.segments(camera)):
            if after.start_device < before.end_device:
                line = f"{archive.manifest}: {before.file} and {after.file} of {camera} overlap in time"
                yield Finding(WARN, line)
    listed = {(archive.folder / s.file).resolve() for s in segments}
    unlisted = [
        path
        for path in sorted(archive.folder.rglob("*"))
        if path.suffix.lower() in VIDEO_SUFFIXES and path.resolve() not in listed
    ]
    if unlisted:
        first = (
            f"{len(unlisted)} video files lie in the folder and not in the manifest, first {unlisted[0].name}"
        )
        yield Finding(WARN, f"{archive.manifest}: {first}; no trace can find them")


async def _inspected(archive: FootageArchive, parts: Parts) -> AsyncIterator[Finding]:
    allowed = parts.statement.hashes if parts.statement else None
    async with inspecting(archive, allowed) as inspect:
        to_read = [s for s in archive.all() if s not in archive.refused]
        asked = [asyncio.ensure_future(inspect(segment)) for segment in to_read]
        await asyncio.wait(asked)
        for segment, answer in zip(to_read, asked, strict=True):
            path = archive.folder / segment.file
            problem = answer.exception()
            if isinstance(problem, InputError):
                line = str(problem)
                yield Finding(FAULT, line if line.startswith(str(path)) else f"{archive.folder}/{line}")
            elif problem is not None:
                yield fault(f"cannot be read ({problem})", file=path, mend="export it again")
            else:
                for finding in facts_against_manifest(segment, answer.result(), path, archive, allowed):
                    yield finding


def facts_against_manifest(
    segment: Segment, facts: Inspected, path: Path, archive: FootageArchive, allowed: frozenset[str] | None
) -> Iterator[Finding]:
    """What a file is, against what the manifest and the statement say of it."""
    manifest = archive.manifest.name
    told_s = (segment.end_device - segment.start_device).total_seconds()
    keys = (
        f"key frames within {facts.key_interval_s:.1f} s"
        if facts.key_interval_s
        else "too few key frames: sampled"
    )
    yield Finding(
        INFO,
        f"{segment.camera_id}: {segment.file}, {facts.codec} {facts.width}x{facts.height}, "
        f"{facts.duration_s:.1f} s at {facts.frame_rate:.1f} frames/s, {keys}",
    )
    if facts.sha256 != segment.sha256:
        mend = f"copy the file again, or renew its sha256 in {manifest}"
        yield fault("differs from the sha256 in the manifest", file=path, mend=mend)
    elif allowed is not None and facts.sha256 not in allowed:
        mend = "list its sha256 there, if everyone shown is invented or has agreed"
        yield fault("is not in the rehearsal statement", file=path, mend=mend)
    if abs(facts.duration_s - told_s) > DURATION_TOLERANCE_S:
        mend = f"copy the file again, or correct end_device in {manifest}"
        problem = f"lasts {facts.duration_s:.1f} s where the manifest says {told_s:.1f} s"
        yield fault(problem, file=path, mend=mend)
