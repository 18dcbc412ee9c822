"""An engine behind the real client: answers from a table, and remembers what it was asked."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx
import msgspec

from engine.api.client import EngineClient
from engine.api.schema import Problem

Answer = Callable[[httpx.Request], Any]


class Refusal(Exception):
    """Makes the engine say no, under the number of a guarantee or as to any input."""

    def __init__(self, line: str, code: str) -> None:
        super().__init__(line)
        self.code = code


class Answering:
    """``answers`` by method and path; what is not in the table is answered 404."""

    def __init__(self, answers: Mapping[str, Answer]) -> None:
        self.answers = dict(answers)
        self.asked: list[str] = []

    def client(self) -> EngineClient:
        return EngineClient(Path("engine.sock"), transport=httpx.MockTransport(self._answer))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        key = f"{request.method} {request.url.path.removeprefix('/v1')}"
        self.asked.append(key)
        if key not in self.answers:
            return httpx.Response(404, content=msgspec.json.encode(Problem(code="http", message="Not Found")))
        try:
            answer = self.answers[key](request)
        except Refusal as no:
            content = msgspec.json.encode(Problem(code=no.code, message=str(no)))
            return httpx.Response(422, content=content)
        return httpx.Response(
            200, content=answer if isinstance(answer, bytes) else msgspec.json.encode(answer)
        )


def says(value: Any) -> Answer:
    return lambda _: value


def refuses(line: str, code: str = "input") -> Answer:
    def no(_: httpx.Request) -> Any:
        raise Refusal(line, code)

    return no
