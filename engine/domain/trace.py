"""The life of one trace."""

from enum import StrEnum

from engine.domain.value import Value


class TraceState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    AWAITING_REVIEW = "awaiting_review"
    COMPLETE = "complete"
    RECORDS_ONLY = "records_only"
    CANCELLED = "cancelled"
    FAILED = "failed"
    STOPPED_AUTHORISATION = "stopped_authorisation"
    NEEDS_OPERATOR = "needs_operator"  # begun by another release, which this one cannot continue

    @property
    def machine_done(self) -> bool:
        """True where no machine work is left and the slot is free again."""
        return self not in (TraceState.QUEUED, TraceState.RUNNING)


class Progress(Value, frozen=True, kw_only=True):
    """A snapshot of machine work; not an event, never stored."""

    trace_id: str
    step: str = ""
    windows_total: int = 0
    windows_done: int = 0
    frames: int = 0
    faces: int = 0
    cannot_assess: int = 0
    candidates: int = 0
    camera_id: str = ""
    window_fraction: float = 0.0
