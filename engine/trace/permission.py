"""What must still be so whenever footage is opened and whenever a result is kept."""

from datetime import datetime

from engine.domain.authorisation import Authorisation
from engine.policy.grounds import require_ground
from engine.policy.orders import require_order
from engine.policy.scope import require_live
from engine.ports import Transaction
from engine.store import orders
from engine.trace.context import Context


async def require_permission(
    context: Context, tx: Transaction, authorisation: Authorisation, now: datetime
) -> None:
    """Raises Refused where a face search under this authorisation may not go on at ``now``. Asked in the
    transaction that grants a window, and again in the one that keeps its result."""
    require_live(authorisation, now)
    if not context.site.rehearsal:  # whose statement stands in for an order
        case = await context.cases.get(tx, authorisation.case_id)
        require_order(await orders.all_orders(tx), authorisation.order_ref, case.disease, now)
    require_ground(await context.cases.ground(tx, authorisation.case_id))
