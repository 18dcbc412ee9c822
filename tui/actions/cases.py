"""Working on the board of cases."""

from tui.keyboard.action import Action, Where, on

CASES = on(Where.CASES)

ACTIONS: tuple[Action, ...] = (
    Action(
        id="open_case_trace", keys=("enter",), handler="open_case_trace", label="its trace", where=CASES,
        foot=True, description="open the newest trace of the case on the desk",
    ),
    Action(
        id="start_trace", keys=("r",), handler="start_trace", label="run", where=CASES, foot=True, once=True,
        description="start a trace under the authorisation in force, or have the trace look again",
    ),
    Action(
        id="handover", keys=("h",), handler="handover", label="handover", where=CASES, foot=True,
        description="a note for whoever works on the case next",
    ),
    Action(
        id="ask_source", keys=("a",), handler="ask_source", label="ask", where=CASES, foot=True,
        description="note that another authority was asked for records or footage",
    ),
    Action(
        id="source_received", keys=("w",), handler="source_answered", argument="yes", label="received",
        where=CASES, description="the source that has waited longest was received",
    ),
    Action(
        id="source_refused", keys=("W",), handler="source_answered", argument="no", label="refused",
        where=CASES, description="the source that has waited longest was refused",
    ),
    Action(
        id="sort_cases", keys=("s",), handler="sort_cases", label="sort", where=CASES, foot=True,
        description="sort: due first, by id, by owner",
    ),
)  # fmt: skip
