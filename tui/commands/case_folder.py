"""A case folder as wire requests. The format is described in docs/CASE_FOLDER.md."""

import re
from datetime import date, datetime, timedelta
from pathlib import Path, PurePosixPath
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from adapters.records.mapping import default_mapping, load_mapping
from adapters.settings import Strict, load_toml
from engine.api.schema import AuthorisationRequest, CaseImport, GroundRecord, RecordFile, StillFile
from engine.domain.errors import InputError
from engine.domain.ground import GroundKind
from engine.domain.record import Source
from engine.domain.value import Value
from engine.ports import RecordMapping

CASE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
SHA256 = re.compile(r"[0-9a-f]{64}")
RECORD_SUFFIXES = (".csv", ".xlsx", ".json")
MAX_RECORD_BYTES = 16 * 1024 * 1024
MAX_STILL_BYTES = 16 * 1024 * 1024
MAX_VALID_HOURS = 24.0 * 31  # footage is kept about a month; an authorisation lives no longer
MAX_CAMERA_HOURS = 100.0  # cap of one trace as shipped: see configs/definitions/limits.toml
PAPERS = (".md", ".txt", ".pdf")
"""Files that may lie in a case folder for people; nothing reads them."""


class StillEntry(Strict, frozen=True, kw_only=True):
    """``notification_ref``: for which notified case it was handed over; that of the case where left out."""

    file: str
    provenance: str
    notification_ref: str = ""


class GroundEntry(Strict, frozen=True, kw_only=True):
    kind: GroundKind
    document_sha256: str = ""
    law_id: str = ""


class CaseFile(Strict, frozen=True, kw_only=True):
    """``case.toml``. ``subject_keys`` tell the patient's rows from other people's in record files."""

    disease: str
    notification_ref: str
    case_id: str = ""
    onset: date | None = None
    onset_approximate: bool = False
    specimen: date | None = None
    isolation: date | None = None
    timezone: str = "Asia/Seoul"
    note: str = ""
    subject_keys: tuple[str, ...] = ()
    stills: tuple[StillEntry, ...] = ()
    ground: GroundEntry | None = None


class AuthorisationFile(Strict, frozen=True, kw_only=True):
    """``authorisation.toml``: the scope that is asked for."""

    purpose: str
    cameras: tuple[str, ...]
    sources: tuple[Source, ...]
    start: datetime
    end: datetime
    valid_hours: float
    face_search: bool = True
    max_camera_hours: float = MAX_CAMERA_HOURS
    order_ref: str = ""


class CaseFolder(Value, frozen=True, kw_only=True):
    """Everything that a case folder asks of the engine, in the order of the requests. ``folder`` and
    ``still_paths`` say where it was read, so that a refusal can name the file."""

    folder: str
    still_paths: tuple[str, ...]
    case: CaseImport
    records: tuple[RecordFile, ...]
    stills: tuple[StillFile, ...]
    ground: GroundRecord | None
    authorisation: AuthorisationRequest | None


def read_case_folder(
    folder: Path, stills_folder: Path | None, mappings_folder: Path | None, now: datetime
) -> CaseFolder:
    """Read a case folder whole. Raises InputError naming file, place and mend for the first thing
    that is missing, unknown or unreadable; then nothing has been sent anywhere.

    ``stills_folder`` is where stills are looked for after the case folder, ``mappings_folder``
    where ``<source>.toml`` mappings lie. ``now`` (zoned) starts the life of the authorisation.
    """
    if not folder.is_dir():
        raise InputError("there is no such case folder", file=str(folder), mend="check the path")
    path = folder / "case.toml"
    case: CaseFile = load_toml(path, CaseFile)
    case_id = case.case_id or folder.resolve().name
    _check_case(case, case_id, path)
    _check_entries(folder, {entry.file for entry in case.stills})
    stills = [
        _still(entry, number, folder, stills_folder, case.notification_ref)
        for number, entry in enumerate(case.stills)
    ]
    return CaseFolder(
        folder=str(folder),
        still_paths=tuple(str(path) for path, _ in stills),
        case=CaseImport(
            case_id=case_id,
            disease=case.disease,
            notification_ref=case.notification_ref,
            onset=case.onset,
            onset_approximate=case.onset_approximate,
            specimen=case.specimen,
            isolation=case.isolation,
            timezone=case.timezone,
            note=case.note,
        ),
        records=_records(folder / "records", case.subject_keys, mappings_folder),
        stills=tuple(still for _, still in stills),
        ground=_ground(case.ground, path),
        authorisation=_authorisation(folder / "authorisation.toml", case_id, now),
    )


def mapping_for(file: Path, mappings_folder: Path | None) -> RecordMapping:
    """The mapping of a record file ``<source>[-anything].csv``: the TOML file beside it with the
    same stem, else the one of the source in ``mappings_folder``, else our own column names."""
    name = file.stem.partition("-")[0].lower()
    try:
        source = Source(name)
    except ValueError:
        raise InputError(
            "its name does not begin with a source",
            file=str(file),
            mend=f"name it <source>.csv or <source>-anything.csv, with {', '.join(Source)}",
        ) from None
    beside = file.with_suffix(".toml")
    shared = mappings_folder / f"{source.value}.toml" if mappings_folder else None
    for path in (beside, shared):
        if path is not None and path.is_file():
            mapping = load_mapping(path)
            if mapping.source is not source:
                raise InputError(
                    f"maps {mapping.source.value} records, but {file.name} holds {source.value} records",
                    file=str(path),
                    place="source",
                    mend="rename the record file, or correct source",
                )
            return mapping
    return default_mapping(source)


def _check_case(case: CaseFile, case_id: str, path: Path) -> None:
    file = str(path)
    if not CASE_ID.fullmatch(case_id):
        raise InputError(
            "is not an opaque id",
            file=file,
            place="case_id",
            mend="give 1 to 64 of A-Z a-z 0-9 . _ -, never a name or a number of a person",
        )
    if case.onset is None and case.specimen is None:
        raise InputError(
            "neither onset nor specimen date is given",
            file=file,
            place="onset",
            mend="give onset = YYYY-MM-DD, or specimen = YYYY-MM-DD for a case without symptoms",
        )
    for key in ("disease", "notification_ref"):
        if not getattr(case, key).strip():
            raise InputError("is empty", file=file, place=key, mend="fill it in")
    try:
        ZoneInfo(case.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InputError(
            "unknown time zone", file=file, place="timezone", mend='name one, as in "Asia/Seoul"'
        ) from None


def _check_entries(folder: Path, stills: set[str]) -> None:
    """Nothing in a case folder is passed over in silence."""
    for entry in _listing(folder):
        known = entry.name in ("case.toml", "authorisation.toml") or entry.name in stills
        paper = entry.suffix.lower() in PAPERS or entry.name.startswith((".", "decisions"))
        if (entry.is_file() and not (known or paper)) or (
            entry.is_dir() and entry.name not in ("records", *_tops(stills))
        ):
            raise InputError(
                "is not part of a case folder",
                file=str(entry),
                mend="list it under stills in case.toml, put it into records/, or take it out",
            )


def _tops(stills: set[str]) -> set[str]:
    """Folders in which stills of the case lie."""
    return {PurePosixPath(still).parts[0] for still in stills if still}


def _listing(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError as problem:
        why = (problem.strerror or "cannot be read").lower()
        raise InputError(why, file=str(folder), mend="check what it is and who may read it") from None


def _records(
    folder: Path, subject_keys: tuple[str, ...], mappings_folder: Path | None
) -> tuple[RecordFile, ...]:
    if not folder.exists():
        return ()
    files = [entry for entry in _listing(folder) if not entry.name.startswith(".")]
    stems = {file.stem for file in files if file.suffix.lower() in RECORD_SUFFIXES}
    taken = []
    for file in files:
        suffix = file.suffix.lower()
        if suffix == ".toml" and file.stem in stems:
            continue
        if suffix not in RECORD_SUFFIXES or not file.is_file():
            raise InputError(
                "is neither a record file nor the mapping of one",
                file=str(file),
                mend=f"save records as one of {', '.join(RECORD_SUFFIXES)}, or take it out",
            )
        taken.append(
            RecordFile(
                file=file.name,
                content=_content(file, MAX_RECORD_BYTES),
                mapping=mapping_for(file, mappings_folder),
                subject_keys=subject_keys,
            )
        )
    return tuple(taken)


def _still(
    entry: StillEntry, number: int, folder: Path, stills_folder: Path | None, notification_ref: str
) -> tuple[Path, StillFile]:
    spot = f"stills[{number}]"
    file = str(folder / "case.toml")
    name = PurePosixPath(entry.file)
    if not name.parts or name.is_absolute() or ".." in name.parts:
        raise InputError(
            "expected a file name below the folder of the stills",
            file=file,
            place=f"{spot}.file",
            mend="give the name of a photograph in the case folder or in the folder of stills",
        )
    if not entry.provenance.strip():
        raise InputError(
            "is empty",
            file=file,
            place=f"{spot}.provenance",
            mend="say where the photograph comes from and who handed it over",
        )
    bases = [folder, *([stills_folder] if stills_folder is not None else [])]
    for base in bases:
        path = base / name
        if path.is_file():
            content = _content(path, MAX_STILL_BYTES)
            return path, StillFile(
                file=entry.file,
                content=content,
                provenance=entry.provenance,
                notification_ref=entry.notification_ref or notification_ref,
            )
    where = " nor in ".join(str(base) for base in bases)
    raise InputError(
        f"there is no {entry.file} in {where}",
        file=file,
        place=f"{spot}.file",
        mend="put the photograph there, or correct its name",
    )


def _content(path: Path, most: int) -> bytes:
    """The bytes of a file. Raises InputError where it is empty, too large or not to be read."""
    try:
        with path.open("rb") as opened:
            content = opened.read(most + 1)
    except OSError as problem:
        why = (problem.strerror or "cannot be read").lower()
        raise InputError(why, file=str(path), mend="check what it is and who may read it") from None
    if not content:
        raise InputError("is empty", file=str(path), mend="ask for it again")
    if len(content) > most:
        raise InputError(f"is over {most // 1024 // 1024} MiB", file=str(path), mend="split or shrink it")
    return content


def _ground(entry: GroundEntry | None, path: Path) -> GroundRecord | None:
    if entry is None:
        return None
    if entry.kind is GroundKind.SEPARATE_CONSENT and not SHA256.fullmatch(entry.document_sha256):
        raise InputError(
            "expected 64 lower-case hex digits",
            file=str(path),
            place="ground.document_sha256",
            mend="give the sha256 of the signed consent to face search",
        )
    if entry.kind is GroundKind.LAW and not entry.law_id:
        raise InputError(
            "is empty", file=str(path), place="ground.law_id", mend="name the provision that permits it"
        )
    return GroundRecord(kind=entry.kind, document_sha256=entry.document_sha256, law_id=entry.law_id)


def _authorisation(path: Path, case_id: str, now: datetime) -> AuthorisationRequest | None:
    if not path.exists():
        return None
    asked: AuthorisationFile = load_toml(path, AuthorisationFile)
    file = str(path)
    for key, when in (("start", asked.start), ("end", asked.end)):
        if when.tzinfo is None:
            raise InputError(
                "has no time zone",
                file=file,
                place=key,
                mend="write the offset from UTC, as in 2026-03-02T00:00:00+09:00",
            )
    if asked.end <= asked.start:
        raise InputError("lies not after start", file=file, place="end", mend="check the two times")
    for key, value, most in (
        ("valid_hours", asked.valid_hours, MAX_VALID_HOURS),
        ("max_camera_hours", asked.max_camera_hours, MAX_CAMERA_HOURS),
    ):
        least = 0.0 if key == "max_camera_hours" and not asked.cameras else 0.01
        if not least <= value <= most:
            raise InputError(
                f"expected up to {most:g} and more than 0, got {value:g}",
                file=file,
                place=key,
                mend="correct the number",
            )
    for number, camera in enumerate(asked.cameras):
        if camera in asked.cameras[:number]:
            raise InputError(
                f"names {camera} twice", file=file, place=f"cameras[{number}]", mend="name it once"
            )
    return AuthorisationRequest(
        case_id=case_id,
        purpose=asked.purpose,
        cameras=asked.cameras,
        sources=asked.sources,
        start=asked.start,
        end=asked.end,
        expires_at=now + timedelta(hours=asked.valid_hours),
        face_search=asked.face_search,
        max_camera_hours=asked.max_camera_hours,
        order_ref=asked.order_ref,
    )
