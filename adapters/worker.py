"""Composition root of a worker process: the one place that touches hostile bytes.

Started as ``python -P -m adapters.worker FD``. It has no keys, opens no path that came over the
wire except its models, and looks for a cancelled grant between any two frames.
"""

import contextlib
import ctypes
import os
import resource
import socket
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

import cv2
import msgspec
import numpy as np

from adapters.clock import SystemClock
from adapters.face.model import OnnxFaceModel
from adapters.face.photo import decode_photo
from adapters.footage.clip import ClipRedactor
from adapters.footage.reader import MEND, AvReader, sha256_of
from adapters.footage.redact import MosaicRedactor
from adapters.match.exact import ExactMatcher
from adapters.records.parse import parse_file
from adapters.site.places import PlaceTable
from engine.domain.camera import Segment
from engine.domain.clip import Sighting
from engine.domain.errors import InputError, Refused
from engine.domain.model import Calibration, ModelKind
from engine.domain.track import WindowResult
from engine.schedule.channel import ChannelClosed, WorkerEnd, close_all
from engine.schedule.frames import (
    Cancel,
    Cancelled,
    ClipDrawn,
    DrawClip,
    Enrol,
    Enrolled,
    Failed,
    FromWorker,
    GrantResult,
    Inspect,
    Inspected,
    ParseRecords,
    Prepare,
    Ready,
    RecordsParsed,
    Scan,
    ScanDone,
    ScanProgress,
)
from engine.trace.clip import ClipMaker, within_bounds
from engine.trace.enrol import enrol
from engine.trace.scan import Scanner, SegmentScan, Subject
from engine.vault.grants import check

MEMORY_LIMIT_BYTES = 6 << 30  # address space, most of it never touched
FILE_LIMIT_BYTES = 0  # a worker writes no file
PR_SET_DUMPABLE, PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS = 4, 1, 38
SIGKILL = 9
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000


def confine() -> None:
    """Low priority, no network, no core file, no written file, no debugger, gone with the engine.

    The network goes with an empty network namespace; a kernel that grants none to this user leaves it
    to the service unit to forbid.
    """
    os.nice(10)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_LIMIT_BYTES, FILE_LIMIT_BYTES))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT_BYTES, MEMORY_LIMIT_BYTES))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) != 0:
        libc.unshare(CLONE_NEWUSER | CLONE_NEWNET)
    libc.prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0)
    libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


DEMO_MODELS = "demo models learnt from invented people and say nothing about others (G27)"


class Worker:
    """Answers the engine, one message after the other."""

    def __init__(self, end: WorkerEnd, prepare: Prepare) -> None:
        self._end = end
        self._prepare = prepare
        self._clock = SystemClock()
        self._places = PlaceTable(prepare.places)
        self._model: OnnxFaceModel | None = None
        self._calibration: Calibration | None = None
        self._why, self._demo = "no face models are installed", False
        self._revoked: dict[str, str] = {}
        self._known_digests: dict[tuple[int, ...], str] = {}

    def load(self) -> str:
        """Load the models; "" or why no face search is possible here."""
        if not self._prepare.models:
            return self._why
        rehearsal = self._prepare.rehearsal_sha256 is not None
        self._demo = any(model.demo for model in self._prepare.models)
        if self._demo and not rehearsal:
            self._why = DEMO_MODELS
            return self._why
        by_kind = {model.kind: model for model in self._prepare.models}
        self._model = OnnxFaceModel(
            detector=by_kind[ModelKind.DETECTOR],
            embedder=by_kind[ModelKind.EMBEDDER],
            mask=by_kind.get(ModelKind.MASK),
        )
        key = self._model.calibration_key
        found = [
            c
            for c in self._prepare.calibrations
            if c.embedder_sha256 == key and (rehearsal or not c.rendered)
        ]
        self._calibration = found[0] if found else None
        return "" if found else "this embedder has no calibration"

    def answer(self, message: object, descriptors: list[int]) -> FromWorker | None:
        if isinstance(message, ParseRecords):
            return self._parse(message)
        if isinstance(message, Enrol):
            return self._enrol(message)
        if isinstance(message, Scan):
            return self._scan(message, descriptors)
        if isinstance(message, DrawClip):
            return self._draw(message, descriptors)
        if isinstance(message, Inspect):
            return self._inspect(message, descriptors[0])
        if isinstance(message, Cancel):  # for a scan that is already over
            return Cancelled(grant_ids=message.grant_ids)
        raise RuntimeError(f"{type(message).__name__} was not expected")

    def _parse(self, message: ParseRecords) -> RecordsParsed:
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

    def _enrol(self, message: Enrol) -> Enrolled:
        model = self._faces()
        allowed = self._prepare.rehearsal_sha256
        photos = []
        for still in message.stills:
            digest, image = decode_photo(still.content, still.file)
            if allowed is not None and digest not in allowed:
                raise Refused(
                    f"{still.file} is not in the rehearsal statement",
                    rule="G27",
                    mend="list its sha256 there, if everyone shown is invented or has agreed",
                )
            photos.append((still.file, image))
        return Enrolled(enrolment=enrol(photos, model, ExactMatcher(), MosaicRedactor(), self._calibration))

    def _scan(self, message: Scan, descriptors: list[int]) -> ScanDone:
        self._revoked = {}
        subjects: list[Subject] = []
        refusals: list[Refused] = []
        for subject in message.subjects:
            try:
                permit = check(
                    subject.grant,
                    subject.template,
                    verify_key=self._prepare.verify_key,
                    camera_id=message.camera.camera_id,
                    clock=self._clock,
                )
            except Refused as refusal:  # costs this subject alone: they get no result
                refusals.append(refusal)
                continue
            subjects.append(Subject(permit, subject.reference_mask))
        if not subjects and refusals:
            raise refusals[0]
        scanner = Scanner(
            faces=self._faces(),
            matcher=ExactMatcher(),
            redactor=MosaicRedactor(),
            calibration=self._calibration,
            clock=self._clock,
            stopped=self._stopped,
            progress=lambda share, frames, faces: self._end.send(
                ScanProgress(job=message.job, fraction=share, frames=frames, faces=faces)
            ),
        )
        problems: dict[Subject, list[str]] = {subject: [] for subject in subjects}
        sampling: dict[Subject, str] = {}
        for segment, descriptor in zip(message.segments, descriptors, strict=True):
            concerned = [s for s in subjects if segment.sha256 in s.permit.grant.footage_sha256]
            if not concerned and refusals:
                continue  # whose it was may not look
            if not concerned:
                raise Refused(f"no grant names the footage {segment.file}", rule="G1")
            try:
                self._check_footage(descriptor, segment)
                with contextlib.closing(AvReader(os.dup(descriptor), segment.file)) as reader:
                    scan = SegmentScan(scanner, message.camera, segment, reader, concerned)
                    sampling.update(dict.fromkeys(concerned, scan.sampling))
                    scan.run()
            except InputError as problem:
                for one in concerned:
                    problems[one].append(str(problem))
        return ScanDone(
            job=message.job,
            results=tuple(
                GrantResult(
                    grant_id=one.permit.grant.grant_id,
                    result=WindowResult(
                        window_id=one.permit.grant.window_id,
                        tracks=() if one.stopped else tuple(one.tracks),
                        frames=one.frames,
                        faces=one.faces,
                        cannot_assess=one.cannot_assess,
                        sampling=sampling.get(one, ""),
                        stopped=one.stopped,
                        problems=tuple(problems[one]),
                    ),
                )
                for one in subjects
            ),
        )

    def _draw(self, message: DrawClip, descriptors: list[int]) -> ClipDrawn:
        self._revoked = {}
        permit = check(
            message.grant,
            message.sighting,
            verify_key=self._prepare.verify_key,
            camera_id=message.camera.camera_id,
            clock=self._clock,
            clip=True,
        )
        maker = ClipMaker(
            permit,
            msgspec.msgpack.decode(message.sighting, type=Sighting),
            message.camera,
            drawer=ClipRedactor(),
            faces=self._model,
            clock=self._clock,
            stopped=self._stopped,
        )
        with contextlib.ExitStack() as stack:
            files: list[tuple[AvReader, Segment]] = []
            for segment, descriptor in zip(message.segments, descriptors, strict=True):
                if segment.sha256 not in permit.grant.footage_sha256:
                    raise Refused(f"no grant names the footage {segment.file}", rule="G1")
                self._check_footage(descriptor, segment)
                reader = stack.enter_context(contextlib.closing(AvReader(os.dup(descriptor), segment.file)))
                files.append((reader, segment))
            maker.require_seen(files)
            drawn = within_bounds([f for file in files for f in maker.frames(*file)], maker.rate_hz)
        if not drawn.frames:
            raise InputError("no frame of these seconds can be shown", mend="look at its card instead")
        return ClipDrawn(rate_hz=drawn.rate_hz, frames=drawn.frames)

    def _check_footage(self, descriptor: int, segment: Segment) -> None:
        """The very bytes that will be decoded are those that the grants and the statement name.

        A digest is kept only for as long as the kernel says that nobody touched the file: the time of
        change (ctime) cannot be set back the way the time of modification can.
        """
        facts = os.fstat(descriptor)
        key = (facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns)
        digest = self._known_digests.get(key) or sha256_of(descriptor)
        self._known_digests[key] = digest
        os.lseek(descriptor, 0, os.SEEK_SET)
        file = segment.file
        if digest != segment.sha256:
            raise InputError(
                "differs from the sha256 in the footage manifest",
                file=file,
                mend="copy the file again, or renew its line in the manifest",
            )
        allowed = self._prepare.rehearsal_sha256
        if allowed is not None and digest not in allowed:
            only = ", and demo models look at nothing else (G27)" if self._demo else ""
            raise InputError(
                f"is not in the rehearsal statement{only}",
                file=file,
                mend="list its sha256 there, if everyone shown is invented or has agreed",
            )

    def _inspect(self, message: Inspect, descriptor: int) -> Inspected:
        digest = sha256_of(descriptor)
        with contextlib.closing(AvReader(os.dup(descriptor), message.segment.file)) as reader:
            if next(iter(reader.frames(0.0, reader.duration_s + 1.0, 0.0)), None) is None:
                raise InputError("shows no picture that can be decoded", file=reader.name, mend=MEND)
            return Inspected(
                codec=reader.codec,
                width=reader.width,
                height=reader.height,
                duration_s=reader.duration_s,
                frame_rate=reader.frame_rate,
                key_interval_s=reader.key_interval_s,
                sha256=digest,
            )

    def _faces(self) -> OnnxFaceModel:
        if self._model is None:
            raise InputError(self._why, mend="see tracedesk models list, then models add or pull")
        return self._model

    def _stopped(self, grant_id: str) -> str:
        while self._end.waiting():
            message, descriptors = self._end.receive()
            close_all(descriptors)
            if isinstance(message, Cancel):
                self._revoked.update(dict.fromkeys(message.grant_ids, message.why))
                self._end.send(Cancelled(grant_ids=message.grant_ids))
        return self._revoked.get(grant_id, "")


def failing(action: Callable[[], FromWorker | None]) -> FromWorker | None:
    """Run ``action``; what goes wrong becomes a message, without personal data in it."""
    try:
        return action()
    except InputError as problem:
        return Failed(
            kind="input", problem=problem.problem, file=problem.file, place=problem.place, mend=problem.mend
        )
    except Refused as problem:
        return Failed(kind="refused", problem=problem.reason, mend=problem.mend, rule=problem.rule)
    except ChannelClosed:
        raise
    except Exception as problem:
        last = traceback.extract_tb(problem.__traceback__)[-1]
        where = f"{Path(last.filename).name}:{last.lineno}"
        return Failed(kind="internal", problem=f"{type(problem).__name__} in {where}")


def main(descriptor: int) -> None:
    """Serve one engine until it closes the channel."""
    confine()
    np.seterr(all="ignore")
    cv2.setNumThreads(1)  # one worker a core: its idle threads would spin on the core of another
    end = WorkerEnd(socket.socket(fileno=descriptor))
    try:
        prepare, _ = end.receive()
        assert isinstance(prepare, Prepare)
        worker = Worker(end, prepare)
        ready = failing(lambda: Ready(pid=os.getpid(), face_search=worker.load()))
        assert ready is not None
        end.send(ready)
        while True:
            message, descriptors = end.receive()
            try:
                answer = failing(lambda m=message, d=descriptors: worker.answer(m, d))  # type: ignore[misc]
            finally:
                close_all(descriptors)
            if answer is not None:
                end.send(answer)
    except (ChannelClosed, ConnectionError, msgspec.DecodeError):
        return


if __name__ == "__main__":
    main(int(sys.argv[1]))
