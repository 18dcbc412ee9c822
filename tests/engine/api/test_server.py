import asyncio
import contextlib
import os
import pwd
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import msgspec
import pytest

from engine.api.asked import Asked, Conflict
from engine.api.limits import Limits
from engine.api.route import MIB, Route
from engine.api.routes import ROUTES
from engine.api.schema import MAX_BODY_BYTES, Problem, TraceStart
from engine.domain.decision import Answer
from engine.domain.errors import InputError, Refused, Unknown
from engine.domain.trace import TraceState
from engine.store.writer import StoreBroken
from engine.vault.keys import Erased
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
    assert (await client.look_again(trace.trace_id)).trace_id == trace.trace_id
    while not (await client.traces())[0].state.machine_done:
        pass
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
    ("POST", "/traces/none/again", 404),
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


@pytest.mark.parametrize(
    ("path", "size"),
    [
        ("/cases/case-1/records", MAX_BODY_BYTES + 1),
        ("/cases/case-1/stills", MAX_BODY_BYTES + 1),
        ("/authorisations", MIB + 1),
        ("/traces/t/cancel", 1),
    ],
)
async def test_a_body_that_is_too_large_for_its_route_is_refused_before_it_is_kept(
    house: House, path: str, size: int
) -> None:
    answer = await house.raw.post(path, content=b" " * size)
    assert answer.status_code == 413
    problem_of(answer)


async def test_a_body_that_does_not_say_its_size_is_cut_off_at_the_limit(house: House) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 64 * MIB:
            sent += 65_536
            yield b" " * 65_536

    answer = await house.raw.post("/authorisations", content=endless())
    assert answer.status_code == 413
    problem_of(answer)
    assert (await house.client.hello()).person == ME


CHANGES = [route for route in ROUTES if route.mutates]


@pytest.mark.parametrize("route", CHANGES, ids=lambda r: r.name)
async def test_every_change_needs_a_key(house: House, route: Route) -> None:
    answer = await house.bare.request(route.method, re.sub(r"\{\w+\}", "x", route.path))
    assert answer.status_code == 428
    assert "Idempotency-Key" in problem_of(answer).message


@pytest.mark.parametrize("key", ["", "short", "x" * 129, "with space", "ключключ", "a/b/c/d/e", "aaaa\taaaa"])
async def test_a_key_is_plain_and_neither_short_nor_long(house: House, key: str) -> None:
    answer = await house.bare.post("/stop", headers={"Idempotency-Key": key.encode()})  # type: ignore[dict-item]
    assert answer.status_code in (400, 422)
    problem_of(answer)
    assert not house.stopped.is_set()


@pytest.mark.parametrize("route", [r for r in CHANGES if r.touched], ids=lambda r: r.name)
async def test_what_two_people_can_touch_needs_the_version_that_was_seen(house: House, route: Route) -> None:
    keyed = {"Idempotency-Key": "a-key-of-its-own"}
    path = re.sub(r"\{\w+\}", "x", route.path)
    answer = await house.bare.request(route.method, path, headers=keyed)
    assert answer.status_code == 428
    assert "If-Match" in problem_of(answer).message
    for wrong in ("*", 'W/"1"', "-1", "1, 2", '"1', "x", "9" * 16):
        answer = await house.bare.request(route.method, path, headers={**keyed, "If-Match": wrong})
        if wrong != '"1':
            assert answer.status_code == 422, wrong
            assert "If-Match" in problem_of(answer).message


async def test_key_version_and_digest_reach_the_service(house: House) -> None:
    seen: list[Asked] = []

    async def undo(asked: Asked, candidate_id: str) -> None:
        seen.append(asked)
        raise Conflict(f"{candidate_id} was changed")

    house.reviewing.undo = undo  # type: ignore[method-assign, assignment]
    for version in ('"7"', "7", "8"):
        headers = {"Idempotency-Key": "key-12345", "If-Match": version}
        answer = await house.bare.post("/candidates/c/undo", headers=headers)
        assert answer.status_code == 409
        assert problem_of(answer).message == "c was changed"
    assert [(a.key, a.version, a.name) for a in seen] == [("key-12345", v, ME) for v in (7, 7, 8)]
    assert seen[0].request_sha256 == seen[1].request_sha256 != seen[2].request_sha256


async def test_a_reply_carries_its_version(house: House) -> None:
    answer = await house.raw.put("/cases/case-1", content=msgspec.json.encode(CASE))
    assert answer.headers["ETag"] == f'"{answer.json()["version"]}"'
    assert "ETag" not in (await house.raw.get("/hello")).headers, "a release is no version of a thing"


@pytest.mark.parametrize(
    ("raised", "status", "code"),
    [
        (Unknown("there is no such thing"), 404, "unknown"),
        (Conflict("lee was first"), 409, "conflict"),
        (Erased("case-1"), 410, "G15"),
        (Refused("no", rule="G3"), 403, "G3"),
        (InputError("no", place="x"), 422, "input"),
        (StoreBroken("disk"), 503, "store"),
        (TimeoutError(), 408, "slow"),
    ],
)
async def test_each_way_to_say_no_has_its_number(
    house: House, raised: Exception, status: int, code: str
) -> None:
    async def refuse(*_: object) -> None:
        raise raised

    house.tracing.detail = refuse  # type: ignore[method-assign, assignment]
    answer = await house.raw.get("/traces/t")
    assert (answer.status_code, problem_of(answer).code) == (status, code)
    assert ("Retry-After" in answer.headers) == (status == 503)


async def test_what_is_unknown_and_what_is_not_ones_own_answer_with_the_same_bytes(house: House) -> None:
    async def refuse(*_: object) -> None:
        raise Unknown("there is no such thing")

    house.tracing.detail = refuse  # type: ignore[method-assign, assignment]
    assert len({(await house.raw.get(f"/traces/{i}")).content for i in ("none", "forbidden")}) == 1


async def test_more_requests_than_one_user_may_make_are_put_off(tmp_path: Path) -> None:
    async with open_house(tmp_path, limits=Limits(burst=3, requests_per_s=0.001)) as house:
        answers = [await house.raw.get("/hello") for _ in range(4)]
        assert [a.status_code for a in answers] == [200, 200, 200, 429]
        assert problem_of(answers[-1]).code == "limit"
        assert float(answers[-1].headers["Retry-After"]) > 900


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "application/json; charset=utf-16"},
        {"Content-Type": "application/json; charset=cp949"},
        {"Content-Encoding": "gzip"},
    ],
)
async def test_a_body_in_another_writing_is_refused(house: House, headers: dict[str, str]) -> None:
    content = msgspec.json.encode(CASE)
    answer = await house.raw.put("/cases/case-1", content=content, headers=headers)
    assert answer.status_code == 422
    assert "body" in problem_of(answer).message


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
    answer = await house.raw.get("/cases")
    assert (answer.status_code, problem_of(answer).code) == (503, "store")


async def test_looking_at_a_trace_is_in_the_audit_before_it_is_shown(house: House) -> None:
    trace = await traced(house.client, house.pool)
    before = len(await house.client.audit())
    await house.client.trace(trace.trace_id)
    (line,) = await house.client.audit(after=before)
    assert (line.action, line.object, line.person) == ("read", trace.trace_id, ME)
