from pathlib import Path

import httpx
import msgspec
import pytest

from engine.api.client import EngineAway, EngineClient, EngineSaysNo, until_answering
from engine.api.schema import Hello

HELLO = Hello(version="9", api_min=1, api_max=1, profile="rehearsal", person="kim", site="test")


def client(answer: httpx.Response | Exception) -> EngineClient:
    def respond(request: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    return EngineClient(Path("none"), transport=httpx.MockTransport(respond))


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
