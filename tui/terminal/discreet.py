"""What Textual would give away by itself, taken back: crash reports, screenshots, titles (G19)."""

import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from rich.text import Text
from textual.app import App
from textual.driver import Driver
from textual.worker import Worker, WorkerState

from tui.language.catalogue import tr
from tui.terminal.driver import Terminal

NEUTRAL_TITLE = "tracedesk"
KEEP_TITLE, SET_TITLE, OLD_TITLE = "\x1b[22;2t", "\x1b]2;{}\x07", "\x1b[23;2t"  # xterm, window title


class DiscreetApp(App[None], inherit_bindings=False):
    """An app without selection of text, and with a crash report that holds no data."""

    TITLE = NEUTRAL_TITLE
    ALLOW_SELECT = False

    def get_driver_class(self) -> type[Driver]:
        return Terminal

    def say(self, words: str, tone: str = "plain") -> None:
        """One line for the person."""
        raise NotImplementedError

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """The one place where a failure in the background becomes visible: its kind, not its words."""
        if event.state is WorkerState.ERROR:
            self.say(tr("a fault in the desk: {kind}", kind=type(event.worker.error).__name__), "alarm")

    def panic(self, *renderables: object) -> None:
        """Whatever wants to be printed at the end can hold data: only the places in the code are."""
        self._fatal_error()

    def _fatal_error(self) -> None:
        """In place of Textual's report, which prints the values of all variables."""
        self._exit_renderables.append(crash_report(self._exception))
        self._close_messages_no_wait()


def crash_report(error: BaseException | None) -> Text:
    """Kind of error and the lines of code it passed through. Neither its message nor the values of
    variables: both can hold a name."""
    lines = [tr("The desk stopped because of a fault in it: {kind}", kind=type(error).__name__)]
    for frame in traceback.extract_tb(error.__traceback__ if error is not None else None):
        lines.append(f"  {Path(frame.filename).name}, line {frame.lineno}, in {frame.name}")
    lines.append(tr("Answers that were confirmed on the screen are written. The traces go on."))
    return Text("\n".join(lines))


@contextmanager
def neutral_title(terminal: TextIO | None = None) -> Iterator[None]:
    """The window is called after the program, not after a folder or a command line, while it runs.
    Without ``terminal`` it is that of standard error."""
    terminal = terminal or sys.stderr
    if not terminal.isatty():
        yield
        return
    terminal.write(KEEP_TITLE + SET_TITLE.format(NEUTRAL_TITLE))
    terminal.flush()
    try:
        yield
    finally:
        terminal.write(OLD_TITLE)
        terminal.flush()
