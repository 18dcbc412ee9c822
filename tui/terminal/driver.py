"""Reads the keys, and leaves nothing behind. Textual looks ten times a second whether an escape was the key
itself or the beginning of another, and escape closes everything here: this looks as soon as it can be
known."""

import os
import selectors
from codecs import getincrementaldecoder

from textual import constants
from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver

LOOK_EVERY_S = 0.1  # whether it is over
WIPE = "\x1b[0m\x1b[2J\x1b[H"
READ_BYTES = 4096


class Terminal(LinuxDriver):
    """As Textual's own but for the time that an escape takes, and for what is left behind."""

    def stop_application_mode(self) -> None:
        """A terminal that grew meanwhile may keep lines of the other screen: they are wiped first (G19)."""
        self.write(WIPE)
        super().stop_application_mode()

    def run_input_thread(self) -> None:
        parser = XTermParser(self._debug)
        decode = getincrementaldecoder("utf-8")().decode
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                begun = parser._timeout_time is not None  # an escape, so far
                if selector.select(constants.ESCAPE_DELAY if begun else LOOK_EVERY_S):
                    typed = decode(os.read(self.fileno, READ_BYTES))
                    if not typed:  # the terminal is gone, which is somebody else's to see
                        self.exit_event.wait(LOOK_EVERY_S)
                        continue
                    for message in parser.feed(typed):
                        self.process_message(message)
                for message in parser.tick():
                    self.process_message(message)
