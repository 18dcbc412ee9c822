"""The table of routes: complete, without surprises, and the same as what the server answers to."""

import pytest

from engine.api.route import MIB, Call
from engine.api.routes import ROUTES
from engine.api.schema import MAX_BODY_BYTES
from engine.domain.errors import InputError
from engine.domain.person import Person
from engine.policy.roles import MATRIX
from tests.engine.api.conftest import House


def test_no_route_is_there_twice() -> None:
    assert len({(r.method, r.path) for r in ROUTES}) == len(ROUTES)


def test_every_route_has_a_row_in_the_matrix() -> None:
    assert [r.name for r in ROUTES if not MATRIX.get(r.name)] == []


def test_what_reads_changes_nothing_and_what_changes_needs_a_key() -> None:
    assert [r.path for r in ROUTES if r.mutates == (r.method == "GET")] == []
    assert [r.path for r in ROUTES if r.touched and not r.mutates] == []
    assert [r.path for r in ROUTES if r.body is not None and r.method == "GET"] == []


def test_only_files_may_be_large() -> None:
    large = {r.name for r in ROUTES if r.max_body_bytes > MIB}
    assert large == {"case.records", "case.still"}
    assert max(r.max_body_bytes for r in ROUTES) == MAX_BODY_BYTES


def test_only_the_stream_has_no_handler() -> None:
    assert [r.path for r in ROUTES if r.handler is None] == ["/events"]


async def test_the_server_answers_to_the_table_and_to_nothing_else(house: House) -> None:
    served = set()
    for route in house.server.app.router.routes():
        assert route.resource is not None
        served.add((route.method, route.resource.canonical))
    assert served == {(r.method, f"/v1{r.path}") for r in ROUTES}


@pytest.mark.parametrize("said", ["x", "-1", "1.0", "", " 1", "٣", "1" * 19, "0x1"])
def test_a_number_of_the_query_is_a_whole_one(said: str) -> None:
    call = Call(asked=None, at={}, query={"after": said})  # type: ignore[arg-type]
    with pytest.raises(InputError, match="after: is no number"):
        call.number("after")


def test_a_number_that_is_not_given_is_the_usual_one() -> None:
    call = Call(asked=None, at={}, query={"after": "17"})  # type: ignore[arg-type]
    assert (call.number("after"), call.number("limit", 9)) == (17, 9)


def test_a_route_that_the_matrix_does_not_name_is_for_nobody() -> None:
    from engine.domain.authorisation import Role
    from engine.domain.errors import Refused
    from engine.policy.roles import require_role

    almighty = Person(uid=0, name="root", roles=frozenset(Role))
    with pytest.raises(Refused, match="not for your role"):
        require_role(almighty, "case.of.somebody.who.forgot")
