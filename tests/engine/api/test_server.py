import asyncio
import contextlib
import os
import pwd
import stat
from pathlib import Path

import httpx
import msgspec
import pytest

from engine.api.client import EngineSaysNo
from engine.api.listening import bound_socket
from engine.api.schema import MAX_BODY_BYTES, Problem, TraceStart
from engine.domain.decision import Answer
from engine.domain.trace import TraceState
from engine.store.writer import StoreBroken
from tests.engine.api.conftest import House, open_house
from tests.engine.api.requests import (
    AUTHORISATION,
    CASE,
    GROUND,
    RECORDS,
    STILL,
    one_candidate,
    ready,
    traced,
)

ME = pwd.getpwuid(os.getuid()).pw_name


async def test_every_route_answers_once_from_case_to_confirmed_contact(house: House) -> None:
    client, pool = house.client, house.pool
    one_candidate(pool)
    hello = await client.hello()
    assert (hello.profile, hello.site, hello.person, hello.version) == (
        "rehearsal",
        "test district",
        ME,
        "0.0.test",
    )
    authorisation_id = await ready(client, pool)
    (case,) = await client.cases()
    assert (case.case_id, case.records, case.stills, case.ground) == ("case-1", 1, 1, "separate_consent")
    started = await client.start_trace(TraceStart(case_id="case-1", authorisation_id=authorisation_id))
    while not (trace := (await client.traces())[0]).state.machine_done:
        pass
    assert trace.trace_id == started.trace_id
    assert (trace.state, trace.candidates, trace.undecided) == (TraceState.AWAITING_REVIEW, 1, 1)
    (candidate,) = (await client.trace(trace.trace_id)).candidates
    view = await client.view(candidate.candidate_id, 80.0)
    house.clock.forward(2.0)
    decided = await client.decide(
        candidate.candidate_id, view.view_id, Answer.SAME, version=candidate.version
    )
    assert (decided.answer, decided.decided_by) == (Answer.SAME, ME)
    assert (await client.trace(trace.trace_id)).trace.state is TraceState.COMPLETE
    assert (await client.undo(candidate.candidate_id, version=decided.version)).answer is None
    assert (await client.cancel_trace(trace.trace_id)).state is TraceState.AWAITING_REVIEW
    assert (await client.revoke_authorisation(authorisation_id)).state == "revoked"
    assert (await client.withdraw_ground("case-1")).ground == "withdrawn"
    lines = await client.audit()
    assert {line.action for line in lines} >= {
        "case",
        "records",
        "photo",
        "ground",
        "authorisation",
        "trace",
        "search",
        "read",
        "view",
        "decide",
        "erase",
    }
    assert await client.audit(after=lines[4].seq) == lines[5:]


BODIES = [
    ("PUT", "/cases/case-1", CASE),
    ("POST", "/cases/case-1/records", RECORDS),
    ("POST", "/cases/case-1/stills", STILL),
    ("PUT", "/cases/case-1/ground", GROUND),
    ("POST", "/authorisations", AUTHORISATION),
    ("POST", "/traces", TraceStart(case_id="case-1", authorisation_id="a")),
    ("POST", "/candidates/c/view", {"face_height_px": 80.0}),
    ("POST", "/candidates/c/decisions", {"view_id": "v", "answer": "same"}),
]


def problem_of(answer: httpx.Response) -> Problem:
    """Every refusal is a code and one line."""
    problem = msgspec.json.decode(answer.content, type=Problem)
    assert problem.code
    assert problem.message
    assert problem.message.isprintable(), problem.message
    assert "Traceback" not in problem.message
    return problem


@pytest.mark.parametrize(("method", "path", "body"), BODIES, ids=[f"{m} {p}" for m, p, _ in BODIES])
async def test_a_field_that_nobody_knows_is_refused_by_its_name(
    house: House, method: str, path: str, body: object
) -> None:
    content = msgspec.to_builtins(body) | {"decided_by": "somebody"}
    answer = await house.raw.request(method, path, content=msgspec.json.encode(content))
    assert answer.status_code == 422
    assert "unknown field `decided_by`" in problem_of(answer).message


@pytest.mark.parametrize(("method", "path", "body"), BODIES, ids=[f"{m} {p}" for m, p, _ in BODIES])
async def test_a_body_that_is_none_is_refused_in_one_line(
    house: House, method: str, path: str, body: object
) -> None:
    for content in (b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b"{}", b"[" * 5_000):
        answer = await house.raw.request(method, path, content=content)
        assert answer.status_code == 422, content
        problem_of(answer)


REFUSED = [
    ("GET", "/nothing", 404),
    ("GET", "/traces/none", 404),
    ("GET", "/traces/no%0Ane%0D%0AX: 1", 404),
    ("GET", "/traces/%1b]52;c;x%07%e2%80%a8x", 404),
    ("DELETE", "/traces/none", 405),
    ("POST", "/traces/none/cancel", 404),
    ("POST", "/candidates/none/undo", 404),
    ("POST", "/authorisations/none/approve", 404),
    ("POST", "/authorisations/none/revoke", 404),
    ("DELETE", "/cases/none/ground", 404),
    ("GET", "/audit?after=x", 422),
]


async def test_every_refusal_is_one_line_and_a_code(house: House) -> None:
    for method, path, status in REFUSED:
        answer = await house.raw.request(method, path)
        assert answer.status_code == status, path
        problem_of(answer)


async def test_a_body_that_is_too_large_is_refused_before_it_is_kept(house: House) -> None:
    answer = await house.raw.put("/cases/case-1", content=b" " * (MAX_BODY_BYTES + 1))
    assert answer.status_code == 413
    problem_of(answer)


async def test_a_fault_of_ours_is_one_line_that_says_where_and_not_what(house: House) -> None:
    await house.client.import_case(CASE)

    async def broken(*_: object) -> None:
        raise RuntimeError("somebody's name")

    house.pool.enrol = broken  # type: ignore[method-assign, assignment]
    answer = await house.raw.post("/cases/case-1/stills", content=msgspec.json.encode(STILL))
    assert answer.status_code == 500
    problem = problem_of(answer)
    assert problem.code == "internal"
    assert "somebody" not in problem.message
    assert (await house.client.hello()).person == ME


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Remote-User": "root", "X-Forwarded-User": "root"},
        {"Authorization": "Basic cm9vdDp4", "Cookie": "person=root"},
        {"From": "chief@example.org", "Host": "chief"},
    ],
)
async def test_who_somebody_is_comes_from_the_kernel_and_never_from_a_header(
    house: House, headers: dict[str, str]
) -> None:
    answer = await house.raw.get("/hello", headers=headers)
    assert msgspec.json.decode(answer.content)["person"] == ME
    await house.raw.put("/cases/case-1", content=msgspec.json.encode(CASE), headers=headers)
    said = [
        line for line in await house.client.audit() if line.action != "policy"
    ]  # that one is the engine's
    assert {line.person for line in said} == {ME}


async def test_the_socket_is_for_owner_and_group_alone_from_its_first_instant(tmp_path: Path) -> None:
    path = tmp_path / "s"
    before = os.umask(0)
    try:
        bound_socket(path).close()
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o660
    bound_socket(path).close()  # what a dead engine left is no obstacle


async def test_events_come_when_something_changed_and_hold_every_trace(house: House) -> None:
    authorisation_id = await ready(house.client, house.pool)
    house.pool.gate.clear()
    async with contextlib.aclosing(house.client.snapshots()) as stream:
        first = await anext(stream)
        assert first.traces == ()
        await house.client.start_trace(TraceStart(case_id="case-1", authorisation_id=authorisation_id))
        states = []
        while not states or states[-1] is not TraceState.COMPLETE:
            snapshot = await anext(stream)
            states.append(snapshot.traces[0].state)
            house.pool.gate.set()
        assert states[0] in (TraceState.QUEUED, TraceState.RUNNING)
        assert snapshot.seq > first.seq
        assert snapshot.traces[0].windows_done == snapshot.traces[0].windows_total > 0


async def test_an_engine_with_a_listening_desk_is_not_idle_and_goes_down_at_once(tmp_path: Path) -> None:
    loop = asyncio.get_running_loop()
    async with open_house(tmp_path) as house:
        stream = house.client.snapshots()
        await anext(stream)
        assert house.server.idle_s(loop.time() + 1e6) == 0.0
        going = loop.time()
    assert loop.time() - going < 3.0
    await stream.aclose()


async def test_an_engine_that_nobody_asks_is_idle_and_a_question_ends_that(house: House) -> None:
    now = asyncio.get_running_loop().time()
    assert house.server.idle_s(now + 500) >= 500
    await house.client.hello()
    assert house.server.idle_s(asyncio.get_running_loop().time()) < 5


async def test_an_engine_with_a_running_trace_is_not_idle(house: House) -> None:
    authorisation_id = await ready(house.client, house.pool)
    house.pool.gate.clear()
    await house.client.start_trace(TraceStart(case_id="case-1", authorisation_id=authorisation_id))
    assert house.server.idle_s(asyncio.get_running_loop().time() + 1e6) == 0.0
    house.pool.gate.set()


async def test_a_broken_store_is_said_as_such(house: House) -> None:
    with pytest.raises(StoreBroken):  # a transaction ended under the writer's hands
        await house.context.store.run(lambda tx: tx.execute("COMMIT"))
    with pytest.raises(EngineSaysNo) as said:
        await house.client.cases()
    assert (said.value.status, said.value.code) == (503, "store")


async def test_looking_at_a_trace_is_in_the_audit_before_it_is_shown(house: House) -> None:
    trace = await traced(house.client, house.pool)
    before = len(await house.client.audit())
    await house.client.trace(trace.trace_id)
    (line,) = await house.client.audit(after=before)
    assert (line.action, line.object, line.person) == ("read", trace.trace_id, ME)
