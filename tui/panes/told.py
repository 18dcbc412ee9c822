"""A pane of words that a screen composes itself, folded to the width it has."""

from collections.abc import Callable

from rich.text import Text

from tui.panes.lines import LinesPane

Composed = Callable[[int], list[Text]]


class ToldPane(LinesPane):
    def __init__(self, composed: Composed, *, id: str) -> None:
        super().__init__(id=id)
        self._composed = composed

    def lines(self, width: int, height: int) -> list[Text]:
        return self._composed(width)
