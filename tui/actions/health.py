"""How the house stands."""

from tui.keyboard.action import Action, Where, on

HEALTH = on(Where.HEALTH)

ACTIONS: tuple[Action, ...] = (
    Action(
        id="all_cameras", keys=("o",), handler="all_cameras", label="all cameras", where=HEALTH, foot=True,
        description="all cameras, or only those that somebody should see to",
    ),
    Action(
        id="ask_house", keys=("r",), handler="ask_house", label="ask again", where=HEALTH, foot=True,
        description="ask the engine at once how it stands",
    ),
)  # fmt: skip
