"""What the foot of the desk shows first: keys of the pane at hand."""

from dataclasses import replace

import pytest

from tests.screens.fake_engine import ME, a_detail
from tui.keyboard.action import Action, Where
from tui.keyboard.panefoot import FIRST, foot_actions
from tui.keys import actions, disabled
from tui.panes.bars import foot
from tui.state import DeskState, Pane, with_detail, with_trace

DESK = actions(Where.DESK)
ANSWERS = ("same", "not_same", "cannot_tell")


def a_state(pane: Pane, **given: object) -> DeskState:
    state = with_detail(with_trace(DeskState(person=ME), "T-A"), a_detail())
    return replace(state, pane=pane, **given)  # type: ignore[arg-type]


def shown(state: DeskState, beside: frozenset[str] = frozenset()) -> list[Action]:
    """``beside``: what only the screen knows to be impossible."""
    return [a for a in foot_actions(DESK, state, disabled(state, DESK) | beside) if a.foot]


def line(state: DeskState, width: int) -> str:
    impossible = disabled(state, DESK)
    return foot(foot_actions(DESK, state, impossible), impossible, width).plain


@pytest.mark.parametrize("pane", Pane)
def test_no_action_is_lost_and_none_is_there_twice(pane: Pane) -> None:
    chosen = foot_actions(DESK, a_state(pane), frozenset())
    assert sorted(a.id for a in chosen) == sorted(a.id for a in DESK)
    assert set(FIRST[pane]) <= {a.id for a in chosen}


def test_the_candidate_shows_the_answers_first() -> None:
    assert tuple(a.id for a in shown(a_state(Pane.CARD)))[:3] == ANSWERS


@pytest.mark.parametrize("width", [80, 120, 200])
def test_the_line_list_shows_its_own_keys_first(width: int) -> None:
    said = line(a_state(Pane.CONTACTS), width)
    assert said.startswith("/ filter  s sort  enter edit  + add  M merge  U unmerge")
    assert said.endswith("? help  q quit")
    assert ("e export  z zoom  (a same)" in said) is (width > 80)


def test_the_traces_and_the_timeline_show_theirs() -> None:
    assert line(a_state(Pane.TRACES), 80).startswith(
        "J next trace  K previous trace  n next  ! freeze  z zoom"
    )
    assert line(a_state(Pane.TIMELINE), 80).startswith("← earlier  → later  t map  ")


def test_keys_of_the_map_are_there_with_the_map_only() -> None:
    state = a_state(Pane.TIMELINE)
    hidden = frozenset({"map_closer", "map_farther", "map_fit"})
    assert hidden <= {a.id for a in shown(state)}
    assert not hidden & {a.id for a in shown(state, hidden)}


def test_a_pane_that_is_alone_offers_the_way_back_first() -> None:
    first, *others = shown(a_state(Pane.CONTACTS, alone=True))
    assert (first.id, first.label) == ("zoom", "all panes")
    assert "zoom" not in {a.id for a in others}
    assert shown(a_state(Pane.CONTACTS))[0].id == "filter_contacts"


def test_in_a_range_x_is_called_after_what_it_does_there() -> None:
    names = {a.id: a.label for a in shown(a_state(Pane.CARD, range_from="C-A-1"))}
    assert names["not_same"] == "set aside"
