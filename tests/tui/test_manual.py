"""What the manual says of keys and signs is so: each is one of the registry or of the panes."""

import re
from pathlib import Path

from tui.keyboard.names import shown_key
from tui.keys import ACTIONS, BY_ID, keys_of, shown

ROOT = Path(__file__).resolve().parents[2]
MANUAL = (ROOT / "docs" / "DESK.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
IN_README = README[README.index("### The desk") : README.index("### A case folder")]
NO_ACTIONS = {":", "y", "3", "5", "6"}  # the palette, a yes, reasons of an answer that cannot be given
KEY = re.compile(r"`([A-Za-z0-9]|[\[\]<>/.:?!+]|F\d+|tab|enter|esc|space)`")
SAID = {  # words of the manual that stand for an action's own
    "n": "next_undecided", "z": "zoom", "[": "previous_frame", "]": "next_frame", "o": "clip", "c": "compare",
    "C": "conflicts", "m": "note", "v": "range", "f": "want_second", "F": "be_second", "!": "freeze",
    ".": "take_in", "t": "timeline_or_map", ">": "map_closer", "<": "map_farther", "H": "map_west",
    "L": "map_east", "0": "map_fit", "a": "same", "x": "not_same", "space": "cannot_tell", "u": "undo",
    "h": "history", "g": "jump", "F9": "redraw", "F12": "lock", "M": "merge_contact", "U": "unmerge_contact",
    "i": "interview", "F10": "hand_in", "A": "scope", "p": "photos", "S": "photo_second", "R": "revoke",
    "e": "export_line_list", "E": "export_timeline", "F2": "go_to_desk", "F3": "go_to_cases",
    "F4": "go_to_approvals", "F5": "go_to_audit", "F6": "go_to_health",
}  # fmt: skip


def test_the_manual_names_no_key_that_does_nothing() -> None:
    known = {shown_key(key).lower() for action in ACTIONS for key in keys_of(action)}
    told = {key.lower() for key in KEY.findall(MANUAL + IN_README)}
    assert len(told) > 40
    assert told - known - NO_ACTIONS == set()


def test_the_keys_that_the_manual_tells_of_are_those_of_their_actions() -> None:
    told = set(KEY.findall(MANUAL))
    for key, action_id in SAID.items():
        assert key in told
        assert shown(BY_ID[action_id]).lower() == key.lower(), action_id


def test_every_action_of_the_foot_is_told_of() -> None:
    told = {key.lower() for key in KEY.findall(MANUAL)}
    assert [a.id for a in ACTIONS if a.foot and shown(a).lower() not in told] == []
