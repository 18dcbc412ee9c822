"""The bench of the desk sits at a real console in a real terminal, and counts what it says it counts."""

from itertools import islice
from typing import Any

import pytest

from tui.commands.bench_desk import console, crowd, lows, script, slope_of, with_goals

WITHIN_S = 20.0  # for a machine with much else to do; how fast it was is the bench's to say


def test_every_key_of_the_script_brings_what_it_says() -> None:
    with crowd(1.0) as socket, console(socket, 1.0) as terminal:
        for key in islice(script(), 13):
            terminal.press(key.keys)
            assert terminal.painted(key.brings, WITHIN_S) is not None, f"{key}\n{terminal.text}"
        assert terminal.bytes > 0
        assert not terminal.ended


@pytest.mark.parametrize("grows", [0.0, 250.0])
def test_growth_is_that_of_what_is_kept_whatever_comes_for_a_moment(grows: float) -> None:
    samples = [(n / 20, 100_000 + grows * n / 20 + (9_000 if n % 3 else 0)) for n in range(200)]
    assert slope_of(lows(samples)) == pytest.approx(grows, abs=20)


def test_one_minute_without_a_low_is_no_growth_and_a_leak_in_steps_is() -> None:
    flat = [(float(minute), 140_000.0) for minute in range(10)]
    assert slope_of([*flat[:7], (7.0, 145_000.0), *flat[8:]]) == 0.0
    steps = [(float(minute), 140_000.0 + 600 * (minute // 3)) for minute in range(10)]
    assert slope_of(steps) == pytest.approx(200, abs=40)


@pytest.mark.parametrize(
    ("name", "reached", "missed"),
    [
        ("key_to_paint_p95_ms", 99.9, 100.0),
        ("key_to_paint_p99_ms", 199.9, 200.0),
        ("bytes_per_s", 59_999, 60_000),
        ("cpu_share", 0.349, 0.35),
        ("rss_slope_kb_per_min", 99.9, 100.0),
        ("keys_not_answered", 0, 1),
    ],
)
def test_a_goal_is_missed_by_the_figure_that_misses_it_alone(
    name: str, reached: float, missed: float
) -> None:
    good: dict[str, Any] = {
        "key_to_paint_p95_ms": 50.0, "key_to_paint_p99_ms": 80.0, "bytes_per_s": 20_000, "cpu_share": 0.1,
        "rss_slope_kb_per_min": -3.0, "keys_not_answered": 0,
    }  # fmt: skip
    assert all(with_goals(good | {name: reached})["goals"].values())
    goals = with_goals(good | {name: missed})["goals"]
    assert len([goal for goal, is_reached in goals.items() if not is_reached]) == 1
