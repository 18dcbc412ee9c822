"""Moving about the screens that have a list and the details of one row."""

from tui.keyboard.action import Action, Where, on

LISTS = on(Where.CASES, Where.APPROVALS, Where.AUDIT, Where.HEALTH)

ACTIONS: tuple[Action, ...] = (
    Action(
        id="row_down", keys=("j",), handler="move_row", argument="1", label="down", where=LISTS,
        description="next row",
    ),
    Action(
        id="row_up", keys=("k",), handler="move_row", argument="-1", label="up", where=LISTS,
        description="previous row",
    ),
    Action(
        id="list_down", keys=("down",), handler="list_arrow", argument="1", label="down", where=LISTS,
        description="in the list: next row; in the details: scroll",
    ),
    Action(
        id="list_up", keys=("up",), handler="list_arrow", argument="-1", label="up", where=LISTS,
        description="in the list: previous row; in the details: scroll",
    ),
    Action(
        id="list_on", keys=("pagedown",), handler="list_page", argument="1", label="read on", where=LISTS,
        description="a page on, in the list or in the details",
    ),
    Action(
        id="list_back", keys=("pageup",), handler="list_page", argument="-1", label="read back", where=LISTS,
        description="a page back, in the list or in the details",
    ),
    Action(
        id="first_row", keys=("home",), handler="end_row", argument="-1", label="first", where=LISTS,
        description="first row",
    ),
    Action(
        id="last_row", keys=("G", "end"), handler="end_row", argument="1", label="last", where=LISTS,
        description="last row",
    ),
    Action(
        id="list_pane", keys=("tab", "shift+tab"), handler="other_part", label="list or details", where=LISTS,
        description="arrows move in the list, or in the details",
    ),
    Action(
        id="filter_rows", keys=("slash",), handler="filter_rows", label="filter", where=LISTS,
        foot=True,
        description="only rows that have these letters; empty for all",
    ),
    Action(
        id="all_rows", keys=("escape",), handler="all_rows", label="all rows", where=LISTS,
        description="take the filter away",
    ),
)  # fmt: skip
