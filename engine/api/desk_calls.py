"""The client's methods for what the desk adds: board, map, notes, clips, contacts, exports, health."""

from urllib.parse import quote

from engine.api.calls import Calls
from engine.api.case_schema import BoardCase, Kept, KeptText, ScopePreview
from engine.api.contact_schema import (
    ContactEntry,
    ContactLine,
    ContactMerge,
    ContactUnmerge,
    Exported,
    ExportRequest,
)
from engine.api.review_schema import CandidateNote, Clip, SecondWanted, SetAside
from engine.api.schema import AuthorisationRequest, CandidateView, TraceDetail
from engine.api.site_schema import AuditHead, CityMap, House, PlaceFound


class DeskCalls(Calls):
    """One method per route, like those of ``EngineClient``, which this is a part of."""

    # --- the place and the house --------------------------------------------------------------------

    async def city_map(self) -> CityMap:
        return await self._read("/map", CityMap)

    async def places(self, text: str) -> tuple[PlaceFound, ...]:
        """Places of the gazetteer whose name, address or id has the text in it, best first, 20 at most."""
        return await self._read(f"/places?find={quote(text)}", tuple[PlaceFound, ...])

    async def house(self) -> House:
        return await self._read("/house", House)

    async def audit_head(self) -> AuditHead:
        return await self._read("/audit/head", AuditHead)

    # --- cases --------------------------------------------------------------------------------------

    async def board(self) -> tuple[BoardCase, ...]:
        """Every case that this person works on, with what it waits for."""
        return await self._read("/board", tuple[BoardCase, ...])

    async def kept(self, case_id: str, kind: str) -> Kept:
        return await self._read(f"/cases/{case_id}/kept/{kind}", Kept)

    async def keep(self, case_id: str, kind: str, text: str, *, version: int | None = None) -> Kept:
        """Keep a text with a case; "" forgets it. ``version`` of the note that was seen, where it is shared
        (0 where there was none)."""
        return await self._change("PUT", f"/cases/{case_id}/kept/{kind}", Kept, KeptText(text=text), version)

    async def preview_scope(self, wanted: AuthorisationRequest) -> ScopePreview:
        """What such an authorisation would open and cost. Opens nothing, asks for nothing."""
        return await self._change("POST", "/authorisations/preview", ScopePreview, wanted)

    # --- candidates ---------------------------------------------------------------------------------

    async def see_answers(self, trace_id: str) -> TraceDetail:
        """See what others answered, and be no second reviewer of this trace any more."""
        return await self._change("POST", f"/traces/{trace_id}/look", TraceDetail)

    async def note(self, candidate_id: str, text: str, *, version: int) -> CandidateView:
        path = f"/candidates/{candidate_id}/note"
        return await self._change("PUT", path, CandidateView, CandidateNote(text=text), version)

    async def want_second(self, candidate_id: str, *, wanted: bool = True) -> CandidateView:
        path = f"/candidates/{candidate_id}/second"
        return await self._change("PUT", path, CandidateView, SecondWanted(wanted=wanted))

    async def set_aside(
        self, trace_id: str, candidate_ids: tuple[str, ...], *, aside: bool = True
    ) -> TraceDetail:
        """Set a range of candidates without an answer aside as not reviewed, or take it up again."""
        body = SetAside(candidate_ids=candidate_ids, aside=aside)
        return await self._change("POST", f"/traces/{trace_id}/aside", TraceDetail, body)

    async def clip(self, candidate_id: str) -> Clip:
        """Frames around a sighting, from the footage itself, under the authorisation that is in force."""
        return await self._change("POST", f"/candidates/{candidate_id}/clip", Clip)

    # --- contacts -----------------------------------------------------------------------------------

    async def contacts(self, case_id: str) -> tuple[ContactLine, ...]:
        """The line list: named people and the unnamed of every confirmed scene."""
        return await self._read(f"/cases/{case_id}/contacts", tuple[ContactLine, ...])

    async def add_contact(self, case_id: str, entry: ContactEntry) -> ContactLine:
        return await self._change("POST", f"/cases/{case_id}/contacts", ContactLine, entry)

    async def change_contact(
        self, case_id: str, contact_id: str, entry: ContactEntry, *, version: int
    ) -> ContactLine:
        path = f"/cases/{case_id}/contacts/{contact_id}"
        return await self._change("PUT", path, ContactLine, entry, version)

    async def merge_contacts(self, case_id: str, keep_id: str, other_ids: tuple[str, ...]) -> ContactLine:
        body = ContactMerge(keep_id=keep_id, other_ids=other_ids)
        return await self._change("POST", f"/cases/{case_id}/contacts/{keep_id}/merge", ContactLine, body)

    async def unmerge_contact(self, case_id: str, contact_id: str, other_id: str) -> ContactLine:
        path = f"/cases/{case_id}/contacts/{contact_id}/unmerge"
        return await self._change("POST", path, ContactLine, ContactUnmerge(other_id=other_id))

    async def export(self, case_id: str, wanted: ExportRequest) -> Exported:
        """The file as it leaves the house; it is in the audit before the first byte is here."""
        return await self._change("POST", f"/cases/{case_id}/exports", Exported, wanted)
