"""Both faces as large as the screen allows, or the whole frame."""

from tui.action import Action, Where, on

ZOOM = on(Where.ZOOM)

ACTIONS: tuple[Action, ...] = (
    Action(
        id="frame", keys=("f",), handler="toggle_frame", label="whole frame", where=ZOOM, foot=True,
        description="the whole frame instead of the faces, and back",
    ),
    Action(
        id="next_picture", keys=("j", "down", "right"), handler="move_picture", argument="1",
        label="next picture", where=ZOOM, foot=True, description="next picture of the candidate",
    ),
    Action(
        id="previous_picture", keys=("k", "up", "left"), handler="move_picture", argument="-1",
        label="previous picture", where=ZOOM, description="previous picture of the candidate",
    ),
    Action(
        id="leave_zoom", keys=("z", "escape"), handler="leave_zoom", label="back", where=ZOOM, foot=True,
        description="back to the desk",
    ),
)  # fmt: skip
