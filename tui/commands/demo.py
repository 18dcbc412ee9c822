"""``tracedesk demo``: a simulated town, ten patients and a working day, and how close the traces came."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer
from rich.console import Console
from rich.text import Text

from engine.api.schema import Hello, TraceDetail
from engine.domain.errors import InputError
from tui.clean import clean_text, cleaned
from tui.commands.bring_in import bring_in, start_all
from tui.commands.case_folder import CaseFolder
from tui.commands.demo_city import DemoCity, cache_folder, set_up
from tui.commands.demo_reviewer import Reviewed, review_by_truth
from tui.commands.demo_table import compared, print_truth, truth_result
from tui.commands.engine_process import private_engine
from tui.commands.failing import plainly
from tui.commands.opening import LanguageOption, Liking, SlowLinkOption, ThemeOption
from tui.commands.summary import print_summary
from tui.commands.to_json import JsonTo
from tui.commands.trace import (
    LINE,
    check_output,
    engine_of,
    read_cases,
    write_result,
)
from tui.commands.trace_progress import follow
from tui.commands.trace_result import result

if TYPE_CHECKING:
    from adapters.city.facts import Truth

MOST_TRACES = 10
REVIEWERS = ("none", "simulated")


@plainly()
def demo(
    traces: Annotated[int, typer.Option(min=1, max=MOST_TRACES, help="Patients to trace.")] = MOST_TRACES,
    seed: Annotated[int, typer.Option(min=0, help="Another seed is another town.")] = 2,
    size: Annotated[
        str, typer.Option(help="town: footage too; city: 830,000 residents, records only.")
    ] = "town",
    reviewer: Annotated[str, typer.Option(help="none, or simulated: a program answers from the truth.")] = "",
    reviewer_error: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Share of answers that the program gets wrong.")
    ] = 0.0,
    models: Annotated[str, typer.Option(help="demo: those that come along; installed; or an embedder.")] = "",
    headless: Annotated[bool, typer.Option("--headless", help="Without the desk.")] = False,
    json: JsonTo = None,
    folder: Annotated[Path | None, typer.Option(help="Where the town is made; else your cache.")] = None,
    server: Annotated[
        bool, typer.Option("--server", help="As a server, with users to practise with; needs root.")
    ] = False,
    remove: Annotated[bool, typer.Option("--remove", help="With --server: take it away, users too.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="With --server: make the users, unasked.")] = False,
    theme: ThemeOption = "",
    language: LanguageOption = "",
    slow_link: SlowLinkOption = False,
) -> None:
    """Try it in a town that does not exist: everybody is rendered, nobody is real.

    The desk opens on the traces. Without a terminal, or with --headless, a program reviews the candidates
    and a table tells what was found of what there was; on the desk, that table comes when it is left.
    """
    console = Console(stderr=True)
    liking = Liking(theme=theme, language=language, slow_link=slow_link)
    if (remove or yes) and not server:
        place = "--remove" if remove else "--yes"
        raise InputError("goes with --server alone", place=place, mend="write --server too")
    if server:
        _server(seed, folder, remove, yes, console)
        return
    if json is not None:
        check_output(json)
    without_desk = bool(headless or json or not console.is_terminal or not Console().is_terminal)
    reviewing = reviewer or ("simulated" if without_desk else "none")
    if reviewing not in REVIEWERS:
        raise InputError(f"there is no reviewer {reviewing!r}", place="--reviewer", mend="none or simulated")
    error = reviewer_error if reviewing == "simulated" else None
    where = folder or cache_folder(size, seed)
    if without_desk:
        city = set_up(size, seed, traces, where, console, models)
        _headless(city, read_cases(city.cases, city.site), error, seed, json, console)
    else:
        from tui.commands.demo_desk import on_desk

        raise typer.Exit(on_desk(size, seed, traces, where, error, console, models, liking))


def _server(seed: int, folder: Path | None, remove: bool, yes: bool, console: Console) -> None:
    from tui.commands.demo_server import practise, stop_practising

    if remove:
        stop_practising(folder, console)
    else:
        practise(seed, folder, yes, console)


def _headless(
    city: DemoCity,
    folders: Sequence[CaseFolder],
    error: float | None,
    seed: int,
    json: Path | None,
    console: Console,
) -> None:
    with private_engine(city.site) as socket:
        hello, details, reviewed = asyncio.run(_run(socket, city.truth, folders, error, seed, console))
    found = result(hello, details)
    score = compared(city.truth, details)
    if json is None or str(json) != "-":
        print_summary(hello, details, found)
        print_truth(city.truth, details, reviewed, demo_models=city.demo_models)
    if json is not None:
        write_result(
            {**msgspec.to_builtins(found, builtin_types=()), "truth": truth_result(score, reviewed)}, json
        )


async def _run(
    socket: Path,
    truth: "Truth",
    folders: Sequence[CaseFolder],
    error: float | None,
    seed: int,
    console: Console,
) -> tuple[Hello, tuple[TraceDetail, ...], Reviewed | None]:
    def say(line: str) -> None:
        console.print(Text(clean_text(line, LINE)), soft_wrap=True)

    async with engine_of(socket, "run it again") as (client, hello):
        traces = await start_all(client, await bring_in(client, folders, say))
        names = tuple(traces.values())
        reviewed = None
        if error is None:
            await follow(client, names, console)
        else:
            async with asyncio.TaskGroup() as together:
                together.create_task(follow(client, names, console))
                task = together.create_task(review_by_truth(client, names, truth, error, seed))
            reviewed = task.result()
        details = [await client.trace(trace_id) for trace_id in names]
    return cleaned(hello), tuple(cleaned(d, LINE) for d in details), reviewed
