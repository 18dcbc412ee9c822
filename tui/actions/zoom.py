"""Both faces as large as the screen allows, or the whole frame."""

from tui.keyboard.action import Action, Where, on

ZOOM = on(Where.ZOOM)

ACTIONS: tuple[Action, ...] = (
    Action(
        id="frame", keys=("z",), handler="toggle_frame", label="whole frame", where=ZOOM, foot=True,
        description="the whole frame, everyone else mosaicked, instead of the faces; and back",
    ),
    Action(
        id="next_picture", keys=("j", "down", "right"), handler="move_frame", argument="1",
        label="next frame", where=ZOOM, description="next frame of the track",
    ),
    Action(
        id="previous_picture", keys=("k", "up", "left"), handler="move_frame", argument="-1",
        label="frame back", where=ZOOM, description="previous frame of the track",
    ),
    Action(
        id="leave_zoom", keys=("escape",), handler="leave_zoom", label="back", where=ZOOM, foot=True,
        description="back to the desk",
    ),
)  # fmt: skip
