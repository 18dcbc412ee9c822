import msgspec
import pytest

from engine.domain.limits import Limits
from engine.policy.in_force import changes, policy_digest, policy_lines
from tests.engine.fakes import DEFINITIONS, DISEASE

LAWS = {"KR-1": "Act on tests, article 1"}


def lines(**given: object) -> dict[str, str]:
    facts: dict[str, object] = {
        "limits": Limits(),
        "laws": LAWS,
        "diseases": (DISEASE,),
        "definitions": DEFINITIONS,
        "more": {"profile": "server"},
    }
    return policy_lines(**(facts | given))  # type: ignore[arg-type]


def test_every_number_has_a_name() -> None:
    found = lines()
    assert found["cap.patient_h"] == "400"
    assert found["law.KR-1"] == "Act on tests, article 1"
    assert found["contact.near.distance_m"] == "2"
    assert found["disease.covid-19.infectious_days_before_onset"] == "2"
    assert found["record.widest_m"] == "1000"
    assert found["profile"] == "server"


@pytest.mark.parametrize(
    "given",
    [
        {"limits": Limits(trace_h=101)},
        {"limits": Limits(installation_day_h=4_000.5)},
        {"laws": {}},
        {"laws": LAWS | {"KR-2": "another"}},
        {"laws": {"KR-1": "the same id for something else"}},
        {"diseases": (msgspec.structs.replace(DISEASE, infectious_days_after_onset=30),)},
        {"definitions": DEFINITIONS[:1]},
        {"more": {"profile": "rehearsal"}},
    ],
)
def test_whatever_is_changed_changes_the_digest_and_is_named(given: dict[str, object]) -> None:
    before, now = lines(), lines(**given)
    assert policy_digest(before) != policy_digest(now)
    assert changes(before, now)


def test_the_digest_does_not_depend_on_the_order() -> None:
    found = lines()
    assert policy_digest(found) == policy_digest(dict(reversed(found.items())))


def test_a_change_is_said_with_the_old_and_the_new_number() -> None:
    assert changes(lines(), lines(limits=Limits(patient_h=800), laws={})) == {
        "cap.patient_h": "400 -> 800",
        "law.KR-1": "Act on tests, article 1 -> none",
    }
    assert changes(lines(), lines()) == {}
