"""How long the writer has not got on: a disk that hangs gives no error to tell it by."""

import contextlib
from collections.abc import Callable, Iterator


class Pulse:
    """Beats at the beginning and the end of every statement; ``now_s`` only runs forward."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._beat_s: float | None = None

    @property
    def silent_s(self) -> float:
        """Seconds since the last beat; 0.0 where nobody has anything to do."""
        return 0.0 if self._beat_s is None else self._now_s() - self._beat_s

    @contextlib.contextmanager
    def working(self) -> Iterator[None]:
        """From the first to the last beat of a group of transactions."""
        self.beat()
        try:
            yield
        finally:
            self._beat_s = None

    def beat(self) -> None:
        self._beat_s = self._now_s()

    @contextlib.contextmanager
    def statement(self) -> Iterator[None]:
        self.beat()
        try:
            yield
        finally:
            self.beat()
