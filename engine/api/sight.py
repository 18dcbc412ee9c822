"""What of the events and of the desk's rows one person may see: own cases whole, else no identity."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass

import msgspec

from engine.api.schema import TraceView
from engine.domain.authorisation import Role
from engine.domain.event import Event
from engine.domain.person import Person
from engine.policy.roles import CASEWORK
from engine.ports import Transaction

CasesOf = Callable[[Transaction, Person], Awaitable[Collection[str] | None]]
"""The cases that a person works on; None for all of them."""

STATES_ONLY = frozenset({"trace", "health"})  # what an operator hears of
PAPERS = frozenset({"authorisation", "order"})  # what an authoriser decides on


@dataclass(frozen=True, slots=True)
class Sight:
    """``cases`` is None where the person works on all cases, and empty for somebody who works on none."""

    roles: frozenset[Role]
    cases: frozenset[str] | None

    def trace(self, view: TraceView) -> TraceView | None:
        """A row of the desk as this person sees it, None for not at all. Whoever works on cases knows
        of the other traces that they take a slot; an operator knows it of all."""
        if self._works_on(view.case_id):
            return view
        if self.roles & (CASEWORK | {Role.OPERATOR}):
            return nameless(view)
        return None

    def event(self, event: Event) -> Event | None:
        """An event as this person hears of it, None for not at all."""
        if event.case_id == "" or self._works_on(event.case_id):
            return event
        if Role.AUTHORISER in self.roles and event.kind in PAPERS:
            return event
        if Role.OPERATOR in self.roles and event.kind in STATES_ONLY:
            return msgspec.structs.replace(event, case_id="")
        return None

    def _works_on(self, case_id: str) -> bool:
        if not self.roles & CASEWORK:
            return False
        return self.cases is None or case_id in self.cases


async def sight_of(tx: Transaction, person: Person, cases_of: CasesOf) -> Sight:
    if not person.roles & CASEWORK:
        return Sight(person.roles, frozenset())
    cases = await cases_of(tx, person)
    return Sight(person.roles, None if cases is None else frozenset(cases))


def nameless(view: TraceView) -> TraceView:
    """State, progress and counts of a trace: not whose it is, where it looks, or what it said."""
    return msgspec.structs.replace(
        view,
        case_id="",
        camera_id="",
        message="",
        left_out=(),
        problems=(),
        candidates=0,
        undecided=0,
        first_candidate=None,
        aside=0,
        requested_by="",
        authorisation=None,
        ground="",
        order_ended=False,
    )
