"""What there is to say about the row at hand: folded to the width of the pane, scrolled by keys."""

from collections.abc import Callable

from rich.text import Text

from tui.panes.lines import LinesPane

Said = Callable[[int], list[Text]]
"""Lines for a width in cells."""


def nothing(_: int) -> list[Text]:
    return []


class DetailsPane(LinesPane):
    """Begins at its top again where it is about something else."""

    def __init__(self, *, id: str = "details") -> None:
        super().__init__(id=id)
        self._about = ""
        self._said: Said = nothing

    def show(self, about: str, said: Said) -> None:
        """``about`` tells what the lines are about, so that another subject is read from its start."""
        if about != self._about:
            self._about = about
            self.scroll_home(animate=False, immediate=True, force=True)
        self._said = said
        self.repaint()

    def lines(self, width: int, height: int) -> list[Text]:
        return self._said(width)
