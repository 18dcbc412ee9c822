"""The part of the engine in memory that is about cases, their papers, the city and the house."""

from datetime import datetime, timedelta

import msgspec

from engine.api.case_schema import BoardCase, FootageDue, Kept, ScopeLine, ScopePreview
from engine.api.client import EngineSaysNo
from engine.api.forms import SourceAnswer, SourceAsk, SourceRequestView
from engine.api.schema import (
    AuditEntry,
    AuthorisationRequest,
    AuthorisationView,
    CaseView,
    Hello,
    TraceDetail,
    TraceView,
)
from engine.api.site_schema import (
    AuditHead,
    CameraPlace,
    CameraState,
    CityMap,
    House,
    PlaceFound,
    SourceState,
    Street,
)
from engine.domain.authorisation import AuthorisationState
from engine.domain.source_request import SourceRequestState

SHARED = "handover"
KINDS = (SHARED, "draft", "desk")
CAMERA_IDS = ("cam1", "cam2", "cam3", "cam4", "cam5")
WEST, SOUTH = 126.97, 37.56  # invented town, at degrees where there is a real one
STEP = 0.004  # degrees between two of its streets


def an_authorisation(number: int, case: str, now: datetime, **given: object) -> AuthorisationView:
    view = AuthorisationView(
        authorisation_id=f"Z-{number}", case_id=case, state=AuthorisationState.APPROVED, four_eyes=True,
        requested_by="lee", approved_by="park", expires_at=now + timedelta(hours=5), cameras=3,
        order_ref="order-7", references={"card": "province 2026-118", "footage": "province 2026-119"},
        start=now - timedelta(days=2), end=now - timedelta(hours=3), max_camera_hours=40.0,
        purpose="infection_control", sources=("card", "interview"), camera_ids=CAMERA_IDS[:3],
        requested_at=now - timedelta(hours=number),
    )  # fmt: skip
    return msgspec.structs.replace(view, **given)


def a_request(number: int, case: str, now: datetime, **given: object) -> SourceRequestView:
    view = SourceRequestView(
        request_id=f"Q-{number}", case_id=case, source="card", authority="province", reference="",
        state=SourceRequestState.ASKED, asked_by="lee", asked_at=now - timedelta(hours=26 + number),
        answered_at=None, waits_h=26.0 + number, version=1,
    )  # fmt: skip
    return msgspec.structs.replace(view, **given)


def a_board_case(case: str, now: datetime, **given: object) -> BoardCase:
    view = BoardCase(
        case_id=case, state="open", disease="measles", owner="investigator",
        members=("investigator", "lee"), records=14, stills=1, unseconded=0, ground="separate_consent",
        notice="due", notice_due=now + timedelta(days=3), sources=(), authorisations=(), trace=None,
        footage=(), handover=None,
    )  # fmt: skip
    return msgspec.structs.replace(view, **given)


def a_board(now: datetime) -> dict[str, BoardCase]:
    """Eight cases that wait for different things, and one that waits for nothing."""
    soon = tuple(
        FootageDue(
            camera_id=camera,
            start=now - timedelta(days=3, hours=number),
            end=now - timedelta(days=3, hours=number) + timedelta(hours=1),
            gone_at=now + timedelta(hours=5 + 7 * number),
        )
        for number, camera in enumerate(CAMERA_IDS[:3])
    )
    answered = a_request(
        2, "A", now, state=SourceRequestState.ANSWERED, reference="province 2026-118",
        answered_at=now - timedelta(hours=2), waits_h=24.0, version=2,
    )  # fmt: skip
    handover = Kept(
        kind=SHARED, text="Cafe Onda will call back about the roster at four.", by="lee",
        at=now - timedelta(hours=9), version=1,
    )  # fmt: skip
    waiting = an_authorisation(
        3, "B", now, state=AuthorisationState.REQUESTED, approved_by="", expires_at=now + timedelta(days=2)
    )
    rows = (
        a_board_case(
            "A", now, sources=(answered,), authorisations=(an_authorisation(1, "A", now),), handover=handover
        ),
        a_board_case("B", now, sources=(a_request(1, "B", now),), authorisations=(waiting,), footage=soon),
        a_board_case("C", now, authorisations=(an_authorisation(2, "C", now),), notice="overdue",
                     notice_due=now - timedelta(hours=7)),
        a_board_case("D", now, unseconded=1, stills=2),
        a_board_case("E", now, owner="lee", ground=""),
        a_board_case("F", now, notice="sent", notice_due=None),
        a_board_case("G", now, records=0, stills=0, ground="", footage=soon[:1]),
        a_board_case("H", now, disease="mers", ground="withdrawn"),
        a_board_case("I", now),
    )  # fmt: skip
    return {row.case_id: row for row in rows}


def a_city() -> CityMap:
    """Seven streets east and west, seven north and south, five cameras at crossings."""
    streets = [
        Street(
            name=f"{number}-ga {way}",
            line=tuple(
                (WEST + STEP * step, SOUTH + STEP * number)
                if way == "east"
                else (WEST + STEP * number, SOUTH + STEP * step)
                for step in range(7)
            ),
        )
        for way in ("east", "north")
        for number in range(7)
    ]
    cameras = tuple(
        CameraPlace(
            camera_id=camera,
            name=f"{camera} west door",
            lat=SOUTH + STEP * (number + 1),
            lon=WEST + STEP * (2 * number % 5 + 1),
            range_m=30.0,
            azimuth_deg=None if number == 4 else 72.0 * number,
            hfov_deg=None if number == 4 else 80.0,
        )
        for number, camera in enumerate(CAMERA_IDS)
    )
    return CityMap(streets=tuple(streets), cameras=cameras)


def a_gazetteer() -> tuple[PlaceFound, ...]:
    named = (
        ("onda", "Cafe Onda", "12 Mulgil", "cafe"),
        ("hana", "Hana market", "3 Sijang-ro", "shop"),
        ("library", "City library", "1 Chaek-ro", "public"),
        ("haneul", "하늘의원", "물길 14", "clinic"),
    )
    return tuple(
        PlaceFound(
            place_id=place_id, name=name, address=address, kind=kind,
            lat=SOUTH + STEP * number, lon=WEST + STEP * number, radius_m=25.0,
        )
        for number, (place_id, name, address, kind) in enumerate(named)
    )  # fmt: skip


def a_house(now: datetime) -> House:
    states = ("ok", "ok", "silent", "skewed", "unmeasured")
    return House(
        cameras=tuple(
            CameraState(
                camera_id=camera, name=f"{camera} west door", state=state,
                last_footage=now - timedelta(hours=50 if state == "silent" else 2),
                offset_s=840.0 if state == "skewed" else 1.5,
                sigma_s=600.0 if state == "unmeasured" else 2.0,
            )
            for camera, state in zip(CAMERA_IDS, states, strict=True)
        ),
        sources=(
            SourceState(name="card", state="ok", because="by hand, by way of the province"),
            SourceState(name="footage", state="ok", because="5 files in the archive"),
        ),
        disk_free=41 * 2**30, disk_total=100 * 2**30, keys_due=0, keys_overdue=0, witness="file",
        witness_age_s=420.0, models=("yunet", "edgeface-xs"), cameras_total=5, cameras_ok=2,
    )  # fmt: skip


def an_audit(now: datetime) -> tuple[AuditEntry, ...]:
    said = (("case", "A"), ("records", "A"), ("authorisation", "Z-1"), ("trace", "T-A"), ("view", "C-A-1"))
    return tuple(
        AuditEntry(
            seq=number, at=now - timedelta(minutes=20 - number), person="investigator", action=action,
            object=what, outcome="done", hash=f"{number:02x}" * 32,
        )
        for number, (action, what) in enumerate(said, 1)
    )  # fmt: skip


class FakeCasework:
    """Does that part for one person. Everything a test may want to see otherwise is a plain attribute;
    ``asked_for`` holds what changed something, as the name of the call and what went with it."""

    greeting: Hello
    details: dict[str, TraceDetail]
    refusal: EngineSaysNo | None
    now: datetime

    def __init__(self, now: datetime) -> None:
        self.on_board = a_board(now)
        self.papers = {
            paper.authorisation_id: paper for case in self.on_board.values() for paper in case.authorisations
        }
        self.source_asks = {ask.request_id: ask for case in self.on_board.values() for ask in case.sources}
        self.texts: dict[tuple[str, str], Kept] = {}
        self.unread: dict[tuple[str, str], Kept] = {}  # what a withheld text says once it is read
        for case in self.on_board.values():
            if case.handover is not None:
                self.texts[case.case_id, SHARED] = case.handover
        self.city = a_city()
        self.gazetteer = a_gazetteer()
        self.standing = a_house(now)
        self.audit_lines = an_audit(now)
        self.asked_for: list[tuple[str, object]] = []

    # --- reads ------------------------------------------------------------------------------------

    async def board(self) -> tuple[BoardCase, ...]:
        self._there()
        return tuple(self._board_case(case_id) for case_id in self.on_board)

    async def cases(self) -> tuple[CaseView, ...]:
        self._there()
        return tuple(
            CaseView(
                case_id=case.case_id, state=case.state, records=case.records, stills=case.stills,
                ground=case.ground, version=case.version, members=case.members,
                unseconded=case.unseconded, notice=case.notice,
            )
            for case in self.on_board.values()
        )  # fmt: skip

    async def kept(self, case_id: str, kind: str) -> Kept:
        self._there()
        if (case_id, kind) in self.unread:
            self.texts[case_id, kind] = self.unread.pop((case_id, kind))
        return self.texts.get((case_id, kind), Kept(kind=kind))

    async def city_map(self) -> CityMap:
        self._there()
        return self.city

    async def places(self, text: str) -> tuple[PlaceFound, ...]:
        self._there()
        wanted = text.casefold().strip()
        hits = [p for p in self.gazetteer if wanted in f"{p.place_id} {p.name} {p.address}".casefold()]
        return tuple(hits[:20]) if wanted else ()

    async def house(self) -> House:
        self._there()
        return self.standing

    async def audit_head(self) -> AuditHead:
        self._there()
        size = len(self.audit_lines)
        return AuditHead(
            size=size, root=self.audit_lines[-1].hash if size else "", signed_upto=max(0, size - 1),
            witnessed_upto=max(0, size - 2), witnessed_at=self.now - timedelta(minutes=7),
        )  # fmt: skip

    async def audit(self, after: int = 0) -> tuple[AuditEntry, ...]:
        self._there()
        return tuple(line for line in self.audit_lines if line.seq > after)

    async def authorisations(self) -> tuple[AuthorisationView, ...]:
        self._there()
        return tuple(self.papers.values())

    async def source_requests(self, case_id: str) -> tuple[SourceRequestView, ...]:
        self._there()
        return self._asked_of(case_id)

    # --- changes ----------------------------------------------------------------------------------

    async def keep(self, case_id: str, kind: str, text: str, *, version: int | None = None) -> Kept:
        self._may("keep", (case_id, kind, text))
        before = self.texts.get((case_id, kind), Kept(kind=kind))
        if kind == SHARED and version != before.version:
            self.asked_for.pop()
            raise EngineSaysNo(409, "conflict", f"the note was changed by {before.by} at 12:21; read it")
        if kind == "desk":  # where the desk was is kept by itself, whatever a person does
            self.asked_for.pop()
        kept = Kept(kind=kind)
        self.texts.pop((case_id, kind), None)
        if text:
            version = before.version + 1 if kind == SHARED else 0
            kept = Kept(kind=kind, text=text, by=self.greeting.person, at=self.now, version=version)
            self.texts[case_id, kind] = kept
        return kept

    async def preview_scope(self, wanted: AuthorisationRequest) -> ScopePreview:
        """Half an hour of each camera."""
        self._may("preview", wanted)
        lines = tuple(
            ScopeLine(
                camera_id=camera,
                name=f"{camera} west door",
                start=wanted.start + timedelta(hours=number),
                end=wanted.start + timedelta(hours=number, minutes=30),
            )
            for number, camera in enumerate(wanted.cameras)
        )
        return ScopePreview(
            cameras=len(wanted.cameras), windows=3 * len(lines), camera_hours=0.5 * len(lines),
            seconds=2.0 * len(lines), lines=lines,
            notes=() if wanted.order_ref else ("no order is named: the request would be refused (G28)",),
        )  # fmt: skip

    async def request_authorisation(self, request: AuthorisationRequest) -> AuthorisationView:
        self._may("request", request)
        paper = an_authorisation(
            10 + len(self.papers), request.case_id, self.now, state=AuthorisationState.REQUESTED,
            requested_by=self.greeting.person, approved_by="", expires_at=request.expires_at,
            cameras=len(request.cameras), order_ref=request.order_ref, face_search=request.face_search,
            start=request.start, end=request.end, max_camera_hours=request.max_camera_hours,
            purpose=request.purpose, sources=tuple(str(source) for source in request.sources),
            camera_ids=request.cameras, requested_at=self.now,
        )  # fmt: skip
        self.papers[paper.authorisation_id] = paper
        return paper

    async def approve_authorisation(self, authorisation_id: str, *, version: int) -> AuthorisationView:
        self._may("approve", authorisation_id)
        if self.papers[authorisation_id].requested_by == self.greeting.person:
            raise EngineSaysNo(403, "refused", "nobody approves their own request (G24)")
        return self._answer(authorisation_id, version, AuthorisationState.APPROVED)

    async def refuse_authorisation(self, authorisation_id: str, *, version: int) -> AuthorisationView:
        self._may("refuse", authorisation_id)
        return self._answer(authorisation_id, version, AuthorisationState.REFUSED)

    async def revoke_authorisation(self, authorisation_id: str) -> AuthorisationView:
        self._may("revoke", authorisation_id)
        paper = self.papers[authorisation_id]
        return self._answer(authorisation_id, paper.version, AuthorisationState.REVOKED)

    async def ask_source(self, case_id: str, wanted: SourceAsk) -> SourceRequestView:
        self._may("ask", (case_id, wanted))
        ask = a_request(
            10 + len(self.source_asks), case_id, self.now, source=wanted.source, authority=wanted.authority,
            reference=wanted.reference, asked_by=self.greeting.person, asked_at=self.now, waits_h=0.0,
        )  # fmt: skip
        self.source_asks[ask.request_id] = ask
        return ask

    async def answer_source(
        self, case_id: str, request_id: str, answer: SourceAnswer, *, version: int
    ) -> SourceRequestView:
        self._may("answer", (case_id, request_id, answer))
        ask = self.source_asks[request_id]
        if ask.version != version:
            raise EngineSaysNo(409, "conflict", "the request was changed meanwhile; look at it again")
        state = SourceRequestState.ANSWERED if answer.answered else SourceRequestState.REFUSED
        changed = msgspec.structs.replace(
            ask, state=state, reference=answer.reference or ask.reference, answered_at=self.now,
            version=version + 1,
        )  # fmt: skip
        self.source_asks[request_id] = changed
        return changed

    # --- within -----------------------------------------------------------------------------------

    def _there(self) -> None:
        """Raises EngineAway where a test has it so."""

    def _may(self, call: str, what: object) -> None:
        self._there()
        if self.refusal is not None:
            raise self.refusal
        self.asked_for.append((call, what))

    def _board_case(self, case_id: str) -> BoardCase:
        papers = sorted(
            (p for p in self.papers.values() if p.case_id == case_id),
            key=lambda p: p.requested_at or self.now,
            reverse=True,
        )
        return msgspec.structs.replace(
            self.on_board[case_id],
            trace=self._newest_trace(case_id),
            authorisations=tuple(papers),
            sources=self._asked_of(case_id),
            handover=self.texts.get((case_id, SHARED)),
        )

    def _newest_trace(self, case_id: str) -> TraceView | None:
        of_case = [d.trace for d in self.details.values() if d.trace.case_id == case_id]
        return max(of_case, key=lambda trace: trace.queued, default=None)

    def _asked_of(self, case_id: str) -> tuple[SourceRequestView, ...]:
        return tuple(ask for ask in self.source_asks.values() if ask.case_id == case_id)

    def _answer(self, authorisation_id: str, version: int, state: AuthorisationState) -> AuthorisationView:
        paper = self.papers[authorisation_id]
        if paper.version != version:
            raise EngineSaysNo(409, "conflict", "the authorisation was changed meanwhile; look at it again")
        me = self.greeting.person
        approved = state is AuthorisationState.APPROVED
        changed = msgspec.structs.replace(
            paper, state=state, approved_by=me if approved else paper.approved_by,
            ended_by="" if approved else me, ended_at=None if approved else self.now, version=version + 1,
        )  # fmt: skip
        self.papers[authorisation_id] = changed
        return changed
