"""Step 3: footage of one camera for up to ten subjects at once; runs inside a worker.

A coarse pass over key frames (where the footage has them close enough, else over a stated sampling)
finds the moments at which a subject may be there; key frames around which nothing moves are left out.
A fine pass around those moments looks at every face in the scene; then each subject's scenes are
followed by themselves, the evidence is computed and everything else forgotten. Decoding, detection and
templates are shared; what a subject is told is the same whether others were looked for or not (G20).
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import numpy as np

from engine.domain.camera import Camera, Segment
from engine.domain.errors import InputError
from engine.domain.track import MaskState
from engine.ports import FootageReader, Frame, Group
from engine.trace.stillness import Span, parted, quiet_groups
from engine.trace.subject import Scanner, Subject
from engine.trace.tracking import Path, Sight, Tracker, mean_template, sights_of
from engine.trace.tracks import TrackMaker, blank, quality_of

__all__ = ["Scanner", "SegmentScan", "Subject"]

KEY_FRAMES_UP_TO_S = 2.0  # a passer-by stays in view longer than this
SAMPLING_S = 0.25  # stated sampling of footage with rarer key frames
FINE_STEP_S = 0.3  # tells a path, with as many candidates of the same llr as 0.2 gives; more only costs
GLANCE_STEP_S = 0.6  # of a first look around a hit: most hits are strangers
GLANCE_LLR = -0.5  # a few frames may be poorer than all
LONG_STAY_S = 30.0  # beyond it, the close look thins out to ...
LONG_STAY_STEP_S = 0.6
AROUND_HIT_S = 2.0
SMALL_INTER_EYE_PX = 11.0  # faces from here up to what can be assessed are ...
SMALL_EVERY = 10  # ... looked for, to be counted, in one of so many frames (G11), and before nobody was seen
STANDS_BY = 0.9  # who stands behind the patient is smaller, and counts as a contact
HIT_LLR = -0.5  # a single coarse frame may be poor: only clear strangers are passed over
SMALL = f"faces too small to be assessed in one of {SMALL_EVERY} of them, and where no other is seen"
PROGRESS_EVERY = 10
CLOSE_S = 1e-3  # offsets of a packet and of its picture differ by rounding at most


class SegmentScan:
    """One footage file, seen for all subjects. State lives as long as the file is open."""

    def __init__(
        self,
        scanner: Scanner,
        camera: Camera,
        segment: Segment,
        reader: FootageReader,
        subjects: Sequence[Subject],
    ) -> None:
        self._scanner = scanner
        self._camera = camera
        self._reader = reader
        self._subjects = subjects
        self._start = segment.start_device - timedelta(seconds=camera.clock.offset_s)
        self._told_s = (segment.end_device - segment.start_device).total_seconds()
        self._length_s = min(self._told_s, reader.duration_s)
        self._file = segment.file
        self._looked_at = 0
        self._faces_seen = 0
        self._fault: InputError | None = None
        self._small_at: set[float] = set()  # offsets of key frames
        self._floor_px = scanner.floor_inter_eye_px
        self._close_px = STANDS_BY * self._floor_px
        interval_s = reader.key_interval_s
        self._by_key_frames = interval_s is not None and interval_s <= KEY_FRAMES_UP_TO_S

    @property
    def sampling(self) -> str:
        """Which frames the coarse pass looks at, in words."""
        if self._by_key_frames:
            apart = f"at most {self._reader.key_interval_s:.1f} s apart"
            return f"key frames, {apart}, fewer where nothing moves; {SMALL}"
        return f"every {SAMPLING_S:g} s (too few key frames); {SMALL}"

    def run(self) -> None:
        """Both passes over the wanted parts. Raises InputError where the file ends early or cannot be
        read on; what was seen before that is kept."""
        for wanted in joined([self._wanted(s) for s in self._subjects]):
            hits = self._coarse(wanted)
            self._fine({s: self._around(hits[s], s) for s in self._subjects if hits[s] and not s.stopped})
        if self._fault is not None:
            raise self._fault
        if self._told_s - self._reader.duration_s > 1.0:
            raise InputError(
                f"is truncated: ends after {self._reader.duration_s:.1f} s of {self._told_s:.1f} s",
                file=self._file,
                mend="copy the footage again, or correct end_device in the manifest",
            )

    def _wanted(self, subject: Subject) -> Span:
        """The stretch of the file that a subject's grant permits; empty where from >= to."""
        from_s = max(0.0, (subject.interval.start - self._start).total_seconds())
        return from_s, min(self._length_s, (subject.interval.end - self._start).total_seconds())

    def _around(self, hits: Sequence[float], subject: Subject) -> list[Span]:
        from_s, to_s = self._wanted(subject)
        return joined([(max(from_s, hit - AROUND_HIT_S), min(to_s, hit + AROUND_HIT_S)) for hit in hits])

    def _coarse(self, wanted: Span) -> dict[Subject, list[float]]:
        """Offsets at which each subject may be there."""
        hits: dict[Subject, list[float]] = {subject: [] for subject in self._subjects}
        if not self._by_key_frames:
            spans = {subject: [wanted] for subject in self._subjects}
            self._compare(self._reader.frames(*wanted, SAMPLING_S), spans, hits)
            return hits
        groups = self._reader.groups()
        moving, still = parted(groups, self._length_s + 1.0)
        quiet = quiet_groups(groups)
        moves_at = [group.offset_s for group, still_one in zip(groups, quiet, strict=True) if not still_one]
        self._small_at = set(moves_at[SMALL_EVERY - 1 :: SMALL_EVERY])
        inside = {s: cut(wanted, self._wanted(s)) for s in self._subjects}
        faces_at: list[float] = []
        first = {s: joined([cut(span, own) for span in moving]) for s, own in inside.items()}
        for s, own in inside.items():
            first[s] += joined([cut(run.control, own) for run in still])
            # a control outside of what one may see tells one nothing: then all of the rest is looked at
            lost = [run for run in still if cut(run.control, own) != run.control]
            first[s] += joined([cut(rest, own) for run in lost for rest in run.rest])
        for span in joined([span for spans in first.values() for span in spans]):
            faces_at += self._compare(self._reader.key_frames(*span), first, hits)
        seen = [run for run in still if any(_within(at, run.control) for at in faces_at)]
        then = {
            s: joined([cut(r, own) for run in seen if cut(run.control, own) == run.control for r in run.rest])
            for s, own in inside.items()
        }
        for span in joined([span for spans in then.values() for span in spans]):
            self._compare(self._reader.key_frames(*span), then, hits)
        self._look_harder({s: own for s, own in inside.items() if not s.faces}, groups, hits)
        return {subject: sorted(found) for subject, found in hits.items()}

    def _look_harder(
        self, nobody: Mapping[Subject, Span], groups: Sequence[Group], hits: dict[Subject, list[float]]
    ) -> None:
        """Before it is said that nobody was seen in a window: small faces, where a file has most bytes."""
        loudest: dict[Subject, list[Span]] = {subject: [] for subject in self._subjects}
        for subject, own in nobody.items():
            mine = [group for group in groups if _within(group.offset_s, own)]
            if mine:
                at_s = max(mine, key=lambda group: group.bytes_a_picture or 0.0).offset_s
                loudest[subject] = [(at_s, at_s + 2 * CLOSE_S)]
        for span in joined([span for spans in loudest.values() for span in spans]):
            self._small_at.add(span[0])
            self._compare(self._reader.key_frames(*span), loudest, hits)

    def _compare(
        self,
        frames: Iterator[Frame],
        spans: Mapping[Subject, Sequence[Span]],
        hits: dict[Subject, list[float]],
    ) -> list[float]:
        """Look at frames for the subjects in whose spans they lie; the offsets at which any face was seen."""
        faces_at: list[float] = []
        for frame, permitted in self._permitted(frames):
            active = [s for s in permitted if any(_within(frame.offset_s, span) for span in spans[s])]
            if not active:
                continue
            sights = self._look(frame, self._least_px(frame.offset_s))
            if sights:
                faces_at.append(frame.offset_s)
            comparable = [s for s in sights if s.template is not None]
            for subject in active:
                subject.frames += 1
                subject.faces += len(sights)
                subject.cannot_assess += len(sights) - len(comparable)
                if comparable and self._may_be_there(comparable, subject, frame):
                    hits[subject].append(frame.offset_s)
            _forget(sights)
        return faces_at

    def _least_px(self, offset_s: float) -> float:
        """How small a face is looked for in a coarse frame; hangs on the file alone (G20)."""
        if self._by_key_frames:
            small_too = offset_s in self._small_at  # both are made of the same time stamp
        else:
            small_too = int(offset_s / SAMPLING_S + CLOSE_S) % SMALL_EVERY == 0
        return min(SMALL_INTER_EYE_PX, self._floor_px) if small_too else self._floor_px

    def _may_be_there(self, sights: Sequence[Sight], subject: Subject, frame: Frame) -> bool:
        probes = np.stack([s.template for s in sights if s.template is not None])
        cosines = self._scanner.matcher.cosines(probes, subject.template)[:, 0]
        return any(
            self._scanner.llr_at_best(float(cosine), subject, sight) >= HIT_LLR
            and self._speaks_for(float(cosine), subject, sight, frame)
            for sight, cosine in zip(sights, cosines, strict=True)
        )

    def _speaks_for(self, cosine: float, subject: Subject, sight: Sight, frame: Frame) -> bool:
        """Whether a face may be the subject with the mask that it wears, where that can be told. The
        classifier is asked once a face: it costs less than a close look at a stranger."""
        if sight.mask is None:
            sight.mask = self._scanner.faces.mask_state(frame.image, [float(v) for v in sight.box])
        if sight.mask is MaskState.UNKNOWN:
            return True
        llr = self._scanner.llr(cosine, subject, sight.mask, sight)
        return llr is not None and llr >= HIT_LLR

    def _glance(
        self, spans: Mapping[Subject, list[Span]], seen: dict[float, list[Sight]]
    ) -> dict[Subject, list[Span]]:
        """Those of the spans in which a few frames do not speak against everybody. What was seen is added to
        ``seen``, so that a close look needs not look at it again."""
        kept: dict[Subject, list[Span]] = {}
        for shared, inside in shared_spans(spans):
            for frame, active in self._permitted(self._reader.frames(*shared, GLANCE_STEP_S)):
                concerned = [s for s, span in inside if s in active and _holds(span, frame.offset_s)]
                if concerned:
                    seen[frame.offset_s] = self._look(frame, self._close_px)
                for subject in concerned:
                    subject.frames += 1
            for subject, span in inside:
                tracker = Tracker()
                for offset_s in sorted(seen):
                    if _holds(span, offset_s):
                        tracker.add(offset_s, seen[offset_s])
                told = [llr for path in tracker.paths if (llr := self._at_best(path, subject)) is not None]
                # who was seen for less than a step is in no frame of these: nothing speaks against them
                if not told or max(told) >= GLANCE_LLR:
                    kept.setdefault(subject, []).append(span)
                for path in tracker.paths:
                    path.forget()
        return kept

    def _at_best(self, path: Path, subject: Subject) -> float | None:
        """What a path speaks for a subject under the mask that suits it best; None where it cannot be
        compared."""
        template = mean_template(path.sights)
        if template is None:
            return None
        cosine = float(self._scanner.matcher.cosines(template, subject.template)[0, 0])
        template.fill(0.0)
        return self._scanner.llr_at_best(cosine, subject, quality_of(path.sights))

    def _fine(self, spans: Mapping[Subject, list[Span]]) -> None:
        """Look closely where a glance does not speak against it, and thinner where somebody stays."""
        stays = {s: [span for span in own if _is_long(span)] for s, own in spans.items()}
        glances: dict[float, list[Sight]] = {}
        passes = {s: [span for span in own if not _is_long(span)] for s, own in spans.items()}
        self._close(self._glance(passes, glances), FINE_STEP_S, glances)
        for sights in glances.values():
            _forget(sights)
        self._close(stays, LONG_STAY_STEP_S, {})

    def _close(
        self, spans: Mapping[Subject, list[Span]], step_s: float, known: Mapping[float, list[Sight]]
    ) -> None:
        """Look at all spans once; then follow each subject's own spans by themselves. ``known`` is what was
        seen in some frames before."""
        for shared, inside in shared_spans(spans):
            seen: dict[float, list[Sight]] = {}
            for frame, active in self._permitted(self._reader.frames(*shared, step_s)):
                concerned = [s for s, span in inside if s in active and _holds(span, frame.offset_s)]
                if not concerned:
                    continue
                before = known.get(frame.offset_s)
                seen[frame.offset_s] = self._look(frame, self._close_px) if before is None else before
                for subject in concerned:
                    subject.frames += 1
            maker = TrackMaker(self._scanner, self._camera, self._reader, self._start, seen)
            for subject, span in inside:
                if subject.stopped:
                    continue
                tracker = Tracker()
                for offset_s, sights in seen.items():
                    if _holds(span, offset_s):
                        tracker.add(offset_s, sights)
                scene = f"{self._camera.camera_id}@{self._at(span[0]).isoformat()}"
                subject.tracks.extend(maker.tracks(tracker.paths, subject, scene))
                for path in tracker.paths:
                    path.forget()
            for sights in seen.values():
                _forget(sights)

    def _permitted(self, frames: Iterator[Frame]) -> Iterator[tuple[Frame, list[Subject]]]:
        """Frames together with the subjects that may be looked for in them, asked anew each frame.
        They end where the file cannot be read on."""
        while True:
            try:
                frame = next(frames, None)
            except InputError as fault:
                self._fault = self._fault or fault
                return
            if frame is None:
                return
            for subject in self._subjects:
                if not subject.stopped:
                    grant_id = subject.permit.grant.grant_id
                    subject.stopped = self._scanner.stopped(grant_id) or subject.permit.still_valid(
                        self._scanner.clock
                    )
            if all(subject.stopped for subject in self._subjects):
                return
            at = self._at(frame.offset_s)
            active = [subject for subject in self._subjects if subject.wants(at)]
            if not active:
                continue
            self._looked_at += 1
            if self._looked_at % PROGRESS_EVERY == 0:
                share = frame.offset_s / self._length_s if self._length_s else 1.0
                self._scanner.progress(min(1.0, share), self._looked_at, self._faces_seen)
            yield frame, active

    def _look(self, frame: Frame, least_inter_eye_px: float) -> list[Sight]:
        """Faces of a frame with their templates, where they are good enough to be compared."""
        blank(frame.image, self._camera.privacy_zones)
        model = self._scanner.faces
        faces = model.detect(frame.image, least_inter_eye_px)
        self._faces_seen += len(faces)
        if not len(faces):
            return []
        crops = model.crops(frame.image, faces)
        blur, yaw_deg = model.measure(crops, faces)
        colourless, eyes_covered = model.obstacles(crops)
        qualities = zip(faces.inter_eye_px, blur, yaw_deg, colourless, strict=True)
        comparable = np.array([self._scanner.comparable(*q) for q in qualities], dtype=np.bool_)
        templates = model.embed(crops[comparable]) if comparable.any() else np.empty((0, 0), np.float32)
        return sights_of(frame.offset_s, faces, templates, comparable, blur, yaw_deg, eyes_covered)

    def _at(self, offset_s: float) -> datetime:
        return self._start + timedelta(seconds=offset_s)


def joined(spans: Sequence[Span]) -> list[Span]:
    """Overlapping spans made one, in order; empty ones left out."""
    result: list[Span] = []
    for from_s, to_s in sorted(spans):
        if from_s >= to_s:
            continue
        if result and from_s <= result[-1][1]:
            result[-1] = (result[-1][0], max(result[-1][1], to_s))
        else:
            result.append((from_s, to_s))
    return result


def shared_spans(spans: Mapping[Subject, list[Span]]) -> Iterator[tuple[Span, list[tuple[Subject, Span]]]]:
    """Everybody's spans made one where they overlap, each with whose it is made of."""
    for shared in joined([span for own in spans.values() for span in own]):
        yield shared, [(s, span) for s, own in spans.items() for span in own if _overlap(span, shared)]


def _is_long(span: Span) -> bool:
    return span[1] - span[0] > LONG_STAY_S


def _holds(span: Span, offset_s: float) -> bool:
    return span[0] <= offset_s < span[1]


def cut(span: Span, to: Span) -> Span:
    """What two spans share; empty (from >= to) where they share nothing."""
    return max(span[0], to[0]), min(span[1], to[1])


def _within(at_s: float, span: Span) -> bool:
    return span[0] - CLOSE_S <= at_s < span[1] - CLOSE_S


def _overlap(a: Span, b: Span) -> bool:
    return a[0] < b[1] and b[0] < a[1]


def _forget(sights: Sequence[Sight]) -> None:
    """Nobody's template outlives the scene (G7)."""
    for sight in sights:
        if sight.template is not None:
            sight.template.fill(0.0)
