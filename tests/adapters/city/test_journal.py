import hashlib
import os
from pathlib import Path

import pytest

from adapters.city.archive import Stretch
from adapters.city.journal import Journal, made_for
from adapters.city.plan import CITY_SIZE, TOWN

STRETCH = Stretch(camera=3, start_s=100.0, end_s=110.0, passes=(1,))
OTHER = Stretch(camera=3, start_s=200.0, end_s=210.0, passes=(2,))
CONTENT = b"a film" * 100
DIGEST = hashlib.sha256(CONTENT).hexdigest()
TOWN_1 = made_for(1, TOWN, 10)


@pytest.fixture
def footage(tmp_path: Path) -> Path:
    """Holds one film, which its journal knows."""
    (tmp_path / STRETCH.file).write_bytes(CONTENT)
    Journal(tmp_path, TOWN_1).note(STRETCH, DIGEST)
    return tmp_path


def test_a_file_that_was_noted_is_known_to_the_next_journal(footage: Path) -> None:
    assert Journal(footage, TOWN_1).digest(STRETCH) == DIGEST


def test_a_known_file_is_not_read_again(footage: Path) -> None:
    film = footage / STRETCH.file
    there = film.stat()
    film.write_bytes(bytes(len(CONTENT)))
    os.utime(film, ns=(there.st_atime_ns, there.st_mtime_ns))
    assert Journal(footage, TOWN_1).digest(STRETCH) == DIGEST, "what the disk says of it is enough"


@pytest.mark.parametrize("damaged", [CONTENT[:-1], b"", CONTENT + b"x", bytes(len(CONTENT))])
def test_a_damaged_file_is_not_taken_for_whole(footage: Path, damaged: bytes) -> None:
    film = footage / STRETCH.file
    film.write_bytes(damaged)
    os.utime(film, (1, 1))
    assert Journal(footage, TOWN_1).digest(STRETCH) is None


def test_a_file_that_was_copied_is_read_once_and_known(footage: Path) -> None:
    film = footage / STRETCH.file
    os.utime(film, (1, 1))
    assert Journal(footage, TOWN_1).digest(STRETCH) == DIGEST
    film.write_bytes(bytes(len(CONTENT)))
    os.utime(film, (1, 1))
    assert Journal(footage, TOWN_1).digest(STRETCH) == DIGEST


def test_a_file_that_nobody_noted_or_that_is_gone_is_not_known(footage: Path) -> None:
    (footage / OTHER.file).write_bytes(CONTENT)
    assert Journal(footage, TOWN_1).digest(OTHER) is None
    (footage / STRETCH.file).unlink()
    assert Journal(footage, TOWN_1).digest(STRETCH) is None


@pytest.mark.parametrize("page", [b"", b"{", b'{"made_for": 3}', b"\xff"])
def test_a_damaged_page_counts_as_empty(footage: Path, page: bytes) -> None:
    (footage / "c003.json").write_bytes(page)
    assert Journal(footage, TOWN_1).digest(STRETCH) is None


@pytest.mark.parametrize("other", [made_for(2, TOWN, 10), made_for(1, TOWN, 9), made_for(1, CITY_SIZE, 10)])
def test_files_of_another_town_are_not_taken_for_those_of_this_one(footage: Path, other: str) -> None:
    assert Journal(footage, other).digest(STRETCH) is None


def test_pages_hold_what_was_noted_before(footage: Path) -> None:
    (footage / OTHER.file).write_bytes(CONTENT)
    Journal(footage, TOWN_1).note(OTHER, DIGEST)
    again = Journal(footage, TOWN_1)
    assert again.digest(STRETCH) == again.digest(OTHER) == DIGEST
