"""A line of fixed height that is painted again only when it says something else."""

from rich.text import Text
from textual.widgets import Static


class Bar(Static):
    """Its size never follows its text, so that saying something new costs no layout."""

    ALLOW_SELECT = False

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id, markup=False)
        self._said = Text()

    def say(self, text: Text) -> None:
        if text != self._said or text.style != self._said.style:
            self._said = text
            self.update(text, layout=False)


class Foot(Bar):
    """The keys; in place of them the rest of a message that is longer than a line, until the next one."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._keys, self._rest = Text(), Text()

    def say(self, text: Text) -> None:
        self._keys = text
        super().say(self._rest or text)

    def say_rest(self, rest: Text) -> None:
        """ "" brings the keys back."""
        self._rest = rest
        super().say(rest or self._keys)
