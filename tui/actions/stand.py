"""A desk that stands still while somebody reads."""

from tui.keyboard.action import Action
from tui.language.catalogue import tr
from tui.state import DeskState


def _frozen(state: DeskState) -> str:
    return "" if state.frozen is not None else tr("the desk is not frozen: ! freezes it")


ACTIONS: tuple[Action, ...] = (
    Action(
        id="freeze", keys=("exclamation_mark",), handler="freeze", label="freeze",
        description="rows and candidates stay as they are, and what comes is counted; again goes on",
    ),
    Action(
        id="take_in", keys=("full_stop",), handler="take_in", label="take in", reason=_frozen,
        description="show what came since, and stand still again",
    ),
)  # fmt: skip
