"""What every screen offers: going elsewhere, help, leaving."""

from tui.keyboard.action import MODES, OVER_THE_DESK, WRITING, Action, Where

EVERYWHERE = frozenset(Where)

ACTIONS: tuple[Action, ...] = (
    *(
        Action(
            id=f"go_to_{mode}", keys=(f"f{number}",), handler="go_to_mode", argument=mode.value,
            label=mode.value, where=EVERYWHERE - OVER_THE_DESK, description=f"go to: {mode.value}",
        )
        for number, mode in enumerate(MODES, start=2)
    ),
    Action(
        id="jump", keys=("g",), handler="jump", label="jump", where=EVERYWHERE - WRITING,
        foot=True,
        description="go anywhere by one letter: modes, panes, the next without an answer, cases by number",
    ),
    Action(
        id="copy", keys=("y",), handler="copy", label="copy id",
        where=EVERYWHERE - WRITING - OVER_THE_DESK,
        description="copy the id of what is at hand, never a name or a picture",
    ),
    Action(
        id="redraw", keys=("f9",), handler="redraw", label="redraw", where=EVERYWHERE,
        description="paint the whole screen again, after something else has written on it",
    ),
    Action(
        id="lock", keys=("f12",), handler="lock", label="hide", where=EVERYWHERE,
        description="hide the screen until enter",
    ),
    Action(
        id="help", keys=("question_mark", "f1"), handler="show_help", label="help",
        where=EVERYWHERE - WRITING,
        foot=True, description="all keys, and why one is not possible now",
    ),
    Action(
        id="quit", keys=("q", "ctrl+q", "ctrl+c"), handler="leave", label="quit",
        where=EVERYWHERE - WRITING,
        foot=True, description="leave the desk; the traces go on",
    ),
)  # fmt: skip
