"""Reads the keys, and leaves nothing behind. Textual looks ten times a second whether an escape was the key
itself or the beginning of another, and escape closes everything here: this looks as soon as it can be
known."""

import os
import selectors
from codecs import getincrementaldecoder

from textual import constants
from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver

from tui.clean import REPLACEMENT

LOOK_EVERY_S = 0.1  # whether it is over
PASTE_BEGINS, PASTE_ENDS = "\x1b[200~", "\x1b[201~"
PASTE_STALLS_S = 3.0  # a paste of which nothing more comes is over: its end was lost, or it was none
ESCAPE = "\x1b"
WIPE = "\x1b[0m\x1b[2J\x1b[H"
READ_BYTES = 4096


class Pastes:
    """Takes the escapes out of what is pasted. Textual sends those, and what follows them, as keys: the
    colours of a log that somebody pastes would press them (G19)."""

    def __init__(self) -> None:
        self.inside = False
        self._begun = ""  # of the mark that is looked for

    def without_escapes(self, typed: str) -> str:
        """The same, with the marks around a paste and no other escape between them. The beginning of what
        may be the end of a paste is held back until more has come."""
        kept: list[str] = []
        for character in typed:
            mark = PASTE_ENDS if self.inside else PASTE_BEGINS
            before, self._begun = self._begun, self._begun + character
            if not mark.startswith(self._begun):
                starts = character == ESCAPE
                self._begun = character if starts else ""
                if self.inside:
                    kept.append(before.replace(ESCAPE, REPLACEMENT))
                kept.append("" if self.inside and starts else character)
            elif self._begun == mark:
                kept.append(mark if self.inside else character)
                self.inside, self._begun = not self.inside, ""
            elif not self.inside:
                kept.append(character)
        return "".join(kept)

    def over(self) -> str:
        """What ends a paste whose end never came."""
        rest, self.inside, self._begun = self._begun.replace(ESCAPE, REPLACEMENT), False, ""
        return rest + PASTE_ENDS


class Terminal(LinuxDriver):
    """As Textual's own but for the time that an escape takes, and for what is left behind."""

    def stop_application_mode(self) -> None:
        """A terminal that grew meanwhile may keep lines of the other screen: they are wiped first (G19)."""
        self.write(WIPE)
        super().stop_application_mode()

    def run_input_thread(self) -> None:
        parser, pastes, stalled_s = XTermParser(self._debug), Pastes(), 0.0
        decode = getincrementaldecoder("utf-8")().decode
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                begun = parser._timeout_time is not None  # an escape, so far
                if selector.select(constants.ESCAPE_DELAY if begun else LOOK_EVERY_S):
                    read = os.read(self.fileno, READ_BYTES)
                    if not read:  # the terminal is gone, which is somebody else's to see
                        self.exit_event.wait(LOOK_EVERY_S)
                        continue
                    typed, stalled_s = pastes.without_escapes(decode(read)), 0.0
                elif pastes.inside and (stalled_s := stalled_s + LOOK_EVERY_S) >= PASTE_STALLS_S:
                    typed, stalled_s = pastes.over(), 0.0
                else:
                    typed = ""
                for message in parser.feed(typed) if typed else ():
                    self.process_message(message)
                for message in parser.tick():
                    self.process_message(message)
