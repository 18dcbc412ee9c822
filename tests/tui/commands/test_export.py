"""An export on the disk: whole or not at all, for one person, and over nothing that was there."""

from pathlib import Path

import pytest

from engine.domain.errors import InputError
from tui.commands.export import require_writable, write


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    out = tmp_path / "list.csv"
    write(out, b"rows", force=False)
    assert (out.read_bytes(), out.stat().st_mode & 0o777) == (b"rows", 0o600)
    assert names(tmp_path) == ["list.csv"]


def test_what_is_there_stays(tmp_path: Path) -> None:
    out = tmp_path / "list.csv"
    out.write_bytes(b"before")
    with pytest.raises(InputError, match="is there already"):
        require_writable(out, force=False)
    with pytest.raises(InputError, match="file exists"):  # it came there after that was looked at
        write(out, b"rows", force=False)
    assert out.read_bytes() == b"before"
    assert names(tmp_path) == ["list.csv"]


def test_a_link_to_nowhere_is_there_too(tmp_path: Path) -> None:
    out = tmp_path / "list.csv"
    out.symlink_to(tmp_path / "elsewhere.csv")
    with pytest.raises(InputError, match="is there already"):
        require_writable(out, force=False)
    with pytest.raises(InputError):
        write(out, b"rows", force=False)
    assert names(tmp_path) == ["list.csv"]


def test_force_replaces_it_whole(tmp_path: Path) -> None:
    out = tmp_path / "list.csv"
    out.write_bytes(b"before")
    out.chmod(0o644)
    require_writable(out, force=True)
    write(out, b"rows", force=True)
    assert (out.read_bytes(), out.stat().st_mode & 0o777) == (b"rows", 0o600)


def test_a_write_that_fails_leaves_nothing(tmp_path: Path) -> None:
    out = tmp_path / "list.csv"
    out.write_bytes(b"before")
    with pytest.raises(TypeError):
        write(out, None, force=True)  # type: ignore[arg-type]
    assert (out.read_bytes(), names(tmp_path)) == (b"before", ["list.csv"])


@pytest.mark.parametrize("out", ["", "none/list.csv"])
def test_a_place_that_takes_no_file_is_said_before_anything_is_exported(tmp_path: Path, out: str) -> None:
    with pytest.raises(InputError):
        require_writable(tmp_path / out, force=False)
