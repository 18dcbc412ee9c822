"""The papers that an authorisation lives under: an order (G28), a witness (G13), references (G2)."""

from dataclasses import dataclass

from engine.audit.witnessed import require_witnessed
from engine.domain.authorisation import Authorisation
from engine.domain.errors import Refused
from engine.domain.source_request import FOOTAGE
from engine.policy.orders import require_order
from engine.policy.sources import require_sources
from engine.ports import Transaction
from engine.store import orders
from engine.store.authorisations import latest_time
from engine.store.source_requests import SourceRequests
from engine.trace.context import Context


@dataclass(frozen=True, slots=True)
class Papers:
    """References by source, and why it could not be granted: each reason once, in the order in which
    they are asked for."""

    references: dict[str, str]
    missing: tuple[Refused, ...]


async def papers_for(context: Context, tx: Transaction, wanted: Authorisation) -> Papers:
    """What there is for an authorisation as asked for. A rehearsal has its statement in their place."""
    site = context.site
    if site.rehearsal:
        return Papers({}, ())
    missing: list[Refused] = []
    references: dict[str, str] = {}
    case = await context.cases.get(tx, wanted.case_id)
    now = await latest_time(tx, context.clock)
    try:
        order = require_order(await orders.all_orders(tx), wanted.order_ref, case.disease, now)
        if wanted.expires_at > order.interval.end:
            raise Refused(
                f"the epidemic order ends on {order.interval.end:%Y-%m-%d %H:%M}Z, before this would expire",
                rule="G28",
                mend="ask for a shorter time, or have the order extended",
            )
    except Refused as problem:
        missing.append(problem)
    if site.witness_silence is not None:
        try:
            await require_witnessed(tx, now, site.witness_silence)
        except Refused as problem:
            missing.append(problem)
    needed = [str(source) for source in wanted.scope.sources]
    if wanted.scope.face_search:
        needed.append(FOOTAGE)
    asked_for = await SourceRequests(context.sealer).of_case(tx, wanted.case_id)
    for source in sorted(needed):
        try:
            references |= require_sources([source], level=site.level, rules=site.sources, requests=asked_for)
        except Refused as problem:
            missing.append(problem)
    return Papers(references, tuple(missing))
