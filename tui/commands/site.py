"""``tracedesk site``: make a new site, check one without matching anything, look into a record file."""

import asyncio
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from tui.commands.failing import EXIT_CODE, plainly
from tui.commands.preview import preview
from tui.commands.sample import SAMPLE_SITE

if TYPE_CHECKING:
    from adapters.assembly import LoadedSite

app = typer.Typer(help="Make a site, or check one; nothing is matched.", no_args_is_help=True)
app.command()(preview)


@app.command()
@plainly()
def check(
    site: Annotated[Path, typer.Argument(help="site.toml")] = SAMPLE_SITE,
) -> None:
    """Dry run of a site: cameras, clocks, geometry, manifest, footage, models and calibration."""
    from adapters.assembly import load_site

    loaded = load_site(site)
    console = Console(soft_wrap=True)
    problems = 0
    for line in _cameras(loaded):
        console.print(Text(line))
    for problem, line in asyncio.run(_footage(loaded)):
        problems += problem
        console.print(Text(line))
    for problem, line in _models(loaded):
        problems += problem
        console.print(Text(line))
    console.print(Text("ready" if not problems else f"{problems} problems", style="bold"))
    raise typer.Exit(EXIT_CODE if problems else 0)


@app.command()
@plainly()
def init(folder: Annotated[Path, typer.Argument(help="A new, empty folder.")]) -> None:
    """Write a site to start from: settings, one camera, one place, an empty manifest, a statement."""
    from adapters.site.starter import write_starter

    for path in write_starter(folder, datetime.now(UTC).date()):
        typer.echo(str(path))
    typer.echo("next: fill them in, then: tracedesk site check " + str(folder / "site.toml"))


def _cameras(loaded: "LoadedSite") -> list[str]:
    cameras = loaded.cameras.all()
    shaped = sum(bool(c.coverage) for c in cameras)
    lines = [
        f"{loaded.settings.name}: profile {loaded.settings.profile}, {len(cameras)} cameras "
        f"({shaped} with a coverage polygon), {len(loaded.places.all())} places"
    ]
    lines.extend(f"  warning: {warning}" for warning in loaded.warnings)
    return lines


async def _footage(loaded: "LoadedSite") -> list[tuple[int, str]]:
    """One line a file: what it is, against what the manifest says."""
    from adapters.assembly import WORKER_COMMAND, worker_environment
    from adapters.footage.archive import FootageArchive
    from engine.domain.camera import Segment
    from engine.domain.errors import InputError
    from engine.schedule.frames import Prepare
    from engine.schedule.pool import Pool
    from engine.vault.grants import GrantSigner

    archive = loaded.archive
    if archive is None:
        return [(0, "no footage is set: traces go by records alone")]
    if not archive.folder.is_dir():
        return [(1, f"footage: the folder {archive.folder} is not there")]
    prepare = Prepare(
        verify_key=b"", models=(), calibrations=(), rehearsal_sha256=loaded.rehearsal_sha256, places=()
    )
    size = len(os.sched_getaffinity(0))
    lines: list[tuple[int, str]] = []
    async with Pool(
        size=size,
        command=WORKER_COMMAND,
        prepare=prepare,
        signer=GrantSigner(os.urandom(32)),
        footage=archive,
        environment=worker_environment(),
    ) as pool:

        async def one(segment: Segment) -> tuple[int, str]:
            try:
                facts = await pool.inspect(segment)
            except InputError as problem:
                return 1, f"  {problem}"
            told_s = (segment.end_device - segment.start_device).total_seconds()
            wrong: list[str] = []
            if facts.sha256 != segment.sha256:
                wrong.append("sha256 differs from the manifest")
            if loaded.rehearsal_sha256 is not None and facts.sha256 not in loaded.rehearsal_sha256:
                wrong.append("not in the rehearsal statement")
            if abs(facts.duration_s - told_s) > 1.0:
                wrong.append(f"lasts {facts.duration_s:.1f} s where the manifest says {told_s:.1f} s")
            if segment.end_device > datetime.now(UTC) + timedelta(hours=1):
                wrong.append("ends in the future")
            keys = (
                f"key frames within {facts.key_interval_s:.1f} s"
                if facts.key_interval_s
                else "too few key frames"
            )
            line = (
                f"  {segment.camera_id}: {segment.file}, {facts.codec} {facts.width}x{facts.height}, "
                f"{facts.duration_s:.1f} s at {facts.frame_rate:.1f} frames/s, {keys}"
            )
            return len(wrong), line + (f": {'; '.join(wrong)}" if wrong else "")

        assert isinstance(archive, FootageArchive)
        lines.append((0, f"footage: {len(archive.all())} files in {archive.folder}"))
        lines.extend(await asyncio.gather(*(one(segment) for segment in archive.all())))
    return lines


def _models(loaded: "LoadedSite") -> list[tuple[int, str]]:
    from adapters.face.calibrations import load_calibrations
    from adapters.face.model import OnnxFaceModel
    from adapters.face.registry import verify
    from engine.domain.model import ModelKind

    if not loaded.models:
        return [(1, f"models: {loaded.face_search}")]
    by_kind = {model.kind: model for model in loaded.models}
    for model in loaded.models:
        verify(model)
    OnnxFaceModel(
        detector=by_kind[ModelKind.DETECTOR],
        embedder=by_kind[ModelKind.EMBEDDER],
        mask=by_kind.get(ModelKind.MASK),
    )
    lines = [(0, f"models: {', '.join(m.name for m in loaded.models)}, all with the right hash and shape")]
    calibration = load_calibrations().get(by_kind[ModelKind.EMBEDDER].sha256)
    if calibration is None:
        lines.append((1, "calibration: none for this embedder: every face would be 'cannot assess'"))
    else:
        lines.append((0, f"calibration: {calibration.name}, {calibration.provenance}"))
    return lines
