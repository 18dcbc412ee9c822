"""G19: of a desk that was left nothing stays in the terminal, and the environment opens no way out of it."""

import os
import pty
import re
import select
import socket
import struct
import subprocess
import sys
import termios
import time
from fcntl import ioctl
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
ENTER, LEAVE = "\x1b[?1049h", "\x1b[?1049l"
LONGEST_S = 60.0
GOOD_BYE = "Traces go on without the desk. To come back: tracedesk"


class Ran(NamedTuple):
    code: int
    said: str
    asked: bool  # whether anybody knocked at the port of a remote console
    left: tuple[str, ...]  # names of files that it wrote


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """One run of the desk in a terminal of its own, with every switch of Textual that gives a screen away."""
    folder = tmp_path_factory.mktemp("terminal")
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setblocking(False)
    environ = {
        **{name: value for name, value in os.environ.items() if name != "NO_COLOR"},
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "TEXTUAL": "devtools,debug",
        "TEXTUAL_DEBUG": "1",
        "TEXTUAL_DEVTOOLS_PORT": str(listener.getsockname()[1]),
        "TEXTUAL_LOG": str(folder / "log"),
        "TEXTUAL_SCREENSHOT": "0",
        "TEXTUAL_SCREENSHOT_LOCATION": str(folder),
        "TEXTUAL_SCREENSHOT_FILENAME": "shot.svg",
        "TEXTUAL_PRESS": "x,x,x",
    }
    ours, theirs = pty.openpty()
    ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.screens.desk_in_terminal"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environ,
        cwd=ROOT,
    )
    os.close(theirs)
    got, until = b"", time.monotonic() + LONGEST_S
    while time.monotonic() < until:
        if select.select([ours], [], [], 1.0)[0]:
            try:
                more = os.read(ours, 65536)
            except OSError:  # the other side is closed
                break
            if not more:
                break
            got += more
    if process.poll() is None and time.monotonic() >= until:
        process.kill()
    code = process.wait(10)
    os.close(ours)
    asked = bool(select.select([listener], [], [], 0)[0])
    listener.close()
    files = tuple(path.name for path in folder.iterdir())
    return Ran(code, got.decode("utf-8", "replace"), asked, files)


def plain(written: str) -> str:
    """Without commands to the terminal."""
    return re.sub(r"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)|[=>PX^_78()][^\x1b]?)", "", written)


def test_g19_after_the_desk_the_terminal_shows_nothing_of_what_was_on_it(ran: Ran) -> None:
    before, _, rest = ran.said.partition(ENTER)
    on_screen, left, after = rest.rpartition(LEAVE)
    assert ran.code == 0 and left
    assert "SEOUL-7" in plain(on_screen) and "▀" in on_screen, "the case and its faces were on the screen"
    assert ran.said.count(ENTER) == ran.said.count(LEAVE) == 1
    for outside in (plain(before), plain(after)):
        assert "SEOUL" not in outside and "▀" not in outside and "investigator" not in outside
    assert " ".join(plain(after).split()) == GOOD_BYE


def test_g19_colours_do_not_stay_behind(ran: Ran) -> None:
    after = ran.said.rpartition(LEAVE)[2]
    assert not re.search(r"\x1b\[[0-9;]*48;2", after), "no pixel of a face is painted after the desk"


def test_g19_no_variable_opens_a_port_writes_a_file_or_presses_a_key(ran: Ran) -> None:
    assert not ran.asked
    assert ran.left == (), "a log or a picture of the screen was written"
    assert "not the same" not in plain(ran.said), "no key was pressed"


def test_g19_the_title_of_the_window_is_neutral_and_given_back(ran: Ran) -> None:
    titles = re.findall(r"\x1b\][012];([^\x07\x1b]*)", ran.said)
    assert set(titles) <= {"tracedesk", ""}
    assert "\x1b[23;2t" in ran.said


def test_g19_nothing_is_put_on_the_clipboard_unasked(ran: Ran) -> None:
    assert "\x1b]52" not in ran.said
