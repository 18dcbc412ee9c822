"""A terminal as people have it: tmux, with keys sent to it and the screen read back as text."""

import os
import shutil
import subprocess
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

LOOK_EVERY_S = 0.05
needs_tmux = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")


class Tmux:
    """One server of its own with one pane that runs ``command``."""

    def __init__(self, command: Sequence[str], size: tuple[int, int], environment: Mapping[str, str]) -> None:
        self._name = f"tracedesk-{uuid.uuid4().hex[:12]}"
        columns, rows = size
        self._tmux("set-option", "-g", "set-clipboard", "on", ";", "set-option", "-g", "exit-empty", "off",
                   start=True)  # fmt: skip
        words = [f"{name}={value}" for name, value in environment.items()]
        self._tmux("new-session", "-d", "-x", str(columns), "-y", str(rows), "--", "env", *words, *command)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.hang_up()

    def press(self, *keys: str) -> None:
        """Keys by tmux's names, one after the other."""
        for key in keys:
            self._tmux("send-keys", key)

    def text(self) -> str:
        return self._tmux("capture-pane", "-p")

    def until(self, holds: Callable[[str], object], within_s: float = 30.0) -> str:
        """The screen as soon as it is as wanted; fails where it never is."""
        until_s = time.monotonic() + within_s
        while not holds(text := self.text()):
            assert time.monotonic() < until_s, f"this never came true:\n{text}"
            time.sleep(LOOK_EVERY_S)
        return text

    def shows(self, *words: str, within_s: float = 30.0) -> str:
        return self.until(lambda text: all(word in text for word in words), within_s)

    def resize(self, columns: int, rows: int) -> None:
        self._tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def clipboard(self) -> str:
        """What the console copied, "" for nothing."""
        return self._tmux("show-buffer", check=False)

    def title(self) -> str:
        return self._tmux("display-message", "-p", "#{pane_title}").strip()

    def process(self) -> int:
        """The console's process."""
        return int(self._tmux("display-message", "-p", "#{pane_pid}"))

    def hang_up(self) -> None:
        self._tmux("kill-server", check=False)

    def _tmux(self, *words: str, check: bool = True, start: bool = False) -> str:
        command = ["tmux", "-L", self._name, "-f", "/dev/null", *(("start-server", ";") if start else ())]
        done = subprocess.run([*command, *words], capture_output=True, text=True, check=False)
        assert done.returncode == 0 or not check, done.stderr
        return done.stdout


def plain_environment(home: Path) -> dict[str, str]:
    """Nothing of whoever runs the tests reaches the console; a size that a shell has exported lies."""
    return {
        "PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8", "TERM": "tmux-256color",
        "COLORTERM": "truecolor", "XDG_CONFIG_HOME": str(home / "config"), "COLUMNS": "80", "LINES": "24",
    }  # fmt: skip
