from pathlib import Path

import pytest

from adapters.face.labelled import MIN_PEOPLE, read_picture, read_set
from engine.domain.errors import InputError, Refused


def people(folder: Path, count: int, photos: int = 2) -> Path:
    for number in range(count):
        (folder / f"P{number:03}").mkdir(parents=True)
        for photo in range(photos):
            (folder / f"P{number:03}" / f"{photo}.jpg").touch()
    return folder


def test_a_photo_and_its_masked_copy_are_one_take(tmp_path: Path) -> None:
    folder = people(tmp_path, MIN_PEOPLE)
    (folder / "P000" / "1_masked.jpg").touch()
    (folder / "P000" / "notes.txt").touch()
    first = [p for p in read_set(folder) if p.person == "P000"]
    assert [(p.take, p.masked) for p in first] == [("0", False), ("1", False), ("1", True)]


def test_labels_win_over_folder_names(tmp_path: Path) -> None:
    folder = people(tmp_path, 1)
    rows = [f"P000/{n}.jpg,who{n % MIN_PEOPLE},{n % 2}" for n in range(2 * MIN_PEOPLE)]
    (folder / "labels.csv").write_text("\n".join(["file,identity,masked", *rows]))
    photos = read_set(folder)
    assert len({p.person for p in photos}) == MIN_PEOPLE
    assert {p.masked for p in photos} == {True, False}


def test_too_few_people_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="49 people are too few"):
        read_set(people(tmp_path, MIN_PEOPLE - 1))


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ("file,identity\na,b", r"labels\.csv: masked: column is missing"),
        ("file,identity,masked\na/0.jpg,A,yes", r"row 2, column masked: cannot be 'yes'"),
        ("file,identity,masked\na/0.jpg,A,0\na/1.jpg,,0", r"row 3, column identity: cannot be ''"),
        ("file,identity,masked\n../case/0.jpg,A,0", r"row 2, column file: must lie inside"),
        ("file,identity,masked\n/case/0.jpg,A,0", r"row 2, column file: must lie inside"),
        ("file,identity,masked\n,A,0", r"row 2, column file: must lie inside"),
        ("file,identity,masked\na/0.jpg", r"row 2, column identity: cannot be None"),
    ],
)
def test_wrong_labels_name_row_and_column(tmp_path: Path, rows: str, says: str) -> None:
    (tmp_path / "labels.csv").write_text(rows)
    with pytest.raises(InputError, match=says):
        read_set(tmp_path)


def test_labels_in_another_encoding_are_refused(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_bytes("file,identity,masked\n김철수/0.jpg,김철수,0".encode("cp949"))
    with pytest.raises(InputError, match="is not CSV in UTF-8"):
        read_set(tmp_path)


def test_no_folder_and_no_picture_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        read_set(tmp_path / "none")
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"\xff\xd8\xff broken")
    with pytest.raises(InputError, match=r"broken\.jpg: cannot be read as a picture"):
        read_picture(broken)
    with pytest.raises(InputError, match="no such file"):
        read_picture(tmp_path / "none.jpg")
