"""What the engine tells of itself: the lines of the event stream, its health, its goodbye."""

from datetime import datetime

import msgspec

from engine.api.schema import Reply, Snapshot


class EventLine(Reply, frozen=True, kw_only=True, tag_field="type", tag="event"):
    """Something has changed, durably. ``seq`` is the cursor to come back with."""

    seq: int
    at: datetime
    kind: str
    object_id: str
    state: str
    case_id: str = ""


class SnapshotLine(Snapshot, frozen=True, kw_only=True, tag_field="type", tag="snapshot"):
    """Every trace that this person may see, as it stands; also the sign of life."""


class ResetLine(Reply, frozen=True, kw_only=True, tag_field="type", tag="reset"):
    """The cursor fits nothing that is kept any more: read everything anew, and go on from ``seq``."""

    seq: int


Line = EventLine | SnapshotLine | ResetLine


class Health(Reply, frozen=True, kw_only=True):
    """States and counts, nobody's name. ``store``, ``witness``, ``audit`` and ``housekeeping`` are "ok", or
    one word and more where something is wrong; ``None`` and "" where this engine has no such part."""

    version: str
    profile: str
    uptime_s: float
    store: str
    slots: int = 0
    slots_busy: int = 0
    queued: int = 0
    workers: int | None = None
    workers_busy: int | None = None
    audit: str = ""
    witness: str = ""
    witness_age_s: float | None = None  # since the witness last confirmed the head of the audit
    keys_due: int | None = None  # keys whose time to be destroyed has come
    housekeeping: str = ""  # what falls due by itself: emergencies nobody reviewed, old receipts and events
    listeners: int = 0

    @property
    def well(self) -> bool:
        """True where nothing here needs anybody."""
        return (
            self.store == "ok"
            and self.audit in ("", "ok")
            and self.witness in ("", "ok")
            and self.housekeeping in ("", "ok")
            and not self.keys_due
        )


class Stopping(Reply, frozen=True, kw_only=True):
    """The engine ends in an orderly way; what runs resumes with the next one."""

    traces_to_resume: int


def encode_line(line: Line) -> bytes:
    return msgspec.json.encode(line) + b"\n"
