"""Keys as they come from a terminal, and an escape as soon as nothing can follow it."""

import asyncio
import os
import threading
from collections.abc import Iterator
from queue import Queue

import pytest
from textual import events
from textual.message import Message

from tui.terminal.driver import PASTE_BEGINS, PASTE_ENDS, Pastes, Terminal


class Typed(Terminal):
    """Reads from a pipe and has no app."""

    def __init__(self, fileno: int) -> None:
        self.fileno = fileno
        self.exit_event = threading.Event()
        self._debug = False
        self.heard: Queue[Message] = Queue()

    def process_message(self, message: Message) -> None:
        self.heard.put(message)

    def key(self) -> str:
        message = self.heard.get(timeout=10)
        assert isinstance(message, events.Key)
        return message.key

    def pasted(self) -> str:
        message = self.heard.get(timeout=10)
        assert isinstance(message, events.Paste)
        return message.text


@pytest.fixture
def typed() -> Iterator[tuple[Typed, int]]:
    read, write = os.pipe()
    terminal = Typed(read)
    thread = threading.Thread(target=terminal.run_input_thread)
    thread.start()
    yield terminal, write
    terminal.exit_event.set()
    thread.join(timeout=10)
    os.close(read)
    assert not thread.is_alive()


async def test_an_escape_by_itself_is_the_key_and_one_before_more_is_another_key(
    typed: tuple[Typed, int],
) -> None:
    terminal, write = typed
    os.write(write, b"\x1b")
    assert await asyncio.to_thread(terminal.key) == "escape"
    os.write(write, b"\x1b[A")
    assert await asyncio.to_thread(terminal.key) == "up"
    os.write(write, "한j".encode())
    assert [await asyncio.to_thread(terminal.key) for _ in range(2)] == ["한", "j"]
    os.close(write)  # the terminal is gone: the thread waits to be told, and takes no processor


async def test_a_character_may_come_in_pieces(typed: tuple[Typed, int]) -> None:
    terminal, write = typed
    for byte in "ㅁ".encode():
        os.write(write, bytes([byte]))
    assert await asyncio.to_thread(terminal.key) == "ㅁ"
    os.close(write)


async def test_a_paste_that_never_ends_is_taken_for_one_when_nothing_more_comes(
    typed: tuple[Typed, int],
) -> None:
    terminal, write = typed
    os.write(write, f"{PASTE_BEGINS}half a note\x1b[2".encode())
    assert await asyncio.to_thread(terminal.pasted) == "half a note\ufffd[2"
    os.write(write, b"j")
    assert await asyncio.to_thread(terminal.key) == "j"
    os.close(write)


@pytest.mark.parametrize(
    "pasted", ["\x1b", "\x1b\x1b[2", "red \x1b[31mx\x1b[0m", "\x1b[200~ again", "\x1b[48;9;9;9;9t"]
)
def test_of_escapes_within_a_paste_none_is_left(pasted: str) -> None:
    pastes = Pastes()
    whole = f"a\x1b[A{PASTE_BEGINS}{pasted}{PASTE_ENDS}\x1b[B"
    kept = "".join(pastes.without_escapes(character) for character in whole)  # in the smallest pieces
    plain = pasted.replace("\x1b", "\ufffd")
    assert kept == f"a\x1b[A{PASTE_BEGINS}{plain}{PASTE_ENDS}\x1b[B"
    assert not pastes.inside
