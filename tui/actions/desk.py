"""Moving about the desk: traces, panes, words."""

from tui.keyboard.action import Action
from tui.language.words import PANES
from tui.state import Pane

ACTIONS: tuple[Action, ...] = (
    Action(
        id="next_trace", keys=("J",), handler="move_trace", argument="1",
        label="next trace", description="next trace",
    ),
    Action(
        id="previous_trace", keys=("K",), handler="move_trace", argument="-1",
        label="previous trace", description="previous trace",
    ),
    Action(
        id="down", keys=("down",), handler="arrow", argument="1", label="down",
        description="in this pane: next trace, next candidate, scroll, or the map south",
    ),
    Action(
        id="up", keys=("up",), handler="arrow", argument="-1", label="up",
        description="in this pane: previous trace, previous candidate, scroll, or the map north",
    ),
    Action(
        id="first", keys=("home",), handler="go_to_end", argument="-1", label="first",
        description="in this pane: first trace, first candidate, or the top",
    ),
    Action(
        id="last", keys=("G", "end"), handler="go_to_end", argument="1", label="last",
        description="in this pane: last trace, last candidate, or the end",
    ),
    Action(
        id="read_on", keys=("pagedown",), handler="scroll_words", argument="4", label="read on",
        description="scroll the evidence down; in pane 3: next day",
    ),
    Action(
        id="read_back", keys=("pageup",), handler="scroll_words", argument="-4", label="read back",
        description="scroll the evidence up; in pane 3: day before",
    ),
    Action(
        id="next_pane", keys=("tab",), handler="move_pane", argument="1", label="pane", foot=True,
        description="next pane",
    ),
    Action(
        id="previous_pane", keys=("shift+tab",), handler="move_pane", argument="-1", label="pane back",
        description="previous pane",
    ),
    *(
        Action(
            id=f"pane_{pane}", keys=(str(number),), handler="go_to_pane", argument=pane.value,
            label=PANES[pane], description=f"pane {number}: {PANES[pane]}",
        )
        for number, pane in enumerate(Pane, start=1)
    ),
)  # fmt: skip
