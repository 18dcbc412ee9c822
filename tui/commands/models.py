"""tracedesk models: which model files are known and there, and how one gets here."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from tui.commands import rendered
from tui.commands.failing import EXIT_CODE, plainly

if TYPE_CHECKING:
    from adapters.face.calibrate import Part, Report
    from engine.domain.model import ModelDescriptor

app = typer.Typer(no_args_is_help=True, help="Model files: list, verify, pull, add, calibrate.")
app.add_typer(rendered.app, name="rendered")

FolderOption = Annotated[
    Path | None,
    typer.Option(help="Model folder; else TRACEDESK_MODELS, else your data folder.", show_default=False),
]
JsonOption = Annotated[bool, typer.Option("--json", help="For machines.")]


@app.command("list")
@plainly()
def list_models(folder: FolderOption = None, as_json: JsonOption = False) -> None:
    """Every known model, and whether its file is there."""
    from adapters.face.registry import descriptors, find, model_folder
    from engine.domain.errors import InputError

    where = folder or model_folder()
    rows = []
    for name, descriptor in descriptors(where).items():
        try:
            file = find(name, where).file
        except InputError:
            file = ""
        state = (
            "comes along"
            if file and descriptor.demo
            else "there"
            if file
            else ("can be pulled" if descriptor.url else "missing")
        )
        rows.append(row(descriptor, state, file))
    show(rows, as_json, f"models in {where}")


@app.command()
@plainly()
def verify(
    names: Annotated[list[str] | None, typer.Argument(help="Models; else all that are there.")] = None,
    folder: FolderOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check size, sha256 and shape of model files. Exit code 2 where one is wrong."""
    from adapters.face.check import load
    from adapters.face.registry import descriptors, find, model_folder
    from engine.domain.errors import InputError

    where = folder or model_folder()
    rows, wrong = [], False
    for name in names or list(descriptors(where)):
        try:
            found = find(name, where)
        except InputError as problem:
            if names:
                raise
            rows.append({"name": name, "state": "missing", "message": problem.mend})
            continue
        try:
            load(found)
            rows.append({"name": name, "state": "right", "message": found.file})
        except InputError as problem:
            wrong = True
            rows.append({"name": name, "state": "wrong", "message": str(problem)})
    show(rows, as_json, f"models in {where}")
    if wrong:
        raise typer.Exit(EXIT_CODE)


@app.command()
@plainly()
def pull(name: str, folder: FolderOption = None) -> None:
    """Fetch a model from its official address, by pinned size and hash. Goes on where it stopped."""
    import httpx

    from adapters.face.pull import pull as fetch
    from adapters.face.registry import describe, model_folder

    where = folder or model_folder()
    descriptor = describe(name, where)
    typer.echo(
        f"{name}: {descriptor.bytes} bytes, {descriptor.licence}, from {descriptor.url or '-'}", err=True
    )
    with httpx.Client() as client:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, DownloadColumn, Progress, TransferSpeedColumn

            columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn())
            with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
                task = bar.add_task(name, total=descriptor.bytes)
                got = fetch(descriptor, where, client, lambda done, _: bar.update(task, completed=done))
        else:
            got = fetch(descriptor, where, client, lambda done, total: None)
    typer.echo(f"{name}: verified, {got.file}")


@app.command()
@plainly()
def add(
    file: Annotated[Path, typer.Argument(help="An ONNX file carried over by hand.")],
    name: Annotated[str, typer.Option(help="Which model it must be.")] = "",
    folder: FolderOption = None,
) -> None:
    """Take a model file that was carried over by hand, after its hash was found right."""
    from adapters.face.carry import add as take
    from adapters.face.registry import model_folder

    added = take(file, folder or model_folder(), name)
    typer.echo(f"{added.name}: verified, {added.file}")


@app.command()
@plainly()
def calibrate(
    labelled: Annotated[Path, typer.Argument(metavar="FOLDER", help="A labelled set: a subfolder a person.")],
    model: Annotated[str, typer.Option(help="Name of the embedder.")],
    detector: Annotated[str, typer.Option(help="Name of the detector.")] = "yunet_n_dynamic",
    out: Annotated[Path | None, typer.Option(help="Write the calibration here.")] = None,
    seed: Annotated[int, typer.Option(help="Draws the halves and the views.")] = 0,
    floor_blur: Annotated[float, typer.Option(help="Least sharpness that is assessed.")] = 7.5,
    provenance: Annotated[str, typer.Option(help="What the set is, in a few words.")] = "a labelled set",
    folder: FolderOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fit and measure how scores of an embedder are to be read. Prints aggregates only."""
    from adapters.face.calibrate import calibrate as fit
    from adapters.face.calibrations import as_toml
    from adapters.face.labelled import read_set
    from adapters.face.model import OnnxFaceModel
    from adapters.face.registry import describe, find, model_folder
    from engine.domain.errors import Refused

    where = folder or model_folder()
    for used in (describe(model, where), describe(detector, where)):
        if used.demo:
            why = f"{used.name} learnt from invented people and is measured on no photographs"
            raise Refused(why, rule="G27", mend="name a model for real faces")
    photos = read_set(labelled)
    faces = OnnxFaceModel(detector=find(detector, where), embedder=find(model, where))
    people = len({p.person for p in photos})
    masked = sum(p.masked for p in photos)
    origin = (
        f"{provenance}: {people} people, {len(photos)} photos ({masked} masked), detector {detector}, "
        f"fitted on one half of the people (seed {seed})"
    )
    report = fit(photos, faces, name=model, provenance=origin, seed=seed, floor_blur=floor_blur)
    if out is not None:
        write(out, as_toml(report.calibration))
    if as_json:
        typer.echo(msgspec.json.encode(report).decode())
    else:
        for line in report_lines(report):
            typer.echo(line)
        if out is not None:
            typer.echo(f"written to {out}")


def report_lines(report: "Report") -> list[str]:
    """A report as plain text; Markdown tables, so that it can be kept as it is."""
    lines = [
        f"{report.calibration.name}: {report.photos} photos, {report.views} views "
        f"({report.views_without_face} without a face), fitted on {report.people_fit} people, "
        f"measured on {report.people_held_out} others, seed {report.seed}",
    ]
    for title, parts in (
        ("held-out pairs", report.held_out),
        ("bare, 48 px and over, by blur of the probe", report.by_blur),
        ("bare, 48 px and over, by yaw of the probe", report.by_yaw),
    ):
        lines += ["", *table_lines(title, parts)]
    return lines


def table_lines(title: str, parts: Sequence["Part"]) -> list[str]:
    lines = [
        f"| {title} | mated | non-mated | Cllr | ECE | non-mated > 0 | mated < 0 | TAR at FAR 1e-3 |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for part in parts:
        f = part.figures
        tar = "-" if f.tar_at_far is None else f"{f.tar_at_far:.1%}"
        lines.append(
            f"| {part.label} | {f.mated} | {f.non_mated} | {f.cllr:.3f} | {f.ece:.3f} "
            f"| {f.non_mated_over_0:.2%} | {f.mated_below_0:.1%} | {tar} |"
        )
    return lines


def row(descriptor: "ModelDescriptor", state: str, file: str) -> dict[str, str]:
    return {
        "name": descriptor.name,
        "kind": descriptor.kind,
        "state": state,
        "licence": descriptor.licence,
        "bytes": str(descriptor.bytes),
        "file": file,
    }


def show(rows: Sequence[dict[str, str]], as_json: bool, title: str) -> None:
    """JSON for machines, a table on a terminal, tab-separated lines in a pipe."""
    if as_json:
        typer.echo(msgspec.json.encode(rows).decode())
        return
    if not sys.stdout.isatty():
        for cells in rows:
            typer.echo("\t".join(cells.values()))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, box=None, header_style="bold", pad_edge=False)
    columns = [column for column in rows[0] if column != "file"]  # the title names the folder
    for column in columns:
        table.add_column(column, overflow="fold", no_wrap=column not in ("message", "licence"))
    for cells in rows:
        table.add_row(*(Text(cells[column]) for column in columns))
    Console().print(table)


def write(path: Path, content: str) -> None:
    from engine.domain.errors import InputError

    try:
        path.write_text(content, encoding="utf-8")
    except OSError as problem:
        raise InputError((problem.strerror or "cannot be written").lower(), file=str(path)) from None
