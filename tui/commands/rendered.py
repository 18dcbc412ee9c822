"""tracedesk models rendered: how scores of rendered heads are to be read, and what that does to a search."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tui.commands.failing import plainly

if TYPE_CHECKING:
    from adapters.face.calibrate import Part
    from adapters.rendered.measuring import Measured
    from adapters.rendered.seeing import Eyes
    from engine.domain.model import Calibration, ModelDescriptor

EMBEDDERS = ("edgeface_xs", "edgeface_xxs", "mobilefacenet_foamliu")
TOWNS = (101, 102)
BESIDE = ("yunet_n_dynamic", "rfb640_masked_face_v2")  # detector and mask model of a site as it is shipped
DEMO, DEMO_BESIDE = "demo_embedder", ("demo_detector", "demo_mask")  # those that come along
DEMO_INTER_EYE_PX, DEMO_BLUR, DEMO_YAW_DEG = 20.0, 7.5, 30.0  # its gates
LLRS = (-5.0, -4.0, -3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0)

app = typer.Typer(no_args_is_help=True, help="Calibrations of rendered heads: fit, measure.")
CacheOption = Annotated[Path, typer.Option(help="Where what was seen is kept, outside the project.")]
ModelsOption = Annotated[list[str] | None, typer.Option(help="Embedders; may be given again. Else all.")]
FolderOption = Annotated[Path | None, typer.Option(help="Model folder, as for tracedesk models list.")]


@app.command()
@plainly()
def fit(
    atlases: Annotated[list[Path], typer.Argument(help="Folders that the renderer of the people made.")],
    cache: CacheOption,
    out: Annotated[Path, typer.Option(help="Folder for NAME.toml of each embedder.")],
    town: Annotated[list[int] | None, typer.Option(help="Seeds of towns to film in.")] = None,
    count: Annotated[int, typer.Option(help="Passes to film in each town.")] = 350,
    seed: Annotated[int, typer.Option(help="Draws the halves of the heads.")] = 0,
    model: ModelsOption = None,
    folder: FolderOption = None,
) -> None:
    """Film people who are not in the demo, look at them as a worker does, fit. Prints aggregates only."""
    from adapters.city.heads import Heads
    from adapters.face.calibrations import as_toml
    from adapters.rendered import atlas, filming, fitting, seeing, sightings

    models = model or list(EMBEDDERS)
    heads = Heads(atlas.take(atlases, cache / "heads"))
    eyes = opened(models, folder)
    parts: dict[str, list[sightings.Sightings]] = {name: [] for name in models}
    towns = town or list(TOWNS)
    for number in towns:
        city = filming.town(number, heads)
        seen = seeing.collect(city, heads, filming.chosen(city, count), eyes, cache / "seen")
        for name in models:
            parts[name].append(seen[name])
    for name in models:
        references = seeing.references(heads, eyes[name].model, eyes[name].gates)
        every = sightings.joined(parts[name])
        provenance = (
            f"rendered heads of {len(heads)} people who do not exist, none of them in the demo, filmed in"
            f" {len(towns)} simulated towns (seeds {', '.join(map(str, towns))}): {int(every.path.sum())}"
            f" paths; detector {beside(models)[0]}, fitted on one half of the heads (seed {seed})"
        )
        report = fitting.fit(every, references, eyes[name].gates, provenance=provenance, seed=seed)
        out.mkdir(parents=True, exist_ok=True)
        (out / f"{name}.toml").write_text(as_toml(report.calibration), encoding="utf-8")
        typer.echo(
            f"{report.calibration.name}: fitted on {report.heads_fit} heads, measured on"
            f" {report.heads_held_out} others; written to {out / f'{name}.toml'}"
        )
        for title, held in (
            ("held-out paths", report.paths),
            ("held-out key frames", report.key_frames),
            ("paths by mask, lines of 20 px", report.by_mask),
            ("bare key frames by yaw, line of 20 px", report.by_yaw),
            ("bare key frames by blur, line of 20 px", report.by_blur),
        ):
            lines(["", *table(title, held, report.tar if held is report.paths else {})])
        typer.echo("")


@app.command()
@plainly()
def measure(
    cache: CacheOption,
    town: Annotated[int, typer.Option(help="Seed of the town.")] = 1,
    count: Annotated[int, typer.Option(help="Passes to film.")] = 350,
    kind: Annotated[
        str, typer.Option(help="Calibration: rendered, or nothing for photographs.")
    ] = "rendered",
    stills: Annotated[int, typer.Option(help="Stills of each subject, 1 or 2.")] = 2,
    model: ModelsOption = None,
    folder: FolderOption = None,
) -> None:
    """What the shipped calibration does to searches for the heads of the demo. Prints aggregates only."""
    from adapters.city.heads import Heads
    from adapters.face.calibrations import load_calibrations
    from adapters.rendered import filming, measuring, seeing

    models = model or list(EMBEDDERS)
    heads, eyes = Heads(), opened(models, folder)
    city = filming.town(town, heads)
    seen = seeing.collect(city, heads, filming.chosen(city, count), eyes, cache / "seen")
    for name in models:
        calibration = load_calibrations(kind=kind)[eyes[name].gates.embedder_sha256]
        references = seeing.references(heads, eyes[name].model, calibration, stills)
        lines(told(calibration.name, measuring.measure(seen[name], references, calibration, LLRS)))


def beside(embedders: Sequence[str]) -> tuple[str, str]:
    """Detector and mask model that go with embedders. Raises InputError for a mixture."""
    from engine.domain.errors import InputError

    if DEMO in embedders and len(embedders) > 1:
        mend = f"name {DEMO} alone"
        raise InputError("has a detector of its own", place=f"--model {DEMO}", mend=mend)
    return DEMO_BESIDE if DEMO in embedders else BESIDE


def opened(names: Sequence[str], folder: Path | None) -> "dict[str, Eyes]":
    """Each embedder with the detector and the mask model that go with it, and with its gates."""
    from adapters.face.calibrations import load_calibrations
    from adapters.face.model import OnnxFaceModel
    from adapters.face.registry import find, model_folder
    from adapters.rendered.seeing import Eyes

    where = folder or model_folder()
    measured = load_calibrations()
    detector, mask = (find(name, where) for name in beside(names))
    found = {}
    for name in names:
        embedder = find(name, where)
        model = OnnxFaceModel(detector=detector, embedder=embedder, mask=mask)
        gates = demo_gates(embedder) if name == DEMO else measured[embedder.sha256]
        found[name] = Eyes(model, gates, embedder.dimensions)
    return found


def demo_gates(embedder: "ModelDescriptor") -> "Calibration":
    """What the embedder that comes along is asked about; nobody measured it on photographs."""
    from engine.domain.model import Calibration

    return Calibration(
        name=embedder.name,
        embedder_sha256=embedder.sha256,
        provenance="",
        floor_inter_eye_px=DEMO_INTER_EYE_PX,
        floor_blur=DEMO_BLUR,
        max_yaw_deg=DEMO_YAW_DEG,
        bands=(),
    )


def table(title: str, parts: "Sequence[Part]", tar: dict[str, float]) -> list[str]:
    """A Markdown table of figures."""
    found = [
        f"| {title} | mated | non-mated | Cllr | ECE | non-mated > 0 | mated < 0 | TAR at 1e-3 | at 1e-4 |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for part in parts:
        f = part.figures
        far, farther = (
            "-" if share is None else f"{share:.1%}" for share in (f.tar_at_far, tar.get(part.label))
        )
        found.append(
            f"| {part.label} | {f.mated} | {f.non_mated} | {f.cllr:.3f} | {f.ece:.3f}"
            f" | {f.non_mated_over_0:.2%} | {f.mated_below_0:.1%} | {far} | {farther} |"
        )
    return found


def told(name: str, found: "Measured") -> list[str]:
    """What was measured, as Markdown."""
    asked = "; ".join(f"{mask}: {u} unknown, {b} bare, {m} masked" for mask, (u, b, m) in found.told.items())
    rows = [
        f"{name}: {found.subjects} subjects; {found.passes[0]} bare and {found.passes[1]} masked passes of"
        f" 20 px and more, of them {found.seen[0]} and {found.seen[1]} with a comparable path;"
        f" {found.strangers} paths of strangers",
        f"mask model on paths: {asked}",
        "",
        "| least llr | bare passes found | masked passes found | false candidates a trace"
        " | strangers' key frames hit | passes with a hit | the two, masks told |",
        "|---|---|---|---|---|---|---|",
    ]
    for at, hit in zip(found.curve, found.hits, strict=True):
        rows.append(
            f"| {at.llr:g} | {at.bare:.1%} | {at.masked:.1%} | {at.false_candidates:.1f}"
            f" | {hit.strangers:.1%} | {hit.passes:.1%} | {hit.strangers_told:.1%}, {hit.passes_told:.1%} |"
        )
    return [*rows, ""]


def lines(given: Iterable[str]) -> None:
    for line in given:
        typer.echo(line)
