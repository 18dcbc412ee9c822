"""``tracedesk site``: make a new site, check one without matching anything, look into a record file."""

import asyncio
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from tui.clean import clean_text
from tui.commands.failing import EXIT_CODE, plainly
from tui.commands.preview import preview
from tui.commands.sample import SAMPLE_SITE

app = typer.Typer(help="Make a site, or check one; nothing is matched.", no_args_is_help=True)
app.command()(preview)

LINE = 1000  # characters: a line names two paths and what to do


@app.command()
@plainly()
def check(
    site: Annotated[Path, typer.Argument(help="site.toml, or the folder that holds it")] = SAMPLE_SITE,
) -> None:
    """Dry run of a site: cameras, clocks, geometry, manifest, footage, models and calibration.

    Every part is looked at. Exit code 2 where there is a FAULT; a warn can be lived with.
    """
    counts = asyncio.run(_check(site / "site.toml" if site.is_dir() else site, Console(soft_wrap=True)))
    raise typer.Exit(EXIT_CODE if counts["FAULT"] else 0)


@app.command()
@plainly()
def init(folder: Annotated[Path, typer.Argument(help="A new, empty folder.")]) -> None:
    """Write a site to start from: settings, one camera, one place, an empty manifest, a statement."""
    from adapters.site.starter import write_starter

    for path in write_starter(folder, datetime.now(UTC).date()):
        typer.echo(str(path))
    typer.echo("next: fill these in, put footage into footage/ and models where")
    typer.echo("  tracedesk models list --folder FOLDER  finds them, or set TRACEDESK_MODELS; then")
    typer.echo(f"  tracedesk site check {folder / 'site.toml'}")


async def _check(site: Path, console: Console) -> Counter[str]:
    from adapters.settings import SiteFile, load_toml
    from tui.commands.footage_check import footage_findings
    from tui.commands.site_check import Finding, Parts

    settings: SiteFile = load_toml(site, SiteFile)
    counts: Counter[str] = Counter()

    def say(finding: Finding) -> None:
        counts[finding.mark] += 1
        console.print(Text(f"{finding.mark:5} {clean_text(finding.line, LINE)}"))

    console.print(Text(clean_text(f"{settings.name}: {site}, profile {settings.profile}"), style="bold"))
    parts = Parts(site, settings)
    for finding in parts.findings:
        say(finding)
    async for finding in footage_findings(parts):
        say(finding)
    console.print(Text(_verdict(counts), style="bold"))
    return counts


def _verdict(counts: Counter[str]) -> str:
    faults, warnings = counts["FAULT"], counts["warn"]
    told = [
        f"{n} {word}{'s' if n > 1 else ''}" for n, word in ((faults, "fault"), (warnings, "warning")) if n
    ]
    return f"{'not ready' if faults else 'ready'}{': ' + ', '.join(told) if told else ''}"
