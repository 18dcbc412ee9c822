"""Reading the audit as it grows, and having it checked."""

from tui.keyboard.action import Action, Where, on

AUDIT = on(Where.AUDIT)

ACTIONS: tuple[Action, ...] = (
    Action(
        id="verify", keys=("v",), handler="verify", label="verify", where=AUDIT, once=True, foot=True,
        description="have the engine check the whole log",
    ),
    Action(
        id="follow", keys=("exclamation_mark",), handler="follow", label="follow or stand", where=AUDIT,
        foot=True, description="stand still, or follow the newest line again",
    ),
)  # fmt: skip
