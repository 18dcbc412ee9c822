"""Something has changed: told to whoever listens, kept in a table; never progress, never personal."""

from datetime import datetime

from engine.domain.value import Value


class Event(Value, frozen=True, kw_only=True):
    """``kind`` is the noun (``case``, ``trace``, ``candidate``, ``authorisation``, ``order``, ``health``),
    ``state`` what became of it, ``object_id`` opaque. ``case_id`` is "" for what belongs to no case."""

    seq: int
    at: datetime
    kind: str
    object_id: str
    state: str
    case_id: str = ""
