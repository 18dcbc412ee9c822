"""Whose case it is: an investigator sees their own, a supervisor all; everybody else none (G24)."""

from engine.api.asked import Asked
from engine.domain.authorisation import Role
from engine.domain.case import Case
from engine.domain.errors import Unknown
from engine.domain.person import Person
from engine.policy.orders import require_any_order
from engine.ports import Transaction
from engine.store import members, orders
from engine.store.authorisations import latest_time
from engine.trace.context import Context


class Access:
    """Asked inside the transaction that does the work, never before it."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def case(self, tx: Transaction, asked: Asked, case_id: str) -> Case:
        """The open case. Raises Unknown in the same words for one that is somebody else's."""
        if not await self.sees(tx, asked.person, case_id):
            raise Unknown(f"there is no open case {case_id[:64]}")
        return await self._context.cases.get(tx, case_id)

    async def writable(self, tx: Transaction, asked: Asked, case_id: str) -> Case:
        """The same, where it may still be worked on: under a standing epidemic order (G28)."""
        case = await self.case(tx, asked, case_id)
        await self.require_order(tx, case.disease)
        return case

    async def require_order(self, tx: Transaction, disease: str) -> None:
        """Raises Refused (G28) where nothing may be added any more. The statement of a rehearsal stands
        in for an order: it is dated, signed, and opens nothing but what it lists."""
        if not self._context.site.rehearsal:
            now = await latest_time(tx, self._context.clock)
            require_any_order(await orders.all_orders(tx), disease, now)

    async def of_trace(self, tx: Transaction, asked: Asked, case_id: str, what: str) -> None:
        """Raises Unknown with ``what`` unless the person works on the case of a trace or candidate."""
        if not await self.sees(tx, asked.person, case_id):
            raise Unknown(what)

    async def sees(self, tx: Transaction, person: Person, case_id: str) -> bool:
        member = await members.works_on(tx, case_id, person.name)  # asked always: no answer comes sooner
        return self._context.site.rehearsal or Role.SUPERVISOR in person.roles or member

    async def seen_by(self, tx: Transaction, person: Person) -> frozenset[str] | None:
        """The cases a person may hear of, None for all of them."""
        own = await members.cases_of(tx, person.name)
        return None if self._context.site.rehearsal or Role.SUPERVISOR in person.roles else own
