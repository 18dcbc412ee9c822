"""The line list at the foot of the desk."""

from engine.api.contact_schema import ExportKind
from tui.keyboard.action import Action
from tui.state import DeskState, Pane


def _here(state: DeskState) -> str:
    return "" if state.pane is Pane.CONTACTS else "that is for contacts: 4"


ACTIONS: tuple[Action, ...] = (
    Action(
        id="filter_contacts", keys=("slash",), handler="filter_contacts", label="filter", reason=_here,
        description="contacts: only rows with a text; ~text fuzzy, !text without it",
    ),
    Action(
        id="sort_contacts", keys=("s",), handler="sort_contacts", label="sort", reason=_here,
        description="contacts: sort by minutes, risk, name, follow-up",
    ),
    Action(
        id="add_contact", keys=("plus", "equals_sign"), handler="add_contact", label="add", reason=_here,
        description="contacts: a new row from a record or a call; the unnamed person at hand is linked",
    ),
    Action(
        id="edit_contact", keys=("enter",), handler="edit_contact", label="edit", reason=_here,
        description="contacts: status, risk, follow-up and the like of a named row",
    ),
    Action(
        id="merge_contact", keys=("M",), handler="merge_contact", label="merge", reason=_here, once=True,
        description="contacts: this row stays; M on another named row puts that one into it",
    ),
    Action(
        id="unmerge_contact", keys=("U",), handler="unmerge_contact", label="unmerge", reason=_here,
        once=True, description="contacts: take out again what went into this row last",
    ),
    *(
        Action(
            id=f"export_{kind}", keys=(key,), handler="export", argument=kind.value, label="export",
            dangerous=True, once=True, description=f"{words} as a file, after the case number was typed",
        )
        for kind, key, words in (
            (ExportKind.LINE_LIST, "e", "the line list"), (ExportKind.TIMELINE, "E", "the timeline")
        )
    ),
)  # fmt: skip
