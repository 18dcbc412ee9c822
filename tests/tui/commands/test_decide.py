"""One answer in a plain terminal: the truth about the size, and nobody confirmed unseen (G10)."""

import io

import pytest
from rich.console import Console
from typer.testing import CliRunner

from engine.domain.decision import Answer, UnclearBecause
from engine.domain.errors import InputError
from tests.screens.fake_engine import ADEQUATE_PX, FakeEngine
from tui.cli import app
from tui.commands.decide import answered
from tui.commands.drawing import Pair

CANDIDATE = "C-A-1"


def a_terminal(columns: int, rows: int) -> Console:
    return Console(
        file=io.StringIO(),
        force_terminal=True,
        color_system="truecolor",
        width=columns,
        height=rows,
        legacy_windows=False,
    )


class Slow:
    """A clock on which a second goes by at every look."""

    def __init__(self, step_s: float = 1.0) -> None:
        self.now_s, self.step_s = 0.0, step_s

    def __call__(self) -> float:
        self.now_s += self.step_s
        return self.now_s


def shown(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


async def test_the_answer_is_typed_after_the_pictures_were_drawn() -> None:
    engine, console = FakeEngine(), a_terminal(200, 60)
    seen_then = ""

    def types(answer: Answer) -> str:
        nonlocal seen_then
        seen_then = shown(console)
        assert engine.decisions == []
        return f" {answer} "

    await answered(engine, console, Pair.of(console), CANDIDATE, Answer.SAME, None, types, Slow())
    assert "▀" in seen_then
    assert "PATIENT" in seen_then
    assert [(c, a) for c, _, a, _ in engine.decisions] == [(CANDIDATE, Answer.SAME)]


@pytest.mark.parametrize(("columns", "rows"), [(200, 60), (100, 50), (300, 45)])
async def test_the_engine_is_told_how_high_the_face_was_drawn(columns: int, rows: int) -> None:
    engine, console = FakeEngine(), a_terminal(columns, rows)
    pair = Pair.of(console)
    await answered(engine, console, pair, CANDIDATE, Answer.NOT_SAME, None, str, Slow())
    view = await engine.view(CANDIDATE, 1.0)
    assert engine.views[-2][1] == pytest.approx(pair.face_height_px(view.pictures[0]), abs=0.5)
    drawn = [line for line in shown(console).splitlines() if "▀" in line]
    assert len(drawn) <= pair.rows


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (60, 80), (3, 3)])
async def test_in_a_window_that_is_too_small_nobody_is_confirmed(columns: int, rows: int) -> None:
    engine, console = FakeEngine(), a_terminal(columns, rows)
    with pytest.raises(InputError, match="too small to confirm"):
        await answered(engine, console, Pair.of(console), CANDIDATE, Answer.SAME, None, str)
    assert engine.decisions == []
    assert all(height_px < ADEQUATE_PX for _, height_px in engine.views)


async def test_another_word_answers_nothing() -> None:
    engine, console = FakeEngine(), a_terminal(200, 60)
    with pytest.raises(InputError, match="nothing was answered"):
        await answered(engine, console, Pair.of(console), CANDIDATE, Answer.SAME, None, lambda _: "y")
    assert engine.decisions == []


async def test_who_sees_nothing_confirms_nobody() -> None:
    engine, console = FakeEngine(), a_terminal(200, 60)
    with pytest.raises(InputError, match="too small to confirm"):
        await answered(engine, console, None, CANDIDATE, Answer.SAME, None, str)
    await answered(engine, console, None, CANDIDATE, Answer.CANNOT_TELL, UnclearBecause.OTHER)
    assert [a for _, _, a, _ in engine.decisions] == [Answer.CANNOT_TELL]
    assert shown(console) == ""


def test_a_script_is_told_at_once_that_it_confirms_nobody() -> None:
    outcome = CliRunner().invoke(app, ["decide", CANDIDATE, "same", "--socket", "/nowhere"])
    assert outcome.exit_code == 2
    assert "nobody is confirmed unseen" in outcome.stderr


def test_cannot_tell_says_why() -> None:
    outcome = CliRunner().invoke(app, ["decide", CANDIDATE, "cannot_tell", "--socket", "/nowhere"])
    assert outcome.exit_code == 2
    assert "--because: is missing" in outcome.stderr
