"""Why a face may be searched for at all. Without a ground face search stays off (G3)."""

from datetime import datetime
from enum import StrEnum

from engine.domain.value import Value


class GroundKind(StrEnum):
    SEPARATE_CONSENT = "separate_consent"  # consent to face search, apart from consent to records
    LAW = "law"  # an enumerated provision, see engine.policy.grounds


class FaceGround(Value, frozen=True, kw_only=True):
    """The recorded ground of one case. ``document_sha256`` is the digest of the signed paper; ``ended`` are
    the papers of grounds of this case that were withdrawn before it."""

    case_id: str
    kind: GroundKind
    recorded_at: datetime
    recorded_by: str
    document_sha256: str = ""
    law_id: str = ""
    withdrawn_at: datetime | None = None
    ended: tuple[str, ...] = ()

    @property
    def paper(self) -> str:
        """What it stands on: a consent on its document, whatever else is said with it."""
        law = "" if self.kind is GroundKind.SEPARATE_CONSENT else self.law_id
        return f"{self.kind}/{self.document_sha256}/{law}"

    @property
    def over(self) -> tuple[str, ...]:
        """The papers that are a ground of this case no more."""
        return self.ended if self.withdrawn_at is None else (*self.ended, self.paper)
