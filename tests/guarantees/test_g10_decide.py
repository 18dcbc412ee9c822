"""G10 in a plain terminal: what was typed before the pictures stood there is no answer."""

import pytest

from engine.domain.decision import Answer
from engine.domain.errors import InputError
from tests.screens.fake_engine import FakeEngine
from tests.tui.commands.test_decide import CANDIDATE, Slow, a_terminal
from tui.commands.decide import answered
from tui.commands.drawing import Pair


async def test_g10_what_was_typed_before_anybody_can_have_looked_answers_nothing() -> None:
    """As with a line pasted after the command."""
    engine, console = FakeEngine(), a_terminal(200, 60)
    with pytest.raises(InputError, match="too quick"):
        await answered(engine, console, Pair.of(console), CANDIDATE, Answer.SAME, None, str, Slow(0.5))
    assert engine.decisions == []
