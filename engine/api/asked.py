"""Who asks, and under which conditions: the kernel's word and the headers of the request."""

import hashlib
from dataclasses import dataclass

from engine.domain.errors import Refused
from engine.domain.person import Person


class Conflict(Refused):
    """Somebody else was first. The line says who and when; what is asked has to be looked at again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """``key`` is the Idempotency-Key of a mutation ("" for reads), ``request_sha256`` the digest of
    route and body under that key, ``version`` the If-Match number (None where none was given)."""

    person: Person
    key: str = ""
    request_sha256: str = ""
    version: int | None = None

    @property
    def name(self) -> str:
        return self.person.name


def digest_before_body(method: str, path: str, version: int | None) -> "hashlib._Hash":
    """The digest of a request, of which the body is still to come."""
    return hashlib.sha256(f"{method} {path} {version}\n".encode())


def request_digest(method: str, path: str, body: bytes, version: int | None) -> str:
    """What an Idempotency-Key stands for: the same key with anything else is refused. It is never stored as
    it is: a short body is found from it by trying."""
    digest = digest_before_body(method, path, version)
    digest.update(body)
    return digest.hexdigest()


def require_version(
    asked: Asked,
    now: int,
    *,
    what: str,
    who: str = "",
    when: str = "",
    mend: str = "look at it again, then answer",
) -> None:
    """Raises Conflict unless the person has seen the newest state of a thing that two people can touch."""
    if asked.version is None:
        raise Refused(f"{what} can be touched by two people", mend="send If-Match with the version you saw")
    if asked.version != now:
        changed = f" by {who}" if who else ""
        since = f" at {when}" if when else ""
        raise Conflict(f"{what} was changed{changed}{since}", mend=mend)


def asked_by_engine() -> Asked:
    """What the engine does by itself, when something is due."""
    return Asked(person=Person(uid=-1, name="engine"))
