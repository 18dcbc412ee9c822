"""What is brought in by plain commands: ground, photographs, interviews; nothing personal is an argument."""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.site.places import PlaceTable
from engine.domain.place import Disc, Place
from tests.engine.api.conftest import open_house
from tests.engine.api.requests import CASE
from tests.engine.fakes import a_record, a_site
from tests.tui.commands.running import Commands

PLACES = PlaceTable(
    Place(
        place_id=f"p{n}", names=(name,), address=f"street {n}", disc=Disc(lat=37.5, lon=126.9, radius_m=25.0)
    )
    for n, name in enumerate(("Market", "City library", "City library annex"))
)
TOLD = "Market, 2 Mar 10:10-11:30, sure, no mask, alone\n\nCity library, 14:10-15:00, with 2 others\n"


@pytest.fixture
async def commands(tmp_path: Path) -> AsyncIterator[Commands]:
    async with open_house(tmp_path, a_site(places_like=PLACES.like)) as house:
        house.pool.records = (a_record(0),)
        await house.client.import_case(CASE)
        yield Commands(house)


async def parsed(commands: Commands) -> list[str]:
    return [file for file, _ in commands.house.pool.parsed]


# --- ground -------------------------------------------------------------------------------------


async def test_a_ground_is_recorded_by_the_digest_of_its_paper_and_withdrawn(
    commands: Commands, tmp_path: Path
) -> None:
    paper = tmp_path / "consent.pdf"
    paper.write_bytes(b"signed")
    assert "none, so no face" in (await commands.says("case", "ground", "case-1"))[0]
    (said,) = await commands.says("case", "ground", "case-1", "--document", str(paper))
    assert said.endswith(hashlib.sha256(b"signed").hexdigest())
    assert await commands.says("case", "ground", "case-1") == ["the ground of case case-1: separate consent"]
    await commands.says("case", "withdraw", "case-1")
    assert await commands.says("case", "ground", "case-1") == ["the ground of case case-1: withdrawn"]


async def test_a_ground_is_one_paper_or_one_law(commands: Commands) -> None:
    refused = await commands.refuses("case", "ground", "case-1", "--document", "a" * 64, "--law", "KR-1")
    assert "give one of the two" in refused
    assert "no file" in await commands.refuses("case", "ground", "case-1", "--document", "/none.pdf")
    assert "[G3]" in await commands.refuses("case", "ground", "case-1", "--law", "of nature")
    assert await commands.says("case", "ground", "case-1", "--law", "KR-1")
    assert "tracedesk case list" in await commands.refuses("case", "ground", "case-9")


# --- photographs --------------------------------------------------------------------------------


async def test_a_photograph_is_handed_in_with_where_it_comes_from_and_its_quality_is_said(
    commands: Commands, tmp_path: Path
) -> None:
    picture = tmp_path / "front.jpg"
    picture.write_bytes(b"\xff\xd8 pixels")
    words = ("case", "add-photo", "case-1", str(picture))
    assert "where it comes from: is missing" in await commands.refuses(*words)
    assert "has over 2 lines" in await commands.refuses(*words, typed="a\nb\nc\n")
    said = await commands.says(*words, typed="taken at the ward\nN-1\n")
    assert said[1:4] == ["✓ taken: one face in front.jpg", "60 px between the eyes, at least 20 are needed",
                         "no mask"]  # fmt: skip
    (still,) = await commands.house.client.stills("case-1")
    assert still.provenance == "taken at the ward"
    assert said[0] == f"photograph {still.still_id} of case case-1"


async def test_a_photograph_without_a_face_is_refused_in_plain_words(
    commands: Commands, tmp_path: Path
) -> None:
    picture = tmp_path / "wall.jpg"
    picture.write_bytes(b"nobody")
    said = await commands.refuses("case", "add-photo", "case-1", str(picture), typed="ward\n")
    assert "not taken: no face was found in it" in said
    assert "there is no file" in await commands.refuses("case", "add-photo", "case-1", "/none.jpg")


async def test_in_a_pipe_nobody_looks_at_a_photograph(commands: Commands, tmp_path: Path) -> None:
    picture = tmp_path / "front.jpg"
    picture.write_bytes(b"\xff\xd8 pixels")
    await commands.says("case", "add-photo", "case-1", str(picture), typed="ward\n")
    (still,) = await commands.house.client.stills("case-1")
    before = len(await commands.house.client.audit())
    assert "nobody sees it here" in await commands.refuses("case", "photo", "case-1", still.still_id)
    assert len(await commands.house.client.audit()) == before


# --- interviews ---------------------------------------------------------------------------------


async def test_an_interview_is_said_back_before_it_is_handed_in(commands: Commands, tmp_path: Path) -> None:
    file = tmp_path / "told.txt"
    file.write_text(TOLD, encoding="utf-8")
    said = await commands.says("case", "interview", "case-1", str(file), "--check")
    assert said == [
        "line 1: Mon 2 Mar 2026 10:10–11:30 UTC, Market (p0), ±30 min, no mask, alone",
        "line 3: Mon 2 Mar 2026 14:10–15:00 UTC, City library (p1), ±60 min, with 2 others",
        "2 stays can be handed in",
    ]
    assert await parsed(commands) == []
    outcome = await commands.run("case", "interview", "case-1", str(file))
    assert (outcome.exit_code, "give --yes" in outcome.stderr) == (2, True)
    assert await parsed(commands) == []
    said = await commands.says("case", "interview", "case-1", "-", "--yes", typed=TOLD)
    assert said[2].endswith("1 records taken")
    (sent,) = await parsed(commands)
    assert sent.startswith("interview-")
    (case,) = await commands.house.client.cases()
    assert case.records == 1


async def test_a_line_that_is_not_understood_keeps_all_of_them_back(commands: Commands) -> None:
    outcome = await commands.run("case", "interview", "case-1", "-", "--yes", typed=TOLD + "he went out\n")
    assert outcome.exit_code == 2
    assert outcome.stderr.startswith("line 4: no time is told: write from when to when")
    assert "1 of the lines cannot be read; mend these lines; nothing was handed in" in outcome.stderr
    assert len(outcome.stdout.splitlines()) == 2
    assert await parsed(commands) == []


async def test_a_place_that_is_not_surely_meant_is_noted_with_those_like_it(commands: Commands) -> None:
    words = ("case", "interview", "case-1", "-", "--check")
    said = await commands.says(*words, typed="library 2 Mar 9:00-10:00")
    assert "City library [p1]" in said[1]
    said = await commands.says(*words, typed="City library [p1] 2 Mar 9:00-10:00")
    assert "City library (p1)" in said[0]
    assert len(said) == 2


async def test_a_draft_is_handed_in_and_is_gone_then(commands: Commands) -> None:
    assert "has no line" in await commands.refuses("case", "interview", "case-1", "--yes")
    await commands.says("case", "draft", "case-1", "--write", typed=TOLD)
    await commands.says("case", "interview", "case-1", "--yes")
    assert await commands.says("case", "draft", "case-1") == ["there is no draft of yours"]


async def test_lines_of_another_encoding_are_refused(commands: Commands, tmp_path: Path) -> None:
    file = tmp_path / "told.txt"
    file.write_bytes("시장".encode("cp949"))
    assert "is not UTF-8" in await commands.refuses("case", "interview", "case-1", str(file), "--check")
