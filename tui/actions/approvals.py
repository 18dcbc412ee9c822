"""Permitting what others ask for, and ending it."""

from tui.keyboard.action import Action, Where, on

APPROVALS = on(Where.APPROVALS)

ACTIONS: tuple[Action, ...] = (
    Action(
        id="approve", keys=("a",), handler="approve", label="approve", where=APPROVALS, dangerous=True,
        once=True, foot=True, description="permit what is asked for; y and then enter",
    ),
    Action(
        id="refuse", keys=("x",), handler="refuse", label="refuse", where=APPROVALS, once=True, foot=True,
        description="refuse what is asked for",
    ),
    Action(
        id="revoke", keys=("R",), handler="revoke", label="revoke", where=APPROVALS, dangerous=True,
        once=True, foot=True, description="end what is in force, at once; type the case's number",
    ),
    Action(
        id="justified", keys=("e",), handler="review", argument="yes", label="justified", where=APPROVALS,
        dangerous=True, once=True, foot=True, description="an emergency was justified and goes on",
    ),
    Action(
        id="not_justified", keys=("E",), handler="review", argument="no", label="not justified",
        where=APPROVALS, once=True, description="an emergency was not justified and ends",
    ),
    Action(
        id="paper_details", keys=("enter",), handler="other_part", label="details", where=APPROVALS,
        description="arrows scroll the details, and back",
    ),
)  # fmt: skip
