"""Times as ``tracedesk order`` and others take them."""

from datetime import UTC, datetime

import pytest

from engine.domain.errors import InputError
from tui.commands.order import moment


def test_a_time_with_its_offset_is_taken_in_utc() -> None:
    assert moment("2026-03-01T00:00+09:00", "--from") == datetime(2026, 2, 28, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["soon", "2026-03-01T00:00", "0001-01-01T00:00", "0001-01-01T00:00+09:00", "9999-12-31T23:59-09:00"],
)
def test_what_is_no_time_in_utc_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="--from: is no time with an offset; write 2026-"):
        moment(text, "--from")
