"""What ``tracedesk site check`` looks at, one part after the other; nothing is matched.

Each part gives findings. A part that cannot be read is a fault, and the other parts are looked at
all the same: a person mends a site in one go.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from adapters.assembly.offline import doubts
from adapters.face.calibrations import load_calibrations
from adapters.face.check import load as try_model
from adapters.loading import check_places, check_settings, find_models
from adapters.records.mapping import load_mapping
from adapters.settings import SiteFile, folder_path
from adapters.site.cameras import CameraTable, load_cameras
from adapters.site.places import PlaceTable, load_places
from adapters.site.statement import RehearsalStatement, load_statement
from adapters.site.streets import FILE as STREETS
from adapters.site.streets import load_streets
from engine.domain.errors import InputError
from engine.domain.model import ModelKind

T = TypeVar("T")

OK, INFO, WARN, FAULT = "ok", "", "warn", "FAULT"


@dataclass(frozen=True, slots=True)
class Finding:
    """``mark`` is ``ok``, ``warn`` (can be used, is worth a look), ``FAULT`` (a trace would suffer or
    not start) or empty for a plain fact."""

    mark: str
    line: str


def fault(problem: str, *, file: Path | str, place: str = "", mend: str = "") -> Finding:
    return Finding(FAULT, str(InputError(problem, file=str(file), place=place, mend=mend)))


class Parts:
    """The parts of a site as far as they can be read. ``findings`` fills up as they are."""

    def __init__(self, path: Path, settings: SiteFile) -> None:
        self.path = path
        self.settings = settings
        self.base = path.parent
        self.findings: list[Finding] = []
        self._tried(lambda: check_settings(settings, path))
        self.cameras: CameraTable | None = self._tried(lambda: load_cameras(self.base / settings.cameras))
        self.places: PlaceTable | None = self._tried(lambda: load_places(self.base / settings.places))
        self.streets = self._tried(lambda: load_streets(self.base / STREETS))
        self.statement: RehearsalStatement | None = None
        if settings.rehearsal_statement:
            self.statement = self._tried(lambda: load_statement(self.base / settings.rehearsal_statement))
        self.findings.extend(self._facts())

    def _tried(self, action: Callable[[], T]) -> T | None:
        try:
            return action()
        except InputError as problem:
            self.findings.append(Finding(FAULT, str(problem)))
            return None

    def _facts(self) -> Iterator[Finding]:
        settings = self.settings
        if self.cameras is not None:
            yield from camera_findings(self.cameras, self.places, self.base / settings.cameras)
        if self.places is not None:
            yield Finding(OK, f"places: {len(self.places.all())} in {settings.places}")
        if self.streets:
            yield Finding(OK, f"map: {len(self.streets)} streets in {STREETS}")
        if self.statement is not None:
            said = f"{len(self.statement.files)} files, said by {self.statement.said_by}"
            yield Finding(OK, f"rehearsal statement: {said} on {self.statement.said_on}")
        if settings.mappings:
            yield from mapping_findings(self.base / settings.mappings)
        if settings.stills:
            stills = folder_path(settings.stills, self.base)
            if stills.is_dir():
                yield Finding(OK, f"stills: {stills}")
            else:
                mend = "make it, or put the stills into the case folders"
                yield Finding(
                    WARN, str(InputError("the folder of stills is not there", file=str(stills), mend=mend))
                )
        yield from model_findings(settings, self.path)


def camera_findings(cameras: CameraTable, places: PlaceTable | None, file: Path) -> Iterator[Finding]:
    """How many, whether their clocks were measured, and whether their geometry can be true."""
    known = cameras.all()
    if not known:
        yield fault("holds no camera", file=file, mend="register the fixed cameras of this site")
        return
    shaped = sum(bool(camera.coverage) for camera in known)
    unmeasured = len(cameras.warnings)
    yield Finding(
        OK,
        f"cameras: {len(known)} in {file.name}, {shaped} with a coverage polygon, "
        f"{len(known) - unmeasured} with a measured clock",
    )
    yield from (Finding(WARN, warning) for warning in cameras.warnings)
    if places is not None:
        try:
            check_places(cameras, places, file)
        except InputError as problem:
            yield Finding(FAULT, str(problem))
    for number, camera in enumerate(known):
        place = places.by_id(camera.place_id) if places and camera.place_id else None
        for key, doubt, mend in doubts(camera, place):
            yield fault(f"{camera.camera_id} {doubt}", file=file, place=f"cameras[{number}].{key}", mend=mend)


def mapping_findings(folder: Path) -> Iterator[Finding]:
    """Every mapping of the folder, as record files would meet it."""
    names = sorted(folder.glob("*.toml")) if folder.is_dir() else []
    good = []
    for path in names:
        try:
            mapping = load_mapping(path)
            if mapping.source.value != path.stem:
                yield fault(
                    f"maps {mapping.source.value} records, so it is never used under this name",
                    file=path,
                    place="source",
                    mend=f"name it {mapping.source.value}.toml, or correct source",
                )
                continue
            good.append(f"{path.stem} ({mapping.encoding})")
        except InputError as problem:
            yield Finding(FAULT, str(problem))
    yield Finding(OK, f"mappings: {', '.join(good) or 'none'} in {folder.name}")


def model_findings(settings: SiteFile, path: Path) -> Iterator[Finding]:
    """Hash, load and shape of each model, and whether the embedder is calibrated."""
    try:
        models, missing = find_models(settings, path)
    except InputError as problem:
        yield Finding(FAULT, str(problem))
        return
    if missing:
        yield Finding(FAULT, f"models: {missing[0]}")
        return
    wrong = False
    for model in models:
        try:
            try_model(model)
        except InputError as problem:
            wrong = True
            yield Finding(FAULT, str(problem))
    if not wrong:
        yield Finding(OK, f"models: {', '.join(m.name for m in models)}: hash and shape are right")
    embedder = next(m for m in models if m.kind is ModelKind.EMBEDDER)
    if any(model.demo for model in models):
        yield Finding(WARN, "models: demo models, which learnt from invented people")
    calibration = load_calibrations(kind=settings.models.calibration).get(embedder.sha256)
    if calibration is None:
        yield Finding(
            FAULT,
            f"calibration: none for {embedder.name}: every face would be 'cannot assess'; "
            "measure it with tracedesk models calibrate",
        )
    else:
        yield Finding(OK, f"calibration: {calibration.name}, {calibration.provenance}")
