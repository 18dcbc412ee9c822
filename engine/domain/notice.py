"""What the patient is owed: to be told what was collected, and whether it was passed on."""

from datetime import datetime

from engine.domain.value import Value


class Notice(Value, frozen=True, kw_only=True):
    """``collected`` and ``passed_on`` are what the notices that were sent said; ``to_tell`` is what has come
    since, as ``collected:card`` or ``passed:...``, the newest of it at ``newest_at``: while there is any,
    the notice is due (G16)."""

    case_id: str
    due_at: datetime
    sent_at: datetime | None = None
    means: str = ""
    document_sha256: str = ""
    collected: tuple[str, ...] = ()
    passed_on: tuple[str, ...] = ()
    to_tell: tuple[str, ...] = ()
    newest_at: datetime | None = None
    version: int = 1

    @property
    def owed(self) -> bool:
        return self.sent_at is None or bool(self.to_tell)
