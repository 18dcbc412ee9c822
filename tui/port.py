"""What the console asks of the engine; ``engine.api.client.EngineClient`` answers, tests bring fakes."""

from collections.abc import AsyncIterator
from typing import Protocol

from engine.api.audit_schema import AuditVerdict
from engine.api.case_schema import BoardCase, Kept, ScopePreview
from engine.api.contact_schema import ContactEntry, ContactLine, Exported, ExportRequest
from engine.api.forms import (
    EmergencyRequest,
    OrderView,
    SourceAnswer,
    SourceAsk,
    SourceRequestView,
    StillPicture,
    StillView,
)
from engine.api.lines import Health, Line
from engine.api.review_schema import Clip
from engine.api.schema import (
    AuditEntry,
    AuthorisationRequest,
    AuthorisationView,
    CandidateView,
    CaseImport,
    CaseView,
    GroundRecord,
    Hello,
    RecordFile,
    RecordsTaken,
    StillFile,
    StillTaken,
    TraceDetail,
    TraceStart,
    TraceView,
    ViewReply,
)
from engine.api.site_schema import AuditHead, CityMap, House, PlaceFound
from engine.domain.decision import Answer, UnclearBecause


class ReviewPort(Protocol):
    """Traces and candidates."""

    async def hello(self) -> Hello: ...

    async def trace(self, trace_id: str) -> TraceDetail: ...

    async def start_trace(self, start: TraceStart) -> TraceView: ...

    async def look_again(self, trace_id: str) -> TraceView: ...

    async def cancel_trace(self, trace_id: str) -> TraceView: ...

    async def second_review(self, trace_id: str) -> TraceView: ...

    async def see_answers(self, trace_id: str) -> TraceDetail: ...

    async def view(self, candidate_id: str, face_height_px: float) -> ViewReply: ...

    async def decide(
        self,
        candidate_id: str,
        view_id: str,
        answer: Answer,
        because: UnclearBecause | None = None,
        *,
        version: int,
    ) -> CandidateView: ...

    async def undo(self, candidate_id: str, *, version: int) -> CandidateView: ...

    async def note(self, candidate_id: str, text: str, *, version: int) -> CandidateView: ...

    async def want_second(self, candidate_id: str, *, wanted: bool = True) -> CandidateView: ...

    async def set_aside(
        self, trace_id: str, candidate_ids: tuple[str, ...], *, aside: bool = True
    ) -> TraceDetail: ...

    async def clip(self, candidate_id: str) -> Clip: ...

    def events(self, after: int | None = None) -> AsyncIterator[Line]: ...


class CasePort(Protocol):
    """Cases, their papers and what they wait for."""

    async def board(self) -> tuple[BoardCase, ...]: ...

    async def kept(self, case_id: str, kind: str) -> Kept: ...

    async def keep(self, case_id: str, kind: str, text: str, *, version: int | None = None) -> Kept: ...

    async def places(self, text: str) -> tuple[PlaceFound, ...]: ...

    async def import_case(self, case: CaseImport, *, version: int | None = None) -> CaseView: ...

    async def add_records(self, case_id: str, records: RecordFile) -> RecordsTaken: ...

    async def add_still(self, case_id: str, still: StillFile) -> StillTaken: ...

    async def stills(self, case_id: str) -> tuple[StillView, ...]: ...

    async def view_still(self, case_id: str, still_id: str) -> StillPicture: ...

    async def second_still(self, case_id: str, still_id: str) -> StillView: ...

    async def record_ground(
        self, case_id: str, ground: GroundRecord, *, version: int | None = None
    ) -> CaseView: ...

    async def withdraw_ground(self, case_id: str, *, version: int | None = None) -> CaseView: ...

    async def source_requests(self, case_id: str) -> tuple[SourceRequestView, ...]: ...

    async def ask_source(self, case_id: str, wanted: SourceAsk) -> SourceRequestView: ...

    async def answer_source(
        self, case_id: str, request_id: str, answer: SourceAnswer, *, version: int
    ) -> SourceRequestView: ...

    async def preview_scope(self, wanted: AuthorisationRequest) -> ScopePreview: ...

    async def authorisations(self) -> tuple[AuthorisationView, ...]: ...

    async def request_authorisation(self, request: AuthorisationRequest) -> AuthorisationView: ...

    async def emergency(self, request: EmergencyRequest) -> AuthorisationView: ...

    async def orders(self) -> tuple[OrderView, ...]: ...

    async def approve_authorisation(self, authorisation_id: str, *, version: int) -> AuthorisationView: ...

    async def refuse_authorisation(self, authorisation_id: str, *, version: int) -> AuthorisationView: ...

    async def revoke_authorisation(self, authorisation_id: str) -> AuthorisationView: ...

    async def review_emergency(
        self, authorisation_id: str, *, justified: bool, version: int
    ) -> AuthorisationView: ...


class ContactPort(Protocol):
    """The line list and what leaves the house."""

    async def contacts(self, case_id: str) -> tuple[ContactLine, ...]: ...

    async def add_contact(self, case_id: str, entry: ContactEntry) -> ContactLine: ...

    async def change_contact(
        self, case_id: str, contact_id: str, entry: ContactEntry, *, version: int
    ) -> ContactLine: ...

    async def merge_contacts(self, case_id: str, keep_id: str, other_ids: tuple[str, ...]) -> ContactLine: ...

    async def unmerge_contact(self, case_id: str, contact_id: str, other_id: str) -> ContactLine: ...

    async def export(self, case_id: str, wanted: ExportRequest) -> Exported: ...


class HousePort(Protocol):
    """The place, the audit and how the house stands."""

    async def city_map(self) -> CityMap: ...

    async def health(self) -> Health: ...

    async def house(self) -> House: ...

    async def audit(self, after: int = 0) -> tuple[AuditEntry, ...]: ...

    async def audit_head(self) -> AuditHead: ...

    async def audit_verify(self) -> AuditVerdict: ...


class Engine(ReviewPort, CasePort, ContactPort, HousePort, Protocol):
    """All of it."""
