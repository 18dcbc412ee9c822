"""A console in a terminal of its own, and what it costs: bytes, processor time, memory, time to paint."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

from tui.commands.bench_screen import TerminalScreen

COLUMNS, ROWS = 160, 50
READ = 1 << 16
_PAGE = os.sysconf("SC_PAGE_SIZE")
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


class ConsoleInTerminal:
    """Starts ``command`` in a pty of 160x50 and reads what it paints, with the moment of each piece."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("4H", ROWS, COLUMNS, 0, 0))
        self._process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, start_new_session=True, env=dict(environment)
        )
        os.close(slave)
        self._news = threading.Condition()
        self._screen = TerminalScreen(COLUMNS, ROWS)
        self._came_s = 0.0  # the moment at which the last piece had come
        self.bytes = 0
        self._reader = threading.Thread(target=self._read, name="terminal", daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        self._reader.join(1.0)  # its number must not be somebody else's file while it still reads
        os.close(self._master)

    def press(self, keys: bytes) -> float:
        """Send keys; the moment at which they were sent."""
        now_s = time.perf_counter()
        os.write(self._master, keys)
        return now_s

    def painted(self, wanted: str, within_s: float) -> float | None:
        """The moment at which this pattern came to stand on the screen, None where it did not. Of a pattern
        that stood there already that of the last piece that came."""
        pattern, until = re.compile(wanted), time.monotonic() + within_s
        with self._news:
            while pattern.search(self._screen.text) is None:
                left_s = until - time.monotonic()
                if left_s <= 0 or self.ended:
                    return None
                self._news.wait(min(left_s, 1.0))
            return self._came_s

    @property
    def processor_s(self) -> float:
        """Seconds of a processor that the console has used so far."""
        with open(f"/proc/{self._process.pid}/stat", encoding="ascii") as file:  # noqa: PTH123
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S

    @property
    def resident_kb(self) -> float:
        with open(f"/proc/{self._process.pid}/statm", encoding="ascii") as file:  # noqa: PTH123
            return int(file.read().split()[1]) * _PAGE / 1024

    @property
    def ended(self) -> bool:
        return self._process.poll() is not None

    @property
    def text(self) -> str:
        """What stands on the screen."""
        with self._news:
            return self._screen.text

    def _read(self) -> None:
        while True:
            try:
                piece = os.read(self._master, READ)
            except OSError:
                return
            if not piece:
                return
            with self._news:
                self.bytes += len(piece)
                self._came_s = time.perf_counter()
                self._screen.take(piece)
                self._news.notify_all()
