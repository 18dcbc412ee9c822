"""Sets a simulated city up in the user's cache: a site with its footage, case folders, and the truth apart
from them, in a folder that no engine is ever told of."""

import shutil
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import platformdirs
from rich.console import Console
from rich.text import Text

from engine.domain.errors import InputError
from tui.commands.failing import on_disk

if TYPE_CHECKING:
    from adapters.city.facts import Truth

MOST_PATIENTS = 10  # always that many fall ill, so that the footage is the same however many are traced
FORMAT = 1  # grows with every change of the city or its footage: older caches are not taken for it
MEND = "free space, or name another folder with --folder"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoCity:
    """``truth`` is of the patients who are traced. ``missing``: "" or why no face can be searched for, and so
    no footage is made. ``films`` are the names of the files of each camera; ``publish`` writes into the
    site which of them are there, with their sha256.
    ``demo_models``: faces are looked at by the models that come along."""

    site: Path
    cases: tuple[Path, ...]
    truth: "Truth"
    missing: str
    films: Mapping[int, Collection[str]]
    publish: Callable[[Mapping[str, str]], None]
    demo_models: bool = False


def cache_folder(size: str, seed: int) -> Path:
    """Where the city of a size and seed lies for this user."""
    return platformdirs.user_cache_path("tracedesk") / f"{size}-{seed}-{FORMAT}"


def set_up(size: str, seed: int, traces: int, folder: Path, console: Console, models: str = "") -> DemoCity:
    """The city with its footage, which is made where it is not there yet. The ``city`` has records and
    truth only, no pixels. ``models``: "demo" for those that come along, "installed", the name of an
    embedder, or "" for what there is. Raises InputError for a size or seed that gives no city, and where
    it cannot be written."""
    from adapters.city.plan import SIZES
    from tui.commands.demo_footage import make_footage

    city = prepare(size, seed, traces, folder, console, models)
    if city.missing:
        city.publish({})
    else:
        city.publish(make_footage(seed, SIZES[size], MOST_PATIENTS, city.site.parent, console))
    return city


def prepare(size: str, seed: int, traces: int, folder: Path, console: Console, models: str = "") -> DemoCity:
    """The city without its footage; what is missing for it is said. Raises InputError as ``set_up`` does."""
    from adapters.city.archive import stretches
    from adapters.city.heads import Heads
    from adapters.city.paperwork import DEMO, INSTALLED, write_cases, write_site, write_statement
    from adapters.city.plan import SIZES, TOWN
    from adapters.city.simulation import simulate
    from adapters.city.truth import truth_of, write_truth
    from adapters.face.registry import describe
    from adapters.loading import find_models
    from adapters.settings import SiteFile, folder_path, load_toml
    from tui.commands.sample import SAMPLE, SAMPLE_SITE

    if size not in SIZES:
        raise InputError(f"there is no size {size!r}", place="--size", mend=f"take {' or '.join(SIZES)}")
    settings: SiteFile = load_toml(SAMPLE_SITE, SiteFile)  # models lie where the sample finds them
    installed = folder_path(settings.models.folder, SAMPLE)
    heads, embedder = Heads(), {"demo": DEMO, "installed": INSTALLED, "": INSTALLED}.get(models, models)
    describe(embedder, installed)
    with console.status(f"simulating a {size}"):
        try:
            city = simulate(seed, SIZES[size], MOST_PATIENTS, len(heads))
        except ValueError as problem:
            raise InputError(str(problem), place="--seed", mend="take another seed") from None
    archive = stretches(city) if SIZES[size] is TOWN else []
    site_folder = folder / "site"
    with on_disk(folder, MEND):
        site_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (folder / "truth").mkdir(mode=0o700, exist_ok=True)
        truth = truth_of(city, archive, heads)
        write_truth(folder / "truth" / "truth.json", truth)
        shutil.rmtree(site_folder / "cases", ignore_errors=True)
        write_site(site_folder, city, archive, {}, installed, embedder=embedder)
        written, stills = write_cases(site_folder, city, heads)
    site = site_folder / "site.toml"
    _, lacking = find_models(load_toml(site, SiteFile), site)
    if lacking and not models:
        embedder, lacking = DEMO, []
    missing = "; ".join(lacking) if archive else "a whole city has records only, no footage"
    if missing:
        console.print(Text(f"left out: footage and the search for faces: {missing}"), soft_wrap=True)

    def publish(hashes: Mapping[str, str]) -> None:
        with on_disk(folder, MEND):
            (site_folder / "footage").mkdir(mode=0o700, exist_ok=True)
            write_statement(site_folder, hashes, stills)
            write_site(site_folder, city, archive, hashes, installed, embedder=embedder)

    films: dict[int, list[str]] = {}
    for stretch in archive:
        films.setdefault(stretch.camera, []).append(stretch.file)
    return DemoCity(
        site=written.site,
        cases=written.cases[:traces],
        truth=msgspec.structs.replace(truth, patients=truth.patients[:traces]),
        missing=missing,
        films=films,
        publish=publish,
        demo_models=embedder == DEMO,
    )
