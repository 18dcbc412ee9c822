"""The time cursor of pane 3 and its map. Left and right are time, also over the map; up and down move what
is in front: the list of the timeline, or the map north and south."""

from tui.keyboard.action import Action
from tui.state import DeskState, Pane


def _at_hand(state: DeskState) -> str:
    return "" if state.pane is Pane.TIMELINE else "this moves the time of pane 3: press 3 first"


ACTIONS: tuple[Action, ...] = (
    Action(
        id="timeline_or_map", keys=("t",), handler="toggle_map", label="map", foot=True,
        description="timeline or map in pane 3; with both on the screen, which of them the arrows move",
    ),
    Action(
        id="later", keys=("right",), handler="move_time", argument="1", label="later", reason=_at_hand,
        description="in pane 3: next event; the candidate of a sighting comes on the card",
    ),
    Action(
        id="earlier", keys=("left",), handler="move_time", argument="-1", label="earlier", reason=_at_hand,
        description="in pane 3: event before",
    ),
    Action(
        id="map_closer", keys=("greater_than_sign",), handler="zoom_map", argument="1", label="closer",
        description="map: closer",
    ),
    Action(
        id="map_farther", keys=("less_than_sign",), handler="zoom_map", argument="-1", label="farther",
        description="map: more of the city",
    ),
    Action(
        id="map_west", keys=("H",), handler="pan_map", argument="-1", label="west",
        description="map: move west; up and down move it north and south while it is in front",
    ),
    Action(
        id="map_east", keys=("L",), handler="pan_map", argument="1", label="east",
        description="map: move east",
    ),
    Action(
        id="map_fit", keys=("0",), handler="fit_map", label="whole case",
        description="map: all places of the case again",
    ),
)  # fmt: skip
