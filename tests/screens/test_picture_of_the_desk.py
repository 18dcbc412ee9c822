"""The picture in the README is the desk of this very code."""

from tests.screens.make_picture import PICTURE, draw, words_of


async def test_the_picture_shows_the_desk_as_it_is_now() -> None:
    shown = words_of(PICTURE.read_text(encoding="utf-8"))
    assert shown == words_of(await draw()), "draw it again: python -m tests.screens.make_picture"
    assert any("REHEARSAL" in word for word in shown)


def test_the_picture_asks_no_other_host_for_anything() -> None:
    picture = PICTURE.read_text(encoding="utf-8")
    assert picture.count("http") == picture.count('xmlns="http://www.w3.org/2000/svg"') == 1
    assert "@import" not in picture and "<image" not in picture
