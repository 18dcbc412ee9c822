from datetime import timedelta

import msgspec
import pytest

from engine.domain.errors import InputError, Refused
from engine.domain.interval import Interval
from engine.domain.order import EpidemicOrder, OrderState
from engine.policy.orders import LONGEST_ORDER, check_order, require_any_order, require_order, stands
from tests.engine.fakes import DIGEST, NOW

DAY = timedelta(days=1)
ORDER = EpidemicOrder(
    order_id="o",
    number="2026-7",
    authority="province",
    disease="covid-19",
    document_sha256=DIGEST,
    interval=Interval(start=NOW - DAY, end=NOW + DAY),
    state=OrderState.APPROVED,
    four_eyes=True,
    proposed_by="kim",
    proposed_at=NOW - DAY,
)


def order(**given: object) -> EpidemicOrder:
    return msgspec.structs.replace(ORDER, **given)


@pytest.mark.parametrize(
    ("when", "standing"),
    [(NOW - 2 * DAY, False), (NOW - DAY, True), (NOW, True), (NOW + DAY - timedelta(seconds=1), True)],
)
def test_an_order_stands_from_its_first_moment_until_its_last(when: object, standing: bool) -> None:
    assert stands(ORDER, when) is standing  # type: ignore[arg-type]
    assert not stands(ORDER, NOW + DAY)


@pytest.mark.parametrize("state", [OrderState.PROPOSED, OrderState.ENDED])
def test_only_an_approved_order_stands(state: OrderState) -> None:
    assert not stands(order(state=state), NOW)
    with pytest.raises(Refused, match="has lapsed or was not approved") as no:
        require_order([order(state=state)], "2026-7", "covid-19", NOW)
    assert no.value.rule == "G28"
    with pytest.raises(Refused, match="can be read until it is erased"):
        require_any_order([order(state=state)], "covid-19", NOW)


def test_of_an_order_and_its_extension_the_longer_one_counts() -> None:
    longer = order(order_id="p", interval=Interval(start=NOW - DAY, end=NOW + 3 * DAY), extends="o")
    assert require_order([longer, ORDER], "2026-7", "covid-19", NOW) == longer


def test_an_order_is_found_by_number_and_disease() -> None:
    with pytest.raises(Refused, match="is not known here"):
        require_order([ORDER], "2026-8", "covid-19", NOW)
    with pytest.raises(Refused, match="for mers has lapsed"):
        require_order([ORDER], "2026-7", "mers", NOW)


def test_a_paper_without_an_end_in_sight_is_no_order() -> None:
    check_order(ORDER, NOW)
    too_long = Interval(start=NOW, end=NOW + LONGEST_ORDER + DAY)
    with pytest.raises(Refused, match="184 days at most"):
        check_order(order(interval=too_long), NOW)
    with pytest.raises(Refused, match="ended already"):
        check_order(ORDER, NOW + DAY)
    for place, wrong in (("number", {"number": ""}), ("authority", {"authority": " "})):
        with pytest.raises(InputError) as no:
            check_order(order(**wrong), NOW)
        assert no.value.place == place
