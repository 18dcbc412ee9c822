from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from adapters.city.cameras import HEIGHT_PX, WIDTH_PX
from adapters.city.film import FPS, GROUP, Encoder, Group, write


def frames(first: int) -> list[np.ndarray]:
    """Grey pictures, each a little brighter than the one before."""
    return [
        np.concatenate(
            [
                np.full((HEIGHT_PX, WIDTH_PX), 40 + 4 * (first + n), np.uint8),
                np.full((HEIGHT_PX // 2, WIDTH_PX), 128, np.uint8),
            ]
        )
        for n in range(GROUP)
    ]


def packets(path: Path) -> list[av.Packet]:
    with av.open(str(path)) as container:
        return [packet for packet in container.demux(video=0) if packet.size]


@pytest.fixture(scope="module")
def two_groups() -> tuple[Group, Group]:
    encoder = Encoder()
    return encoder.group(frames(0)), encoder.group(frames(GROUP))


def test_a_file_decodes_to_every_frame_that_was_written(
    tmp_path: Path, two_groups: tuple[Group, Group]
) -> None:
    path = tmp_path / "film.mp4"
    assert write(path, two_groups) == 2 * GROUP / FPS
    with av.open(str(path)) as container:
        decoded = list(container.decode(video=0))
    assert [round(frame.time * FPS) for frame in decoded] == list(range(2 * GROUP))
    luma = [frame.to_ndarray(format="yuv420p")[:HEIGHT_PX].mean() for frame in decoded]
    np.testing.assert_allclose(luma, [40 + 4 * n for n in range(2 * GROUP)], atol=3)


def test_there_is_a_key_frame_every_two_seconds_and_nowhere_else(
    tmp_path: Path, two_groups: tuple[Group, Group]
) -> None:
    path = tmp_path / "film.mp4"
    write(path, [*two_groups, two_groups[0]])
    keys_s = [float(p.pts * p.time_base) for p in packets(path) if p.is_keyframe]
    assert keys_s == [0.0, 2.0, 4.0]
    with av.open(str(path)) as container:
        container.streams.video[0].codec_context.skip_frame = "NONKEY"
        assert len(list(container.decode(video=0))) == 3, "they can be decoded by themselves"


def test_a_group_written_again_is_the_same_bytes_and_decodes_alike(
    tmp_path: Path, two_groups: tuple[Group, Group]
) -> None:
    path = tmp_path / "film.mp4"
    first, second = two_groups
    write(path, [first, second, first])
    content = [bytes(packet) for packet in packets(path)]
    assert content[:GROUP] == content[2 * GROUP :]
    assert content[:GROUP] != content[GROUP : 2 * GROUP]
    with av.open(str(path)) as container:
        pictures = [f.to_ndarray(format="yuv420p") for f in container.decode(video=0)]
    for early, late in zip(pictures[:GROUP], pictures[2 * GROUP :], strict=True):
        np.testing.assert_array_equal(early, late)


def test_packets_of_another_encoder_can_stand_in_the_same_file(
    tmp_path: Path, two_groups: tuple[Group, Group]
) -> None:
    path = tmp_path / "film.mp4"
    write(path, [two_groups[1], Encoder().group(frames(0)), two_groups[1]])
    with av.open(str(path)) as container:
        assert len(list(container.decode(video=0))) == 3 * GROUP


def test_a_broken_off_write_leaves_no_file(tmp_path: Path, two_groups: tuple[Group, Group]) -> None:
    def breaks() -> Iterator[Group]:
        yield two_groups[0]
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="the disk is full"):
        write(tmp_path / "film.mp4", breaks())
    assert list(tmp_path.iterdir()) == []


def test_a_write_that_went_well_leaves_only_its_file(tmp_path: Path, two_groups: tuple[Group, Group]) -> None:
    write(tmp_path / "film.mp4", two_groups)
    assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]


def test_a_group_has_its_number_of_frames(two_groups: tuple[Group, Group]) -> None:
    assert [len(group) for group in two_groups] == [GROUP, GROUP]
    with pytest.raises(AssertionError):
        Encoder().group(frames(0)[:3])
