"""The watch over terminal and parent, without a console."""

import os
import pty
import threading

import pytest

from tui.terminal.hangup import HUNG_UP, Watch, terminal_is_gone


class Terminal:
    """Both ends of one."""

    def __init__(self) -> None:
        self.master, self.slave = pty.openpty()

    def hang_up(self) -> None:
        os.close(self.master)


@pytest.fixture
def terminal() -> Terminal:
    return Terminal()


class Ends:
    def __init__(self) -> None:
        self.codes: list[int] = []
        self.left = threading.Event()

    def end(self, code: int) -> None:
        self.codes.append(code)


def watch(terminal: Terminal, ends: Ends, parents: list[int], to_leave_s: float = 0.05) -> Watch:
    """``parents``: what is said each time, the last one for ever."""

    def parent() -> int:
        return parents.pop(0) if len(parents) > 1 else parents[0]

    return Watch(
        terminal.slave,
        parent=parent,
        leave=ends.left.set,
        end=ends.end,
        look_every_s=0.01,
        to_leave_s=to_leave_s,
    )


def test_a_terminal_that_is_there_is_there_and_loses_no_key(terminal: Terminal) -> None:
    os.write(terminal.master, b"a\n")
    assert not terminal_is_gone(terminal.slave, 0.01)
    assert os.read(terminal.slave, 10) == b"a\n"


def test_a_terminal_that_hung_up_is_gone_at_once(terminal: Terminal) -> None:
    terminal.hang_up()
    assert terminal_is_gone(terminal.slave, 10.0)


def test_a_console_whose_terminal_is_gone_ends(terminal: Terminal) -> None:
    ends = Ends()
    running = watch(terminal, ends, [77])
    terminal.hang_up()
    running.start()
    running.join(5)
    assert ends.codes == [HUNG_UP]
    assert not ends.left.is_set()


def test_a_console_whose_parent_is_gone_leaves_in_order(terminal: Terminal) -> None:
    ends = Ends()
    running = watch(terminal, ends, [77, 77, 1], to_leave_s=5.0)
    running.start()
    assert ends.left.wait(5)
    running.stop()
    running.join(5)
    assert ends.codes == [], "it left by itself in time"


def test_one_that_does_not_leave_is_ended(terminal: Terminal) -> None:
    ends = Ends()
    running = watch(terminal, ends, [77, 1])
    running.start()
    running.join(5)
    assert ends.left.is_set()
    assert ends.codes == [HUNG_UP]


def test_a_console_that_ends_by_itself_is_watched_no_longer(terminal: Terminal) -> None:
    ends = Ends()
    running = watch(terminal, ends, [77])
    running.start()
    running.stop()
    running.join(5)
    assert not running.is_alive()
    assert ends.codes == []
