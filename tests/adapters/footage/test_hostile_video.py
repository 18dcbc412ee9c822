"""Files that are no video, or less of one than they tell."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import av
import pytest

from adapters.footage.reader import KEY_PROBE_PACKETS, AvReader, container_format
from engine.domain.errors import InputError
from tests.end_to_end.house import clip

LONG = KEY_PROBE_PACKETS + 500  # frames; more than are looked at for key frames
RATE = 25
FORMS = {"matroska": 0.1, "mpegts": 0.1, "mp4": 0.1, "mpeg": 0.2}  # tolerance in seconds


@contextlib.contextmanager
def opened(content: bytes, tmp_path: Path) -> Iterator[AvReader]:
    file = tmp_path / "video.bin"
    file.write_bytes(content)
    with contextlib.closing(AvReader(os.open(file, os.O_RDONLY), "video.bin")) as reader:
        yield reader


def refusal(content: bytes, tmp_path: Path) -> str:
    with pytest.raises(InputError) as caught, opened(content, tmp_path):
        pytest.fail("it was opened")
    assert caught.value.file == "video.bin"
    assert caught.value.mend
    return caught.value.problem


@pytest.fixture(scope="module", params=FORMS)
def long_clip(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, bytes]:
    path = tmp_path_factory.mktemp("long") / "clip"
    return request.param, clip(path, frames=LONG, rate=RATE, side=(32, 32), form=request.param)


def test_the_length_of_a_long_clip_is_told_whole(long_clip: tuple[str, bytes], tmp_path: Path) -> None:
    form, content = long_clip
    with opened(content, tmp_path) as reader:
        assert reader.duration_s == pytest.approx(LONG / RATE, abs=FORMS[form])
        assert [f.offset_s for f in reader.frames(170.0, 171.0, 0.5)] == pytest.approx(
            [170.0, 170.5], abs=0.1
        )


def test_a_long_clip_that_was_cut_off_tells_what_is_left(
    long_clip: tuple[str, bytes], tmp_path: Path
) -> None:
    form, content = long_clip
    cut = content[: int(len(content) * 0.95)]
    if form == "mp4":  # its index lies at the end
        assert "cannot be opened" in refusal(cut, tmp_path)
        return
    with opened(cut, tmp_path) as reader:
        assert LONG / RATE * 0.85 < reader.duration_s < LONG / RATE - 1.0


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00",
        b"#EXTM3U\n#EXTINF:1,\nhttp://example.org/a.ts\n",
        b"ffconcat version 1.0\nfile '/etc/passwd'\n",
        b"<?xml version='1.0'?><MPD/>",
        b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\nm=video 1 RTP/AVP 96\r\n",
        b"RIFF\x00\x00\x00\x00AVI LIST",
        b"\x89PNG\r\n\x1a\n",
        b"PK\x03\x04",
    ],
    ids=["nothing", "one byte", "playlist", "concat", "manifest", "session", "avi", "picture", "archive"],
)
def test_what_is_no_accepted_container_is_never_given_to_a_demuxer(content: bytes, tmp_path: Path) -> None:
    assert container_format(content) is None
    assert refusal(content, tmp_path) == "is not a video file that can be read"


@pytest.mark.parametrize(
    "head", [b"\x1a\x45\xdf\xa3", b"\0\0\0\x20ftypisom", b"\0\0\x01\xba", b"G" + bytes(187) + b"G"]
)
def test_the_head_of_a_container_without_the_rest_is_refused(head: bytes, tmp_path: Path) -> None:
    assert refusal(head + bytes(500), tmp_path)


def test_sound_without_pictures_is_no_footage(tmp_path: Path) -> None:
    path = tmp_path / "sound.mkv"
    with av.open(str(path), "w", format="matroska") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        frame = av.AudioFrame(format="s16", layout="mono", samples=800)
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    assert refusal(path.read_bytes(), tmp_path) == "holds no video"


def test_pictures_beyond_all_measure_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "wide.mkv"
    with av.open(str(path), "w", format="matroska") as container:
        stream = container.add_stream("mjpeg", rate=5)
        stream.width, stream.height, stream.pix_fmt = 8208, 16, "yuvj420p"
        container.mux(stream.encode(av.VideoFrame(8208, 16, "yuvj420p")))
        container.mux(stream.encode(None))
    assert refusal(path.read_bytes(), tmp_path) == "has pictures of 8208x16"
