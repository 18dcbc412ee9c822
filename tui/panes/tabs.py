"""The panes by name, where only one of them fits on the screen."""

from collections.abc import Sequence

from rich.text import Text

from tui.panes.bar import Bar
from tui.terminal.theme import TONES


class Tabs(Bar):
    """The one at hand stands out; a line that is too long ends in an ellipsis."""

    def show(self, titles: Sequence[str], at: int, width: int) -> None:
        line = Text(" ").join(
            Text(f" {title} ", style=TONES["selected" if place == at else "muted"])
            for place, title in enumerate(titles)
        )
        line.truncate(max(1, width), overflow="ellipsis")
        self.say(line)
