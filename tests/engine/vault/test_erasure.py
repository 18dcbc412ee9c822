import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.vault.erasure import FEW_KEYS, plan

COUNTS = st.integers(min_value=0, max_value=2000)


def keys(number: int) -> list[str]:
    return [f"case:{n}" for n in range(number)]


@pytest.mark.parametrize(
    ("due", "all", "waits"),
    [
        (0, 0, False),
        (20, 20, False),  # few
        (21, 21, True),
        (21, 419, True),  # 5.01 %
        (21, 420, False),  # 5 % is not more than 5 %
        (22, 420, True),
        (50, 1000, False),
        (51, 1000, True),
        (400, 500, True),
    ],
)
def test_more_than_twenty_that_are_more_than_a_twentieth_wait(due: int, all: int, waits: bool) -> None:
    assert bool(plan(keys(due), all, False).waiting) == waits


@given(COUNTS, COUNTS, st.booleans(), COUNTS)
def test_each_key_goes_or_waits_and_none_is_lost(due: int, rest: int, confirmed: bool, lately: int) -> None:
    found = plan(keys(due), due + rest, confirmed, lately)
    assert [*found.now, *found.waiting] == keys(due)
    assert not (found.now and found.waiting)


@given(COUNTS, COUNTS, COUNTS)
def test_nothing_that_is_both_many_and_a_large_share_goes_unconfirmed(
    due: int, rest: int, lately: int
) -> None:
    gone = len(plan(keys(due), due + rest, False, lately).now)
    together, before = gone + lately, due + rest + lately
    assert gone == 0 or together <= 20 or together <= before / 20


@given(COUNTS, COUNTS, COUNTS)
def test_nothing_waits_without_need(due: int, rest: int, lately: int) -> None:
    waiting = len(plan(keys(due), due + rest, False, lately).waiting)
    together, before = waiting + lately, due + rest + lately
    assert waiting == 0 or (together > 20 and together > before / 20)


@given(COUNTS, COUNTS, COUNTS)
def test_what_the_custodian_confirmed_goes(due: int, rest: int, lately: int) -> None:
    assert plan(keys(due), due + rest, True, lately).now == tuple(keys(due))


@given(
    st.lists(st.integers(min_value=0, max_value=40), max_size=40), st.integers(min_value=21, max_value=800)
)
def test_a_clock_that_creeps_gets_no_further_than_one_that_jumps(steps: list[int], all: int) -> None:
    """However the due keys are spread over sweeps of one day."""
    left, lately = all, 0
    for step in steps:
        gone = len(plan(keys(min(step, left)), left, False, lately).now)
        left, lately = left - gone, lately + gone
    assert lately <= max(FEW_KEYS, all / 20)
