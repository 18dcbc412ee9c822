import hashlib
import os
from pathlib import Path

import pytest

from engine import failpoints
from engine.store import durable
from engine.store.durable import Points, copy_open, put_in_place, sha256_of, write_new


def test_a_copy_is_the_beginning_of_the_source_and_its_owners_alone(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    content = os.urandom(durable.SYNC_EVERY + durable.CHUNK + 17)
    source.write_bytes(content + b"what was added later")
    descriptor = os.open(source, os.O_RDONLY)
    try:
        os.lseek(descriptor, 5, os.SEEK_SET)
        copy_open(descriptor, len(content), target)
        assert os.lseek(descriptor, 0, os.SEEK_CUR) == 5
    finally:
        os.close(descriptor)
    assert target.read_bytes() == content
    assert target.stat().st_mode & 0o777 == 0o600
    assert sha256_of(target) == hashlib.sha256(content).hexdigest()


def test_a_source_that_ends_early_is_an_error_and_not_a_short_copy(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"abc")
    descriptor = os.open(source, os.O_RDONLY)
    try:
        with pytest.raises(OSError, match="ended early"):
            copy_open(descriptor, 4, tmp_path / "target")
    finally:
        os.close(descriptor)


def test_nothing_that_is_there_is_written_over(tmp_path: Path) -> None:
    there = tmp_path / "there"
    write_new(there, b"first")
    with pytest.raises(FileExistsError):
        write_new(there, b"second")
    assert there.read_bytes() == b"first"
    assert there.stat().st_mode & 0o777 == 0o600


def test_a_file_is_put_in_place_by_sync_rename_sync(tmp_path: Path) -> None:
    points = Points("test_durable")
    new, target = tmp_path / "new", tmp_path / "target"
    target.write_bytes(b"old")
    new.write_bytes(b"new")
    seen: list[tuple[str, bytes]] = []

    def note(point: str) -> None:
        seen.append((point.removeprefix("test_durable."), target.read_bytes()))

    try:
        for point in (points.before_sync, points.after_sync, points.after_rename, points.after_folder_sync):
            failpoints.arm(point, lambda p=point: note(p))
        put_in_place(new, target, points)
    finally:
        failpoints.disarm()
        failpoints.NAMES.difference_update({n for n in failpoints.NAMES if n.startswith("test_durable.")})
    assert seen == [
        ("before_sync", b"old"),
        ("after_sync", b"old"),
        ("after_rename", b"new"),
        ("after_folder_sync", b"new"),
    ]
    assert not new.exists()
