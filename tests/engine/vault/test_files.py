import errno
from pathlib import Path

import pytest

from engine import failpoints
from engine.vault import files


@pytest.fixture(autouse=True)
def nothing_armed() -> object:
    yield
    failpoints.disarm()


def fail() -> None:
    raise OSError(errno.EIO, "Input/output error")


def test_a_file_is_replaced_whole_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "a"
    files.replace_durably(path, b"one")
    files.replace_durably(path, b"two")
    assert path.read_bytes() == b"two"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_what_cannot_be_written_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "a"
    files.replace_durably(path, b"one")
    failpoints.arm(files.BEFORE_WRITE_SYNC, fail)
    with pytest.raises(OSError, match="Input/output"):
        files.replace_durably(path, b"two")
    assert path.read_bytes() == b"one"
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_a_link_laid_in_the_way_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "victim").write_bytes(b"untouched")
    (tmp_path / "a.new").symlink_to(tmp_path / "victim")
    with pytest.raises(OSError, match="symbolic"):
        files.replace_durably(tmp_path / "a", b"one")
    assert (tmp_path / "victim").read_bytes() == b"untouched"


def test_superseding_overwrites_the_old_content_where_it_lay(tmp_path: Path) -> None:
    path = tmp_path / "a"
    files.replace_durably(path, b"the old content")
    with path.open("rb") as old:
        files.supersede(path, b"the new one")
        left = old.read()
    assert len(left) == len(b"the old content")
    assert b"old" not in left
    assert files.read(path) == path.read_bytes() == b"the new one"
    assert not files.unsettled(path)


@pytest.mark.parametrize("where", [files.BEFORE_SCRUB, files.AFTER_SCRUB_SYNC, files.BEFORE_TAKING])
def test_a_new_content_counts_before_the_old_one_is_overwritten(tmp_path: Path, where: str) -> None:
    path = tmp_path / "a"
    files.replace_durably(path, b"old")
    failpoints.arm(where, fail)
    with pytest.raises(OSError, match="Input/output"):
        files.supersede(path, b"new")
    assert files.read(path) == b"new"
    assert files.unsettled(path)
    failpoints.disarm()
    files.settle(path)
    assert path.read_bytes() == b"new"
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_what_supersedes_nothing_is_simply_there(tmp_path: Path) -> None:
    files.supersede(tmp_path / "a", b"first")
    assert (tmp_path / "a").read_bytes() == b"first"
    assert files.exists(tmp_path / "a")
    assert not files.exists(tmp_path / "b")


def test_destroying_overwrites_whatever_lies_under_the_names_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "a"
    kept = []
    for name in ("a", "a.new", "a.next"):
        (tmp_path / name).write_bytes(b"a secret of the house")
        kept.append((tmp_path / name).open("rb"))
    files.destroy(path)
    assert list(tmp_path.iterdir()) == []
    for file in kept:
        assert b"secret" not in file.read()
        file.close()
    files.destroy(path)  # once more is no error
