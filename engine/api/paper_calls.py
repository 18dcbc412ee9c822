"""The client's methods for papers: orders, authorisations, other authorities, notices, closing."""

from engine.api.calls import Calls
from engine.api.forms import (
    CaseClose,
    CaseErased,
    Confirm,
    EmergencyRequest,
    EmergencyReview,
    ErasureView,
    Member,
    NewWitness,
    NewWitnessLetter,
    NoticeSent,
    NoticeView,
    OrderProposal,
    OrderView,
    PassedOn,
    SourceAnswer,
    SourceAsk,
    SourceRequestView,
    StillPicture,
    StillView,
    WitnessGap,
)
from engine.api.schema import AuthorisationRequest, AuthorisationView, CaseView


class PaperCalls(Calls):
    """One method per route, like those of ``EngineClient``, which this is a part of."""

    # --- orders -----------------------------------------------------------------------------------

    async def orders(self) -> tuple[OrderView, ...]:
        return await self._read("/orders", tuple[OrderView, ...])

    async def propose_order(self, order: OrderProposal) -> OrderView:
        return await self._change("POST", "/orders", OrderView, order)

    async def approve_order(self, order_id: str, *, version: int) -> OrderView:
        return await self._change("POST", f"/orders/{order_id}/approve", OrderView, None, version)

    async def end_order(self, order_id: str) -> OrderView:
        return await self._change("POST", f"/orders/{order_id}/end", OrderView)

    # --- authorisations ---------------------------------------------------------------------------

    async def authorisations(self) -> tuple[AuthorisationView, ...]:
        return await self._read("/authorisations", tuple[AuthorisationView, ...])

    async def request_authorisation(self, request: AuthorisationRequest) -> AuthorisationView:
        return await self._change("POST", "/authorisations", AuthorisationView, request)

    async def emergency(self, request: EmergencyRequest) -> AuthorisationView:
        """In force at once; a second person has a day to review it."""
        return await self._change("POST", "/emergencies", AuthorisationView, request)

    async def approve_authorisation(self, authorisation_id: str, *, version: int) -> AuthorisationView:
        path = f"/authorisations/{authorisation_id}/approve"
        return await self._change("POST", path, AuthorisationView, None, version)

    async def refuse_authorisation(self, authorisation_id: str, *, version: int) -> AuthorisationView:
        path = f"/authorisations/{authorisation_id}/refuse"
        return await self._change("POST", path, AuthorisationView, None, version)

    async def review_emergency(
        self, authorisation_id: str, *, justified: bool, version: int
    ) -> AuthorisationView:
        path = f"/authorisations/{authorisation_id}/review"
        review = EmergencyReview(justified=justified)
        return await self._change("POST", path, AuthorisationView, review, version)

    async def revoke_authorisation(self, authorisation_id: str) -> AuthorisationView:
        """Takes effect at once, whatever somebody else did meanwhile."""
        return await self._change("POST", f"/authorisations/{authorisation_id}/revoke", AuthorisationView)

    # --- people, photographs and other authorities ------------------------------------------------

    async def add_member(self, case_id: str, member: Member) -> CaseView:
        return await self._change("POST", f"/cases/{case_id}/members", CaseView, member)

    async def stills(self, case_id: str) -> tuple[StillView, ...]:
        return await self._read(f"/cases/{case_id}/stills", tuple[StillView, ...])

    async def view_still(self, case_id: str, still_id: str) -> StillPicture:
        """A photograph, after the look was written to the audit."""
        return await self._change("POST", f"/cases/{case_id}/stills/{still_id}/view", StillPicture)

    async def second_still(self, case_id: str, still_id: str) -> StillView:
        return await self._change("POST", f"/cases/{case_id}/stills/{still_id}/second", StillView)

    async def source_requests(self, case_id: str) -> tuple[SourceRequestView, ...]:
        return await self._read(f"/cases/{case_id}/sources", tuple[SourceRequestView, ...])

    async def ask_source(self, case_id: str, wanted: SourceAsk) -> SourceRequestView:
        return await self._change("POST", f"/cases/{case_id}/sources", SourceRequestView, wanted)

    async def answer_source(
        self, case_id: str, request_id: str, answer: SourceAnswer, *, version: int
    ) -> SourceRequestView:
        path = f"/cases/{case_id}/sources/{request_id}/answer"
        return await self._change("POST", path, SourceRequestView, answer, version)

    # --- the end ----------------------------------------------------------------------------------

    async def notice(self, case_id: str) -> NoticeView:
        return await self._read(f"/cases/{case_id}/notice", NoticeView)

    async def notice_sent(self, case_id: str, notice: NoticeSent, *, version: int) -> NoticeView:
        return await self._change("POST", f"/cases/{case_id}/notice", NoticeView, notice, version)

    async def passed_on(self, case_id: str, passed: PassedOn) -> NoticeView:
        return await self._change("POST", f"/cases/{case_id}/passed", NoticeView, passed)

    async def close_case(self, case_id: str, wanted: CaseClose, *, version: int) -> CaseErased:
        """The keys are destroyed when this returns."""
        return await self._change("POST", f"/cases/{case_id}/close", CaseErased, wanted, version)

    async def erasures(self) -> ErasureView:
        return await self._read("/erasures", ErasureView)

    async def confirm_erasure(self, confirm: Confirm) -> ErasureView:
        return await self._change("POST", "/erasures/confirm", ErasureView, confirm)

    # --- the witness ------------------------------------------------------------------------------

    async def propose_witness(self, wanted: NewWitness) -> WitnessGap:
        """To go on with a witness that does not know what was acknowledged; a second person accepts."""
        return await self._change("POST", "/witness", WitnessGap, wanted)

    async def accept_witness(self, letter: NewWitnessLetter) -> WitnessGap:
        return await self._change("POST", "/witness/accept", WitnessGap, letter)
