"""What other authorities were asked for, since when it waits, and what they answered (G2)."""

import secrets
from datetime import datetime

from engine.api import journal
from engine.api.access import Access
from engine.api.asked import Asked, Conflict, require_version
from engine.api.forms import SourceAnswer, SourceAsk, SourceRequestView
from engine.api.once import once
from engine.domain.errors import InputError
from engine.domain.source_request import SourceRequest, SourceRequestState
from engine.domain.source_rule import DIRECT
from engine.policy.sources import authority_for
from engine.ports import Transaction
from engine.store.authorisations import latest_time
from engine.store.sealing import case_key
from engine.store.source_requests import SourceRequests
from engine.trace.context import Context


class Sources:
    """One method per request."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._access = Access(context)
        self._requests = SourceRequests(context.sealer)

    async def of_case(self, asked: Asked, case_id: str) -> tuple[SourceRequestView, ...]:
        async def read(tx: Transaction) -> tuple[SourceRequestView, ...]:
            await self._access.case(tx, asked, case_id)
            found = await self._requests.of_case(tx, case_id)
            now = await latest_time(tx, self._context.clock)
            return tuple(request_view(request, now) for request in found)

        return await self._context.store.run(read)

    async def ask(self, asked: Asked, case_id: str, wanted: SourceAsk) -> SourceRequestView:
        """Note that another authority was asked. Refused for one that is not the way to this source."""

        async def ask(tx: Transaction) -> SourceRequestView:
            await self._access.writable(tx, asked, case_id)
            site = self._context.site
            authority = authority_for(wanted.source, site.level, site.sources)
            if authority == DIRECT:
                raise InputError(
                    f"{wanted.source} is asked for directly", place="source", mend="no request is needed"
                )
            if wanted.authority != authority:
                raise InputError(
                    f"{wanted.source} comes by way of the {authority}",
                    place="authority",
                    mend=f'write authority = "{authority}"',
                )
            request = SourceRequest(
                request_id=secrets.token_hex(8),
                case_id=case_id,
                source=wanted.source,
                authority=wanted.authority,
                reference=wanted.reference,
                asked_by=asked.name,
                asked_at=await latest_time(tx, self._context.clock),
            )
            await self._requests.add(tx, request)
            return await self._told(tx, asked, request, "asked")

        return await once(self._context, asked, case_key(case_id), SourceRequestView, ask)

    async def answer(
        self, asked: Asked, case_id: str, request_id: str, wanted: SourceAnswer
    ) -> SourceRequestView:
        async def answer(tx: Transaction) -> SourceRequestView:
            await self._access.writable(tx, asked, case_id)
            found = await self._requests.get(tx, case_id, request_id)
            if found.state is not SourceRequestState.ASKED:
                raise Conflict(f"the request is {found.state} already")
            require_version(asked, found.version, what="the request")
            reference = wanted.reference or found.reference
            if wanted.answered and not reference.strip():
                raise InputError("is missing", place="reference", mend="copy the reference from the answer")
            state = SourceRequestState.ANSWERED if wanted.answered else SourceRequestState.REFUSED
            now = await latest_time(tx, self._context.clock)
            await self._requests.answer(tx, found, state, reference, now)
            now_stands = await self._requests.get(tx, case_id, request_id)
            return await self._told(tx, asked, now_stands, str(state))

        return await once(self._context, asked, case_key(case_id), SourceRequestView, answer)

    async def _told(
        self, tx: Transaction, asked: Asked, request: SourceRequest, outcome: str
    ) -> SourceRequestView:
        await journal.write(
            self._context,
            tx,
            asked,
            "source",
            request.request_id,
            outcome=outcome,
            case_id=request.case_id,
            detail={"source": request.source, "authority": request.authority},
        )
        return request_view(request, await latest_time(tx, self._context.clock))


def request_view(request: SourceRequest, now: datetime) -> SourceRequestView:
    """What was asked of whom; it waits until it is answered, or still."""
    until = request.answered_at or now
    return SourceRequestView(
        request_id=request.request_id,
        case_id=request.case_id,
        source=request.source,
        authority=request.authority,
        reference=request.reference,
        state=request.state,
        asked_by=request.asked_by,
        asked_at=request.asked_at,
        answered_at=request.answered_at,
        waits_h=round((until - request.asked_at).total_seconds() / 3600.0, 2),
        version=request.version,
    )
