"""A footage archive of one file."""

import os
from collections.abc import Sequence
from pathlib import Path

from engine.domain.camera import Segment


class OneFile:
    """A FootageSource that opens whatever bytes lie in one file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def segments(self, camera_id: str) -> Sequence[Segment]:
        return ()

    def open(self, segment: Segment) -> int:
        return os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
