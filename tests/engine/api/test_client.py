from pathlib import Path

import httpx
import msgspec
import pytest

from engine.api.client import (
    LONGEST_PAUSE_S,
    PATIENCE_S,
    TRIES_AFTER_A_BREAK,
    EngineAway,
    EngineClient,
    EngineSaysNo,
    until_answering,
)
from engine.api.lines import EventLine, ResetLine, SnapshotLine, encode_line
from engine.api.schema import API_VERSION, CaseImport, CaseView, Hello
from tests.engine.fakes import NOW

HELLO = Hello(
    version="9", api_min=API_VERSION, api_max=API_VERSION, profile="rehearsal", person="kim", site="test"
)


class Naps:
    """Pauses that are over at once and remembered."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.slept.append(seconds)


def client(
    *answers: httpx.Response | Exception, naps: Naps | None = None, seen: list[httpx.Request] | None = None
) -> EngineClient:
    """Answers one after the other; the last one again and again."""
    told = list(answers)

    def respond(request: httpx.Request) -> httpx.Response:
        if seen is not None:
            seen.append(request)
        answer = told.pop(0) if len(told) > 1 else told[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    transport = httpx.MockTransport(respond)
    return EngineClient(Path("none"), transport=transport, sleep=naps or Naps(), chance=lambda: 1.0)


def ok(value: object) -> httpx.Response:
    return httpx.Response(200, content=msgspec.json.encode(value))


def busy(status: int, retry_after: str = "0.5") -> httpx.Response:
    content = msgspec.json.encode({"code": "limit", "message": "wait"})
    return httpx.Response(status, content=content, headers={"Retry-After": retry_after})


CASE = CaseView(case_id="c", state="open", records=0, stills=0, ground="")
IMPORT = CaseImport(case_id="c", disease="covid-19", notification_ref="N-1")


async def test_an_answer_of_a_newer_engine_with_more_fields_is_understood() -> None:
    newer = msgspec.to_builtins(HELLO) | {"mood": "fine"}
    async with client(httpx.Response(200, content=msgspec.json.encode(newer))) as asked:
        assert await asked.hello() == HELLO


async def test_nobody_there_is_told_as_such(tmp_path: Path) -> None:
    async with EngineClient(tmp_path / "none.sock") as asked:
        with pytest.raises(EngineAway):
            await asked.hello()
        with pytest.raises(EngineAway):
            await anext(asked.snapshots())


async def test_an_engine_that_dies_while_it_answers_is_away() -> None:
    async with client(httpx.ReadError("")) as asked:
        with pytest.raises(EngineAway, match="ReadError"):
            await asked.hello()


async def test_a_refusal_keeps_its_code_and_line() -> None:
    body = msgspec.json.encode({"code": "G3", "message": "no ground"})
    async with client(httpx.Response(403, content=body)) as asked:
        with pytest.raises(EngineSaysNo, match="no ground") as said:
            await asked.hello()
    assert (said.value.status, said.value.code) == (403, "G3")


@pytest.mark.parametrize("content", [b"", b"<html>", b"[]", b"{}"])
async def test_a_refusal_in_no_words_of_ours_is_still_one(content: bytes) -> None:
    async with client(httpx.Response(502, content=content)) as asked:
        with pytest.raises(EngineSaysNo, match="answered 502"):
            await asked.hello()


async def test_patience_has_an_end(tmp_path: Path) -> None:
    async with EngineClient(tmp_path / "none.sock") as asked:
        with pytest.raises(EngineAway):
            await until_answering(asked, 0.0)


async def test_proxies_of_the_surroundings_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://192.0.2.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://192.0.2.1:9")
    async with client(httpx.Response(200, content=msgspec.json.encode(HELLO))) as asked:
        assert (await asked.hello()).person == "kim"


async def test_an_engine_of_another_age_is_refused_in_one_plain_line() -> None:
    newer = msgspec.structs.replace(HELLO, api_min=API_VERSION + 1, api_max=API_VERSION + 3)
    async with client(ok(newer)) as asked:
        with pytest.raises(EngineSaysNo, match="the engine 3 to 5; install") as said:
            await asked.hello()
    assert said.value.code == "version"


async def test_a_change_goes_out_under_one_key_however_often_it_is_tried() -> None:
    seen: list[httpx.Request] = []
    answers = (httpx.ReadError(""), httpx.RemoteProtocolError(""), busy(503), busy(429), ok(CASE))
    async with client(*answers, seen=seen) as asked:
        assert await asked.import_case(IMPORT) == CASE
        keys = {request.headers["Idempotency-Key"] for request in seen}
        assert (len(seen), len(keys)) == (5, 1)
        await asked.import_case(IMPORT)
    assert seen[-1].headers["Idempotency-Key"] not in keys, "another change is another key"
    assert all(8 <= len(r.headers["Idempotency-Key"]) <= 128 for r in seen)


async def test_the_version_that_was_seen_goes_along_and_none_where_there_is_none() -> None:
    seen: list[httpx.Request] = []
    async with client(ok(CASE), seen=seen) as asked:
        await asked.import_case(IMPORT, version=7)
        await asked.import_case(IMPORT)
        await asked.withdraw_ground("c", version=3)
    assert [r.headers.get("If-Match") for r in seen] == ['"7"', None, '"3"']


async def test_an_engine_that_asks_to_wait_is_given_the_time_it_asks_for() -> None:
    naps = Naps()
    async with client(busy(429, "0.75"), busy(429, "9999"), busy(429, "soon"), ok(CASE), naps=naps) as asked:
        await asked.import_case(IMPORT)
    assert naps.slept == [0.75, LONGEST_PAUSE_S, 0.2]


@pytest.mark.parametrize("status", [429, 503])
async def test_waiting_has_an_end_and_then_the_engines_own_word_is_said(status: int) -> None:
    naps = Naps()
    async with client(busy(status), naps=naps) as asked:
        with pytest.raises(EngineSaysNo, match="wait"):
            await asked.import_case(IMPORT)
    assert 0 < sum(naps.slept) <= PATIENCE_S[status]


async def test_an_engine_that_is_not_there_is_said_at_once() -> None:
    naps = Naps()
    async with client(httpx.ConnectError("refused"), naps=naps) as asked:
        with pytest.raises(EngineAway, match="refused"):
            await asked.import_case(IMPORT)
    assert naps.slept == []


async def test_an_engine_that_dies_in_the_middle_is_waited_for_while_it_starts_again() -> None:
    naps = Naps()
    answers = (httpx.ReadError(""), httpx.ConnectError(""), httpx.ConnectError(""), ok(CASE))
    async with client(*answers, naps=naps) as asked:
        assert await asked.import_case(IMPORT) == CASE
    assert len(naps.slept) == 3


async def test_many_that_were_refused_together_do_not_come_back_together() -> None:
    naps = Naps()
    async with client(httpx.ReadError(""), naps=naps) as asked:
        asked._chance = iter([0.0, 0.5, 1.0, 0.25, 0.75, 0.1]).__next__
        with pytest.raises(EngineAway):
            await asked.import_case(IMPORT)
    assert naps.slept == [0.0, 0.5 * 0.4, 0.8, 0.25 * 1.6, 0.75 * LONGEST_PAUSE_S, 0.1 * LONGEST_PAUSE_S]
    assert len(naps.slept) == TRIES_AFTER_A_BREAK


async def test_a_no_that_is_final_is_not_asked_for_twice() -> None:
    seen: list[httpx.Request] = []
    async with client(busy(409), seen=seen) as asked:
        with pytest.raises(EngineSaysNo):
            await asked.import_case(IMPORT)
    assert len(seen) == 1


async def test_the_stream_gives_events_snapshots_and_resets_as_what_they_are() -> None:
    lines = (
        ResetLine(seq=4),
        EventLine(seq=5, at=NOW, kind="trace", object_id="t", state="running"),
        SnapshotLine(seq=1, now=NOW, traces=()),
    )
    content = b"".join(encode_line(line) for line in lines)
    seen: list[httpx.Request] = []
    async with client(httpx.Response(200, content=content), seen=seen) as asked:
        assert [line async for line in asked.events(3)] == list(lines)
        assert [s.seq async for s in asked.snapshots()] == [1]
    assert [r.url.query for r in seen] == [b"after=3", b""]


async def test_a_stream_that_is_refused_says_why() -> None:
    async with client(busy(403)) as asked:
        with pytest.raises(EngineSaysNo, match="wait"):
            await anext(asked.events())
