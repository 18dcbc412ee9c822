"""The dated epidemic order under which authorisations may be given at all (G28)."""

from datetime import datetime
from enum import StrEnum

from engine.domain.interval import Interval
from engine.domain.value import Value


class OrderState(StrEnum):
    PROPOSED = "proposed"
    APPROVED = "approved"
    ENDED = "ended"  # before its time, by hand


class EpidemicOrder(Value, frozen=True, kw_only=True):
    """``number`` and ``authority`` as printed on the paper, ``document_sha256`` its digest. An
    extension is an order of its own that names the one it ``extends``."""

    order_id: str
    number: str
    authority: str
    disease: str
    document_sha256: str
    interval: Interval
    state: OrderState
    four_eyes: bool
    proposed_by: str
    proposed_at: datetime
    extends: str = ""
    approved_by: str = ""
    approved_at: datetime | None = None
    version: int = 1
