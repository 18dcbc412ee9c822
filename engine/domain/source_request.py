"""A request to another authority for what only it may hand over, with its reference and how long it waits."""

from datetime import datetime
from enum import StrEnum

from engine.domain.value import Value

FOOTAGE = "footage"  # asked for like a record source, though it holds no records


class SourceRequestState(StrEnum):
    ASKED = "asked"
    ANSWERED = "answered"
    REFUSED = "refused"


class SourceRequest(Value, frozen=True, kw_only=True):
    """``source`` is a record source or ``footage``; ``reference`` the other authority's own number."""

    request_id: str
    case_id: str
    source: str
    authority: str
    reference: str
    asked_by: str
    asked_at: datetime
    state: SourceRequestState = SourceRequestState.ASKED
    answered_at: datetime | None = None
    version: int = 1
