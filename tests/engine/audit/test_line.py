from datetime import UTC, datetime

import msgspec
import pytest

from engine.audit.line import GENESIS, AuditLine, decode, encode, leaf_hash

LINE = AuditLine(
    seq=1,
    at=datetime(2026, 3, 6, tzinfo=UTC),
    person="kim",
    action="read",
    object="x",
    outcome="done",
    detail={},
    previous=GENESIS,
)
BYTES = (
    b'{"seq":1,"at":"2026-03-06T00:00:00Z","person":"kim","action":"read","object":"x","outcome":"done",'
    b'"detail":{},"previous":"' + GENESIS.encode() + b'"}'
)


def test_a_line_is_the_bytes_that_the_first_release_wrote() -> None:
    assert encode(LINE) == BYTES
    assert decode(BYTES) == LINE


def test_the_login_is_written_only_where_the_kernel_had_one() -> None:
    with_login = msgspec.structs.replace(LINE, login=1001)
    assert encode(with_login) == BYTES[:-1] + b',"login":1001}'
    assert decode(encode(with_login)) == with_login
    assert leaf_hash(encode(with_login)) != leaf_hash(BYTES)


@pytest.mark.parametrize(
    "text", [b"", b"{}", b"\xff", BYTES[:-1] + b',"more":1}', BYTES.replace(b"1", b'"1"')]
)
def test_what_is_no_line_is_not_read(text: bytes) -> None:
    with pytest.raises(ValueError):
        decode(text)
