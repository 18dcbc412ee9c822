"""Made-up values, and a world that answers as a test wants: clock, workers, site, engine parts."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from engine.domain.authorisation import Authorisation, AuthorisationState, Purpose, Scope
from engine.domain.camera import Camera, CameraWindow, Clock, Segment
from engine.domain.candidate import Candidate
from engine.domain.case import Case, Disease
from engine.domain.clip import DrawnClip
from engine.domain.decision import Answer, Decision
from engine.domain.errors import InputError
from engine.domain.exposure import ContactDefinition
from engine.domain.grant import WindowGrant
from engine.domain.ground import FaceGround, GroundKind
from engine.domain.interval import Interval
from engine.domain.place import Disc
from engine.domain.record import Record, Source
from engine.domain.trace import TraceState
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
from engine.ports import ClipRequest, ParsedRecords, RecordMapping, Transaction, WindowRequest
from engine.store import slots
from engine.store.authorisations import Authorisations
from engine.store.cases import Cases, ReferenceStill
from engine.store.reviews import Reviews
from engine.store.sealing import Sealer
from engine.store.slots import Lease
from engine.store.traces import Traces
from engine.store.writer import SqliteStore
from engine.trace import pipeline
from engine.trace.context import Context, Site
from engine.vault.keys import Vault

NOON = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)  # noon in Seoul
NOW = datetime(2026, 3, 6, 0, 0, tzinfo=UTC)
SECRET = b"an unseal secret of a test, 32+ bytes"
DIGEST = "ab" * 32
TEMPLATE = b"\x00\x00\x80\x3f" * 8
LAT, LON = 37.4870, 126.7540
M_PER_DEGREE = 111_195.0  # of latitude

DISEASE = Disease(
    name="covid-19",
    infectious_days_before_onset=2,
    infectious_days_before_specimen=2,
    infectious_days_after_onset=14,
    source="test",
)
DEFINITIONS = (
    ContactDefinition(name="near", distance_m=2.0, minutes=1.0, source="test"),
    ContactDefinition(name="long", distance_m=2.0, minutes=15.0, source="test"),
)


class SetClock:
    """A Clock that stands until it is moved."""

    def __init__(self, now: datetime = NOW, boottime_s: float = 1000.0) -> None:
        self.time = now
        self.boot_s = boottime_s

    def now(self) -> datetime:
        return self.time

    def boottime_s(self) -> float:
        return self.boot_s

    def forward(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)
        self.boot_s += seconds


class WakingClock(SetClock):
    """A SetClock on which one can sleep: whoever does wakes when the clock has been moved far enough."""

    def __init__(self, now: datetime = NOW, boottime_s: float = 1000.0) -> None:
        super().__init__(now, boottime_s)
        self._sleepers: list[tuple[float, asyncio.Future[None]]] = []

    async def sleep(self, seconds: float) -> None:
        wakes: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleepers.append((self.boot_s + seconds, wakes))
        await wakes

    def forward(self, seconds: float) -> None:
        super().forward(seconds)
        due = [s for s in self._sleepers if s[0] <= self.boot_s]
        self._sleepers = [s for s in self._sleepers if s[0] > self.boot_s]
        for _, wakes in due:
            if not wakes.done():
                wakes.set_result(None)


# --- values -------------------------------------------------------------------------------------


def at(minutes: float) -> datetime:
    """Minutes after noon of the day."""
    return NOON + timedelta(minutes=minutes)


def span(from_min: float, to_min: float, sigma_s: float = 0.0) -> Interval:
    return Interval(start=at(from_min), end=at(to_min), sigma_s=sigma_s)


def disc(north_m: float = 0.0, radius_m: float = 30.0) -> Disc:
    """A disc ``north_m`` metres north of the middle of the city."""
    return Disc(lat=LAT + north_m / M_PER_DEGREE, lon=LON, radius_m=radius_m)


def a_case(case_id: str = "case-1", **given: object) -> Case:
    case = Case(
        case_id=case_id,
        disease="covid-19",
        notification_ref="N-1",
        onset=NOON.date(),
        isolation=NOON.date() + timedelta(days=2),
    )
    return msgspec.structs.replace(case, **given)


def a_record(
    from_min: float,
    to_min: float | None = None,
    *,
    where: Disc | None = None,
    source: Source = Source.CARD,
    sigma_s: float = 60.0,
    record_id: str = "",
    **given: object,
) -> Record:
    interval = span(from_min, from_min if to_min is None else to_min, sigma_s)
    record = Record(
        record_id=record_id or f"{source}-{from_min:g}",
        case_id="case-1",
        source=source,
        interval=interval,
        received_at=NOW,
        raw_sha256=DIGEST,
        disc=where if where is not None else disc(),
    )
    return msgspec.structs.replace(record, **given)


def a_camera(camera_id: str = "cam1", north_m: float = 0.0, **given: object) -> Camera:
    here = disc(north_m)
    camera = Camera(
        camera_id=camera_id,
        name=f"{camera_id} by the door",
        lat=here.lat,
        lon=here.lon,
        place_id=f"place-{camera_id}",
        hfov_deg=70.0,
        clock=Clock(offset_s=0.0, sigma_s=2.0),
    )
    return msgspec.structs.replace(camera, **given)


def a_segment(camera_id: str = "cam1", from_min: float = -60, to_min: float = 60, **given: object) -> Segment:
    segment = Segment(
        camera_id=camera_id,
        file=f"{camera_id}.mp4",
        start_device=at(from_min),
        end_device=at(to_min),
        sha256=DIGEST,
    )
    return msgspec.structs.replace(segment, **given)


def a_scope(**given: object) -> Scope:
    scope = Scope(
        cameras=frozenset({"cam1", "cam2"}),
        sources=frozenset(Source),
        interval=span(-600, 600),
        face_search=True,
        max_camera_hours=10.0,
    )
    return msgspec.structs.replace(scope, **given)


def an_authorisation(authorisation_id: str = "auth-1", **given: object) -> Authorisation:
    authorisation = Authorisation(
        authorisation_id=authorisation_id,
        case_id="case-1",
        purpose=Purpose.INFECTION_CONTROL,
        scope=a_scope(),
        requested_by="kim",
        requested_at=NOW,
        expires_at=NOW + timedelta(hours=8),
        state=AuthorisationState.APPROVED,
        four_eyes=False,
    )
    return msgspec.structs.replace(authorisation, **given)


def a_ground(case_id: str = "case-1", **given: object) -> FaceGround:
    ground = FaceGround(
        case_id=case_id,
        kind=GroundKind.SEPARATE_CONSENT,
        recorded_at=NOW,
        recorded_by="kim",
        document_sha256=DIGEST,
    )
    return msgspec.structs.replace(ground, **given)


def a_still(kind: str = "face", jpeg: bytes = b"\xff\xd8 pixels") -> Still:
    when = None if kind == "subject" else NOON
    return Still(kind=kind, at=when, width=160, height=160, face_px=80.0, jpeg=jpeg)


def a_reference(still_id: str = "still-1", content: bytes = b"\xff\xd8 as it came") -> ReferenceStill:
    return ReferenceStill(
        still_id=still_id,
        file="front.jpg",
        provenance="taken at intake",
        content=content,
        portrait=a_still("subject", b"\xff\xd8 redrawn"),
    )


def points(
    from_min: float, minutes: float, *, x_px: float = 300.0, inter_eye_px: float = 40.0, step_s: float = 1.0
) -> tuple[FacePoint, ...]:
    """A face that stands still, seen every ``step_s``; the middle of its box lies at ``x_px``."""
    count = int(minutes * 60 / step_s) + 1
    return tuple(
        FacePoint(
            at=at(from_min) + timedelta(seconds=n * step_s),
            box=(x_px - 45.0, 100.0, 90.0, 110.0),
            inter_eye_px=inter_eye_px,
        )
        for n in range(count)
    )


def a_track(
    camera_id: str = "cam1", from_min: float = 0.0, minutes: float = 2.0, llr: float = 5.0, **given: object
) -> Track:
    track = Track(
        camera_id=camera_id,
        scene=f"{camera_id}/{from_min:g}",
        interval=span(from_min, from_min + minutes, 2.0),
        points=points(from_min, minutes),
        mask=MaskState.BARE,
        quality=Quality(inter_eye_px=40.0, blur=120.0, yaw_deg=10.0, faces=30),
        llr=llr,
        frame_width=640,
        frame_height=480,
        stills=(a_still(),),
    )
    return msgspec.structs.replace(track, **given)


def a_neighbour(number: int = 1, **given: object) -> Neighbour:
    neighbour = Neighbour(number=number, mask=MaskState.UNKNOWN, points=points(0, 2, x_px=420.0))
    return msgspec.structs.replace(neighbour, **given)


def a_candidate(candidate_id: str = "cand-1", track: Track | None = None, **given: object) -> Candidate:
    candidate = Candidate(
        candidate_id=candidate_id, case_id="case-1", trace_id="trace-1", track=track or a_track()
    )
    return msgspec.structs.replace(candidate, **given)


def a_decision(
    candidate_id: str = "cand-1", answer: Answer | None = Answer.SAME, **given: object
) -> Decision:
    decision = Decision(
        decision_id=f"dec-{candidate_id}",
        candidate_id=candidate_id,
        decided_by="kim",
        decided_at=NOW,
        answer=answer,
    )
    return msgspec.structs.replace(decision, **given)


def answered(*candidates: Candidate, answer: Answer = Answer.SAME) -> dict[str, Decision]:
    """Standing decisions that give all of these the same answer."""
    return {c.candidate_id: a_decision(c.candidate_id, answer) for c in candidates}


def a_window(camera_id: str = "cam1", from_min: float = 0.0, to_min: float = 10.0) -> CameraWindow:
    return CameraWindow(
        window_id=f"{camera_id}/{from_min:g}",
        camera_id=camera_id,
        interval=span(from_min, to_min),
        weight=1.0,
        record_ids=("card-0",),
    )


# --- the world ----------------------------------------------------------------------------------


class FakePool:
    """A WorkerPool in memory. ``found`` gives the tracks of a window; a cleared ``gate`` keeps windows
    waiting; ``lanes`` is how many are read at once.

    Like the real one it asks for the permit right before it would open footage, and lets go of the
    windows of a revoked trace that were asked for before, with a result that says why.
    """

    def __init__(
        self, found: Callable[[WindowRequest], tuple[Track, ...]] = lambda _: (), lanes: int = 100
    ) -> None:
        self.found = found
        self.lanes = asyncio.Semaphore(lanes)
        self.gate = asyncio.Event()
        self.gate.set()
        self.entered = asyncio.Semaphore(0)  # one more for every window that was asked for
        self.scanned: list[tuple[str, str]] = []
        self.grants: list[WindowGrant] = []
        self.at_once = 0
        self.most_at_once = 0
        self.running: set[str] = set()
        self.most_traces = 0
        self.revoked: list[tuple[str, str]] = []
        self.clips: list[WindowGrant] = []
        self.enrolled: list[tuple[str, ...]] = []
        self.problems: tuple[str, ...] = ()
        self.fault: Exception | None = None
        self.records: tuple[Record, ...] = ()
        self.parsed: list[tuple[str, frozenset[str]]] = []

    async def scan(self, request: WindowRequest) -> WindowResult:
        self.at_once += 1
        self.running.add(request.trace_id)
        self.most_at_once = max(self.most_at_once, self.at_once)
        self.most_traces = max(self.most_traces, len(self.running))
        self.entered.release()
        revoked_before = len(self.revoked)
        await self.lanes.acquire()
        try:
            await self.gate.wait()
            if self.fault is not None:
                raise self.fault
            why = next((w for t, w in self.revoked[revoked_before:] if t == request.trace_id), "")
            if why:
                return WindowResult(window_id=request.window.window_id, stopped=why)
            await self.before_permit()
            self.grants.append(await request.permit())
            request.progress(0.5, 12, 3)
            self.scanned.append((request.trace_id, request.window.window_id))
            return WindowResult(
                window_id=request.window.window_id,
                tracks=self.found(request),
                frames=100,
                faces=20,
                cannot_assess=1,
                sampling="key frames",
                problems=self.problems,
            )
        finally:
            self.lanes.release()
            self.at_once -= 1
            self.running.discard(request.trace_id)

    async def clip(self, request: ClipRequest) -> DrawnClip:
        await self.gate.wait()
        self.clips.append(await request.permit())
        if self.fault is not None:
            raise self.fault
        return DrawnClip(rate_hz=5.0, frames=(a_still("clip"), a_still("clip")))

    async def before_permit(self) -> None:
        """For tests that want something to happen there."""

    async def enrol(self, stills: Sequence[tuple[str, bytes]]) -> Enrolment:
        self.enrolled.append(tuple(file for file, _ in stills))
        for file, content in stills:
            if b"nobody" in content:
                raise InputError("shows no face", file=file, mend="use another photograph")
        return Enrolment(
            template=TEMPLATE,
            mask=MaskState.BARE,
            inter_eye_px=60.0,
            blur=150.0,
            portraits=tuple(a_still("subject", b"\xff\xd8 redrawn") for _ in stills),
        )

    async def parse_records(
        self,
        *,
        case_id: str,
        file: str,
        content: bytes,
        mapping: RecordMapping,
        subject_keys: frozenset[str],
        received_at: datetime,
    ) -> ParsedRecords:
        self.parsed.append((file, subject_keys))
        return ParsedRecords(
            records=tuple(msgspec.structs.replace(r, case_id=case_id) for r in self.records),
            dropped={"other person": 2},
            warnings=(f"{file}: row 3: minutes illegible",),
        )

    def revoke(self, trace_id: str, why: str) -> None:
        self.revoked.append((trace_id, why))


def a_site(
    cameras: Sequence[Camera] = (a_camera("cam1"), a_camera("cam2", 200.0)),
    segments: Sequence[Segment] = (a_segment("cam1"), a_segment("cam2")),
    **given: object,
) -> Site:
    facts: dict[str, object] = {
        "name": "test district",
        "rehearsal": True,
        "cameras": {c.camera_id: c for c in cameras},
        "labels": {c.place_id: f"shop of {c.camera_id}" for c in cameras},
        "segments": lambda camera_id: tuple(s for s in segments if s.camera_id == camera_id),
        "diseases": {DISEASE.name: DISEASE},
        "definitions": DEFINITIONS,
        "laws": {"KR-1": "Act on tests, article 1"},
    }
    return Site(**(facts | given))


@contextlib.asynccontextmanager
async def a_context(
    folder: Path, *, pool: FakePool | None = None, clock: SetClock | None = None, site: Site | None = None
) -> AsyncIterator[Context]:
    """Everything below the API over a real store in ``folder``; opening it again is a restart."""
    async with SqliteStore(folder / "tracedesk.sqlite") as store:
        sealer = Sealer(Vault(folder, SECRET))
        yield Context(
            site=site or a_site(),
            store=store,
            sealer=sealer,
            cases=Cases(sealer),
            authorisations=Authorisations(sealer),
            traces=Traces(sealer),
            reviews=Reviews(sealer),
            pool=pool or FakePool(),
            clock=clock or SetClock(),
        )


async def queued(
    context: Context, trace_id: str = "trace-1", case_id: str = "case-1", requested_by: str = ""
) -> str:
    """A trace of a case, with what a face search needs: records, authorisation, ground, photograph."""
    await with_case(
        context,
        case=a_case(case_id),
        records=[a_record(0, record_id=f"card-{case_id}", case_id=case_id)],
        authorisation=an_authorisation(f"auth-{case_id}", case_id=case_id),
        ground=a_ground(case_id),
        still=a_reference(f"still-{case_id}"),
    )
    await context.store.run(
        lambda tx: context.traces.add(
            tx,
            trace_id=trace_id,
            case_id=case_id,
            authorisation_id=f"auth-{case_id}",
            queued=NOW,
            requested_by=requested_by,
        )
    )
    return trace_id


async def leased(context: Context, trace_id: str = "trace-1") -> Lease:
    """A slot for a trace, without a runner, under a lease that never runs out."""

    async def claim(tx: Transaction) -> Lease:
        await tx.execute("UPDATE slot SET trace_id = NULL WHERE trace_id = ?", (trace_id,))
        lease = await slots.claim(tx, trace_id, owner="a test", boottime_s=1e12)
        assert lease is not None
        await context.traces.begin(tx, trace_id)
        return lease

    return await context.store.run(claim)


async def worked(context: Context, trace_id: str = "trace-1") -> TraceState:
    """Run a trace as the runner would; what it raises is raised."""
    return await pipeline.run(context, await leased(context, trace_id))


async def with_case(
    context: Context,
    *,
    case: Case | None = None,
    records: Sequence[Record] = (),
    authorisation: Authorisation | None = None,
    ground: FaceGround | None = None,
    still: ReferenceStill | None = None,
) -> None:
    """Store a case and what belongs to it in one transaction."""
    known = case or a_case()

    async def put(tx: Transaction) -> None:
        await context.cases.put(tx, known)
        await context.cases.add_records(tx, known.case_id, tuple(records))
        if authorisation is not None:
            await context.authorisations.put(tx, authorisation)
        if ground is not None:
            await context.cases.put_ground(tx, ground)
        if still is not None:
            await context.cases.add_still(tx, known.case_id, still, still.still_id)

    await context.store.run(put)
