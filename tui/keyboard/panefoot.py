"""Which keys the foot of the desk shows first: those of the pane at hand, each called after what it does
there."""

from collections.abc import Mapping
from dataclasses import replace

from tui.keyboard.action import Action
from tui.state import DeskState, Pane

FIRST: Mapping[Pane, tuple[str, ...]] = {
    Pane.TRACES: ("next_trace", "previous_trace", "next_undecided", "freeze", "take_in", "zoom"),
    Pane.CARD: (),
    Pane.TIMELINE: (
        "earlier", "later", "timeline_or_map", "map_closer", "map_farther", "map_fit", "zoom",
    ),
    Pane.CONTACTS: (
        "filter_contacts", "sort_contacts", "edit_contact", "add_contact", "merge_contact",
        "unmerge_contact", "export_line_list", "zoom",
    ),
}  # fmt: skip
"""By id, in their order; the candidate has the order of the registry."""
ONLY_WHERE_POSSIBLE = frozenset({"take_in", "map_closer", "map_farther", "map_fit"})
"""They belong to what is not always there: a map, a desk that stands still."""

SET_ASIDE, ALL_PANES = LABELS = ("set aside", "all panes")


def foot_actions(
    chosen: tuple[Action, ...], state: DeskState, impossible: frozenset[str]
) -> tuple[Action, ...]:
    """The actions for the foot: those of the pane at hand first, the others in their own order after
    them. ``impossible`` has the ids of those that are not possible now."""
    by_id = {action.id: action for action in chosen}
    own = [
        replace(by_id[action_id], foot=True)
        for action_id in _first(state)
        if not (action_id in ONLY_WHERE_POSSIBLE and action_id in impossible)
    ]
    first = {action.id for action in own}
    whole = (*own, *(action for action in chosen if action.id not in first))
    return tuple(replace(a, label=_label(a, state)) for a in whole)


def _first(state: DeskState) -> tuple[str, ...]:
    """A pane that has the screen alone begins with the way back."""
    own = FIRST[state.pane]
    return ("zoom", *(action_id for action_id in own if action_id != "zoom")) if state.alone else own


def _label(action: Action, state: DeskState) -> str:
    if action.id == "not_same" and state.range_from:
        return SET_ASIDE
    if action.id in ("zoom", "go_back") and state.alone:
        return ALL_PANES
    return action.label
