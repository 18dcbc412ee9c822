"""Hands case folders to the engine: case, records, ground, photographs, authorisation, trace."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence

from engine.api.client import EngineClient, EngineSaysNo
from engine.api.schema import TraceStart
from engine.domain.errors import InputError
from tui.commands.case_folder import CaseFolder


async def bring_in(
    client: EngineClient, folders: Sequence[CaseFolder], say: Callable[[str], None]
) -> dict[str, str]:
    """Import all cases, then ask for and approve their authorisations (one hand may do both only in
    the rehearsal profile). Returns the authorisation id by case. Nothing is traced before all of
    them are in: a mistake in one leaves no half-started set. Raises InputError naming the case."""
    doubled = [case_id for case_id, n in Counter(f.case.case_id for f in folders).items() if n > 1]
    if doubled:
        raise InputError(f"case {doubled[0]} is given twice", mend="every case needs an id of its own")
    found = await asyncio.gather(*(_one(client, folder, say) for folder in folders))
    return dict(found)


async def start_all(client: EngineClient, authorisations: dict[str, str]) -> dict[str, str]:
    """Start a trace for every case; trace id by case, in the order given."""
    started: dict[str, str] = {}
    for case_id, authorisation_id in authorisations.items():
        start = TraceStart(case_id=case_id, authorisation_id=authorisation_id)
        started[case_id] = (await client.start_trace(start)).trace_id
    return started


async def _one(client: EngineClient, folder: CaseFolder, say: Callable[[str], None]) -> tuple[str, str]:
    case_id = folder.case.case_id
    try:
        await client.import_case(folder.case)
        for records in folder.records:
            taken = await client.add_records(case_id, records)
            for warning in taken.warnings:
                say(f"case {case_id}: {warning}")
        if folder.ground is not None:
            await client.record_ground(case_id, folder.ground)
        if (await client.hello()).face_search == "":
            for still in folder.stills:
                await client.add_still(case_id, still)
        if folder.authorisation is None:
            raise InputError(
                "is missing",
                file=f"case {case_id}: authorisation.toml",
                mend="every trace needs one",
            )
        requested = await client.request_authorisation(folder.authorisation)
        approved = await client.approve_authorisation(requested.authorisation_id)
    except EngineSaysNo as refused:
        raise InputError(str(refused), file=f"case {case_id}") from None
    return case_id, approved.authorisation_id
