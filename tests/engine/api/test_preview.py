from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from adapters.definitions import load_sources
from engine.api.asked import Asked
from engine.api.case_schema import ScopeLine
from engine.api.client import EngineSaysNo
from engine.api.preview import LINES, Preview, scope_lines
from engine.api.schema import AuthorisationRequest
from engine.audit import log
from engine.domain.authorisation import Role
from engine.domain.limits import Limits
from engine.domain.person import Person
from engine.domain.source_request import SourceRequest, SourceRequestState
from engine.store import members
from engine.store.source_requests import SourceRequests
from tests.engine.api.conftest import House, open_house
from tests.engine.api.requests import AUTHORISATION, CASE, GROUND, RECORDS, ready, traced
from tests.engine.fakes import NOW, a_camera, a_context, a_record, a_segment, a_site, a_window, at, with_case

KIM = Asked(person=Person(uid=1001, name="kim", roles=frozenset({Role.INVESTIGATOR})))


def wanted(**given: object) -> AuthorisationRequest:
    return msgspec.structs.replace(AUTHORISATION, **given)


async def counts(house: House) -> dict[str, int]:
    tables = ("authorisation", "usage", "step", "trace", "window_result", "candidate", "event", "receipt")

    async def read(tx: Any) -> dict[str, int]:
        return {t: (await tx.row(f"SELECT count(*) AS n FROM {t}"))["n"] for t in tables}

    return await house.context.store.run(read)


async def test_it_tells_which_minutes_of_which_cameras_a_trace_would_open(house: House) -> None:
    authorisation_id = await ready(house.client, house.pool)
    found = await house.client.preview_scope(AUTHORISATION)
    assert found.cameras == 1, "the other stands too far from what the records say"
    (line,) = found.lines
    # a card is paid on leaving: half an hour before, a quarter after, and twice the uncertainty
    assert (line.camera_id, line.name) == ("cam1", "cam1 by the door")
    assert at(-33) < line.start < at(-30)
    assert at(15) < line.end < at(18)
    assert found.camera_hours == pytest.approx((line.end - line.start).total_seconds() / 3600)
    assert (found.seconds, found.notes) == (None, ())
    assert authorisation_id


async def test_a_trace_opens_what_was_foretold(house: House) -> None:
    await ready(house.client, house.pool)
    foretold = await house.client.preview_scope(AUTHORISATION)
    trace = await traced(house.client, house.pool, "case-2")
    opened = (await house.client.trace(trace.trace_id)).opened
    assert foretold.windows == trace.windows_total == len(opened)
    assert (min(o.start for o in opened), max(o.end for o in opened)) == (
        foretold.lines[0].start,
        foretold.lines[0].end,
    )


async def test_nothing_is_opened_or_stored_and_the_look_is_audited(house: House) -> None:
    await ready(house.client, house.pool)
    before, scanned = await counts(house), list(house.pool.scanned)
    await house.client.preview_scope(AUTHORISATION)
    assert await counts(house) == before
    assert (house.pool.scanned, house.pool.grants) == (scanned, [])
    lines = [line for line, _ in await house.context.store.run(lambda tx: log.lines(tx, 0, 1000))]
    assert (lines[-1].action, lines[-1].object) == ("preview", "case-1")
    assert "cam1" not in str(lines[-1])


async def test_how_long_it_takes_is_told_from_what_this_machine_did(house: House) -> None:
    trace = await traced(house.client, house.pool)
    assert trace.trace_id

    async def as_if(tx: Any) -> float:
        await tx.execute(
            "UPDATE trace SET started = ?, finished = ?",
            (NOW.isoformat(), (NOW + timedelta(seconds=6)).isoformat()),
        )
        return float((await tx.row("SELECT total(camera_s) AS s FROM usage"))["s"])

    read_s = await house.context.store.run(as_if)
    found = await house.client.preview_scope(AUTHORISATION)
    assert found.seconds == pytest.approx(6 * found.camera_hours * 3600 / read_s)


async def test_the_caps_leave_what_they_leave_and_that_is_said(tmp_path: Path) -> None:
    limits = Limits(trace_h=100.0, patient_h=0.25, requester_day_h=100.0, installation_day_h=100.0)
    async with open_house(tmp_path, a_site(limits=limits)) as house:
        await ready(house.client, house.pool)
        found = await house.client.preview_scope(AUTHORISATION)
        assert 0 < found.camera_hours <= 0.25
        assert any("may be opened for one patient" in note for note in found.notes)
        trace = await traced(house.client, house.pool)  # it uses them up
        assert trace.windows_total
        rest = await house.client.preview_scope(AUTHORISATION)
        assert rest.camera_hours < found.camera_hours


@pytest.mark.parametrize(
    ("change", "note"),
    [
        ({"end": NOW + timedelta(hours=1)}, "ends in the future"),
        ({"max_camera_hours": 101.0}, "at most 100"),
        ({"expires_at": NOW}, "expired already"),
        ({"expires_at": NOW + timedelta(days=32)}, "31 days at most"),
        ({"start": at(-20 * 1440)}, "only 2026-02-27 15:00Z to"),
        ({"face_search": False}, "does not cover one"),
    ],
)
async def test_what_would_be_refused_is_a_note_and_the_rest_is_shown(
    house: House, change: dict[str, object], note: str
) -> None:
    await ready(house.client, house.pool)
    found = await house.client.preview_scope(wanted(**change))
    assert any(note in said for said in found.notes), found.notes
    assert bool(found.lines) is change.get("face_search", True)


async def test_a_case_without_ground_or_photograph_is_shown_what_it_would_get(house: House) -> None:
    house.pool.records = (a_record(0),)
    await house.client.import_case(CASE)
    await house.client.add_records("case-1", RECORDS)
    found = await house.client.preview_scope(AUTHORISATION)
    assert found.lines
    assert any("as things stand" in note and "ground" in note for note in found.notes)
    await house.client.record_ground("case-1", GROUND)
    assert any("photograph" in n for n in (await house.client.preview_scope(AUTHORISATION)).notes)


@pytest.mark.parametrize(
    ("wrong", "code", "says"),
    [
        ({"purpose": "missing child"}, "G17", "missing child"),
        ({"cameras": ("cam1", "cam9")}, "input", "cam9"),
        ({"start": at(60), "end": at(0)}, "input", "start"),
        ({"start": at(0).replace(tzinfo=None)}, "input", "start"),
        ({"start": at(-20 * 1440), "end": at(-19 * 1440)}, "input", "infectious period"),
        ({"start": NOW + timedelta(days=1), "end": NOW + timedelta(days=2)}, "input", "future"),
        ({"expires_at": (NOW + timedelta(hours=1)).replace(tzinfo=None)}, "input", "expires_at"),
        ({"case_id": "case-9"}, "unknown", "no open case"),
    ],
)
async def test_what_is_no_request_is_refused(
    house: House, wrong: dict[str, object], code: str, says: str
) -> None:
    await house.client.import_case(CASE)
    with pytest.raises(EngineSaysNo, match=says) as said:
        await house.client.preview_scope(wanted(**wrong))
    assert said.value.code == code


async def test_missing_papers_are_notes_each_of_them(tmp_path: Path) -> None:
    site = a_site(rehearsal=False, sources=load_sources(), witness_silence=timedelta(hours=4))
    async with a_context(tmp_path, site=site) as context:
        await with_case(context, records=[a_record(0)])
        requests = SourceRequests(context.sealer)
        request = SourceRequest(
            request_id="q", case_id="case-1", source="card", authority="province", reference="",
            asked_by="kim", asked_at=NOW, state=SourceRequestState.ASKED,
        )  # fmt: skip

        async def put(tx: Any) -> None:
            await members.add(tx, "case-1", "kim", added_by="kim", at=NOW)
            await requests.add(tx, request)

        await context.store.run(put)
        found = await Preview(context).scope(KIM, wanted(order_ref="2026-7"))
    assert found.lines
    for part in (
        "epidemic order '2026-7' for covid-19 is not known here",
        "card comes by way of the province; asked on",
        "footage comes by way of the province",
        "phone comes by way of the police",
        "transit comes by way of the province",
    ):
        assert any(part in note for note in found.notes), part


def test_windows_that_meet_are_one_line_and_a_pause_makes_two() -> None:
    windows = [a_window("cam1", 20, 30), a_window("cam2", 5, 10), a_window("cam1", 0, 10),
               a_window("cam1", 10, 20), a_window("cam1", 31, 40)]  # fmt: skip
    cameras = {i: a_camera(i) for i in ("cam1", "cam2")}
    assert [(one.camera_id, one.start, one.end) for one in scope_lines(windows, cameras)] == [
        ("cam1", at(0), at(30)),
        ("cam2", at(5), at(10)),
        ("cam1", at(31), at(40)),
    ]
    assert scope_lines((), cameras) == ()


async def test_of_very_many_lines_the_first_are_listed_and_the_others_counted(tmp_path: Path) -> None:
    ids = tuple(f"cam{number:03d}" for number in range(LINES + 5))
    site = a_site([a_camera(i) for i in ids], [a_segment(i, -10, 10) for i in ids])
    async with open_house(tmp_path, site) as house:
        await with_case(house.context, records=[a_record(0)])
        found = await house.client.preview_scope(wanted(cameras=ids, max_camera_hours=100.0))
        assert found.cameras == LINES + 5
        assert len(found.lines) == LINES
        assert isinstance(found.lines[0], ScopeLine)
        assert "5 more stretches are not listed" in found.notes
