"""The demo as a fresh clone has it: rendered people and the models that come along."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from rich.console import Console

from adapters.city.plan import SIZES
from adapters.city.score import Score
from engine.api.schema import Hello, TraceDetail
from tui.commands.bring_in import bring_in, start_all
from tui.commands.demo_city import MOST_PATIENTS, DemoCity, prepare
from tui.commands.demo_footage import make_footage
from tui.commands.demo_table import compared
from tui.commands.engine_process import private_engine
from tui.commands.summary import print_summary
from tui.commands.trace import engine_of, read_cases
from tui.commands.trace_progress import follow
from tui.commands.trace_result import result

SEED, CAMERAS = 2, 3
QUIET = Console(quiet=True)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> DemoCity:
    """The town of the demo with the films of the cameras that have most of them."""
    folder = tmp_path_factory.mktemp("town")
    town = prepare("town", SEED, MOST_PATIENTS, folder, QUIET, "demo")
    assert town.missing == ""
    busiest = sorted(town.films, key=lambda camera: -len(town.films[camera]))[:CAMERAS]
    site = folder / "site"
    town.publish(make_footage(SEED, SIZES["town"], MOST_PATIENTS, site, QUIET, cameras=busiest))
    return town


@pytest.fixture(scope="module")
def traced(city: DemoCity) -> tuple[Hello, list[TraceDetail]]:
    async def run(socket: Path) -> tuple[Hello, list[TraceDetail]]:
        async with engine_of(socket, "") as (client, hello):
            papers = await bring_in(client, read_cases(city.cases, city.site), lambda _: None)
            traces: Sequence[str] = tuple((await start_all(client, papers)).values())
            await follow(client, traces, QUIET)
            return hello, [await client.trace(trace) for trace in traces]

    with private_engine(city.site) as socket:
        return asyncio.run(run(socket))


@pytest.fixture(scope="module")
def score(city: DemoCity, traced: tuple[Hello, list[TraceDetail]]) -> Score:
    return compared(city.truth, traced[1])


def test_patients_are_found_where_they_were_seen_and_few_others(score: Score) -> None:
    found = score.total
    true = found.sightings_true_bare + found.sightings_true_masked
    assert found.sightings_true_bare >= 5
    assert found.sightings_true_masked >= 5
    assert found.sightings_found_bare + found.sightings_found_masked >= 0.9 * true
    assert score.false_candidates_per_trace <= 1.0


def test_the_reports_say_demo_models(
    traced: tuple[Hello, list[TraceDetail]], capsys: pytest.CaptureFixture[str]
) -> None:
    hello, details = traced
    assert hello.demo_models
    assert result(hello, details).demo_models
    print_summary(hello, details, result(hello, details))
    assert "REHEARSAL DEMO MODELS" in capsys.readouterr().out
