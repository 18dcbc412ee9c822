"""Whatever the desk changes or discloses is possible by a plain command too (docs/OPERATIONS.md, part 8)."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer

from tui.cli import app
from tui.commands.login import OPEN
from tui.keys import ACTIONS

OPERATIONS = Path(__file__).resolve().parents[3] / "docs" / "OPERATIONS.md"
ROOT: Any = typer.main.get_command(app)
MOVING = """
    first last next_pane previous_pane pane_traces pane_card pane_timeline pane_contacts read_on read_back
    down up next_trace previous_trace go_back next_frame previous_frame play clip_next clip_previous
    clip_first clip_last next_pair previous_pair choose_left choose_right leave_look leave_zoom next_picture
    previous_picture freeze take_in later earlier map_closer map_farther map_west map_east map_fit
    filter_contacts sort_contacts sort_cases filter_rows row_down row_up list_down list_up list_on list_back
    first_row last_row list_pane follow all_cameras go_to_desk go_to_cases go_to_approvals go_to_audit
    go_to_health jump copy lock redraw help quit leave_interview help_writing enter_line line_up line_down
    recall all_rows leave_form form_down form_up form_on form_back scope_open scope_toggle
"""
VISUAL = frozenset(MOVING.split())
"""Moving, ordering, hiding, and writing into a form that nothing has left yet."""


def twins() -> dict[str, list[list[str]]]:
    """Commands by the id of an action, as the table of the manual has them."""
    text = OPERATIONS.read_text(encoding="utf-8")
    table = text[text.index("| at the desk |") :].partition("\n\n")[0]
    found: dict[str, list[list[str]]] = {}
    for row in table.splitlines()[2:]:
        _, _, ids, commands, _ = row.split("|")
        said = [shlex.split(command) for command in re.findall(r"`tracedesk ([^`]+)`", commands)]
        for action_id in re.findall(r"`(\w+)`", ids):
            found[action_id] = said
    return found


@pytest.mark.parametrize("action_id", sorted({action.id for action in ACTIONS} - VISUAL))
def test_an_action_has_a_plain_command(action_id: str) -> None:
    commands = twins().get(action_id)
    assert commands, "give it a row in the table of docs/OPERATIONS.md, or say that it only moves something"
    for words in commands:
        command = ROOT
        while hasattr(command, "commands"):
            assert words[0] in command.commands, f"tracedesk has no {words[0]}"
            command, words = command.commands[words[0]], words[1:]
        known = {option for parameter in command.params for option in (*parameter.opts,)}
        assert {word for word in words if word.startswith("--")} <= known


def test_only_actions_that_there_are_stand_in_table_and_list() -> None:
    ids = {action.id for action in ACTIONS}
    assert ids >= VISUAL, VISUAL - ids
    assert set(twins()) <= ids
    assert not VISUAL & set(twins())


def test_nothing_dangerous_counts_as_moving() -> None:
    assert not [action.id for action in ACTIONS if action.dangerous and action.id in VISUAL]


def test_a_login_may_give_every_one_of_these_commands() -> None:
    for commands in twins().values():
        for words in commands:
            assert words[0] in OPEN
            assert not OPEN[words[0]] or words[1] in OPEN[words[0]]
