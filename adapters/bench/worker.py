"""A worker without face models: it speaks and checks like the real one, and makes up what it finds.

Started as ``python -P -m adapters.bench.worker WINDOW_S BUSY FD``. A window takes ``WINDOW_S`` seconds:
with BUSY 1 the footage is decoded for so long at the low priority of a real worker, with BUSY 0 it
waits. Only ``adapters.bench.engine`` starts it.
"""

import contextlib
import hashlib
import os
import random
import socket
import sys
import time
from collections.abc import Sequence
from datetime import datetime, timedelta

import cv2
import numpy as np

from adapters.clock import SystemClock
from adapters.records.parse import parse_file
from adapters.site.places import PlaceTable
from engine.domain.errors import InputError, Refused
from engine.domain.grant import WindowGrant
from engine.domain.interval import Interval
from engine.domain.track import (
    Enrolment,
    FacePoint,
    MaskState,
    Neighbour,
    Quality,
    Still,
    Track,
    WindowResult,
)
from engine.schedule.channel import ChannelClosed, WorkerEnd, close_all
from engine.schedule.frames import (
    Cancel,
    Cancelled,
    Enrol,
    Enrolled,
    Failed,
    FromWorker,
    GrantResult,
    ParseRecords,
    Prepare,
    Ready,
    Scan,
    ScanDone,
    ScanProgress,
    ToWorker,
)
from engine.vault.grants import check

TEMPLATE_BYTES = 4 * 512
ONE_FIND_IN = 3  # windows
SIDE_PX = 160
NOISE_QUALITY = 50  # about 12 KB, as much as a real picture has
POINTS = 20
PROGRESS_EVERY_S = 0.1


class StandIn:
    """Answers the engine, one message after the other."""

    def __init__(self, end: WorkerEnd, prepare: Prepare, window_s: float, busy: bool) -> None:
        self._end = end
        self._prepare = prepare
        self._places = PlaceTable(prepare.places)
        self._clock = SystemClock()
        self._window_s = window_s
        self._busy = busy
        self._revoked: dict[str, str] = {}

    def answer(self, message: ToWorker, descriptors: Sequence[int]) -> FromWorker | None:
        if isinstance(message, ParseRecords):
            parsed = parse_file(
                message.content,
                message.file,
                message.mapping,
                case_id=message.case_id,
                subject_keys=message.subject_keys,
                received_at=message.received_at,
                places=self._places,
            )
            return self._end.send_records(parsed)
        if isinstance(message, Enrol):
            return Enrolled(enrolment=enrolment([still.content for still in message.stills]))
        if isinstance(message, Scan):
            return self._scan(message, descriptors)
        if isinstance(message, Cancel):  # for a scan that is already over
            return Cancelled(grant_ids=message.grant_ids)
        return None

    def _scan(self, message: Scan, descriptors: Sequence[int]) -> ScanDone:
        grants = [
            check(
                subject.grant,
                subject.template,
                verify_key=self._prepare.verify_key,
                camera_id=message.camera.camera_id,
                clock=self._clock,
            ).grant
            for subject in message.subjects
        ]
        self._revoked = {}
        frames = self._work(message.job, descriptors)
        results = []
        for grant in grants:
            why = self._revoked.get(grant.grant_id, "")
            result = WindowResult(
                window_id=grant.window_id,
                tracks=() if why else finds(grant),
                frames=frames,
                faces=frames // 2,
                sampling="made up",
                stopped=why,
            )
            results.append(GrantResult(grant_id=grant.grant_id, result=result))
        return ScanDone(job=message.job, results=tuple(results))

    def _work(self, job: str, descriptors: Sequence[int]) -> int:
        """Be at it for as long as a window takes; the number of frames."""
        began = told = time.monotonic()
        frames = 0
        while (now := time.monotonic()) < began + self._window_s:
            if self._busy and descriptors:
                frames += decode(descriptors[0])
            else:
                time.sleep(min(PROGRESS_EVERY_S, began + self._window_s - now))
                frames += 1
            if now - told > PROGRESS_EVERY_S:
                told = now
                fraction = min(1.0, (now - began) / self._window_s)
                self._end.send(ScanProgress(job=job, fraction=fraction, frames=frames, faces=frames // 2))
            self._hear()
        return frames

    def _hear(self) -> None:
        while self._end.waiting():
            message, descriptors = self._end.receive()
            close_all(descriptors)
            if isinstance(message, Cancel):
                self._revoked.update(dict.fromkeys(message.grant_ids, message.why))
                self._end.send(Cancelled(grant_ids=message.grant_ids))


def decode(descriptor: int) -> int:
    """Decode a whole file once, as scanning it would; the number of frames."""
    import av

    os.lseek(descriptor, 0, os.SEEK_SET)
    frames = 0
    with os.fdopen(os.dup(descriptor), "rb") as file, av.open(file, "r", format="mov") as container:
        stream = container.streams.video[0]
        stream.codec_context.thread_count = 1
        for frame in container.decode(stream):
            frame.to_ndarray(format="bgr24")
            frames += 1
    return frames


def enrolment(contents: Sequence[bytes]) -> Enrolment:
    """A template of nobody, the same for the same photographs."""
    random_ = random.Random(hashlib.sha256(b"".join(contents)).digest())  # noqa: S311
    portraits = tuple(still(random_, "subject") for _ in contents)
    return Enrolment(
        template=random_.randbytes(TEMPLATE_BYTES),
        mask=MaskState.BARE,
        inter_eye_px=60.0,
        blur=100.0,
        portraits=portraits,
    )


def finds(grant: WindowGrant) -> tuple[Track, ...]:
    """What is said to be seen in a window: the same whoever reads it, in every third window."""
    random_ = random.Random(f"{grant.trace_id}/{grant.window_id}")  # noqa: S311
    if random_.randrange(ONE_FIND_IN):
        return ()
    start = grant.interval.start
    points = tuple(
        FacePoint(
            at=start + timedelta(seconds=n * grant.interval.duration_s / POINTS),
            box=(100.0 + n, 80.0, 60.0, 80.0),
            inter_eye_px=32.0,
        )
        for n in range(POINTS)
    )
    track = Track(
        camera_id=grant.camera_id,
        scene=f"{grant.camera_id}@{start.isoformat()}",
        interval=Interval(start=start, end=points[-1].at, sigma_s=1.0),
        points=points,
        mask=MaskState.BARE,
        quality=Quality(inter_eye_px=32.0, blur=110.0, yaw_deg=8.0, faces=POINTS),
        llr=random_.uniform(-2.0, 8.0),
        calibration="made up",
        frame_width=640,
        frame_height=360,
        stills=(still(random_, "face", start), still(random_, "frame", start)),
        neighbours=(Neighbour(number=1, mask=MaskState.UNKNOWN, points=points),),
    )
    return (track,)


def still(random_: random.Random, kind: str, at: datetime | None = None) -> Still:
    """Noise of the size of a picture, with a face as high in it as in a real one."""
    noise = np.frombuffer(random_.randbytes(SIDE_PX * SIDE_PX), np.uint8).reshape(SIDE_PX, SIDE_PX)
    _, jpeg = cv2.imencode(".jpg", noise, [cv2.IMWRITE_JPEG_QUALITY, NOISE_QUALITY])
    return Still(kind=kind, at=at, width=SIDE_PX, height=SIDE_PX, face_px=0.8 * SIDE_PX, jpeg=jpeg.tobytes())


def main(window_s: float, busy: bool, descriptor: int) -> None:
    """Serve one engine until it closes the channel."""
    os.nice(10)
    end = WorkerEnd(socket.socket(fileno=descriptor))
    with contextlib.suppress(ChannelClosed, ConnectionError):
        prepare, _ = end.receive()
        assert isinstance(prepare, Prepare)
        worker = StandIn(end, prepare, window_s, busy)
        end.send(Ready(pid=os.getpid(), face_search=""))
        while True:
            message, descriptors = end.receive()
            answer: FromWorker | None
            try:
                answer = worker.answer(message, descriptors)
            except InputError as problem:
                answer = Failed(
                    kind="input",
                    problem=problem.problem,
                    file=problem.file,
                    place=problem.place,
                    mend=problem.mend,
                )
            except Refused as problem:
                answer = Failed(kind="refused", problem=problem.reason, rule=problem.rule)
            finally:
                close_all(descriptors)
            if answer is not None:
                end.send(answer)


if __name__ == "__main__":
    main(float(sys.argv[1]), sys.argv[2] == "1", int(sys.argv[3]))
