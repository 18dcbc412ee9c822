import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from adapters.footage.archive import FootageArchive, load_archive
from engine.domain.camera import Segment
from engine.domain.errors import InputError

NOON = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)


def a_segment(file: str = "one.mp4", camera: str = "cam1", *, minutes: float = 0.0) -> Segment:
    start = NOON + timedelta(minutes=minutes)
    return Segment(
        camera_id=camera,
        file=file,
        start_device=start,
        end_device=start + timedelta(minutes=1),
        sha256="a" * 64,
        gaps=((1.0, 2.5),),
    )


def written(tmp_path: Path, *segments: Segment) -> Path:
    manifest = tmp_path / "footage.toml"
    manifest.write_text(as_toml(segments), encoding="utf-8")
    return manifest


def as_toml(segments: Sequence[Segment]) -> str:
    """The manifest that ``load_archive`` would read back."""
    blocks = []
    for s in segments:
        lines = [
            "[[segment]]",
            f"camera = {msgspec.json.encode(s.camera_id).decode()}",
            f"file = {msgspec.json.encode(s.file).decode()}",
            f"start_device = {s.start_device.isoformat().replace('+00:00', 'Z')}",
            f"end_device = {s.end_device.isoformat().replace('+00:00', 'Z')}",
            f'sha256 = "{s.sha256}"',
        ]
        if s.gaps:
            lines.append(f"gaps = {[list(gap) for gap in s.gaps]}")
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def archive_of(tmp_path: Path, segment: Segment) -> FootageArchive:
    return FootageArchive(tmp_path, tmp_path / "footage.toml", [segment])


def refusal(tmp_path: Path, segment: Segment) -> str:
    with pytest.raises(InputError) as caught:
        archive_of(tmp_path, segment).open(segment)
    assert caught.value.mend
    return str(caught.value)


def test_a_manifest_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    segments = (a_segment(), a_segment("two.mp4", "cam2", minutes=3))
    assert set(load_archive(tmp_path, written(tmp_path, *segments)).all()) == set(segments)


def test_segments_of_a_camera_come_in_order_of_time(tmp_path: Path) -> None:
    late, early = a_segment("b.mp4", minutes=5), a_segment("a.mp4")
    archive = load_archive(tmp_path, written(tmp_path, late, early))
    assert [s.file for s in archive.segments("cam1")] == ["a.mp4", "b.mp4"]
    assert archive.segments("cam9") == ()


def test_only_the_footage_that_ends_in_the_future_is_refused(tmp_path: Path) -> None:
    past, future = a_segment("a.mp4"), a_segment("b.mp4", minutes=30)
    manifest = written(tmp_path, past, future)
    for file in ("a.mp4", "b.mp4"):
        (tmp_path / file).write_bytes(b"video")
    archive = load_archive(tmp_path, manifest, now=NOON + timedelta(minutes=10), offsets_s={"cam1": 0.0})
    os.close(archive.open(past))
    with pytest.raises(InputError, match=r"segment\[1\]\.end_device: the footage of cam1 ends in the future"):
        archive.open(future)


def test_the_clock_of_the_camera_decides_what_is_the_future(tmp_path: Path) -> None:
    manifest = written(tmp_path, a_segment())
    end = NOON + timedelta(minutes=1)
    fast = load_archive(tmp_path, manifest, now=end - timedelta(seconds=60), offsets_s={"cam1": 90.0})
    assert fast.refused == {}
    slow = load_archive(tmp_path, manifest, now=end, offsets_s={"cam1": -90.0})
    assert len(slow.refused) == 1


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ('"cam1"', '"cam2"', "segment[0].camera"),
        ('"one.mp4"', '"/etc/passwd"', "segment[0].file"),
        ('"one.mp4"', '"a/../../b"', "segment[0].file"),
        ('"one.mp4"', '""', "segment[0].file"),
        ('"one.mp4"', '"a\\u001b[2J"', "segment[0].file"),
        ("03:00:00Z", "03:00:00", "segment[0].start_device"),
        ("2026-03-02T03:01", "2026-03-02T02:01", "segment[0].end_device"),
        ("2026-03-02T03:00:00Z", "0001-01-01T00:00:00+09:00", "segment[0].start_device"),
        ('"aaaa', '"zaaa', "segment[0].sha256"),
        ("2.5]", "0.5]", "segment[0].gaps[0]"),
        ("[1.0,", "[nan,", "segment[0].gaps[0]"),
        ("2.5]", "2e9]", "segment[0].gaps[0]"),
    ],
)
def test_a_segment_that_cannot_be_is_named_with_its_place(
    tmp_path: Path, old: str, new: str, place: str
) -> None:
    manifest = written(tmp_path, a_segment())
    text = manifest.read_text(encoding="utf-8")
    assert old in text
    manifest.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_archive(tmp_path, manifest, offsets_s={"cam1": 0.0})
    assert (caught.value.file, caught.value.place) == (str(manifest), place)
    assert caught.value.mend


def test_one_file_is_not_two_segments(tmp_path: Path) -> None:
    manifest = written(tmp_path, a_segment(), a_segment(minutes=5))
    with pytest.raises(InputError, match=r"segment\[1\]\.file: one\.mp4 is already segment\[0\]; "):
        load_archive(tmp_path, manifest)


def test_a_missing_file_is_named_with_its_camera(tmp_path: Path) -> None:
    assert refusal(tmp_path, a_segment()) == (
        f"{tmp_path / 'one.mp4'}: the footage of camera cam1 is missing; "
        "put the file there, or take its segment out of footage.toml"
    )


def test_an_empty_file_a_folder_and_a_pipe_are_no_footage(tmp_path: Path) -> None:
    (tmp_path / "one.mp4").write_bytes(b"")
    assert "is empty; " in refusal(tmp_path, a_segment())
    (tmp_path / "folder.mp4").mkdir()
    assert "is no plain file; " in refusal(tmp_path, a_segment("folder.mp4"))
    os.mkfifo(tmp_path / "pipe.mp4")
    assert "is no plain file; " in refusal(tmp_path, a_segment("pipe.mp4"))


def test_a_link_is_not_followed_nor_a_folder_that_is_one(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "one.mp4").write_bytes(b"video")
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "one.mp4").symlink_to(outside / "one.mp4")
    (inside / "sub").symlink_to(outside)
    assert "is a link; " in refusal(inside, a_segment())
    assert "lies outside the footage folder, behind a link; " in refusal(inside, a_segment("sub/one.mp4"))
