"""Every action by name, in the person's language to the end."""

from functools import partial

from rich.text import Text
from textual.command import CommandList, CommandPalette
from textual.widgets.option_list import Option

from tui.language.catalogue import tr
from tui.terminal.theme import TONES


class Palette(CommandPalette):
    """Textual's own, which says in English alone that nothing fits."""

    def _start_no_matches_countdown(self, search_value: str) -> None:
        self._stop_no_matches_countdown()
        say = partial(self._nothing_fits, search_value)
        self._no_matches_timer = self.set_timer(self._NO_MATCHES_COUNTDOWN, say)

    def _nothing_fits(self, search_value: str) -> None:
        if search_value:
            words = Text(tr("no action has these letters; esc goes back"), style=TONES["muted"])
            self.query_one(CommandList).add_option(Option(words, id=self._NO_MATCHES, disabled=True))
        self._list_visible = bool(search_value)
