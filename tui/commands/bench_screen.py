"""What stands on a terminal after the bytes that a console wrote to it: as much of one as a console uses."""

import codecs
import re

from rich.cells import cell_len

# A move, another sequence (CSI, OSC, one letter), a control character, or text.
WORDS = re.compile(
    r"\x1b\[(?P<line>\d*);?(?P<column>\d*)H|(?P<wipe>\x1b\[2?J)"
    r"|\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[^\[\]]|[\x00-\x1f\x7f]"
    r"|(?P<text>[^\x00-\x1f\x7f]+)"
)
UNFINISHED = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|\][^\x07\x1b]*\x1b?)?\Z")


class TerminalScreen:
    """Lines of text; colours are left out. A piece may end anywhere, in the middle of a sequence too."""

    def __init__(self, columns: int, rows: int) -> None:
        self._lines = [[" "] * columns for _ in range(rows)]
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""
        self._x = self._y = 0

    @property
    def text(self) -> str:
        return "\n".join("".join(line) for line in self._lines)

    def take(self, piece: bytes) -> None:
        heard = self._rest + self._decoder.decode(piece)
        unfinished = UNFINISHED.search(heard)
        end = len(heard) if unfinished is None else unfinished.start()
        self._rest = heard[end:]
        for word in WORDS.finditer(heard[:end]):
            if word["text"]:
                self._write(word["text"])
            elif word["line"] is not None:
                self._y = min(max(0, int(word["line"] or 1) - 1), len(self._lines) - 1)
                self._x = max(0, int(word["column"] or 1) - 1)
            elif word["wipe"]:
                self._lines = [[" "] * len(line) for line in self._lines]

    def _write(self, text: str) -> None:
        line = self._lines[self._y]
        for character in text:
            width = cell_len(character)
            if width and self._x + width <= len(line):
                line[self._x : self._x + width] = [character, *[""] * (width - 1)]
                self._x += width
