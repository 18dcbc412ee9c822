"""G6: footage is a plain file below its folder: no camera, no pipe without an end, no link elsewhere."""

import os
from pathlib import Path

import pytest

from adapters.footage.archive import FootageArchive, load_archive
from engine.domain.errors import InputError


def archive_of(folder: Path, file: str = "live.mp4") -> FootageArchive:
    manifest = folder / "footage.toml"
    manifest.write_text(
        f'[[segment]]\ncamera = "hall"\nfile = "{file}"\nstart_device = 2026-03-02T03:00:00Z\n'
        f'end_device = 2026-03-02T03:10:00Z\nsha256 = "{"0" * 64}"\n',
        encoding="utf-8",
    )
    return load_archive(folder, manifest)


def test_g06_a_file_beside_the_folder_is_no_footage(tmp_path: Path) -> None:
    folder = tmp_path / "footage"
    folder.mkdir()
    (tmp_path / "live.mp4").write_bytes(b"frames of another house")
    with pytest.raises(InputError):
        archive = archive_of(folder, "../live.mp4")
        archive.open(archive.segments("hall")[0])


def test_g06_a_device_or_a_pipe_in_the_folder_is_no_footage(tmp_path: Path) -> None:
    archive = archive_of(tmp_path)
    os.mkfifo(tmp_path / "live.mp4")
    with pytest.raises(InputError, match="no plain file"):
        archive.open(archive.segments("hall")[0])


def test_g06_a_link_to_something_else_is_no_footage(tmp_path: Path) -> None:
    folder = tmp_path / "footage"
    folder.mkdir()
    (tmp_path / "elsewhere.mp4").write_bytes(b"frames of another house")
    archive = archive_of(folder)
    (folder / "live.mp4").symlink_to(tmp_path / "elsewhere.mp4")
    with pytest.raises(InputError, match="is a link"):
        archive.open(archive.segments("hall")[0])
