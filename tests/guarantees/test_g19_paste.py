"""G19: what somebody copied elsewhere and pastes here presses no key, whatever stands in it."""

import asyncio
import os
import threading

import pytest
from textual import events
from textual.command import CommandPalette
from textual.message import Message
from textual.widgets import Input

from tests.screens.driving import seated
from tui.terminal.driver import PASTE_BEGINS, PASTE_ENDS, Terminal

HOSTILE = (
    "\x1b[31mred\x1b[0m",
    "\x1b]0;title\x07q",
    "\x1b[24~",  # F12
    "a\x1bxq",
    "\x1b[48;1;1;1;1t",  # a window of one cell
    "\x1b[200~x",
    "\x1b\x1b[201\x1bq",
)


class Typed(Terminal):
    """Reads from a pipe and has no app."""

    def __init__(self, fileno: int) -> None:
        self.fileno = fileno
        self.exit_event = threading.Event()
        self._debug = False
        self.heard: list[Message] = []
        self.over = threading.Event()

    def process_message(self, message: Message) -> None:
        self.heard.append(message)
        if isinstance(message, events.Key) and message.key == "down":
            self.over.set()


@pytest.mark.parametrize("text", HOSTILE)
async def test_g19_what_is_pasted_comes_as_one_whatever_stands_in_it(text: str) -> None:
    read, write = os.pipe()
    terminal = Typed(read)
    thread = threading.Thread(target=terminal.run_input_thread)
    thread.start()
    os.write(write, f"{PASTE_BEGINS}{text}{PASTE_ENDS}\x1b[B".encode())
    await asyncio.to_thread(terminal.over.wait, 10)
    terminal.exit_event.set()
    await asyncio.to_thread(thread.join, 10)
    os.close(write)
    os.close(read)
    kinds = [type(message) for message in terminal.heard]
    assert kinds == [events.Paste, events.Key]  # and the arrow after it
    pasted = terminal.heard[0]
    assert isinstance(pasted, events.Paste) and "\x1b" not in pasted.text


async def test_g19_what_is_pasted_into_the_palette_is_clean_too() -> None:
    async with seated() as seat:
        await seat.press("colon")
        await seat.until(lambda: isinstance(seat.desk.screen, CommandPalette))
        seat.desk.post_message(events.Paste("un\u202edo\x9b31m\x07\u200b"))
        await seat.pilot.pause()
        assert seat.desk.screen.query_one(Input).value == "un\ufffddo\ufffd31m\ufffd\ufffd"
