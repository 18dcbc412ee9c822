"""Who may do what: route by role, and nothing that is not in the table (G24)."""

from collections.abc import Mapping

from engine.domain.authorisation import Role
from engine.domain.errors import Refused
from engine.domain.person import Person

EVERYBODY = frozenset(Role)
CASEWORK = frozenset({Role.INVESTIGATOR, Role.SUPERVISOR})

# A route that stands in the router and not here fails the build, and answers nobody meanwhile.
MATRIX: Mapping[str, frozenset[Role]] = {
    "hello": EVERYBODY,
    "health": EVERYBODY,
    "events": EVERYBODY,  # each hears what they may see
    # cases: those whose members one belongs to; a supervisor sees all of them
    "case.list": CASEWORK,
    "case.board": CASEWORK,
    "case.kept": CASEWORK,
    "case.keep": CASEWORK,
    "case.put": CASEWORK,
    "case.member": CASEWORK,
    "case.records": CASEWORK,
    "case.still": CASEWORK,
    "case.still.list": CASEWORK,
    "case.still.view": CASEWORK,
    "case.still.second": CASEWORK,
    "case.ground": CASEWORK,
    "case.ground.withdraw": CASEWORK,
    "case.source": CASEWORK,
    "case.source.list": CASEWORK,
    "case.source.answer": CASEWORK,
    "case.notice": CASEWORK,
    "case.notice.read": CASEWORK,
    "case.passed": CASEWORK,
    "case.close": CASEWORK,
    "contact.list": CASEWORK,
    "contact.add": CASEWORK,
    "contact.change": CASEWORK,
    "contact.merge": CASEWORK,
    "contact.unmerge": CASEWORK,
    "case.export": CASEWORK,
    "order.list": EVERYBODY,
    "order.propose": frozenset({Role.SUPERVISOR, Role.AUTHORISER}),
    "order.approve": frozenset({Role.AUTHORISER}),
    "order.end": frozenset({Role.SUPERVISOR, Role.AUTHORISER}),
    "authorisation.list": frozenset({*CASEWORK, Role.AUTHORISER, Role.AUDITOR}),
    "authorisation.preview": CASEWORK,
    "authorisation.request": CASEWORK,
    "authorisation.emergency": CASEWORK,
    "authorisation.approve": frozenset({Role.AUTHORISER}),
    "authorisation.refuse": frozenset({Role.AUTHORISER}),
    "authorisation.review": frozenset({Role.AUTHORISER}),
    "authorisation.revoke": frozenset({*CASEWORK, Role.AUTHORISER}),
    # an operator sees that traces run, not whose they are
    "trace.list": frozenset({*CASEWORK, Role.OPERATOR}),
    "trace.start": CASEWORK,
    "trace.again": CASEWORK,
    "trace.detail": CASEWORK,
    "trace.cancel": frozenset({*CASEWORK, Role.OPERATOR}),
    "trace.second": CASEWORK,
    "trace.look": CASEWORK,
    "trace.aside": CASEWORK,
    "candidate.view": CASEWORK,
    "candidate.decide": CASEWORK,
    "candidate.undo": CASEWORK,
    # registers of the town, and counts of the house: nobody's whereabouts, nobody's case
    "map": frozenset({*CASEWORK, Role.OPERATOR}),
    "gazetteer.find": CASEWORK,
    "house": frozenset({*CASEWORK, Role.OPERATOR, Role.CUSTODIAN, Role.AUDITOR}),
    "audit.head": EVERYBODY,  # a size and a root tell nothing
    "candidate.note": CASEWORK,
    "candidate.second": CASEWORK,
    "candidate.clip": CASEWORK,
    "audit.read": frozenset({Role.AUDITOR}),
    "audit.verify": frozenset({Role.AUDITOR, Role.CUSTODIAN}),
    "audit.counts": frozenset({Role.AUDITOR, Role.SUPERVISOR}),
    "erasure.list": frozenset({Role.CUSTODIAN, Role.AUDITOR}),
    "erasure.confirm": frozenset({Role.CUSTODIAN}),
    "backup": frozenset({Role.CUSTODIAN}),
    # a witness that does not know what was acknowledged: who keeps the house proposes, who watches it accepts
    "witness.propose": frozenset({Role.CUSTODIAN}),
    "witness.accept": frozenset({Role.AUDITOR}),
    "stop": frozenset({Role.OPERATOR, Role.CUSTODIAN}),
}


def require_role(person: Person, route: str) -> None:
    """Raises Refused unless one of the person's roles stands in the row of the route."""
    if not person.roles & MATRIX.get(route, frozenset()):
        raise Refused("this is not for your role", rule="G24")
