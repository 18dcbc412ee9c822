from zoneinfo import ZoneInfo

import pytest

from tests.engine.fakes import NOW
from tui.feed import Link, LinkState
from tui.panes.bars import header

SEOUL = ZoneInfo("Asia/Seoul")
CONNECTED = Link(LinkState.CONNECTED)


@pytest.mark.parametrize("width", [60, 80, 120])
def test_an_emergency_that_nobody_has_reviewed_stands_first_on_every_screen(width: int) -> None:
    assert (
        header(None, CONNECTED, None, NOW, SEOUL, width, 2)
        .plain.strip()
        .startswith("2 EMERGENCY unreviewed" if width >= 100 else "EMERGENCY 2")
    )


def test_where_there_is_none_nothing_is_said() -> None:
    assert "EMERGENCY" not in header(None, CONNECTED, None, NOW, SEOUL, 120, 0).plain
