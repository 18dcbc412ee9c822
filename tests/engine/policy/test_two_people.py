import pytest

from engine.domain.errors import Refused
from engine.domain.person import Person
from engine.policy.two_people import require_other

KIM = Person(uid=1001, name="kim", login_uid=1001)


def test_another_person_may() -> None:
    require_other(KIM, 1002, 1002, "no")
    require_other(KIM, None, None, "no")
    require_other(Person(uid=1001, name="kim"), 1002, None, "no")  # no login known: nothing to compare


@pytest.mark.parametrize(("uid", "login"), [(1001, None), (1001, 1002), (1002, 1001)])
def test_the_same_account_or_login_may_not(uid: int, login: int | None) -> None:
    with pytest.raises(Refused, match="nobody does that alone") as no:
        require_other(KIM, uid, login, "nobody does that alone")
    assert no.value.rule == "G24"
