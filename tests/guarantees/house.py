"""A whole engine inside the test process, with clocks that a test can turn and workers it can hold."""

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from adapters.definitions import load_definitions, load_sources
from engine.api.asked import Asked
from engine.api.authorise import Authorise
from engine.api.clips import Clips
from engine.api.intake import Intake
from engine.api.noting import Noting
from engine.api.photos import Photos
from engine.api.review import Review
from engine.api.schema import (
    AuthorisationRequest,
    CandidateView,
    CaseImport,
    DecisionRequest,
    GroundRecord,
    TraceDetail,
    TraceStart,
)
from engine.api.tracing import Tracing
from engine.audit import log
from engine.audit.log import AuditLine
from engine.domain.authorisation import Role
from engine.domain.camera import Camera, Clock, Segment
from engine.domain.clip import DrawnClip
from engine.domain.decision import Answer, UnclearBecause
from engine.domain.grant import WindowGrant
from engine.domain.ground import GroundKind
from engine.domain.interval import Interval
from engine.domain.person import Person
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
from engine.ports import ClipRequest, ParsedRecords, RecordMapping, Transaction, WindowRequest, WorkerPool
from engine.schedule.runner import Runner
from engine.store.authorisations import Authorisations
from engine.store.cases import Cases, ReferenceStill
from engine.store.reviews import Reviews
from engine.store.sealing import Sealer
from engine.store.traces import Traces
from engine.store.writer import SqliteStore
from engine.trace.context import Context, Site
from engine.vault.keys import Vault

NOON = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)  # the minute that everything turns around
NOW = datetime(2026, 3, 5, 0, 0, tzinfo=UTC)


def by(name: str, uid: int, *roles: Role, login_uid: int | None = None) -> Asked:
    """Somebody who asks. Without ``roles`` they have all of them, as in a rehearsal."""
    held = frozenset(roles or Role)
    return Asked(person=Person(uid=uid, name=name, roles=held, login_uid=login_uid))


def seen(who: Asked, version: int = 1) -> Asked:
    """The same person, who has seen this version of what they change."""
    return replace(who, version=version)


PATIENCE_S = 60.0  # a test that fails has to end some time, and a busy machine takes its own
ME, OTHER = by("investigator", 1001), by("colleague", 1002)
SECRET = b"an unseal secret of the tests, 32"


class TurnableClock:
    """Both clocks of a machine: ``wall`` can be turned by anybody, ``boot_s`` only runs forward."""

    def __init__(self, wall: datetime = NOW) -> None:
        self.wall = wall
        self.boot_s = 1000.0

    def now(self) -> datetime:
        return self.wall

    def boottime_s(self) -> float:
        return self.boot_s

    def pass_s(self, seconds: float) -> None:
        """Time goes by on both."""
        self.wall += timedelta(seconds=seconds)
        self.boot_s += seconds


class ObedientPool:
    """A WorkerPool without processes: asks for the permit like the real one, then hands out what the
    test laid ready. Every window waits for ``may_ask`` before its permit, for ``may_answer`` after it."""

    def __init__(self) -> None:
        self.grants: list[WindowGrant] = []
        self.clip_grants: list[WindowGrant] = []
        self.revoked: list[str] = []
        self.tracks: Callable[[WindowRequest], tuple[Track, ...]] = lambda _: ()
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.may_ask = asyncio.Event()
        self.may_ask.set()
        self.asked = asyncio.Event()
        self.granted = asyncio.Event()
        self.hold_after = 0
        self._turn: asyncio.Lock | contextlib.AbstractAsyncContextManager[None] = contextlib.nullcontext()
        self._begun = 0

    def one_at_a_time(self) -> None:
        """Like a pool of one worker: windows wait for each other, and after ``hold_after`` of them for
        ``may_answer``."""
        self._turn = asyncio.Lock()
        self.hold_after = 1
        self.may_answer.clear()

    async def scan(self, request: WindowRequest) -> WindowResult:
        self.asked.set()
        await self.may_ask.wait()
        async with self._turn:
            self.grants.append(await request.permit())
            self.granted.set()
            self._begun += 1
            if self._begun > self.hold_after:
                await self.may_answer.wait()
            return WindowResult(
                window_id=request.window.window_id, tracks=self.tracks(request), frames=10, faces=2
            )

    async def clip(self, request: ClipRequest) -> DrawnClip:
        self.asked.set()
        await self.may_ask.wait()
        self.clip_grants.append(await request.permit())
        await self.may_answer.wait()
        return DrawnClip(rate_hz=5.0, frames=(PICTURE,))

    async def enrol(self, stills: Sequence[tuple[str, bytes]]) -> Enrolment:
        return Enrolment(
            template=template(1), mask=MaskState.BARE, inter_eye_px=60.0, blur=100.0, portraits=(PICTURE,)
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
        return ParsedRecords(records=())

    def revoke(self, trace_id: str, why: str) -> None:
        self.revoked.append(trace_id)


PICTURE = Still(kind="face", at=NOON, width=4, height=4, face_px=100.0, jpeg=b"a picture of a face")


def template(seed: int) -> bytes:
    """Bytes of a template of nobody."""
    vector = np.random.default_rng(seed).standard_normal(512)
    return (vector / np.linalg.norm(vector)).astype("<f4").tobytes()


def a_camera(camera_id: str = "hall", offset_s: float = 0.0, sigma_s: float = 1.0, **given: float) -> Camera:
    place: dict[str, float] = {"lat": 37.5, "lon": 126.8} | given
    return Camera(
        camera_id=camera_id,
        name=f"camera {camera_id}",
        place_id=f"place-{camera_id}",
        clock=Clock(offset_s=offset_s, sigma_s=sigma_s),
        **place,
    )


def a_segment(camera: Camera, minutes: float = 20.0, start: datetime = NOON) -> Segment:
    """Footage that really begins at ``start``, by the device's own clock."""
    device = start + timedelta(seconds=camera.clock.offset_s)
    return Segment(
        camera_id=camera.camera_id,
        file=f"{camera.camera_id}.mp4",
        start_device=device,
        end_device=device + timedelta(minutes=minutes),
        sha256=hashlib.sha256(camera.camera_id.encode()).hexdigest(),
    )


def a_record(number: int = 1, case_id: str = "A", minutes: float = 5.0, **given: object) -> Record:
    """The patient entered the hall ``minutes`` after noon."""
    at = NOON + timedelta(minutes=minutes)
    values: dict[str, object] = {
        "record_id": f"{case_id}-{number}",
        "case_id": case_id,
        "source": Source.ENTRY,
        "interval": Interval(start=at, end=at, sigma_s=60.0),
        "received_at": NOW,
        "raw_sha256": "0" * 64,
        "disc": Disc(lat=37.5, lon=126.8, radius_m=30.0),
        "place_id": "place-hall",
    }
    return Record(**(values | given))  # type: ignore[arg-type]


def a_track(
    camera: str = "hall", seconds: float = 60.0, llr: float = 5.0, neighbours: int = 0, minutes: float = 1.0
) -> Track:
    """A sighting ``seconds`` after noon with some people beside."""
    start = NOON + timedelta(seconds=seconds)
    end = start + timedelta(minutes=minutes)
    points = tuple(
        FacePoint(at=start + (end - start) * share, box=(100.0, 100.0, 60.0, 80.0), inter_eye_px=30.0)
        for share in (0.0, 0.5, 1.0)
    )
    return Track(
        camera_id=camera,
        scene=f"{camera}@{start.isoformat()}",
        interval=Interval(start=start, end=end, sigma_s=1.0),
        points=points,
        mask=MaskState.BARE,
        quality=Quality(inter_eye_px=30.0, blur=100.0, yaw_deg=5.0, faces=3),
        llr=llr,
        calibration="test",
        frame_width=640,
        frame_height=480,
        stills=(PICTURE,),
        neighbours=tuple(
            Neighbour(number=n, mask=MaskState.UNKNOWN, points=points) for n in range(1, neighbours + 1)
        ),
    )


@dataclass(kw_only=True)
class House:
    """The engine and everything a hostile insider could lay hands on."""

    state: Path
    context: Context
    runner: Runner
    intake: Intake
    photos: Photos
    review: Review
    noting: Noting
    clips: Clips
    tracing: Tracing
    authorise: Authorise
    clock: TurnableClock
    pool: Any
    vault: Vault
    store: SqliteStore
    traces: list[str] = field(default_factory=list)

    async def case(
        self, case_id: str = "A", *, ground: bool = True, still: bool = True, records: int = 1
    ) -> None:
        """A confirmed case with records, a photograph and a ground for a face search."""
        await self.intake.put_case(ME, case_import(case_id))
        for number in range(records):
            record = a_record(number, case_id)
            await self.store.run(
                lambda tx, r=record: self.context.cases.add_records(tx, case_id, (r,))  # type: ignore[misc]
            )
        if ground:
            await self.intake.put_ground(ME, case_id, consent())
        if still:
            photo = f"photo of {case_id}".encode()
            kept = ReferenceStill(
                still_id=f"still-{case_id}", file="a.png", provenance="ward", content=photo, portrait=PICTURE
            )
            digest = hashlib.sha256(photo).hexdigest()
            await self.store.run(lambda tx: self.context.cases.add_still(tx, case_id, kept, digest))

    async def authorisation(self, case_id: str = "A", *, approved: bool = True, **given: object) -> str:
        view = await self.authorise.request(ME, asked(case_id, **given))
        if approved:
            await self.authorise.approve(seen(ME), view.authorisation_id)
        return view.authorisation_id

    async def trace(self, case_id: str = "A", authorisation_id: str | None = None) -> str:
        """Start a trace; its id."""
        permitted = authorisation_id or await self.authorisation(case_id)
        start = TraceStart(case_id=case_id, authorisation_id=permitted)
        return (await self.tracing.start(ME, start)).trace_id

    async def traced(self, case_id: str = "A", authorisation_id: str | None = None) -> TraceDetail:
        """A trace whose machine work is over, as it stands."""
        trace_id = await self.trace(case_id, authorisation_id)
        await self.over(trace_id)
        return await self.tracing.detail(ME, trace_id)

    async def over(self, trace_id: str) -> TraceState:
        """Wait for the end of the machine work."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                row = await self.store.run(lambda tx: self.context.traces.get(tx, trace_id))
                if row.state.machine_done:
                    return row.state
                await asyncio.sleep(0.005)

    async def has_candidates(self, trace_id: str) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                if (await self.tracing.trace(trace_id)).candidates:
                    return
                await asyncio.sleep(0.005)

    async def confirm(self, candidate_id: str, answer: Answer, person: Asked = ME) -> CandidateView:
        """Look at the pictures long and large enough, then answer."""
        view = await self.review.view(person, candidate_id, 100.0)
        self.clock.pass_s(1.0)
        because = UnclearBecause.BLUR if answer is Answer.CANNOT_TELL else None
        request = DecisionRequest(view_id=view.view_id, answer=answer, because=because)
        return await self.review.decide(seen(person, view.version), candidate_id, request)

    async def audit(self) -> list[AuditLine]:
        return [line for line, _ in await self.store.run(lambda tx: log.lines(tx, 0, 100_000))]

    async def blobs(self, table: str, column: str = "sealed") -> list[tuple[str, bytes]]:
        """Sealed bytes as a thief of the database finds them, with the key of their row."""

        async def read(tx: Transaction) -> list[tuple[str, bytes]]:
            rows = await tx.rows(f"SELECT * FROM {table}")
            return [(row[0], row[column]) for row in rows]

        return await self.store.run(read)


async def until(holds: Callable[[], object], within_s: float = PATIENCE_S) -> None:
    """Return as soon as it holds. Raises TimeoutError."""
    async with asyncio.timeout(within_s):
        while True:
            if holds():
                return
            await asyncio.sleep(0.01)


def case_import(case_id: str = "A", **given: object) -> CaseImport:
    values: dict[str, object] = {
        "case_id": case_id,
        "disease": "covid-19",
        "notification_ref": f"N-{case_id}",
        "onset": date(2026, 3, 3),
        "isolation": date(2026, 3, 4),
    }
    return CaseImport(**(values | given))  # type: ignore[arg-type]


def consent(**given: object) -> GroundRecord:
    values: dict[str, object] = {"kind": GroundKind.SEPARATE_CONSENT, "document_sha256": "a" * 64}
    return GroundRecord(**(values | given))  # type: ignore[arg-type]


def asked(case_id: str = "A", **given: object) -> AuthorisationRequest:
    values: dict[str, object] = {
        "case_id": case_id,
        "purpose": "infection_control",
        "cameras": ("hall",),
        "sources": tuple(Source),
        "start": NOON - timedelta(hours=3),
        "end": NOON + timedelta(hours=12),
        "expires_at": NOW + timedelta(hours=24),
    }
    return AuthorisationRequest(**(values | given))  # type: ignore[arg-type]


@contextlib.asynccontextmanager
async def a_house(
    state: Path,
    *,
    cameras: Sequence[Camera] = (),
    segments: Sequence[Segment] | None = None,
    pool: WorkerPool | None = None,
    clock: TurnableClock | None = None,
    rehearsal: bool = True,
) -> AsyncIterator[House]:
    """An engine on ``state``. Without ``cameras`` there is one, the hall, with twenty minutes."""
    known = {c.camera_id: c for c in (cameras or (a_camera(),))}
    footage = [a_segment(c) for c in known.values()] if segments is None else list(segments)
    diseases, contacts, laws = load_definitions()
    site = Site(
        name="test district",
        timezone="Asia/Seoul",
        rehearsal=rehearsal,
        cameras=known,
        labels={c.place_id: c.name for c in known.values()},
        segments=lambda camera_id: [s for s in footage if s.camera_id == camera_id],
        diseases=diseases,
        definitions=contacts,
        laws=laws,
        sources=load_sources(),
    )
    async with SqliteStore(state / "tracedesk.sqlite") as store:
        vault = Vault(state, SECRET)
        sealer = Sealer(vault)
        workers = pool or ObedientPool()
        time = clock or TurnableClock()
        context = Context(
            site=site,
            store=store,
            sealer=sealer,
            cases=Cases(sealer),
            authorisations=Authorisations(sealer),
            traces=Traces(sealer),
            reviews=Reviews(sealer),
            pool=workers,
            clock=time,
        )
        async with Runner(context) as runner:
            tracing = Tracing(context, runner)
            yield House(
                state=state,
                context=context,
                runner=runner,
                intake=Intake(context, runner),
                photos=Photos(context),
                review=Review(context, tracing),
                noting=Noting(context, tracing),
                clips=Clips(context, tracing),
                tracing=tracing,
                authorise=Authorise(context, runner),
                clock=time,
                pool=workers,
                vault=vault,
                store=store,
            )
