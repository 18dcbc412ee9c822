import json
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from engine.api.schema import ViewReply
from engine.domain.decision import Answer, UnclearBecause
from engine.domain.errors import InputError
from tests.screens.fake_engine import a_candidate, a_detail, at
from tests.tui.commands.answering import Answering, refuses, says
from tui.commands.decisions import FileDecision, apply_decisions, check_decisions, read_decisions


def a_decision(**given: object) -> FileDecision:
    decision = FileDecision(case="A", camera="cam1", start=at(6), end=at(8), answer=Answer.SAME)
    return msgspec.structs.replace(decision, **given)


def seen(number: int) -> ViewReply:
    return ViewReply(
        view_id=f"V-{number}",
        candidate_id=f"C-A-{number}",
        adequate=True,
        not_before=datetime(2026, 1, 1, tzinfo=UTC),
        subject=(),
        pictures=(),
    )


@pytest.fixture
def engine() -> Answering:
    table = {}
    for number in range(1, 5):
        table[f"POST /candidates/C-A-{number}/view"] = says(seen(number))
        table[f"POST /candidates/C-A-{number}/decisions"] = says(a_candidate(number))
    return Answering(table)


async def applied(engine: Answering, *decisions: FileDecision) -> tuple[str, ...]:
    async with engine.client() as client:
        return await apply_decisions(client, [a_detail("A")], decisions)


async def test_every_candidate_is_viewed_before_it_is_answered(engine: Answering) -> None:
    assert await applied(engine, a_decision()) == ()
    assert engine.asked == ["POST /candidates/C-A-1/view", "POST /candidates/C-A-1/decisions"]


async def test_a_decision_answers_all_sightings_that_its_time_overlaps(engine: Answering) -> None:
    await applied(engine, a_decision(start=at(0), end=at(60)))
    assert len([line for line in engine.asked if line.endswith("decisions")]) == 4


@pytest.mark.parametrize(
    "given",
    [{"case": "B"}, {"camera": "cam2"}, {"start": at(8), "end": at(9)}, {"start": at(0), "end": at(6)}],
)
async def test_a_decision_that_fits_no_candidate_is_told_and_answers_nothing(
    engine: Answering, given: dict[str, object]
) -> None:
    (line,) = await applied(engine, a_decision(**given))
    assert line.startswith("no candidate of case ")
    assert engine.asked == []


async def test_of_two_decisions_for_one_candidate_the_first_counts(engine: Answering) -> None:
    bodies: list[bytes] = []

    def keep(request: object) -> object:
        bodies.append(request.content)  # type: ignore[attr-defined]
        return a_candidate(1)

    engine.answers["POST /candidates/C-A-1/decisions"] = keep
    unclear = a_decision(answer=Answer.CANNOT_TELL, because=UnclearBecause.BLUR)
    assert await applied(engine, unclear, a_decision()) == ()
    assert json.loads(bodies[0]) == {"view_id": "V-1", "answer": "cannot_tell", "because": "blur"}
    assert len(bodies) == 1


async def test_a_refused_answer_names_the_case(engine: Answering) -> None:
    engine.answers["POST /candidates/C-A-1/decisions"] = refuses("the view was not adequate")
    with pytest.raises(InputError, match="case A: the view was not adequate"):
        await applied(engine, a_decision())


def test_decisions_are_read_as_written(tmp_path: Path) -> None:
    file = tmp_path / "decisions.json"
    file.write_bytes(msgspec.json.encode([a_decision()]))
    assert read_decisions(file) == (a_decision(),)


def test_a_decision_about_somebody_else_is_refused(tmp_path: Path) -> None:
    check_decisions([a_decision()], tmp_path, {"A"}, {"cam1"})
    with pytest.raises(InputError, match=r"\[1\]\.case: case 'Z' is not traced here; "):
        check_decisions([a_decision(), a_decision(case="Z")], tmp_path, {"A"}, {"cam1"})
    with pytest.raises(InputError, match=r"\[0\]\.camera: camera 'cam1' is not in the registry; "):
        check_decisions([a_decision()], tmp_path, {"A"}, set())
