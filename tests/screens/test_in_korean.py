"""Every screen in Korean: no English word but names and ids, lines as wide as the screen, keys there."""

import re
from collections.abc import Iterator

import pytest
from rich.cells import cell_len

from engine.domain.authorisation import Role
from tests.screens.driving import NARROW, WIDE, Seat, seated
from tests.screens.fake_contacts import named, unnamed
from tests.screens.fake_engine import FakeEngine
from tests.screens.forming import open_form
from tests.screens.test_approvals import an_emergency, with_papers
from tests.screens.test_audit import an_auditors
from tui.language import catalogue
from tui.screens.asking import Confirm
from tui.screens.consent import ConsentScreen
from tui.screens.form import FormScreen
from tui.screens.interview import InterviewScreen
from tui.screens.photo import PhotosScreen
from tui.screens.scope import ScopeScreen

SMALL = (60, 18)
SIZES = (WIDE, NARROW, SMALL)
# Names, ids, numbers of papers and keys: what no language changes.
KEPT = {
    "KST", "WHO", "GPS", "GiB", "Cafe", "Onda", "City", "library", "Hana", "market", "west", "door",
    "reading", "room", "tram", "stop", "hall", "investigator", "lee", "park", "kim", "province", "order",
    "tracedesk", "enter", "esc", "tab", "space", "yunet", "edgeface", "xs", "the", "bus", "leaves", "at",
    "six", "will", "call", "back", "about", "roster", "four", "line",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _in_korean() -> Iterator[None]:
    catalogue.use("ko")
    try:
        yield
    finally:
        catalogue.use("en")


def an_engine() -> FakeEngine:
    engine = FakeEngine()
    engine.has_contacts((named(1), named(2), unnamed(3)))
    return engine


def english(text: str) -> list[str]:
    """Words in Latin letters that are neither kept nor cut off."""
    words = re.findall(r"(?<![\w…┃┛┓])[A-Za-z]{2,}(?![\w…┃])", text)
    return [word for word in words if word not in KEPT]


async def at_rest(seat: Seat, size: tuple[int, int]) -> str:
    for _ in range(15):
        seat.desk.paint()
        await seat.pilot.pause()
    text = seat.text()
    assert {cell_len(line) for line in text.splitlines()} == {size[0]}
    return text


def test_an_english_word_would_be_found() -> None:
    assert english("◆ to review  4건 남음  cam1 west door") == ["to", "review"]


@pytest.mark.parametrize("size", SIZES)
async def test_desk_and_modes_have_no_english_word(size: tuple[int, int]) -> None:
    async with seated(an_engine(), size=size) as seat:
        assert english(await at_rest(seat, size)) == []
        for key in ("1", "3", "4", "f3", "f4", "f6"):
            await seat.press(key, after_s=3.0)
            assert english(await at_rest(seat, size)) == [], key


@pytest.mark.parametrize("engine", [an_auditors(60), with_papers(an_emergency(7, "D"))])
async def test_audit_and_approvals_have_no_english_word(engine: FakeEngine) -> None:
    key = "f5" if Role.AUDITOR in engine.greeting.roles else "f4"
    async with seated(engine) as seat:
        await seat.press(key, after_s=3.0)
        assert english(await at_rest(seat, WIDE)) == []


@pytest.mark.parametrize("form", [InterviewScreen, ConsentScreen, PhotosScreen, ScopeScreen])
@pytest.mark.parametrize("size", SIZES)
async def test_forms_have_no_english_word(form: type[FormScreen], size: tuple[int, int]) -> None:
    async with seated(an_engine(), size=size) as seat:
        await open_form(seat, form)
        assert english(await at_rest(seat, size)) == []


async def test_a_row_of_contacts_is_written_and_merged_in_korean_words() -> None:
    async with seated(an_engine()) as seat:
        await seat.press("4")
        await seat.until(lambda: seat.desk.desk.contacts.current is not None)
        await seat.press("enter")
        assert "명부" in seat.text() or "카드" in seat.text()
        assert english(await at_rest(seat, WIDE)) == []
        await seat.press("escape", "M", "down", "M")
        assert english(await at_rest(seat, WIDE)) == []


@pytest.mark.parametrize("size", SIZES)
async def test_the_keys_of_all_three_answers_stand_at_the_foot(size: tuple[int, int]) -> None:
    async with seated(size=size) as seat:
        foot = seat.text().splitlines()[-1]
        assert all(word in foot for word in ("a 동일인", "x 타인", "space 판단 불가", "? 도움말", "q 나가기"))


async def test_what_is_permitted_is_asked_about_in_korean_words() -> None:
    async with seated(an_engine(), size=WIDE) as seat:
        await seat.mode("f4", "면접조사")
        await seat.press("a")
        assert isinstance(seat.desk.screen, Confirm) and "면접조사" in seat.text()
        assert english(seat.text()) == []
