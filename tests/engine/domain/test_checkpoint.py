import base64
from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.checkpoint import (
    Checkpoint,
    SignedCheckpoint,
    VerifierKey,
    parse_note,
    parse_verifier_key,
)
from engine.domain.errors import InputError

AT = datetime(2026, 3, 6, 1, 2, 3, 4, tzinfo=UTC)
CHECKPOINT = Checkpoint(
    origin="bucheon.example/tracedesk", size=12, root=b"r" * 32, at=AT, counts={"views": 3, "cameras": 0}
)
SIGNED = SignedCheckpoint(checkpoint=CHECKPOINT, key_hash=b"hash", signature=b"s" * 64)
NOTE = (
    "bucheon.example/tracedesk\n"
    "12\n"
    "cnJycnJycnJycnJycnJycnJycnJycnJycnJycnJycnI=\n"
    "time 2026-03-06T01:02:03.000004Z\n"
    "count cameras 0\n"
    "count views 3\n"
    "\n"
    "— bucheon.example/tracedesk " + base64.b64encode(b"hash" + b"s" * 64).decode() + "\n"
)


def test_a_note_is_what_c2sp_describes_and_comes_back_as_it_was() -> None:
    assert SIGNED.note() == NOTE
    assert parse_note(NOTE) == SIGNED


def test_the_time_is_written_in_utc() -> None:
    seoul = AT.astimezone(timezone(timedelta(hours=9)))
    assert msgspec.structs.replace(CHECKPOINT, at=seoul).text() == CHECKPOINT.text()


@pytest.mark.parametrize(
    ("found", "put"),
    [
        ("\n12\n", "\n012\n"),
        ("\n12\n", "\n-1\n"),
        ("\n12\n", "\n１２\n"),
        ("\n12\n", "\n12 \n"),
        ("cnJy", "cnJ"),
        ("=\n", "\n"),
        ("000004Z", "4Z"),
        ("000004Z", "000004+09:00"),
        ("time ", "time  "),
        ("count cameras 0\ncount views 3", "count views 3\ncount cameras 0"),
        ("count cameras 0", "count cameras 0\ncount cameras 0"),
        ("count cameras 0", "count cameras 00"),
        ("count cameras 0", "other cameras 0"),
        ("count cameras 0", "count Cameras 0"),
        ("\n\n", "\n"),
        ("\n\n", "\n\n\n"),
        ("— b", "- b"),
        ("bucheon.example/tracedesk\n12", "bucheon/tracedesk\n12"),
        ("bucheon.example/tracedesk", "two words"),
    ],
)
def test_a_note_written_otherwise_is_none(found: str, put: str) -> None:
    assert found in NOTE
    with pytest.raises(InputError, match="is no checkpoint"):
        parse_note(NOTE.replace(found, put))


@given(st.text(max_size=200))
def test_other_text_is_no_note(text: str) -> None:
    with pytest.raises(InputError, match="is no checkpoint"):
        parse_note(text)


@pytest.mark.parametrize("tail", ["", "x", "\n", "— other abcd\n"])
def test_nothing_may_follow_or_be_missing(tail: str) -> None:
    with pytest.raises(InputError):
        parse_note(NOTE.removesuffix("\n") + tail if tail != "\n" else NOTE + tail)


def test_a_very_long_note_is_not_even_looked_at() -> None:
    counts = {"a" * (n % 40 + 1): n for n in range(40)}
    long = msgspec.structs.replace(CHECKPOINT, counts=counts | {f"{'b' * 39}": 10**17})
    assert parse_note(msgspec.structs.replace(SIGNED, checkpoint=long).note())
    with pytest.raises(InputError):
        parse_note(
            NOTE.replace("count cameras 0\n", "".join(f"count {'c' * 30}_{'d' * 8} 1\n" for _ in range(300)))
        )


@pytest.mark.parametrize("origin", ["", "two words", "a+b", "a\nb", "é", "x" * 121])
def test_a_name_that_would_not_fit_into_a_note_is_refused(origin: str) -> None:
    with pytest.raises(InputError, match="cannot name an origin"):
        msgspec.structs.replace(CHECKPOINT, origin=origin).text()


@pytest.mark.parametrize("given_", [{"size": -1}, {"root": b"short"}])
def test_what_is_no_tree_is_refused(given_: dict[str, object]) -> None:
    with pytest.raises(InputError, match="no size and root"):
        msgspec.structs.replace(CHECKPOINT, **given_).text()


def test_a_key_in_the_form_of_signed_note() -> None:
    # the example key of golang.org/x/mod/sumdb/note
    text = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    assert parse_verifier_key(text).text() == text
    assert parse_verifier_key(f" {text}\n").origin == "PeterNeumann"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "PeterNeumann",
        "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeuman+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+AhpC2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+ARpc",
        "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    ],
)
def test_a_key_with_a_slip_of_the_pen_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="is no key of an engine"):
        parse_verifier_key(text)


def test_two_names_with_one_key_are_two_keys() -> None:
    assert VerifierKey(origin="a", key=b"k" * 32).key_hash != VerifierKey(origin="b", key=b"k" * 32).key_hash
