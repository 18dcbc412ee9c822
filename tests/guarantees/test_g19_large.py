"""G19 where an answer has thousands of rows: it is looked at in one go, and nothing slips through."""

import pytest

from tests.screens.fake_engine import a_trace
from tui.clean import clean_text, cleaned


@pytest.mark.parametrize(
    "hostile", ["x\u3164y\u115f", "👍🏽", "🇰🇷", "\u1112\u1169\u11bc", "\u212b", "नर\u094d\u200dक"]
)
def test_g19_what_a_small_answer_would_not_show_hides_in_no_large_one(hostile: str) -> None:
    many = [a_trace(f"2026-{number:03d} 김서윤") for number in range(60)]
    many[30] = a_trace("A", message=hostile)
    assert cleaned(tuple(many))[30].message == clean_text(hostile) != hostile
