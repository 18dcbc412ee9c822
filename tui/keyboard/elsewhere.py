"""What other modes can do, for who looks for it by name: the palette leads there, and does nothing more."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from textual.app import SystemCommand
from textual.markup import escape

from tui.keyboard.action import Where
from tui.keyboard.names import shown_key
from tui.keys import actions, keys_of
from tui.language.catalogue import tr


def elsewhere(here: Where, modes: Sequence[Where], go: Callable[[str], None]) -> Iterable[SystemCommand]:
    """One entry for each action of another mode that is none of this screen. Found by its letters alone:
    without any, the palette lists this screen's own."""
    own = {action.id for action in actions(here)}
    for mode in modes:
        for action in actions(mode):
            if mode is not here and action.id not in own:
                keys = " ".join(map(shown_key, keys_of(action)))
                words = escape(tr("goes there; then {keys}: {what}", keys=keys, what=tr(action.description)))
                title = f"{tr(mode.value)}: {tr(action.label)}"
                yield SystemCommand(title, words, partial(go, mode.value), discover=False)
