import pytest

from engine.domain.authorisation import Role
from engine.domain.errors import Refused
from engine.domain.person import Person
from engine.policy.roles import MATRIX, require_role

NOBODY = Person(uid=1, name="nobody")


def test_a_role_opens_its_routes_and_no_other() -> None:
    for role in Role:
        person = Person(uid=1, name="kim", roles=frozenset({role}))
        for route, roles in MATRIX.items():
            if role in roles:
                require_role(person, route)
            else:
                with pytest.raises(Refused, match="not for your role"):
                    require_role(person, route)


@pytest.mark.parametrize("route", [*MATRIX, "made.up"])
def test_without_a_role_or_a_row_everything_is_refused(route: str) -> None:
    with pytest.raises(Refused):
        require_role(NOBODY, route)


def test_a_route_that_is_in_no_row_is_open_to_nobody() -> None:
    everything = Person(uid=1, name="kim", roles=frozenset(Role))
    with pytest.raises(Refused):
        require_role(everything, "made.up")


def test_whoever_permits_does_not_investigate_and_whoever_audits_sees_no_case() -> None:
    by_role = {role: {route for route, roles in MATRIX.items() if role in roles} for role in Role}
    for role in (Role.AUDITOR, Role.CUSTODIAN, Role.AUTHORISER, Role.OPERATOR):
        assert not any(r.startswith(("case.", "candidate.")) for r in by_role[role]), role
    assert "authorisation.approve" not in by_role[Role.INVESTIGATOR] | by_role[Role.SUPERVISOR]
    assert "trace.detail" not in by_role[Role.OPERATOR]
