"""Lines that are being written, and which of them is at hand. Frozen: every key gives another value."""

from dataclasses import dataclass, replace

MOST_LINES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """There is always one line at least. ``at`` is the line at hand; one further than the last stands
    for the row that hands all of them in."""

    texts: tuple[str, ...] = ("",)
    at: int = 0

    @classmethod
    def of(cls, text: str) -> "Lines":
        """From a text of several lines; the one at hand is an empty one at its end."""
        kept = _written(text)[: MOST_LINES - 1]
        return cls(texts=(*kept, ""), at=len(kept))

    @staticmethod
    def beyond(text: str) -> int:
        """How many lines of such a text ``of`` leaves out."""
        return max(0, len(_written(text)) - (MOST_LINES - 1))

    @property
    def text(self) -> str:
        return "\n".join(line for line in self.texts if line.strip())

    @property
    def at_end(self) -> bool:
        """True on the row that hands in."""
        return self.at == len(self.texts)

    @property
    def current(self) -> str:
        return "" if self.at_end else self.texts[self.at]

    def written(self, text: str) -> "Lines":
        """The line at hand reads so now."""
        if self.at_end or self.current == text:
            return self
        return replace(self, texts=(*self.texts[: self.at], text, *self.texts[self.at + 1 :]))

    def moved(self, step: int) -> "Lines":
        return replace(self, at=min(max(self.at + step, 0), len(self.texts)))

    def onward(self) -> "Lines":
        """The next line; a new one after the last, or the row that hands in where the last is empty."""
        if self.at + 1 < len(self.texts) or not self.current.strip() or len(self.texts) >= MOST_LINES:
            return self.moved(1)
        return replace(self, texts=(*self.texts, ""), at=self.at + 1)

    def without_current(self) -> "Lines":
        """The line at hand is taken out; the one above is at hand."""
        if self.at_end or len(self.texts) == 1:
            return self.written("")
        rest = (*self.texts[: self.at], *self.texts[self.at + 1 :])
        return replace(self, texts=rest, at=max(0, self.at - 1))

    def room(self) -> int:
        """How many lines may be pasted in place of the one at hand."""
        return 0 if self.at_end else MOST_LINES + 1 - len(self.texts)

    def pasted(self, lines: tuple[str, ...]) -> "Lines":
        """Several lines in place of the one at hand, which the first of them already holds; those for which
        there is no room are left out, never what stood there."""
        lines = lines[: self.room()]
        if not lines:
            return self
        texts = (*self.texts[: self.at], *lines, *self.texts[self.at + 1 :])
        return replace(self, texts=texts, at=min(self.at + len(lines), len(texts)) - 1)


def _written(text: str) -> tuple[str, ...]:
    return tuple(line for line in text.split("\n") if line.strip())
