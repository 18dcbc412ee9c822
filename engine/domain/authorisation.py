"""What somebody was allowed to look into, by whom, until when. Scope is a set: checked by subset."""

from datetime import datetime
from enum import StrEnum

from engine.domain.interval import Interval
from engine.domain.record import Source
from engine.domain.value import Value


class Role(StrEnum):
    INVESTIGATOR = "investigator"
    SUPERVISOR = "supervisor"
    AUTHORISER = "authoriser"
    AUDITOR = "auditor"
    CUSTODIAN = "custodian"
    OPERATOR = "operator"


class Purpose(StrEnum):
    INFECTION_CONTROL = "infection_control"  # the only one (G17)


class AuthorisationState(StrEnum):
    REQUESTED = "requested"
    APPROVED = "approved"
    EMERGENCY = "emergency"  # permitted by nobody yet, to be reviewed within a day
    REFUSED = "refused"
    REVOKED = "revoked"


# What waits, or permits something as long as it lasts.
LIVE = (AuthorisationState.REQUESTED, AuthorisationState.APPROVED, AuthorisationState.EMERGENCY)


class Scope(Value, frozen=True, kw_only=True):
    """Cameras x time x sources. ``cameras`` empty means none, never all."""

    cameras: frozenset[str]
    sources: frozenset[Source]
    interval: Interval
    face_search: bool
    max_camera_hours: float


class Authorisation(Value, frozen=True, kw_only=True):
    """``four_eyes`` is False only in the rehearsal profile, and is shown wherever it is False.

    ``references`` names, by source, the answered request of the authority that hands it over (G2).
    ``review_due`` is set in an emergency alone: until then a second person has looked at it, or it ends.
    """

    authorisation_id: str
    case_id: str
    purpose: Purpose
    scope: Scope
    requested_by: str
    requested_at: datetime
    expires_at: datetime
    state: AuthorisationState
    four_eyes: bool
    order_ref: str = ""
    references: dict[str, str] = {}
    reason: str = ""
    requested_uid: int | None = None
    requested_login: int | None = None
    approved_by: str = ""
    approved_at: datetime | None = None
    approved_uid: int | None = None
    approved_login: int | None = None
    review_due: datetime | None = None
    reviewed_by: str = ""
    revoked_by: str = ""
    revoked_at: datetime | None = None
    refused_by: str = ""
    refused_at: datetime | None = None
    version: int = 1

    @property
    def unreviewed(self) -> bool:
        """An emergency that no second person has looked at, in force or ended."""
        return self.review_due is not None and not self.reviewed_by

    @property
    def ends_at(self) -> datetime:
        """When it ends by itself: an emergency that nobody reviews ends with its day."""
        due = self.review_due if self.unreviewed else None
        return self.expires_at if due is None else min(self.expires_at, due)

    @property
    def ended(self) -> tuple[str, datetime | None]:
        """Who refused or revoked it and when; "" where nobody did, or an earlier release did not keep it."""
        if self.state is AuthorisationState.REFUSED:
            return self.refused_by, self.refused_at
        if self.state is AuthorisationState.REVOKED:
            return self.revoked_by, self.revoked_at
        return "", None
