"""Requests as a console makes them, one for each kind."""

from datetime import timedelta

import msgspec

from engine.api.client import EngineClient
from engine.api.schema import (
    AuthorisationRequest,
    CaseImport,
    GroundRecord,
    RecordFile,
    StillFile,
    TraceStart,
    TraceView,
)
from engine.domain.ground import GroundKind
from engine.domain.record import Source
from engine.ports import RecordMapping
from tests.engine.fakes import DIGEST, NOON, NOW, FakePool, a_record, a_track, at

CASE = CaseImport(
    case_id="case-1",
    disease="covid-19",
    notification_ref="N-1",
    onset=NOON.date(),
    isolation=NOON.date() + timedelta(days=2),
)
RECORDS = RecordFile(
    file="card.csv", content=b"approved_at\n", mapping=RecordMapping(source=Source.CARD), subject_keys=("k",)
)
STILL = StillFile(file="front.jpg", content=b"\xff\xd8 as it came", provenance="taken at intake")
GROUND = GroundRecord(kind=GroundKind.SEPARATE_CONSENT, document_sha256=DIGEST)
AUTHORISATION = AuthorisationRequest(
    case_id="case-1",
    purpose="infection_control",
    cameras=("cam1", "cam2"),
    sources=tuple(Source),
    start=at(-600),
    end=at(600),
    expires_at=NOW + timedelta(hours=8),
    max_camera_hours=10.0,
)


def one_candidate(pool: FakePool) -> None:
    """From now on the window that holds noon gives one track."""
    noon = a_track().interval.start
    pool.found = lambda r: (a_track(),) if r.window.interval.start == noon else ()


async def ready(client: EngineClient, pool: FakePool, case_id: str = "case-1") -> str:
    """A case with records, photograph, ground and an approved authorisation; the id of the last."""
    pool.records = (a_record(0, record_id=f"card-{case_id}"),)
    await client.import_case(msgspec.structs.replace(CASE, case_id=case_id))
    await client.add_records(case_id, RECORDS)
    await client.add_still(case_id, msgspec.structs.replace(STILL, content=STILL.content + case_id.encode()))
    await client.record_ground(case_id, GROUND)
    asked = await client.request_authorisation(msgspec.structs.replace(AUTHORISATION, case_id=case_id))
    return (
        await client.approve_authorisation(asked.authorisation_id, version=asked.version)
    ).authorisation_id


async def traced(client: EngineClient, pool: FakePool, case_id: str = "case-1") -> TraceView:
    """A finished trace of a fresh case."""
    authorisation_id = await ready(client, pool, case_id)
    trace = await client.start_trace(TraceStart(case_id=case_id, authorisation_id=authorisation_id))
    while not trace.state.machine_done:
        trace = (await client.trace(trace.trace_id)).trace
    return trace
