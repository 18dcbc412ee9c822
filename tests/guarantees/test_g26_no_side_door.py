"""G26: calibration reads labelled sets only, and gives out aggregates."""

from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from adapters.face.labelled import read_set
from engine.domain.errors import Refused
from tui.commands.models import app


def a_set(folder: Path, photos_each: list[int]) -> Path:
    for number, photos in enumerate(photos_each):
        (folder / f"P{number:04}").mkdir(parents=True)
        for photo in range(photos):
            (folder / f"P{number:04}" / f"{photo}.jpg").touch()
    return folder


def test_g26_one_photo_against_a_thousand_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="a single photo: that is a search") as told:
        read_set(a_set(tmp_path, [1] + [50] * 50))
    assert told.value.rule == "G26"


def test_g26_a_drawn_mask_does_not_make_a_second_photo(tmp_path: Path) -> None:
    folder = a_set(tmp_path, [1] + [2] * 50)
    (folder / "P0000" / "0_masked.jpg").touch()
    with pytest.raises(Refused, match="1 of 51 people have a single photo"):
        read_set(folder)


def test_g26_two_people_are_no_set(tmp_path: Path) -> None:
    told = CliRunner().invoke(app, ["calibrate", str(a_set(tmp_path, [40, 40])), "--model", "edgeface_xs"])
    assert told.exit_code == 2
    assert "[G26]" in told.stderr


def test_g26_what_comes_out_names_nobody(shared: Path, tmp_path: Path) -> None:
    """The shortest set there may be: fifty people with a few photos each."""
    source = shared / "faces" / "scrub"
    for person in sorted(p for p in source.iterdir() if p.is_dir())[:50]:
        (tmp_path / "set" / person.name).mkdir(parents=True)
        for photo in sorted(person.glob("[0-1]*.jpg")):
            (tmp_path / "set" / person.name / photo.name).write_bytes(photo.read_bytes())
    out = tmp_path / "out.calibration"
    arguments = ["calibrate", str(tmp_path / "set"), "--model", "edgeface_xxs", "--out", str(out), "--json"]
    told = CliRunner().invoke(app, [*arguments, "--folder", str(shared / "models")])
    assert told.exit_code == 0, told.stderr
    assert msgspec.json.decode(told.stdout)["people_fit"] == 25
    for text in (told.stdout, out.read_text(encoding="utf-8")):
        assert not any(person.name in text for person in (tmp_path / "set").iterdir())
        assert ".jpg" not in text
