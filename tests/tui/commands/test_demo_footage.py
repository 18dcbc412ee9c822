import hashlib
import io
from pathlib import Path

import psutil
import pytest
from rich.console import Console

from adapters.city.archive import Stretch, stretches
from adapters.city.heads import Heads
from adapters.city.making import only
from adapters.city.plan import TOWN
from adapters.city.simulation import simulate
from engine.domain.errors import InputError
from tui.commands.demo_footage import make_footage, stopped

SEED, PATIENTS = 7, 10


@pytest.fixture(scope="module")
def few() -> list[Stretch]:
    """The films of the two cameras with the least footage."""
    archive = stretches(simulate(SEED, TOWN, PATIENTS, len(Heads())))
    lasts: dict[int, float] = {}
    for stretch in archive:
        lasts[stretch.camera] = lasts.get(stretch.camera, 0.0) + stretch.end_s - stretch.start_s
    return only(archive, sorted(lasts, key=lambda camera: lasts[camera])[:2])


def make(folder: Path, few: list[Stretch], console: Console | None = None, **more: object) -> dict[str, str]:
    cameras = {s.camera for s in few}
    said = console or Console(file=io.StringIO())
    return make_footage(SEED, TOWN, PATIENTS, folder, said, cameras=cameras, processes=2, **more)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def made(few: list[Stretch], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str], str]:
    folder, said = tmp_path_factory.mktemp("town"), io.StringIO()
    return folder, make(folder, few, Console(file=said), every_s=0.0), said.getvalue()


def test_all_files_are_made_and_their_digests_are_told(
    made: tuple[Path, dict[str, str], str], few: list[Stretch]
) -> None:
    folder, digests, _ = made
    assert set(digests) == {s.file for s in few}
    for name, digest in digests.items():
        assert hashlib.sha256((folder / "footage" / name).read_bytes()).hexdigest() == digest


def test_in_a_pipe_lines_tell_how_far_it_is(
    made: tuple[Path, dict[str, str], str], few: list[Stretch]
) -> None:
    lines = made[2].splitlines()
    minutes = sum(s.end_s - s.start_s for s in few) / 60
    assert len(lines) == len(few)
    assert lines[-1] == f"making footage: {minutes:.1f} of {minutes:.1f} camera minutes"


def test_what_is_there_is_not_made_again_and_needs_no_room(
    made: tuple[Path, dict[str, str], str], few: list[Stretch]
) -> None:
    folder, digests, _ = made
    said = io.StringIO()
    again = make(folder, few, Console(file=said), every_s=0.0, free_mb=lambda _: 0.0)
    assert again == digests
    assert said.getvalue() == ""


def test_what_is_gone_or_damaged_is_made_again_as_it_was(
    made: tuple[Path, dict[str, str], str], few: list[Stretch]
) -> None:
    folder, digests, _ = made
    gone, damaged = (folder / "footage" / s.file for s in few[:2])
    gone.unlink()
    damaged.write_bytes(b"half a film")
    said = io.StringIO()
    assert make(folder, few, Console(file=said, force_terminal=True)) == digests
    assert "camera minutes" in said.getvalue(), "a bar on a terminal"
    assert hashlib.sha256(damaged.read_bytes()).hexdigest() == digests[damaged.name]
    assert hashlib.sha256(gone.read_bytes()).hexdigest() == digests[gone.name]


def test_nothing_is_begun_where_there_is_no_room(few: list[Stretch], tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"footage: the footage needs \d+ MB, and 0 MB are free; free space"):
        make(tmp_path, few, free_mb=lambda _: 0.4)
    assert list((tmp_path / "footage").iterdir()) == []


def test_a_disk_that_fills_up_meanwhile_is_told_with_the_room_it_needs(
    few: list[Stretch], tmp_path: Path
) -> None:
    (tmp_path / "footage").mkdir()
    first = tmp_path / "footage" / few[0].file
    first.with_suffix(".new").symlink_to("/dev/full")
    with pytest.raises(
        InputError, match=rf"{few[0].file}: no space left on device; the footage needs \d+ MB"
    ):
        make(tmp_path, few)


def test_another_trouble_is_told_with_what_to_do() -> None:
    told = str(stopped("/town/footage/c000-00000.mp4", "input/output error", full=False, needed_mb=9.0))
    assert told == "/town/footage/c000-00000.mp4: input/output error; run it again: it goes on from there"


def test_a_folder_that_cannot_be_made_is_named(few: list[Stretch], tmp_path: Path) -> None:
    (tmp_path / "footage").write_text("a file")
    with pytest.raises(InputError, match="footage: file exists; free space, or name another folder"):
        make(tmp_path, few)


def test_ctrl_c_leaves_no_process_behind(few: list[Stretch], tmp_path: Path) -> None:
    class Pressed(Console):
        def print(self, *objects: object, **how: object) -> None:
            raise KeyboardInterrupt

    before = {child.pid for child in psutil.Process().children()}
    with pytest.raises(KeyboardInterrupt):
        make(tmp_path, few, Pressed(file=io.StringIO()), every_s=0.0)
    assert {child.pid for child in psutil.Process().children()} <= before


def test_a_process_that_dies_is_told_with_its_last_words(few: list[Stretch], tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"the footage was not finished \(.*--camera.*\); run it again"):
        make_footage(
            SEED,
            TOWN,
            PATIENTS,
            tmp_path,
            Console(file=io.StringIO()),
            cameras=_Odd({few[0].camera}),
            processes=1,
        )


class _Odd(set[int]):
    """Cameras that are spelt in a way that no process understands."""

    def __iter__(self):  # type: ignore[no-untyped-def]
        return iter(["x"])
