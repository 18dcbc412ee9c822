"""Zoom, comparison and clip: what stands above the pictures fits every terminal, and how large one has to be
for a face to be confirmed by is told where this one is too small."""

import re
from collections.abc import Iterator

import msgspec
import pytest

from engine.api.schema import Picture
from engine.domain.decision import Answer
from tests.screens import scenes
from tests.screens.driving import NARROW, Seat, seated
from tests.screens.fake_engine import HELLO, ME, NOW, FakeEngine, a_candidate, a_detail
from tests.screens.invented import FACE_SHARE, head, picture
from tui.language import catalogue
from tui.screens.clip import ClipScreen
from tui.screens.compare import CompareScreen

SMALL = (60, 18)
LANGUAGES = ("en", "ko")
MANY = 120
DEMO = msgspec.structs.replace(HELLO, demo_models=True)  # the longest line above a picture


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> Iterator[str]:
    catalogue.use(request.param)
    yield request.param
    catalogue.use("en")


def many(hello: msgspec.Struct = DEMO) -> FakeEngine:
    """So many candidates that their numbers have three digits; two of them are confirmed."""
    found = tuple(
        a_candidate(n, answer=Answer.SAME, decided_by=ME, decided_at=NOW) if n < 13 else a_candidate(n)
        for n in range(1, MANY + 1)
    )
    return FakeEngine({"T-A": msgspec.structs.replace(a_detail(), candidates=found)}, hello)


async def at_the_last(seat: Seat) -> None:
    await seat.press("G")
    await seat.pictures(f"C-A-{MANY}")


def above(seat: Seat, lines: int = 2) -> str:
    return "\n".join(line.rstrip() for line in seat.text().splitlines()[:lines])


@pytest.mark.parametrize("size", [SMALL, NARROW, (115, 40), (116, 36), (120, 40), (200, 60)])
async def test_nothing_above_the_faces_is_cut_off(size: tuple[int, int], language: str) -> None:
    async with seated(many(), size=size) as seat:
        await at_the_last(seat)
        await seat.zoomed()
        said = above(seat)
        assert "…" not in said and f"| {MANY}" in re.sub(r"\| \D+", "| ", said)
        assert re.search(r"\b1( of |/)2|2개 중", said), "which frame of the track it is"
        await seat.press("z")
        await seat.until(lambda: "z: " in above(seat))
        assert "…" not in above(seat)


@pytest.mark.parametrize("size", [SMALL, NARROW, (120, 40)])
async def test_nothing_above_a_comparison_is_cut_off(size: tuple[int, int], language: str) -> None:
    async with seated(many(), size=size) as seat:
        await at_the_last(seat)
        await seat.press("c")
        await seat.until(lambda: isinstance(seat.desk.screen, CompareScreen))
        await seat.press(*["right_square_bracket"] * 3)
        assert re.search(r"4( of |/)12", above(seat, 1)) and "…" not in above(seat, 1)
        heads = seat.text().splitlines()[1]
        assert ME in heads or not re.search(r"confirmed +[a-z]|확인됨 +[a-z]", heads), "a name cut in two"


@pytest.mark.parametrize("size", [SMALL, NARROW])
async def test_nothing_above_a_contradiction_is_cut_off(size: tuple[int, int], language: str) -> None:
    engine = scenes.a_contradiction()
    engine.greeting = DEMO
    async with seated(engine, size=size) as seat:
        await seat.press("C")
        await seat.until(lambda: isinstance(seat.desk.screen, CompareScreen) and above(seat, 1))
        assert re.search(r"1( of |/)1", above(seat, 1)) and "…" not in above(seat, 1)


@pytest.mark.parametrize("size", [SMALL, NARROW])
async def test_nothing_above_a_clip_is_cut_off(size: tuple[int, int], language: str) -> None:
    async with seated(many(), size=size) as seat:
        await at_the_last(seat)
        await seat.press("o")
        await seat.until(lambda: isinstance(seat.desk.screen, ClipScreen) and "/20" in above(seat, 1))
        assert "…" not in above(seat, 1)


# --- the terminal that confirming takes -----------------------------------------------------------


def with_faces(engine: FakeEngine, width: int, height: int) -> FakeEngine:
    """Faces cut from the footage in another shape."""
    whole = msgspec.structs.replace(
        picture("face", head("patient"), 0.0), width=width, height=height, face_px=height * FACE_SHARE
    )

    def pictures(_: str) -> tuple[Picture, ...]:
        return (msgspec.structs.replace(whole, at=NOW),)

    engine.pictures = pictures  # type: ignore[method-assign]
    return engine


def told_size(words: str) -> tuple[int, int]:
    found = re.search(r"needs about (\d+)x(\d+)", words)
    assert found is not None, words
    return int(found[1]), int(found[2])


@pytest.mark.parametrize("shape", [(160, 160), (120, 160), (96, 123)])
async def test_in_the_terminal_that_is_named_the_face_is_large_enough_and_in_a_smaller_one_not(
    shape: tuple[int, int],
) -> None:
    async with seated(with_faces(FakeEngine(), *shape), size=NARROW) as seat:
        await seat.zoomed()
        columns, rows = told_size(above(seat))
    for size, enough in (((columns, rows), True), ((columns - 2, rows), False), ((columns, rows - 1), False)):
        async with seated(with_faces(FakeEngine(), *shape), size=size) as seat:
            await seat.zoomed()
            assert ("large enough" in above(seat)) is enough, size
            assert (seat.engine.views[-1][1] >= 60) is enough, size


async def test_card_zoom_help_and_the_key_itself_name_the_size_and_this_terminals() -> None:
    async with seated(size=NARROW) as seat:
        size = "{}x{}".format(*told_size(seat.text()))
        assert f"a needs about {size}, this" in seat.text() and "terminal is 80x24" in seat.text()
        await seat.press("a")
        reason = f"confirming needs about {size}, this terminal is 80x24"
        assert reason in seat.text().splitlines()[-2]
        await seat.press("question_mark")
        assert reason in re.sub(r"[\s┃]+", " ", seat.text())
        await seat.press("escape")
        await seat.zoomed()
        assert f"too small to confirm, needs about {size}, here 80x24" in above(seat)
        await seat.press("a")
        assert reason in seat.text().splitlines()[-1]
        await seat.press("escape")
        await seat.press("x")
        await seat.pictures("C-A-2")
        assert seat.engine.decisions[0][2] is Answer.NOT_SAME


async def test_where_the_zoom_would_do_no_larger_terminal_is_asked_for() -> None:
    async with seated(size=(116, 40)) as seat:
        await seat.press("a")
        assert "zoom (z)" in seat.text() and "needs about" not in seat.text()
    async with seated(size=(116, 39)) as seat:
        assert "needs about 116x40" in seat.text()


async def test_a_card_of_two_lines_names_the_size_in_one_of_them() -> None:
    async with seated(size=(100, 30)) as seat:
        assert "a needs about 110x41 " in seat.text()
