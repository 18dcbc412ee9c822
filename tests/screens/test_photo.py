"""A photograph is handed in with where it comes from, and nobody seconds one unseen."""

import threading
from pathlib import Path

import msgspec
import pytest

from engine.api.forms import StillView
from engine.api.schema import StillFile, StillTaken
from tests.screens.driving import NARROW, WIDE, Seat
from tests.screens.fake_engine import HELLO, FakeEngine
from tests.screens.fake_intake import NO_FACE, TWO_FACES
from tests.screens.forming import at_form, open_form, typed
from tui.forms.paper import read_file
from tui.forms.trouble import Trouble
from tui.panes.picture import PictureBox
from tui.screens import photo as photo_screen
from tui.screens.asking import Confirm
from tui.screens.photo import PhotosScreen

SERVER = msgspec.structs.replace(HELLO, profile="server")


def handed_in(seat: Seat) -> list[StillFile]:
    return [what[1] for call, what in seat.engine.asked_for if call == "still"]  # type: ignore[index]


async def filled_in(seat: Seat, *lines: str) -> None:
    """The rows of a new photograph, from the first on."""
    for line in lines:
        await seat.press("enter")
        await typed(seat, line)
        await seat.press("enter")


def a_file(folder: Path, content: bytes) -> Path:
    path = folder / "face.jpg"
    path.write_bytes(content)
    return path


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    return a_file(tmp_path, b"one face")


@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_a_photograph_is_measured_and_stands_in_the_list(photo: Path, size: tuple[int, int]) -> None:
    async with at_form(PhotosScreen, size=size) as seat:
        await filled_in(seat, str(photo), "passport, from the clinic", "N-7")
        await seat.press("h")
        await seat.until(lambda: "41 px between the eyes, at least 20 are needed" in seat.text())
        (still,) = handed_in(seat)
        assert (still.file, still.content) == ("face.jpg", b"one face")
        assert (still.provenance, still.notification_ref) == ("passport, from the clinic", "N-7")
        assert "face.jpg  ○ not seconded yet" in seat.text()


@pytest.mark.parametrize(
    ("content", "words"), [(NO_FACE, "no face was found in it"), (TWO_FACES, "more than one face in it")]
)
async def test_what_cannot_be_searched_with_is_refused_in_plain_words(
    tmp_path: Path, content: bytes, words: str
) -> None:
    async with at_form(PhotosScreen) as seat:
        await filled_in(seat, str(a_file(tmp_path, content)), "passport")
        await seat.press("h")
        await seat.until(lambda: words in seat.text())
        assert "/face.jpg" in seat.text(), "what was written is still there"


async def test_it_needs_to_say_where_it_comes_from_and_on_a_server_for_which_notification(
    photo: Path,
) -> None:
    async with at_form(PhotosScreen, engine=FakeEngine(hello=SERVER)) as seat:
        await seat.press("h")
        assert "write the path of a picture first" in seat.text()
        await filled_in(seat, str(photo))
        await seat.press("h")
        assert "write where it comes from first" in seat.text()
        await filled_in(seat, "passport")
        await seat.press("h")
        assert "write the notification" in seat.text()
        await filled_in(seat, "N-7")
        await seat.press("h")
        await seat.until(lambda: "somebody else has to look at it" in seat.text())


async def test_nobody_seconds_a_photograph_unseen(photo: Path) -> None:
    async with at_form(PhotosScreen) as seat:
        await filled_in(seat, str(photo), "passport", "N-7")
        await seat.press("h")
        await seat.until(lambda: "photo 1" in seat.text())
        await seat.press("down", "S")
        assert "look at it first" in seat.text()
        await seat.press("enter")
        picture = seat.desk.screen.query_one(PictureBox)
        await seat.until(lambda: picture.picture is not None)
        await seat.press("S")
        await seat.until(lambda: isinstance(seat.desk.screen, Confirm))
        await seat.press("y", "enter")
        await seat.until(lambda: "● seconded by investigator" in seat.text())


async def test_the_rows_have_the_whole_width_until_a_photograph_is_looked_at(photo: Path) -> None:
    origin = "passport, brought to the clinic on Monday by her sister"
    async with at_form(PhotosScreen, size=WIDE) as seat:
        assert "who handed it over, and what it is" in seat.text()
        await filled_in(seat, str(photo), origin, "N-7")
        await seat.press("h")
        await seat.until(lambda: f"face.jpg  ○ not seconded yet  {origin}" in seat.text())
        await seat.press("down")
        assert "enter on a photograph looks at it" in seat.text()
        await seat.press("enter")
        await seat.until(lambda: "▀" in seat.text() and "photo 1" in seat.text())


async def test_on_a_narrow_screen_the_picture_has_all_of_it_and_escape_leads_back(photo: Path) -> None:
    async with at_form(PhotosScreen, size=NARROW) as seat:
        await filled_in(seat, str(photo), "passport", "N-7")
        await seat.press("h")
        await seat.until(lambda: "photo 1" in seat.text())
        await seat.press("down", "enter")
        await seat.until(lambda: "photo 1" not in seat.text() and "▀" in seat.text())
        await seat.press("escape")
        assert "photo 1" in seat.text()
        await seat.press("escape")
        assert not isinstance(seat.desk.screen, PhotosScreen)


async def test_a_picture_on_a_slow_disk_is_handed_in_once(
    photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_read = threading.Event()

    def slowly(written: str, most_mib: int) -> tuple[str, bytes] | Trouble:
        may_read.wait(60)
        return read_file(written, most_mib)

    monkeypatch.setattr(photo_screen, "read_file", slowly)
    async with at_form(PhotosScreen) as seat:
        await filled_in(seat, str(photo), "passport")
        await seat.press("h", "h")
        assert "still at work" in seat.text()
        may_read.set()
        await seat.until(lambda: "41 px between the eyes" in seat.text())
        assert len(handed_in(seat)) == 1


class SlowToTake(FakeEngine):
    """Has one photograph, and takes another when ``may_write`` is set."""

    def __init__(self) -> None:
        super().__init__()
        old = StillView(still_id="S-1", file="old.jpg", provenance="x", seconded_by="")
        self.photographs["A"] = [old]
        self.may_write.clear()

    async def add_still(self, case_id: str, still: StillFile) -> StillTaken:
        await self.may_write.wait()
        return await super().add_still(case_id, still)


async def test_what_is_on_its_way_goes_on_though_the_form_is_left_and_opened_again(photo: Path) -> None:
    engine = SlowToTake()
    async with at_form(PhotosScreen, engine=engine) as seat:
        await filled_in(seat, str(photo), "passport")
        await seat.press("h")
        await seat.until(lambda: "looking for the face" in seat.text())
        await seat.press("escape")
        await open_form(seat, PhotosScreen)
        await seat.until(lambda: "old.jpg" in seat.text())
        await seat.press("j", "j", "j", "enter")
        await seat.until(lambda: engine.looked_at)
        engine.may_write.set()
        await seat.until(lambda: handed_in(seat))


async def test_looking_at_one_photograph_does_not_end_the_handing_in_of_another(photo: Path) -> None:
    engine = SlowToTake()
    async with at_form(PhotosScreen, engine=engine) as seat:
        await filled_in(seat, str(photo), "passport")
        await seat.press("h")
        await seat.until(lambda: "looking for the face" in seat.text())
        await seat.press("j", "enter")
        await seat.until(lambda: engine.looked_at)
        await seat.press("h")
        assert "still at work" in seat.text()
        engine.may_write.set()
        await seat.until(lambda: "41 px between the eyes" in seat.text())
        assert len(handed_in(seat)) == 1
