"""Own cases are seen whole; of everything else a person sees what the role needs, and no identity."""

from collections.abc import Collection

import pytest

from engine.api.sight import Sight, nameless, sight_of
from engine.domain.authorisation import Role
from engine.domain.event import Event
from engine.domain.person import Person
from engine.ports import Transaction
from tests.engine.api.conftest import all_cases
from tests.engine.fakes import NOW
from tests.screens.fake_engine import a_trace

MINE, THEIRS = frozenset({"mine"}), "theirs"
NO_TX: Transaction = None  # type: ignore[assignment]


def sight(*roles: Role, cases: frozenset[str] | None = MINE) -> Sight:
    return Sight(frozenset(roles), cases)


def event(kind: str, case_id: str) -> Event:
    return Event(seq=1, at=NOW, kind=kind, object_id="o", state="s", case_id=case_id)


def test_an_investigator_sees_own_traces_whole_and_of_others_that_they_take_a_slot() -> None:
    seen = sight(Role.INVESTIGATOR)
    own = a_trace("mine", message="m", camera_id="cam1")
    assert seen.trace(own) == own
    told = a_trace(THEIRS, message="m", camera_id="cam1", left_out=("cam5: no footage",), order_ended=True)
    other = seen.trace(told)
    assert other is not None
    assert not other.order_ended
    assert (other.case_id, other.message, other.camera_id, other.left_out) == ("", "", "", ())
    assert (other.authorisation, other.ground) == (None, "")


def test_where_one_works_on_all_cases_all_are_seen() -> None:
    trace = a_trace(THEIRS)
    assert sight(Role.SUPERVISOR, cases=None).trace(trace) == trace


def test_an_operator_sees_states_and_no_identity_not_even_in_an_event() -> None:
    seen = sight(Role.OPERATOR, cases=frozenset())
    assert seen.trace(a_trace("mine")) == nameless(a_trace("mine"))
    heard = seen.event(event("trace", "mine"))
    assert heard is not None
    assert heard.case_id == ""
    for kind in ("case", "candidate", "authorisation", "notice"):
        assert seen.event(event(kind, "mine")) is None


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.CUSTODIAN, Role.AUTHORISER])
def test_offices_without_cases_see_no_row_of_the_desk(role: Role) -> None:
    seen = sight(role, cases=None)
    assert seen.trace(a_trace("mine")) is None
    assert seen.event(event("candidate", "mine")) is None
    assert seen.event(event("health", "")) is not None


def test_an_authoriser_hears_of_papers_and_of_nothing_else() -> None:
    seen = sight(Role.AUTHORISER, cases=frozenset())
    assert seen.event(event("authorisation", THEIRS)) is not None
    assert seen.event(event("case", THEIRS)) is None


def test_somebody_without_a_role_sees_nothing() -> None:
    seen = sight(cases=None)
    assert seen.trace(a_trace("mine")) is None
    assert seen.event(event("trace", "mine")) is None


def test_an_investigator_hears_of_own_cases_only() -> None:
    seen = sight(Role.INVESTIGATOR)
    assert seen.event(event("candidate", "mine")) is not None
    assert seen.event(event("candidate", THEIRS)) is None


async def test_which_cases_one_works_on_is_asked_only_for_casework() -> None:
    asked: list[str] = []

    async def cases_of(tx: Transaction, person: Person) -> Collection[str] | None:
        asked.append(person.name)
        return ["mine"]

    kim = Person(uid=1, name="kim", roles=frozenset({Role.INVESTIGATOR}))
    lee = Person(uid=2, name="lee", roles=frozenset({Role.AUDITOR}))
    assert (await sight_of(NO_TX, kim, cases_of)).cases == MINE
    assert (await sight_of(NO_TX, lee, cases_of)).cases == frozenset()
    assert asked == ["kim"]
    assert (await sight_of(NO_TX, kim, all_cases)).cases is None
