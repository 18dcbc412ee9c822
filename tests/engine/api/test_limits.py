"""What one user may take, counted with a clock in the hand."""

from contextlib import ExitStack

import pytest

from engine.api.limits import Doorkeeper, Limits, TooMany


class HandClock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def keeper(clock: HandClock) -> Doorkeeper:
    limits = Limits(requests_per_s=10.0, burst=5, connections=2, streams=1, everybody=3)
    return Doorkeeper(limits, clock)


def asks(keeper: Doorkeeper, uid: int, times: int) -> int:
    """How many of so many requests are let through."""
    let_in = 0
    for _ in range(times):
        try:
            keeper.ask(uid)
        except TooMany:
            continue
        let_in += 1
    return let_in


def test_a_burst_is_served_and_then_as_many_as_the_rate_allows(keeper: Doorkeeper, clock: HandClock) -> None:
    assert asks(keeper, 1, 50) == 5
    clock.now_s += 0.3
    assert asks(keeper, 1, 50) == 3
    clock.now_s += 3600
    assert asks(keeper, 1, 50) == 5, "no more is saved up than the burst"


def test_who_asks_too_often_is_told_when_to_come_back_and_is_served_then(
    keeper: Doorkeeper, clock: HandClock
) -> None:
    asks(keeper, 1, 5)
    with pytest.raises(TooMany, match="wait a moment") as said:
        keeper.ask(1)
    clock.now_s += said.value.retry_after_s
    assert asks(keeper, 1, 2) == 1


def test_one_user_takes_nothing_from_another(keeper: Doorkeeper) -> None:
    asks(keeper, 1, 50)
    assert asks(keeper, 2, 50) == 5


def test_leaving_and_coming_back_fills_no_bucket(keeper: Doorkeeper) -> None:
    keeper.come_in(1)
    asks(keeper, 1, 50)
    keeper.leave(1)
    keeper.come_in(1)
    assert asks(keeper, 1, 50) == 0


def test_connections_are_counted_by_user_and_in_all(keeper: Doorkeeper) -> None:
    keeper.come_in(1)
    keeper.come_in(1)
    with pytest.raises(TooMany, match="connections"):
        keeper.come_in(1)
    keeper.come_in(2)
    with pytest.raises(TooMany):
        keeper.come_in(3)
    keeper.leave(1)
    keeper.come_in(3)


def test_a_stream_is_held_until_it_ends(keeper: Doorkeeper) -> None:
    with ExitStack() as held:
        held.enter_context(keeper.stream(1))
        with pytest.raises(TooMany, match="event streams"), keeper.stream(1):
            pytest.fail("a second stream")
        with keeper.stream(2):
            pass
    with keeper.stream(1):
        pass


def test_what_the_server_allows_is_what_is_promised() -> None:
    limits = Limits()
    assert (limits.requests_per_s, limits.connections, limits.streams) == (50.0, 8, 4)
    assert (limits.head_s, limits.idle_s) == (5.0, 120.0)
