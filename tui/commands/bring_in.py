"""Hands case folders to the engine: case, records, ground, photographs, authorisation, trace."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TypeVar

from engine.api.client import EngineClient, EngineSaysNo
from engine.api.schema import TraceStart
from engine.domain.errors import InputError
from tui.commands.case_folder import CaseFolder

T = TypeVar("T")
WITHDRAWN = "withdrawn"  # how the engine calls the ground of a patient who took it back


async def bring_in(
    client: EngineClient, folders: Sequence[CaseFolder], say: Callable[[str], None]
) -> dict[str, str]:
    """Import all cases, then ask for and approve their authorisations (one hand may do both only in
    the rehearsal profile). Returns the authorisation id by case. Nothing is traced before all of
    them are in: a mistake in one leaves no half-started set. Raises InputError naming the file of
    the first folder that was refused."""
    check_folders(folders)
    outcomes = await asyncio.gather(
        *(_one(client, folder, say) for folder in folders), return_exceptions=True
    )
    found: dict[str, str] = {}
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome
        found[outcome[0]] = outcome[1]
    return found


def check_folders(folders: Sequence[CaseFolder]) -> None:
    """Raises InputError where two folders speak of one case, or one asks for no authorisation."""
    seen: dict[str, CaseFolder] = {}
    for folder in folders:
        case_id = folder.case.case_id
        if case_id in seen:
            raise InputError(
                f"{case_id} is already the case in {seen[case_id].folder}",
                file=str(Path(folder.folder) / "case.toml"),
                place="case_id",
                mend="every case needs an id of its own",
            )
        if folder.authorisation is None:
            paper = str(Path(folder.folder) / "authorisation.toml")
            raise InputError("is missing", file=paper, mend="every trace needs one: see docs/CASE_FOLDER.md")
        seen[case_id] = folder


async def start_all(client: EngineClient, authorisations: dict[str, str]) -> dict[str, str]:
    """Start a trace for every case; trace id by case, in the order given. Raises InputError."""
    started: dict[str, str] = {}
    for case_id, authorisation_id in authorisations.items():
        start = TraceStart(case_id=case_id, authorisation_id=authorisation_id)
        started[case_id] = (await _of(f"case {case_id}", client.start_trace(start))).trace_id
    return started


async def _one(client: EngineClient, folder: CaseFolder, say: Callable[[str], None]) -> tuple[str, str]:
    """Only in the rehearsal profile may the same hand approve what it asked for."""
    await bring_case(client, folder, say)
    assert folder.authorisation is not None  # see check_folders
    paper = str(Path(folder.folder) / "authorisation.toml")
    requested = await _of(paper, client.request_authorisation(folder.authorisation))
    approved = await _of(
        paper, client.approve_authorisation(requested.authorisation_id, version=requested.version)
    )
    return folder.case.case_id, approved.authorisation_id


async def bring_case(client: EngineClient, folder: CaseFolder, say: Callable[[str], None]) -> None:
    """Import a case with its records, ground and photographs; what is there already stays as it is.
    Records that another authority hands over are left out until it has answered (G2), ground and
    photographs once the patient has withdrawn (G3). Raises InputError naming the file that was refused."""
    case_id = folder.case.case_id
    case_file = str(Path(folder.folder) / "case.toml")
    where = Path(folder.folder)
    known = {one.case_id: one.version for one in await client.cases()}
    case = await _of(case_file, client.import_case(folder.case, version=known.get(case_id)))
    for records in folder.records:
        path = str(where / "records" / records.file)
        try:
            taken = await client.add_records(case_id, records)
        except EngineSaysNo as refused:
            if refused.code != "G2":
                raise _plain(refused, path, records.file) from None
            say(f"left out: {path}: {refused}")  # comes in with the same command, once they have answered
            continue
        for warning in taken.warnings:
            say(f"case {case_id}: {warning}")
        if taken.truncated:
            say(f"case {case_id}: {records.file} was cut after {taken.taken:,} records; split it")
    if folder.ground is not None:
        try:
            case = await client.record_ground(case_id, folder.ground, version=case.version)
        except EngineSaysNo as refused:
            if case.ground != WITHDRAWN or refused.code != "G3":
                raise _plain(refused, f"{case_file}: ground", "") from None
            say(f"left out: {case_file}: ground: {refused}")
    if case.ground == WITHDRAWN:
        say(f"left out: the photographs of case {case_id}: its ground for a face search was withdrawn")
    elif (await client.hello()).face_search == "":
        for path, still in zip(folder.still_paths, folder.stills, strict=True):
            await _of(path, client.add_still(case_id, still), sent_as=still.file)


async def _of(path: str, answer: Awaitable[T], sent_as: str = "") -> T:
    """The answer about a file. Raises InputError naming ``path`` where the engine refused; ``sent_as``
    is the name under which the engine knows the file."""
    try:
        return await answer
    except EngineSaysNo as refused:
        raise _plain(refused, path, sent_as) from None


def _plain(refused: EngineSaysNo, path: str, sent_as: str) -> InputError:
    line = str(refused)
    if sent_as and line.startswith(sent_as):
        line = line.removeprefix(sent_as).lstrip(": ")
    return InputError(line, file=path)
