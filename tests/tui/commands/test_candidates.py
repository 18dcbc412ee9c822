"""Looking at candidates by plain commands: words always, pictures where somebody sees them."""

import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from rich.console import Console

from engine.domain.decision import Answer
from tests.engine.api.conftest import House, open_house
from tests.engine.api.test_noting import a_trace, answered
from tests.screens.fake_engine import FakeEngine
from tests.tui.commands.running import Commands
from tui.commands.candidate_pictures import clip_words, draw_clip, draw_view
from tui.commands.drawing import Pair

CANDIDATE = "C-A-1"


@pytest.fixture
async def commands(tmp_path: Path) -> AsyncIterator[Commands]:
    async with open_house(tmp_path) as house:
        yield Commands(house)


def a_terminal() -> Console:
    return Console(
        file=io.StringIO(), force_terminal=True, color_system="truecolor", width=200, height=60,
        legacy_windows=False,
    )  # fmt: skip


def cells(console: Console) -> int:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().count("▀")


async def audited(house: House, action: str) -> int:
    return sum(line.action == action for line in await house.client.audit())


async def test_in_a_pipe_a_candidate_is_told_in_words_and_no_view_stands_in_the_audit(
    commands: Commands,
) -> None:
    found = (await a_trace(commands.house, 1)).candidates[0]
    said = await commands.says("candidates", "show", found.candidate_id)
    assert said[0].startswith(f"candidate {found.candidate_id} of case case-1: ")
    assert "your answer: none yet" in said
    assert [line.removeprefix("to go on: ") for line in said if line.startswith("to go on")] == list(
        found.evidence
    )
    assert not any(line.startswith("the model") for line in said)
    assert "nothing was asked for" in said[-1]
    assert await audited(commands.house, "view") == 0
    assert "no such candidate" in await commands.refuses("candidates", "show", "nobody")


async def test_the_word_of_the_model_comes_after_the_own_answer(commands: Commands) -> None:
    found = (await a_trace(commands.house, 1)).candidates[0]
    await answered(commands.house, found, Answer.NOT_SAME)
    said = await commands.says("candidates", "show", found.candidate_id)
    assert "your answer: not same" in said
    assert any(line.startswith("the model: ") for line in said)


async def test_faces_are_drawn_beside_the_patient_and_said_to_be(capsys: pytest.CaptureFixture[str]) -> None:
    console, engine = a_terminal(), FakeEngine()
    view = await engine.view(CANDIDATE, 100.0)
    draw_view(console, Pair.of(console), view, frame=False)
    faces = cells(console)
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("face 1 of 2: the patient left, the candidate right, 2026-")
    assert said[1].startswith("face 2 of 2: the candidate, 2026-")
    assert said[2].endswith("large enough to confirm")
    assert faces > 1000
    draw_view(console, Pair.of(console), view, frame=True)
    assert cells(console) > 2 * faces
    assert "the whole frame, everybody else mosaicked" in capsys.readouterr().out


async def test_a_clip_is_told_in_words_and_stands_in_the_audit(commands: Commands) -> None:
    found = (await a_trace(commands.house, 1)).candidates[0]
    said = await commands.says("candidates", "clip", found.candidate_id)
    assert said[0] == f"the clip of candidate {found.candidate_id}: 2 frames, 5 a second"
    assert said[1] == "from 2026-03-02 03:00:00Z to 2026-03-02 03:00:00Z"
    assert said[-1].startswith("no frame is drawn")
    assert len(commands.house.pool.clips) == 1
    assert await audited(commands.house, "clip") > 0
    words = await commands.says("candidates", "clip", found.candidate_id, "--words")
    assert words == said[:-1]


async def test_the_frames_of_a_clip_come_one_after_the_other_until_somebody_stops(
    capsys: pytest.CaptureFixture[str],
) -> None:
    clip = await FakeEngine().clip(CANDIDATE)
    assert clip_words(clip)[0].startswith(f"the clip of candidate {CANDIDATE}: 20 frames")
    left = [False, True, True]
    draw_clip(a_terminal(), clip, left.pop)
    said = capsys.readouterr().out.splitlines()
    assert [line.split(",")[0] for line in said] == ["frame 1 of 20", "frame 2 of 20", "frame 3 of 20"]


async def test_only_a_confirmed_sighting_is_compared_with(commands: Commands) -> None:
    first, second, _ = (await a_trace(commands.house)).candidates
    words = ("candidates", "compare", second.candidate_id, first.candidate_id)
    assert "is no confirmed sighting" in await commands.refuses(*words)
    await answered(commands.house, first)
    said = await commands.says(*words)
    assert sum(line.startswith("candidate ") for line in said) == 2


async def test_a_candidate_is_noted_wished_for_and_set_aside_and_taken_up_again(commands: Commands) -> None:
    detail = await a_trace(commands.house)
    one, other = detail.candidates[0].candidate_id, detail.candidates[1].candidate_id
    said = await commands.says("candidates", "note", one, typed="ask about the coat\n")
    assert said == [f"the note of candidate {one} is kept"]
    await commands.says("candidates", "second", one)
    await commands.says("candidates", "aside", one, other)
    shown = await commands.says("candidates", "show", one)
    assert "set aside: not reviewed" in shown
    assert shown[-2].endswith("ask about the coat")
    assert any(line.startswith("a second reviewer is wanted by") for line in shown)
    waiting = await commands.says("candidates", "list", "case-1", "--unanswered")
    assert [line.split("\t")[0] for line in waiting] == ["number", "3"]
    said = await commands.says("candidates", "aside", one, "--not")
    assert said == ["1 candidate is taken up again"]
    await commands.says("candidates", "second", one, "--not")
    assert await commands.says("candidates", "note", one, typed="\n")
    shown = await commands.says("candidates", "show", one)
    assert not any(word in line for line in shown for word in ("aside", "wanted", "note by"))


async def test_a_second_reviewer_has_seen_no_answers(commands: Commands) -> None:
    detail = await a_trace(commands.house)
    await answered(commands.house, detail.candidates[0])
    refused = await commands.refuses("candidates", "review-second", detail.trace.trace_id)
    assert "[G10]" in refused
