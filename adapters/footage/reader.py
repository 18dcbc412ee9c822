"""Reads one footage file from a descriptor with PyAV: packets, key frames, exact timestamps.

The format is forced from the first bytes, so a playlist that names other files or hosts is never
parsed. Frames are handed out one at a time.
"""

import contextlib
import hashlib
import math
import os
from collections.abc import Iterator, Sequence
from itertools import chain, islice, pairwise
from typing import Literal, NamedTuple, cast

import av
import numpy as np
from av.container import InputContainer
from av.error import FFmpegError
from av.video.reformatter import VideoReformatter

from engine.domain.errors import InputError
from engine.ports import Frame, Group, Image

MAX_SIDE_PX = 8192
KEY_PROBE_PACKETS = 4000  # enough for some minutes of video; demuxing costs 0.007 ms a packet
LAST_LOOK_S = 5.0  # before the end that the header tells
READ_AHEAD_PACKETS = 32  # as far as B-frames can shuffle the first timestamps
# What a hostile file has been seen to raise in PyAV beside FFmpeg's own errors.
BROKEN = (FFmpegError, ValueError, ArithmeticError, LookupError, MemoryError, OSError)
MEND = "export it again as MP4, MKV or MPEG and renew its line in the manifest"


def container_format(head: bytes) -> str | None:
    """FFmpeg demuxer for the first bytes of a file; None for anything we do not open."""
    if head[:4] == b"\x1a\x45\xdf\xa3":
        return "matroska"
    if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free"):
        return "mov"
    if head[:4] == b"\x00\x00\x01\xba":
        return "mpeg"
    if head[:1] == b"\x47" and head[188:189] == b"\x47":
        return "mpegts"
    return None


def sha256_of(descriptor: int) -> str:
    """Digest of the very bytes that this descriptor reads; leaves the position at 0."""
    os.lseek(descriptor, 0, os.SEEK_SET)
    with os.fdopen(descriptor, "rb", closefd=False) as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    os.lseek(descriptor, 0, os.SEEK_SET)
    return digest


class Packet(NamedTuple):
    stamp: int
    is_key: bool
    size: int


class AvReader:
    """One video file. ``name`` is only used in errors; the descriptor is closed with the reader."""

    def __init__(self, descriptor: int, name: str) -> None:
        self.name = name
        self._file = os.fdopen(descriptor, "rb")
        try:
            self._open()
        except BaseException:
            self._file.close()
            raise

    def _open(self) -> None:
        self._groups: list[Group] | None = None
        self._reformatter = VideoReformatter()
        self._start_over()
        self._survey()

    def _start_over(self) -> None:
        self._file.seek(0)
        head = self._file.read(256)
        self._file.seek(0)
        forced = container_format(head)
        if forced is None:
            raise InputError("is not a video file that can be read", file=self.name, mend=MEND)
        try:
            self._container = cast(InputContainer, av.open(self._file, format=forced))
        except BROKEN as problem:
            raise InputError(f"cannot be opened ({_said(problem)})", file=self.name, mend=MEND) from None
        if not self._container.streams.video:
            raise InputError("holds no video", file=self.name, mend=MEND)
        self._stream = self._container.streams.video[0]
        context = self._stream.codec_context
        if context is None:  # PyAV knows no decoder for it; its types do not say so
            raise InputError("is in a format that cannot be decoded", file=self.name, mend=MEND)
        context.thread_count = 1  # streams run in parallel, not frames: one worker a core
        self.width, self.height = context.width, context.height
        if not (0 < self.width <= MAX_SIDE_PX and 0 < self.height <= MAX_SIDE_PX):
            raise InputError(f"has pictures of {self.width}x{self.height}", file=self.name, mend=MEND)
        self.codec = str(context.name)

    def _survey(self) -> None:
        """First timestamp, key-frame interval and duration from the packets, without decoding."""
        base = self._stream.time_base
        if base is None:
            raise InputError("has no time base", file=self.name, mend=MEND)
        self._time_base = float(base)
        packets: list[Packet] = []
        try:
            packets.extend(islice(self._packets(), KEY_PROBE_PACKETS))
        except BROKEN as problem:
            if not packets:
                raise InputError(f"cannot be read ({_said(problem)})", file=self.name, mend=MEND) from None
        if not packets:
            raise InputError("holds no frames", file=self.name, mend=MEND)
        stamps = [packet.stamp for packet in packets]
        self._first = min(stamps[:READ_AHEAD_PACKETS])
        if len(packets) < KEY_PROBE_PACKETS:  # that was all
            self._groups = self._grouped(packets)
        last = max(stamps)
        measured = (last - self._first) * self._time_base
        self.frame_rate = (len(stamps) - 1) / measured if measured > 0 else 0.0
        keys = sorted(packet.stamp for packet in packets if packet.is_key)
        gaps = [b - a for a, b in pairwise(keys)]
        self._key_interval_s = max([*gaps, last - keys[-1]]) * self._time_base if len(keys) >= 2 else None
        frame_s = 1 / self.frame_rate if self.frame_rate else 0.0
        if len(stamps) >= KEY_PROBE_PACKETS:
            measured = (self._last_stamp(last) - self._first) * self._time_base
        self._duration_s = measured + frame_s

    def _last_stamp(self, seen: int) -> int:
        """Timestamp of the last packet of a long file. What a header tells is only where to look: a
        file that was cut off still tells its whole length."""
        told_s = float(self._container.duration or 0) / av.time_base
        near_end = self._first + int(max(0.0, told_s - LAST_LOOK_S) / self._time_base)
        if near_end > seen:
            with contextlib.suppress(*BROKEN):
                self._container.seek(near_end, stream=self._stream, backward=True, any_frame=False)
            last = self._latest(seen)
            if last >= near_end:
                return last
            self._container.close()
            self._start_over()
        return self._latest(seen)

    def _latest(self, seen: int) -> int:
        with contextlib.suppress(*BROKEN):
            for packet in self._container.demux(self._stream):
                if packet.pts is not None and packet.pts > seen:
                    seen = packet.pts
        return seen

    @property
    def key_interval_s(self) -> float | None:
        return self._key_interval_s

    @property
    def duration_s(self) -> float:
        return self._duration_s

    def key_frames(self, from_s: float, to_s: float) -> Iterator[Frame]:
        yield from self._decode(from_s, to_s, 0.0, "NONKEY")

    def frames(self, from_s: float, to_s: float, step_s: float) -> Iterator[Frame]:
        yield from self._decode(from_s, to_s, step_s, "DEFAULT")

    def groups(self) -> Sequence[Group]:
        """Demuxes the whole file, once; a packet costs 0.007 ms."""
        if self._groups is None:
            self._container.close()
            self._start_over()
            packets: list[Packet] = []
            with contextlib.suppress(*BROKEN):  # where it breaks off, the decoder says so
                packets.extend(self._packets())
            self._groups = self._grouped(packets)
        return self._groups

    def _packets(self) -> Iterator[Packet]:
        for packet in self._container.demux(self._stream):
            if packet.pts is not None:
                yield Packet(packet.pts, packet.is_keyframe, packet.size)

    def _grouped(self, packets: Sequence[Packet]) -> list[Group]:
        starts = [at for at, packet in enumerate(packets) if packet.is_key]
        groups = []
        for start, end in pairwise([*starts, len(packets)]):
            sizes = [packet.size for packet in packets[start + 1 : end]]
            offset_s = (packets[start].stamp - self._first) * self._time_base
            groups.append(Group(offset_s, sum(sizes) / len(sizes) if sizes else None))
        return sorted(groups, key=lambda group: group.offset_s)

    def close(self) -> None:
        self._container.close()
        self._file.close()

    def _decode(
        self, from_s: float, to_s: float, step_s: float, skip: Literal["NONKEY", "DEFAULT"]
    ) -> Iterator[Frame]:
        half_frame_s = 0.5 / self.frame_rate if self.frame_rate else 0.0
        reached, cell = from_s, None
        try:
            for offset_s, frame in self._from(from_s + half_frame_s, skip):
                reached = offset_s
                if offset_s >= to_s:
                    break
                if step_s:  # the first frame of each step, on a grid that does not depend on from_s
                    here = math.floor((offset_s + half_frame_s) / step_s)
                    if cell is None:  # perhaps decoding began within a step
                        cell = math.floor((offset_s - half_frame_s) / step_s)
                    is_first, cell = here != cell, here
                    if not is_first:
                        continue
                if offset_s < from_s - half_frame_s:
                    continue
                yield Frame(offset_s, self._image(frame))
        except BROKEN as problem:
            raise InputError(
                f"cannot be decoded ({_said(problem)})",
                file=self.name,
                place=f"at {reached:.1f} s",
                mend=MEND,
            ) from None

    def _from(
        self, from_s: float, skip: Literal["NONKEY", "DEFAULT"]
    ) -> Iterator[tuple[float, av.VideoFrame]]:
        """Frames with their offsets, from a key frame at or before ``from_s`` on."""
        self._stream.codec_context.skip_frame = skip
        target = self._first + int(max(0.0, from_s) / self._time_base)
        self._container.seek(target, stream=self._stream, backward=True, any_frame=False)
        frames = self._offsets()
        first = next(frames, None)
        if first is None or (first[0] > from_s and first[0] > 0):
            # streams without an index (MPEG-PS, TS) land behind the target: read from the start
            self._container.close()
            self._start_over()
            self._stream.codec_context.skip_frame = skip
            frames = self._offsets()
        elif first is not None:
            frames = chain((first,), frames)
        yield from frames

    def _offsets(self) -> Iterator[tuple[float, av.VideoFrame]]:
        for frame in self._container.decode(self._stream):
            if frame.pts is not None:
                yield (frame.pts - self._first) * self._time_base, frame

    def _image(self, frame: av.VideoFrame) -> Image:
        if frame.width > MAX_SIDE_PX or frame.height > MAX_SIDE_PX:
            raise InputError(f"has a picture of {frame.width}x{frame.height}", file=self.name, mend=MEND)
        # one for all frames: a new one for each costs as much as the conversion itself
        picture = self._reformatter.reformat(frame, format="bgr24", threads=1)
        return np.asarray(picture.to_ndarray(), dtype=np.uint8)


def _said(problem: Exception) -> str:
    return (getattr(problem, "strerror", None) or type(problem).__name__).lower()
