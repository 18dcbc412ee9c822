"""The pictures of the documentation show the desk of this very code."""

import re

import pytest

from tests.screens.make_picture import DOCS, DRAWINGS, draw, words_of

LARGEST_BYTES = 300_000
PAGES = (DOCS.parent / "README.md", DOCS / "DESK.md")
LINK = re.compile(r"\]\(([^)]+\.svg)\)")


def picture(name: str) -> str:
    return (DOCS / DRAWINGS[name].file).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", DRAWINGS)
async def test_the_picture_shows_the_desk_as_it_is_now(name: str) -> None:
    shown = words_of(picture(name))
    drawn = words_of(await draw(DRAWINGS[name]))
    assert shown == drawn, f"draw it again: python -m tests.screens.make_picture {name}"
    assert any("REHEARSAL" in word for word in shown)


@pytest.mark.parametrize("name", DRAWINGS)
def test_the_picture_asks_no_other_host_for_anything_and_is_not_large(name: str) -> None:
    svg = picture(name)
    assert svg.count("http") == svg.count('xmlns="http://www.w3.org/2000/svg"') == 1
    assert "@import" not in svg and "<image" not in svg
    assert len(svg.encode()) < LARGEST_BYTES


def test_every_picture_is_on_a_page_and_every_page_shows_pictures_that_are_there() -> None:
    linked = {
        (page.parent / path).resolve() for page in PAGES for path in LINK.findall(page.read_text("utf-8"))
    }
    assert linked == {DOCS / drawing.file for drawing in DRAWINGS.values()}
