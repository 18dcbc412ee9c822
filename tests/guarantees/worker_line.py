"""The engine's end of a real worker process, held by a hostile insider: plain blocking frames."""

import contextlib
import hashlib
import os
import secrets
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Self, TypeVar

import av
import cv2
import msgspec
import numpy as np

from adapters.assembly.workers import worker_environment
from adapters.face.calibrations import load_calibrations
from adapters.face.registry import find
from engine.domain.camera import Camera, Segment
from engine.domain.grant import WindowGrant
from engine.domain.interval import Interval
from engine.domain.model import Calibration
from engine.domain.track import MaskState, WindowResult
from engine.ports import Image
from engine.schedule.frames import (
    Cancelled,
    Enrol,
    Enrolled,
    Failed,
    FromWorker,
    Prepare,
    Ready,
    ReferenceStill,
    Scan,
    ScanDone,
    ScanProgress,
    SubjectOfScan,
    ToWorker,
)
from engine.vault.grants import GrantSigner, subject_digest

T = TypeVar("T", bound=FromWorker)
SEED = b"signing seed of a test engine...."[:32]
LENGTH = struct.Struct(">I")


class WorkerLine:
    """One worker. ``say`` sends, ``hear`` waits for an answer of a kind; progress is passed over.
    ``cancelled`` are the grants of which it said that it heard of their end."""

    def __init__(self, prepare: Prepare) -> None:
        ours, theirs = socket.socketpair()
        self._sock = ours
        self.cancelled: set[str] = set()
        self._sock.settimeout(60)
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "adapters.worker", str(theirs.fileno())],
            pass_fds=(theirs.fileno(),),
            env=worker_environment(),
        )
        theirs.close()
        self.say(prepare)
        self.ready = self.hear(Ready)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._sock.close()
        self.process.wait(10)

    def say(self, message: ToWorker, descriptors: Sequence[int] = ()) -> None:
        content = msgspec.msgpack.encode(message)
        head = LENGTH.pack(len(content))
        if descriptors:
            socket.send_fds(self._sock, [head], list(descriptors))
        else:
            self._sock.sendall(head)
        self._sock.sendall(content)

    def hear_any(self) -> FromWorker:
        while True:
            (length,) = LENGTH.unpack(self._exactly(LENGTH.size))
            said = msgspec.msgpack.decode(self._exactly(length), type=FromWorker)
            if not isinstance(said, Cancelled):
                return said
            self.cancelled.update(said.grant_ids)

    def hear(self, kind: type[T]) -> T:
        while True:
            answer = self.hear_any()
            if isinstance(answer, kind):
                return answer
            assert isinstance(answer, ScanProgress), answer

    def enrols(self, *stills: bytes, file: str = "photo.png") -> Enrolled | Failed:
        """The template of these photographs, or why there is none."""
        self.say(Enrol(stills=tuple(ReferenceStill(file=file, content=content) for content in stills)))
        answer = self.hear_any()
        assert isinstance(answer, Enrolled | Failed)
        return answer

    def scan(
        self, camera: Camera, clips: Sequence[tuple[Segment, Path]], subjects: Sequence[SubjectOfScan]
    ) -> FromWorker:
        """Scan and wait: ScanDone, or Failed."""
        self.begin(camera, clips, subjects)
        while isinstance(answer := self.hear_any(), ScanProgress):
            pass
        return answer

    def results(
        self, camera: Camera, clips: Sequence[tuple[Segment, Path]], subjects: Sequence[SubjectOfScan]
    ) -> tuple[WindowResult, ...]:
        """The result of every subject, in the order given."""
        answer = self.scan(camera, clips, subjects)
        assert isinstance(answer, ScanDone), answer
        by_id = {r.grant_id: r.result for r in answer.results}
        return tuple(by_id[grant_of(s).grant_id] for s in subjects)

    def begin(
        self, camera: Camera, clips: Sequence[tuple[Segment, Path]], subjects: Sequence[SubjectOfScan]
    ) -> None:
        opened = [os.open(path, os.O_RDONLY) for _, path in clips]
        try:
            self.say(
                Scan(
                    job="test",
                    camera=camera,
                    segments=tuple(segment for segment, _ in clips),
                    subjects=tuple(subjects),
                ),
                opened,
            )
        finally:
            for descriptor in opened:
                os.close(descriptor)

    def _exactly(self, count: int) -> bytes:
        got = b""
        while len(got) < count:
            more = self._sock.recv(count - len(got))
            if not more:
                raise ConnectionError("the worker has ended")
            got += more
        return got


def preparation(
    models: Path,
    statement: frozenset[str] | None,
    calibrations: tuple[Calibration, ...] | None = None,
    signer: GrantSigner | None = None,
) -> Prepare:
    names = ("yunet_n_dynamic", "edgeface_xs", "rfb640_masked_face_v2")
    return Prepare(
        verify_key=(signer or GrantSigner(SEED)).verify_key,
        models=tuple(find(name, models) for name in names),
        calibrations=tuple(load_calibrations().values()) if calibrations is None else calibrations,
        rehearsal_sha256=statement,
        places=(),
    )


def a_grant(
    camera: Camera, minutes: Interval, template: bytes, sha256: Sequence[str], **given: object
) -> WindowGrant:
    """A grant as the engine would give it now; ``given`` is what a forger changes."""
    values: dict[str, object] = {
        "grant_id": secrets.token_hex(8),
        "case_id": "A",
        "trace_id": "T-A",
        "authorisation_id": "auth",
        "window_id": f"{camera.camera_id}/1",
        "camera_id": camera.camera_id,
        "interval": minutes,
        "subject_sha256": subject_digest(template),
        "footage_sha256": tuple(sha256),
        "expires_at": datetime.now(UTC) + timedelta(hours=1),
        "deadline_boottime_s": time.clock_gettime(time.CLOCK_BOOTTIME) + 900.0,
        "four_eyes": False,
        "rehearsal": True,
    }
    return WindowGrant(**(values | given))  # type: ignore[arg-type]


def a_subject(
    grant: WindowGrant,
    template: bytes,
    *,
    signer: GrantSigner | None = None,
    mask: MaskState = MaskState.BARE,
) -> SubjectOfScan:
    return SubjectOfScan(
        grant=(signer or GrantSigner(SEED)).sign(grant), template=template, reference_mask=mask
    )


def grant_of(subject: SubjectOfScan) -> WindowGrant:
    return msgspec.msgpack.decode(subject.grant.grant, type=WindowGrant)


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def segment_of(camera: Camera, path: Path, start_device: datetime, seconds: float) -> Segment:
    return Segment(
        camera_id=camera.camera_id,
        file=path.name,
        start_device=start_device,
        end_device=start_device + timedelta(seconds=seconds),
        sha256=sha256(path),
    )


def write_video(
    path: Path, images: Iterator[Image] | Sequence[Image], rate: int, codec: str = "mpeg4"
) -> Path:
    """A video of these pictures; a key frame every twelve."""
    with av.open(str(path), "w") as container:
        stream = None
        for number, image in enumerate(images):
            if stream is None:
                stream = container.add_stream(codec, rate=rate)
                stream.height, stream.width = image.shape[:2]
                stream.pix_fmt = "yuv420p"
                stream.bit_rate = 8_000_000
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="bgr24")
            frame.pts, frame.time_base = number, Fraction(1, rate)
            container.mux(stream.encode(frame))
        assert stream is not None
        container.mux(stream.encode())
    return path


def noise(seed: int, width: int = 320, height: int = 240) -> Image:
    """Smooth noise in which nobody is."""
    small = np.random.default_rng(seed).integers(0, 255, (height // 16, width // 16, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def pictures(path: Path, every: int = 1) -> Iterator[Image]:
    """Every so-manieth picture of a clip."""
    with contextlib.closing(av.open(str(path))) as container:
        for number, frame in enumerate(container.decode(video=0)):
            if number % every == 0:
                yield frame.to_ndarray(format="bgr24")
