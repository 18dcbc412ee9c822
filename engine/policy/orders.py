"""It ends: nothing is permitted but under a dated epidemic order that stands (G28)."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta

from engine.domain.errors import InputError, Refused
from engine.domain.order import EpidemicOrder, OrderState

LONGEST_ORDER = timedelta(days=184)  # half a year; whoever needs longer decides on it anew
_DIGEST = re.compile(r"[0-9a-f]{64}")


def check_order(order: EpidemicOrder, now: datetime) -> None:
    """Refuse an order that is none: without a paper, without an end, or over already."""
    for place, value in (("number", order.number), ("authority", order.authority)):
        if not value.strip():
            raise InputError("is empty", place=place, mend="copy it from the paper")
    if not _DIGEST.fullmatch(order.document_sha256):
        mend = "give the sha256 of the signed order, 64 hexadecimal digits"
        raise InputError("is no sha256", place="document_sha256", mend=mend)
    if order.interval.end <= now:
        raise Refused("the order has ended already", rule="G28")
    if order.interval.end - order.interval.start > LONGEST_ORDER:
        raise Refused(
            f"an order lasts {LONGEST_ORDER.days} days at most",
            rule="G28",
            mend="extend it when its end is near, with a second person",
        )


def stands(order: EpidemicOrder, now: datetime) -> bool:
    """Approved, begun, neither ended by hand nor over."""
    approved = order.state is OrderState.APPROVED
    return approved and order.interval.start <= now < order.interval.end


def require_order(orders: Iterable[EpidemicOrder], number: str, disease: str, now: datetime) -> EpidemicOrder:
    """The standing order of this number for this disease. Raises Refused (G28)."""
    named = [o for o in orders if o.number == number]
    found = [o for o in named if stands(o, now) and o.disease == disease]
    if not found:
        why = "has lapsed or was not approved" if named else "is not known here"
        raise Refused(
            f"the epidemic order {number[:60]!r} for {disease} {why}",
            rule="G28",
            mend="propose it, and let a second person approve it",
        )
    return max(found, key=lambda o: o.interval.end)


def require_any_order(orders: Iterable[EpidemicOrder], disease: str, now: datetime) -> None:
    """Raises Refused (G28) where no order for the disease stands: then everything is read-only."""
    if not any(stands(o, now) and o.disease == disease for o in orders):
        raise Refused(
            f"no epidemic order for {disease} stands: what is here can be read until it is erased",
            rule="G28",
        )
