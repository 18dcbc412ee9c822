"""One line of the router: a request with its name in the matrix of roles, its body and its limits."""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

from engine.api.asked import Asked
from engine.api.schema import Request
from engine.api.services import Services
from engine.domain.errors import InputError

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request after all checks. ``at`` are the names in the path, ``body`` is of the route's type."""

    asked: Asked
    at: Mapping[str, str]
    body: Any = None
    query: Mapping[str, str]

    @property
    def id(self) -> str:
        return self.at["id"]

    def number(self, name: str, otherwise: int = 0) -> int:
        """A whole number of the query. Raises InputError."""
        said = self.query.get(name)
        if said is None:
            return otherwise
        if not (said.isascii() and said.isdigit() and len(said) <= 18):
            raise InputError("is no number", place=name, mend="give a whole number, 0 or more")
        return int(said)

    def text(self, name: str, most: int = 100) -> str:
        """A text of the query, "" where it is not given. Raises InputError."""
        said = self.query.get(name, "")
        if len(said) > most:
            raise InputError(f"is longer than {most} characters", place=name, mend="write less")
        return said


Handler = Callable[[Services, Call], Coroutine[Any, Any, Any]]


@dataclass(frozen=True, slots=True)
class Route:
    """``name`` is the row in the matrix. ``mutates``: an Idempotency-Key is needed; ``touched``: so is
    If-Match, since two people can touch it. Without a handler it is the event stream."""

    method: str
    path: str
    name: str
    handler: Handler | None
    body: type[Request] | None = None
    mutates: bool = False
    touched: bool = False
    max_body_bytes: int = MIB


def read(path: str, name: str, handler: Handler | None) -> Route:
    return Route("GET", path, name, handler)


def change(
    method: str,
    path: str,
    name: str,
    handler: Handler,
    body: type[Request] | None = None,
    *,
    touched: bool = False,
    max_body_bytes: int = MIB,
) -> Route:
    return Route(
        method, path, name, handler, body, mutates=True, touched=touched, max_body_bytes=max_body_bytes
    )
