"""Reads a site: settings, cameras, places, footage, models, and for a rehearsal its statement."""

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from adapters.clock import SystemClock
from adapters.face.registry import descriptors, find, model_folder
from adapters.footage.archive import FootageArchive, load_archive
from adapters.settings import SiteFile, folder_path, load_toml
from adapters.site.cameras import CameraTable, load_cameras
from adapters.site.places import PlaceTable, load_places
from adapters.site.statement import load_statement
from adapters.site.streets import FILE as STREETS
from adapters.site.streets import load_streets
from engine.domain.authorisation import Role
from engine.domain.errors import InputError
from engine.domain.model import ModelDescriptor, ModelKind
from engine.domain.street import Street

CALIBRATIONS = ("", "rendered")
LEVELS = ("basic", "province", "national")
UNSEALS = ("credential", "passphrase", "file")


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedSite:
    """Everything that the settings of a site name, read and checked."""

    settings: SiteFile
    cameras: CameraTable
    places: PlaceTable
    archive: FootageArchive | None
    rehearsal_sha256: frozenset[str] | None
    models: tuple[ModelDescriptor, ...]
    face_search: str
    warnings: tuple[str, ...]
    problems: tuple[str, ...]
    streets: tuple[Street, ...] = ()


def load_site(path: Path, now: datetime | None = None) -> LoadedSite:
    """Read a site. Raises InputError for what is wrong; what is merely not installed (models, the
    footage folder) is said in ``face_search``, and the site works from records. ``problems`` are
    lines about footage that no trace may open, such as what ends after ``now`` (else the clock's)."""
    settings: SiteFile = load_toml(path, SiteFile)
    base = path.parent
    check_settings(settings, path)
    rehearsal = settings.profile == "rehearsal"
    cameras = load_cameras(base / settings.cameras)
    places = load_places(base / settings.places)
    check_places(cameras, places, base / settings.cameras)
    archive = None
    missing: list[str] = []
    if settings.footage is not None:
        folder = folder_path(settings.footage.folder, base)
        archive = load_archive(
            folder,
            base / settings.footage.manifest,
            now=now or SystemClock().now(),
            offsets_s={c.camera_id: c.clock.offset_s for c in cameras.all()},
        )
        if not folder.is_dir():
            named = f"set {env}, or " if (env := settings.footage.folder.env) else ""
            mend = f"{named}correct footage.folder in {path.name}"
            missing.append(f"the footage folder {folder} is not there; {mend}")
    else:
        missing.append("this site has no footage")
    models, why = find_models(settings, path)
    missing.extend(why)
    statement = load_statement(base / settings.rehearsal_statement) if rehearsal else None
    return LoadedSite(
        settings=settings,
        cameras=cameras,
        places=places,
        archive=archive,
        rehearsal_sha256=statement.hashes if statement else None,
        models=models,
        face_search="; ".join(missing),
        warnings=tuple(cameras.warnings),
        problems=tuple(str(problem) for problem in archive.refused.values()) if archive else (),
        streets=load_streets(base / STREETS),
    )


def check_settings(settings: SiteFile, path: Path) -> None:
    """What can be wrong in ``site.toml`` itself, before the files that it names."""
    if settings.profile not in ("rehearsal", "server"):
        raise InputError(
            f"{settings.profile[:40]!r} is no profile",
            file=str(path),
            place="profile",
            mend='write "rehearsal" or "server"',
        )
    if settings.profile == "rehearsal" and not settings.rehearsal_statement:
        raise InputError(
            "a rehearsal needs a statement",
            file=str(path),
            place="rehearsal_statement",
            mend="list footage and stills by hash, with who says that everyone shown has agreed",
        )
    check_calibration(settings, path)
    check_service(settings, path)
    if settings.profile == "server" and not re.fullmatch(r"[A-Za-z0-9._/-]{1,120}", settings.name):
        mend = "the witness knows the engine by it: letters, digits, . _ - and /"
        raise InputError("does not do for a server", file=str(path), place="name", mend=mend)
    try:
        ZoneInfo(settings.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InputError(
            "unknown time zone", file=str(path), place="timezone", mend='name one, as in "Asia/Seoul"'
        ) from None
    if settings.mappings and not (path.parent / settings.mappings).is_dir():
        raise InputError(
            f"the folder {path.parent / settings.mappings} is not there",
            file=str(path),
            place="mappings",
            mend="make it, correct the path, or take the line out",
        )


def check_calibration(settings: SiteFile, path: Path) -> None:
    """A kind of calibration that there is, and one that may speak about the people of this site (G27)."""
    wanted, place = settings.models.calibration, "models.calibration"
    if wanted not in CALIBRATIONS:
        mend = 'write "rendered", or take the line out'
        raise InputError(f"{wanted[:40]!r} is no kind of it", file=str(path), place=place, mend=mend)
    if wanted == "rendered" and settings.profile != "rehearsal":
        raise InputError(
            "numbers of people who do not exist say nothing about people who do (G27)",
            file=str(path),
            place=place,
            mend="take the line out; only a rehearsal may have it",
        )


def check_service(settings: SiteFile, path: Path) -> None:
    """What can be wrong in the ``service`` table: roles, levels, keys and witness that are none."""
    service, file = settings.service, str(path)
    if settings.profile != "server":
        if service is not None:
            raise InputError("only a server has it", file=file, place="service", mend="take the table out")
        return
    if service is None:
        raise InputError(
            "is missing", file=file, place="service", mend="see docs/OPERATIONS.md for the table of a server"
        )
    for person, roles in service.people.items():
        wrong = [role for role in roles if role not in list(Role)]
        if wrong:
            known = ", ".join(Role)
            place = f"service.people.{person[:40]}"
            raise InputError(f"{wrong[0][:40]!r} is no role", file=file, place=place, mend=f"known: {known}")
        if Role.AUDITOR in roles and len(set(roles)) > 1:  # who also answers could read the first answers
            place, mend = f"service.people.{person[:40]}", "give the audit to somebody with no other role"
            raise InputError("nobody audits their own work", file=file, place=place, mend=mend)
    if service.level not in LEVELS:
        mend = f"write one of {', '.join(LEVELS)}"
        raise InputError("is no level of government", file=file, place="service.level", mend=mend)
    if service.keys.unseal not in UNSEALS:
        mend = f"write one of {', '.join(UNSEALS)}"
        raise InputError("is no way to unseal", file=file, place="service.keys.unseal", mend=mend)
    if service.keys.unseal != "passphrase" and not service.keys.name:
        mend = "name the credential, or the file"
        raise InputError("is missing", file=file, place="service.keys.name", mend=mend)
    witness = service.witness
    if bool(witness.url) == bool(witness.file):
        mend = "give url and certificate_sha256 of a witness, or a file on another disk"
        raise InputError("needs one witness", file=file, place="service.witness", mend=mend)
    if witness.url and not re.fullmatch(r"https://[^\s]+", witness.url):
        raise InputError("is no https address", file=file, place="service.witness.url", mend="correct it")
    if witness.url and not re.fullmatch(r"[0-9a-f]{64}", witness.certificate_sha256):
        mend = "copy it from tracedesk witness init"
        raise InputError("is no sha256", file=file, place="service.witness.certificate_sha256", mend=mend)


def check_places(cameras: CameraTable, places: PlaceTable, file: Path) -> None:
    """Raises InputError where a camera stands at a place that the gazetteer does not know."""
    for number, camera in enumerate(cameras.all()):
        if camera.place_id and places.by_id(camera.place_id) is None:
            raise InputError(
                f"{camera.place_id[:80]!r} is not in the gazetteer",
                file=str(file),
                place=f"cameras[{number}].place_id",
                mend="add the place, correct the id, or leave it empty",
            )


def find_models(settings: SiteFile, path: Path) -> tuple[tuple[ModelDescriptor, ...], list[str]]:
    """The models that the settings name; where a file is not there, none and what to do. Raises
    InputError for a name that is unknown, or of another kind."""
    wanted = settings.models
    folder = model_folder(folder_path(wanted.folder, path.parent) if wanted.folder.root else None)
    known = descriptors(folder)
    named = ((ModelKind.DETECTOR, wanted.detector), (ModelKind.EMBEDDER, wanted.embedder))
    optional = ((ModelKind.MASK, wanted.mask),) if wanted.mask else ()
    found: list[ModelDescriptor] = []
    missing: list[str] = []
    for kind, name in (*named, *optional):
        if name not in known or known[name].kind is not kind:
            fitting = ", ".join(n for n, d in known.items() if d.kind is kind)
            raise InputError(
                f"{name[:80]!r} is no {kind} that is known here",
                file=str(path),
                place=f"models.{kind}",
                mend=f"known are {fitting}",
            )
        if known[name].demo and settings.profile != "rehearsal":
            raise InputError(
                f"{name} learnt from invented people and says nothing about others (G27)",
                file=str(path),
                place=f"models.{kind}",
                mend="install a model for real faces; only a rehearsal may have this one",
            )
        try:
            found.append(find(name, folder))
        except InputError as problem:
            missing.append(str(problem))
    return (tuple(found), []) if not missing else ((), missing[:1])
