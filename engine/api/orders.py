"""Epidemic orders: proposed by one person, approved by another, over on their day (G28)."""

import secrets

from engine.api import journal
from engine.api.asked import Asked, Conflict, require_version
from engine.api.forms import OrderProposal, OrderView
from engine.api.once import HOUSE_KEY, once
from engine.domain.errors import InputError, Refused
from engine.domain.interval import Interval
from engine.domain.order import EpidemicOrder, OrderState
from engine.domain.trace import TraceState
from engine.policy.orders import check_order, stands
from engine.policy.two_people import require_other
from engine.ports import Transaction
from engine.schedule.runner import Runner
from engine.store import orders
from engine.store.authorisations import latest_time
from engine.trace.context import Context
from engine.trace.permission import require_permission


class Orders:
    """One method per request."""

    def __init__(self, context: Context, runner: Runner) -> None:
        self._context = context
        self._runner = runner

    async def all(self, asked: Asked) -> tuple[OrderView, ...]:
        async def read(tx: Transaction) -> tuple[OrderView, ...]:
            return tuple([await self._view(tx, order) for order in await orders.all_orders(tx)])

        return await self._context.store.run(read)

    async def propose(self, asked: Asked, wanted: OrderProposal) -> OrderView:
        """An order, or with ``extends`` a longer life for one: both need a second person."""
        try:
            interval = Interval.of(wanted.start, wanted.end)
        except (ValueError, OverflowError) as problem:
            mend = "give two times with their offset from UTC"
            raise InputError(str(problem), place="start", mend=mend) from None

        async def propose(tx: Transaction) -> OrderView:
            now = await latest_time(tx, self._context.clock)
            if wanted.disease not in self._context.site.diseases:
                known = ", ".join(sorted(self._context.site.diseases))
                raise InputError("is not defined", place="disease", mend=f"known: {known}")
            if wanted.extends:
                before = await orders.get(tx, wanted.extends)
                if (before.number, before.disease) != (wanted.number, wanted.disease):
                    raise Refused("an extension keeps number and disease of its order", rule="G28")
                _require_not_ended(before)
            order = EpidemicOrder(
                order_id=secrets.token_hex(8),
                number=wanted.number,
                authority=wanted.authority,
                disease=wanted.disease,
                document_sha256=wanted.document_sha256,
                interval=interval,
                state=OrderState.PROPOSED,
                four_eyes=not self._context.site.rehearsal,
                proposed_by=asked.name,
                proposed_at=now,
                extends=wanted.extends,
            )
            check_order(order, now)
            await orders.add(tx, order, asked.person)
            await journal.write(self._context, tx, asked, "order", order.order_id, outcome="proposed")
            return await self._view(tx, order)

        return await once(self._context, asked, HOUSE_KEY, OrderView, propose)

    async def approve(self, asked: Asked, order_id: str) -> OrderView:
        async def approve(tx: Transaction) -> OrderView:
            order = await orders.get(tx, order_id)
            if order.state is not OrderState.PROPOSED:
                raise Conflict(f"the order is {order.state} already{_approved_by(order)}")
            require_version(asked, order.version, what="the order")
            if order.four_eyes:
                uid, login = await orders.proposer(tx, order_id)
                require_other(asked.person, uid, login, "nobody approves an order that they proposed")
            if order.extends:
                _require_not_ended(await orders.get(tx, order.extends))
            now = await latest_time(tx, self._context.clock)
            check_order(order, now)
            await orders.approve(tx, order_id, asked.person, now)
            await journal.write(
                self._context,
                tx,
                asked,
                "order",
                order_id,
                outcome="approved",
                detail={"until": order.interval.end.isoformat()},
            )
            return await self._view(tx, await orders.get(tx, order_id))

        return await once(self._context, asked, HOUSE_KEY, OrderView, approve)

    async def end(self, asked: Asked, order_id: str) -> OrderView:
        """Over before its time, with every extension of it that stands or was proposed, and with it whatever
        is being searched under it, now and not at the next window. One person is enough to stop. What
        was only proposed is turned down alone: nothing is permitted under it."""

        async def end(tx: Transaction) -> OrderView:
            order = await orders.get(tx, order_id)
            ending = [order]
            if order.state is not OrderState.PROPOSED:
                ending = [o for o in await orders.all_orders(tx) if _same_paper(o, order)]
            for one in ending:
                if one.state is not OrderState.ENDED:
                    await orders.end(tx, one.order_id)
                    await journal.write(self._context, tx, asked, "order", one.order_id, outcome="ended")
            return await self._view(tx, await orders.get(tx, order_id))

        view = await once(self._context, asked, HOUSE_KEY, OrderView, end)
        for trace_id in await self._context.store.run(self._without_permission):
            await self._runner.stop(trace_id, TraceState.STOPPED_AUTHORISATION, "the order was ended")
        return view

    async def _without_permission(self, tx: Transaction) -> tuple[str, ...]:
        """Traces at work that nothing permits any more."""
        now = await latest_time(tx, self._context.clock)
        found = []
        for trace_id, authorisation_id in await self._context.traces.at_work(tx):
            try:
                authorisation = await self._context.authorisations.get(tx, authorisation_id)
                await require_permission(self._context, tx, authorisation, now)
            except Refused:  # also where the key of the case is gone
                found.append(trace_id)
        return tuple(found)

    async def _view(self, tx: Transaction, order: EpidemicOrder) -> OrderView:
        now = await latest_time(tx, self._context.clock)
        return OrderView(
            order_id=order.order_id,
            number=order.number,
            authority=order.authority,
            disease=order.disease,
            start=order.interval.start,
            end=order.interval.end,
            state=order.state,
            stands=stands(order, now),
            four_eyes=order.four_eyes,
            proposed_by=order.proposed_by,
            approved_by=order.approved_by,
            extends=order.extends,
            version=order.version,
        )


def _same_paper(one: EpidemicOrder, other: EpidemicOrder) -> bool:
    """The order itself and its extensions: they permit under one number."""
    return (one.number, one.disease) == (other.number, other.disease)


def _require_not_ended(order: EpidemicOrder) -> None:
    """Raises Refused (G28): what one person ended, no extension brings to life again."""
    if order.state is OrderState.ENDED:
        raise Refused(
            f"the order {order.order_id} was ended, and is not extended any more",
            rule="G28",
            mend="propose an order of its own from a new paper",
        )


def _approved_by(order: EpidemicOrder) -> str:
    """Who was first and when; "" for an order that was ended, by whom the audit says."""
    if order.state is not OrderState.APPROVED or order.approved_at is None:
        return ""
    return f" by {order.approved_by} at {order.approved_at:%Y-%m-%d %H:%M}Z"
