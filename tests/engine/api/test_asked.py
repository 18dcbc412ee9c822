import pytest

from engine.api.asked import Asked, Conflict, request_digest, require_version
from engine.domain.errors import Refused
from engine.domain.person import Person

KIM = Person(uid=1001, name="kim")


def test_whoever_saw_the_newest_version_may() -> None:
    require_version(Asked(person=KIM, version=3), 3, what="the candidate")


def test_whoever_saw_an_older_one_is_told_who_was_faster_and_when() -> None:
    with pytest.raises(Conflict, match="the candidate was changed by lee at 12:03"):
        require_version(Asked(person=KIM, version=2), 3, what="the candidate", who="lee", when="12:03")


def test_without_a_version_nothing_that_two_can_touch_is_changed() -> None:
    with pytest.raises(Refused, match="send If-Match"):
        require_version(Asked(person=KIM), 3, what="the candidate")


def test_a_digest_stands_for_method_path_body_and_version() -> None:
    parts = [("PUT", "/a", b"x", 1), ("POST", "/a", b"x", 1), ("PUT", "/b", b"x", 1)]
    parts += [("PUT", "/a", b"y", 1), ("PUT", "/a", b"x", 2)]
    digests = {request_digest(*part) for part in parts}
    assert len(digests) == len(parts)
    assert request_digest("PUT", "/a", b"x", None) not in digests
