"""H.264 files made of groups of pictures: those with people are encoded, empty ones are encoded once and
their packets used again."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import Any

import av

from adapters.city.cameras import HEIGHT_PX, WIDTH_PX
from adapters.city.figure import Frame

FPS = 5
GROUP = 10  # frames: a key frame every two seconds
CODEC = "libx264"
# a constant quantiser: what a group weighs tells how much moves in it, whatever was encoded before
QUALITY = {"preset": "ultrafast", "qp": "24", "tune": "zerolatency"}
SAME_GROUPS = f"keyint={GROUP}:min-keyint={GROUP}:scenecut=0:bframes=0:force-cfr=1"

Group = tuple[bytes, ...]  # the packets of one group of pictures, the first of them a key frame


class Encoder:
    """Frames in, groups of packets out. All encoders of this module write the same stream header, so that
    their packets can stand in one file."""

    def __init__(self) -> None:
        self._codec = _configured(av.CodecContext.create(CODEC, "w"))
        self._next = 0

    def group(self, frames: Sequence[Frame]) -> Group:
        """``GROUP`` frames (YUV 4:2:0) as packets, beginning with a key frame."""
        assert len(frames) == GROUP
        packets: list[bytes] = []
        for frame in frames:
            picture = av.VideoFrame.from_numpy_buffer(frame, format="yuv420p")  # not copied
            picture.pts = self._next
            self._next += 1
            packets += [bytes(packet) for packet in self._codec.encode(picture)]
        return tuple(packets)


def write(path: Path, groups: Iterable[Group]) -> float:
    """Write an MP4 of these groups, whole or not at all; its length in seconds."""
    content, lasts_s = film(groups)
    write_whole(path, content)
    return lasts_s


def film(groups: Iterable[Group]) -> tuple[bytes, float]:
    """An MP4 of these groups, and its length in seconds."""
    number, made = 0, BytesIO()
    with av.open(made, "w", format="mp4") as container:
        stream = _configured(container.add_stream(CODEC, rate=FPS))
        stream.time_base = Fraction(1, FPS)
        for group in groups:
            for place, content in enumerate(group):
                packet = av.Packet(content)
                packet.stream, packet.time_base = stream, Fraction(1, FPS)
                packet.pts = packet.dts = number
                packet.duration, packet.is_keyframe = 1, place == 0
                container.mux(packet)
                number += 1
    return made.getvalue(), number / FPS


def write_whole(path: Path, content: bytes) -> None:
    """Write a file under another name first: it is there whole, or as it was. Raises OSError."""
    new = path.with_suffix(".new")
    try:
        new.write_bytes(content)
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)


def _configured(codec: Any) -> Any:
    codec.width, codec.height, codec.pix_fmt = WIDTH_PX, HEIGHT_PX, "yuv420p"
    context = getattr(codec, "codec_context", codec)
    context.time_base, context.framerate = Fraction(1, FPS), Fraction(FPS, 1)
    context.gop_size, context.max_b_frames, context.thread_count = GROUP, 0, 1
    context.options = {**QUALITY, "x264-params": SAME_GROUPS}
    return codec
