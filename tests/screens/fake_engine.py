"""An engine in memory: the desk's port, invented cases, and handles with which tests misbehave."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import msgspec

from engine.api.client import EngineAway, EngineSaysNo
from engine.api.lines import EventLine, Line, SnapshotLine
from engine.api.schema import (
    API_VERSION,
    CandidateView,
    ExposureView,
    GapView,
    Hello,
    Picture,
    TraceDetail,
    TraceView,
    ViewReply,
    VisitView,
)
from engine.domain.authorisation import AuthorisationState
from engine.domain.decision import Answer, UnclearBecause
from engine.domain.trace import TraceState
from engine.domain.track import MaskState
from tests.screens.fake_contacts import FakeContacts
from tests.screens.fake_intake import FakeIntake
from tests.screens.fake_review import FakeReview
from tests.screens.invented import FACE_SHARE, frame, head, picture

NOW = datetime(2026, 3, 2, 3, 20, 30, tzinfo=UTC)
ADEQUATE_PX = 60.0
ME = "investigator"
HELLO = Hello(
    version="0.1.0",
    api_min=API_VERSION,
    api_max=API_VERSION,
    profile="rehearsal",
    person=ME,
    site="sample",
    timezone="Asia/Seoul",
)


def at(minutes: float) -> datetime:
    """Minutes after noon in Seoul on the day of the sample."""
    return datetime(2026, 3, 2, 3, 0, tzinfo=UTC) + timedelta(minutes=minutes)


def a_trace(case: str, state: TraceState = TraceState.AWAITING_REVIEW, **given: object) -> TraceView:
    view = TraceView(
        trace_id=f"T-{case}", case_id=case, state=state, step="scan", queued=at(19), started=at(19.2),
        first_window=at(19.4), first_candidate=at(19.5), finished=at(20.1), windows_total=24, windows_done=24,
        frames=4310, faces=812, cannot_assess=40, candidates=0, undecided=0, camera_id="", message="",
        expires_at=NOW + timedelta(hours=5, minutes=12), four_eyes=False,
        authorisation=AuthorisationState.APPROVED, ground="separate_consent",
    )  # fmt: skip
    return msgspec.structs.replace(view, **given)


def a_candidate(number: int, case: str = "A", **given: object) -> CandidateView:
    view = CandidateView(
        candidate_id=f"C-{case}-{number}", trace_id=f"T-{case}", case_id=case, camera_id="cam1",
        camera_name="cam1 west door", place="City library", start=at(number * 7), end=at(number * 7 + 0.15),
        sigma_s=2.0, llr=6.2 - 3 * number, mask=MaskState.BARE, inter_eye_px=41.0, infeasible="",
        evidence=(
            "41 px between the eyes, sharp, turned 12 degrees",
            "no mask; the reference photo shows none either",
            "seen for 9.0 s in 31 usable frames; 1 other person in the scene",
            "6 min on foot after the card record at Cafe Onda: possible",
        ),
        support="", neighbours=1, answer=None, because=None, decided_by="", decided_at=None,
    )  # fmt: skip
    return msgspec.structs.replace(view, **given)


def a_visit(start: float, end: float, label: str, basis: str = "record", **given: object) -> VisitView:
    view = VisitView(
        start=at(start), end=at(end), sigma_s=60.0, place_id="", label=label, basis=basis, cameras=(),
        sources=("card",), lat=None, lon=None, radius_m=50.0, conflict="",
    )  # fmt: skip
    return msgspec.structs.replace(view, **given)


def a_gap(start: float, end: float, reason: str = "no camera of the scope") -> GapView:
    return GapView(start=at(start), end=at(end), reason=reason)


def an_exposure(number: int, **given: object) -> ExposureView:
    view = ExposureView(
        person=f"U-{number:03d}", camera="cam1", candidate_id="C-A-1", start=at(7), end=at(10), minutes=2.6,
        distance_low_m=0.8, distance_high_m=1.9, patient_mask=MaskState.BARE, person_mask=MaskState.MASKED,
        suggestions=("close contact by the KDCA table: under 2 m, patient without mask",),
    )  # fmt: skip
    return msgspec.structs.replace(view, **given)


def a_detail(case: str = "A", candidates: int = 4) -> TraceDetail:
    found = tuple(a_candidate(number, case) for number in range(1, candidates + 1))
    return TraceDetail(
        trace=a_trace(case, candidates=candidates, undecided=candidates),
        candidates=found,
        visits=(
            a_visit(-30, -10, "Cafe Onda"),
            a_visit(7, 7.2, "City library", "sighting", cameras=("cam1",), sources=(), sigma_s=2.0),
            a_visit(30, 50, "Hana market", conflict="the tram record says line 3 at that minute"),
        ),
        gaps=(a_gap(-10, 7), a_gap(8, 30, "camera cam4 gave no video")),
        exposures=(an_exposure(1), an_exposure(2, person_mask=MaskState.UNKNOWN, suggestions=())),
    )


def ten_traces() -> dict[str, TraceDetail]:
    """Ten rows in as many states as there are, as a working morning leaves them."""
    rows = [
        a_detail("A"),
        a_detail("B", 2),
        *(
            TraceDetail(
                trace=trace, candidates=(), visits=(a_visit(5, 20, "Cafe Onda"),), gaps=(), exposures=()
            )
            for trace in (
                a_trace(
                    "C",
                    TraceState.RUNNING,
                    windows_done=11,
                    finished=None,
                    camera_id="cam2",
                    window_fraction=0.6,
                ),
                a_trace(
                    "D",
                    TraceState.RUNNING,
                    windows_done=3,
                    finished=None,
                    camera_id="cam1",
                    frames=410,
                    window_fraction=0.2,
                ),
                a_trace("E", TraceState.QUEUED, windows_done=0, started=None, finished=None, frames=0),
                a_trace("", TraceState.RUNNING, trace_id="T-6", finished=None),
                a_trace("F", TraceState.COMPLETE, candidates=3),
                a_trace("G", TraceState.RECORDS_ONLY, windows_total=0, windows_done=0, frames=0),
                a_trace("H", TraceState.FAILED, message="cam3: the video ends after 4 s", windows_done=9),
                a_trace(
                    "I", TraceState.STOPPED_AUTHORISATION, windows_done=9, left_out=("cam5: no footage",)
                ),
            )
        ),
    ]
    return {row.trace.trace_id: row for row in rows}


class FakeEngine(FakeContacts, FakeReview, FakeIntake):
    """Does what the engine does for one person, and notes what it was asked for."""

    def __init__(self, traces: dict[str, TraceDetail] | None = None, hello: Hello = HELLO) -> None:
        super().__init__(NOW)
        self.details = ten_traces() if traces is None else dict(traces)
        self.greeting = hello
        self.now = NOW
        self.views: list[tuple[str, float]] = []
        self.decisions: list[tuple[str, str, Answer, UnclearBecause | None]] = []
        self.undone: list[str] = []
        self.seconds: list[str] = []
        self.happened: list[EventLine] = []
        self.cursors: list[int | None] = []
        self.refusal: EngineSaysNo | None = None
        self.away = False
        self.may_write = asyncio.Event()
        self.may_write.set()
        self._changed = asyncio.Event()
        self._seq = 0

    def tell(self) -> None:
        """Send a snapshot of how things stand, or break the stream where ``away`` is set."""
        self._changed.set()

    async def hello(self) -> Hello:
        self._there()
        return self.greeting

    async def trace(self, trace_id: str) -> TraceDetail:
        self._there()
        return self.details[trace_id]

    async def view(self, candidate_id: str, face_height_px: float) -> ViewReply:
        self._there()
        self.views.append((candidate_id, face_height_px))
        return ViewReply(
            view_id=f"V-{len(self.views)}",
            candidate_id=candidate_id,
            adequate=face_height_px >= ADEQUATE_PX,
            not_before=self.now,
            subject=(picture("subject", head("patient"), 160 * FACE_SHARE),),
            pictures=self.pictures(candidate_id),
        )

    def pictures(self, candidate_id: str) -> tuple[Picture, ...]:
        look = ("patient", "alike", "other")[sum(candidate_id.encode()) % 3]
        start = self._candidate(candidate_id).start
        faces = [
            msgspec.structs.replace(
                picture("face", head(look, turned=turned), 160 * FACE_SHARE),
                at=start + timedelta(seconds=second),
            )
            for second, turned in enumerate((0.3, -0.5))
        ]
        return (*faces, picture("frame", frame(look), 32.0))

    async def decide(
        self,
        candidate_id: str,
        view_id: str,
        answer: Answer,
        because: UnclearBecause | None = None,
        *,
        version: int,
    ) -> CandidateView:
        self._there()
        await self.may_write.wait()
        if self.refusal is not None:
            raise self.refusal
        self._newest(candidate_id, version)
        self.decisions.append((candidate_id, view_id, answer, because))
        return self._set(
            candidate_id,
            answer=answer,
            because=because,
            decided_by=self.greeting.person,
            decided_at=self.now,
            support="moderate support that it is the patient",
            opinion=("no other candidate of this trace scores as high", "calibrated on rendered footage"),
            aside=False,
        )

    async def undo(self, candidate_id: str, *, version: int) -> CandidateView:
        self._there()
        if self.refusal is not None:
            raise self.refusal
        self._newest(candidate_id, version)
        self.undone.append(candidate_id)
        return self._set(
            candidate_id, answer=None, because=None, decided_by="", decided_at=None, support="", opinion=()
        )

    async def second_review(self, trace_id: str) -> TraceView:
        """From now on nothing that others answered is told."""
        self._there()
        if self.refusal is not None:
            raise self.refusal
        self.seconds.append(trace_id)
        for candidate in self.details[trace_id].candidates:
            if candidate.answer is not None and candidate.decided_by != self.greeting.person:
                self._set(candidate.candidate_id, answer=None, because=None, decided_by="", decided_at=None)
        self.details[trace_id] = msgspec.structs.replace(self.details[trace_id], blind=True, withheld=False)
        return self.details[trace_id].trace

    async def events(self, after: int | None = None) -> AsyncIterator[Line]:
        self._there()
        self.cursors.append(after)
        told = 0 if after is None else after
        while True:
            self._there()
            self._changed.clear()
            for line in self.happened:
                if line.seq > told:
                    told = line.seq
                    yield line
            self._seq += 1
            traces = tuple(detail.trace for detail in self.details.values())
            yield SnapshotLine(seq=self._seq, now=self.now, traces=traces)
            await self._changed.wait()

    def answer_elsewhere(self, candidate_id: str, answer: Answer, by: str) -> None:
        """A colleague at another desk answers; this one hears of it as of any event."""
        self._set(candidate_id, answer=answer, decided_by=by, decided_at=self.now)
        self.happens("candidate", self._candidate(candidate_id).case_id, candidate_id, answer)

    def happens(self, kind: str, case_id: str, object_id: str = "x", state: str = "done") -> None:
        """Something of this kind happened, and every console hears of it."""
        seq = len(self.happened) + 1
        self.happened.append(
            EventLine(seq=seq, at=self.now, kind=kind, object_id=object_id, state=state, case_id=case_id)
        )
        self.tell()

    def _newest(self, candidate_id: str, version: int) -> None:
        if self._candidate(candidate_id).version != version:
            raise EngineSaysNo(409, "conflict", "the answer was changed by lee at 12:21; look at it again")

    def _there(self) -> None:
        if self.away:
            raise EngineAway("nobody there")

    def _candidate(self, candidate_id: str) -> CandidateView:
        return next(
            c for detail in self.details.values() for c in detail.candidates if c.candidate_id == candidate_id
        )

    def _set(self, candidate_id: str, **given: object) -> CandidateView:
        before = self._candidate(candidate_id)
        changed = msgspec.structs.replace(before, version=before.version + 1, **given)
        detail = self.details[changed.trace_id]
        candidates = tuple(changed if c.candidate_id == candidate_id else c for c in detail.candidates)
        undecided = sum(c.answer is None and not c.aside for c in candidates)
        trace = msgspec.structs.replace(
            detail.trace, undecided=undecided, aside=sum(c.aside for c in candidates)
        )
        self.details[changed.trace_id] = msgspec.structs.replace(detail, candidates=candidates, trace=trace)
        self.tell()
        return changed
