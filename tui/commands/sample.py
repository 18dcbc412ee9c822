"""``tracedesk sample``: the ten sample traces, or what can be done without their clips."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

import configs
from tui.commands.failing import plainly
from tui.commands.to_json import JsonTo
from tui.commands.trace import check_output, read_cases, trace_headless, trace_on_desk

SAMPLE = Path(next(iter(configs.__path__))) / "sample"
SAMPLE_SITE = SAMPLE / "site.toml"


@plainly()
def sample(
    headless: Annotated[bool, typer.Option("--headless", help="Without the desk.")] = False,
    json: JsonTo = None,
    again: Annotated[bool, typer.Option("--again", help="Trace anew what was traced before.")] = False,
) -> None:
    """Run the sample: ten traces over real clips where these are there, else one from records alone."""
    from adapters.loading import load_site
    from adapters.settings import folder_path

    if json is not None:
        check_output(json)
    site = load_site(SAMPLE_SITE)
    missing = site.face_search
    stills = folder_path(site.settings.stills, SAMPLE) if site.settings.stills else None
    if not missing and (stills is None or not stills.is_dir()):
        missing = f"the reference stills in {stills} are not there"
    console = Console(stderr=True)
    if missing:
        typer.echo(f"left out: the ten traces with face search: {missing}", err=True)
        cases = sorted((SAMPLE / "records-only").iterdir())
    else:
        cases = sorted((SAMPLE / "cases").iterdir())
    folders = read_cases(cases, SAMPLE_SITE)
    if headless or json or not console.is_terminal or not Console().is_terminal:
        raise typer.Exit(trace_headless(site, SAMPLE_SITE, folders, (), json, None, console))
    raise typer.Exit(trace_on_desk(SAMPLE_SITE, folders, None, console, again=again))
