import pytest

from tui.commands.bench_console import Times


def test_median_and_tail_are_those_of_all_kinds_unless_one_is_named() -> None:
    times = Times({"read": [float(n) for n in range(1, 101)], "change": [1000.0]})
    assert times.of("read") == {"n": 100, "p50_ms": 50.5, "p99_ms": 100.0, "max_ms": 100.0}
    assert times.of()["max_ms"] == 1000.0
    assert Times().of() == {"n": 0, "p50_ms": 0.0, "p99_ms": 0.0, "max_ms": 0.0}


async def test_a_refusal_took_its_time_too() -> None:
    async def refused() -> None:
        raise ValueError("no")

    times = Times()
    with pytest.raises(ValueError, match="no"):
        await times.of_one("change", refused())
    assert len(times.waited["change"]) == 1
