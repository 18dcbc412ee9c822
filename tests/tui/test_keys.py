"""One registry: bindings, foot and help are made from it and nothing else."""

import pytest
from textual.binding import Binding, BindingsMap

from tests.screens.fake_engine import ME, a_detail
from tui.app import Desk
from tui.keyboard.action import Action, Where, on
from tui.keyboard.names import hangul
from tui.keys import ACTIONS, BY_ID, actions, bindings, disabled, with_letters
from tui.panes.bars import foot
from tui.screens.approvals import ApprovalsScreen
from tui.screens.audit import AuditScreen
from tui.screens.because import BecauseScreen
from tui.screens.cases import CasesScreen
from tui.screens.clip import ClipScreen
from tui.screens.compare import CompareScreen
from tui.screens.consent import ConsentScreen
from tui.screens.desk import DeskScreen
from tui.screens.health import HealthScreen
from tui.screens.interview import InterviewScreen
from tui.screens.photo import PhotosScreen
from tui.screens.scope import ScopeScreen
from tui.screens.zoom import ZoomScreen
from tui.state import DeskState, with_detail, with_trace


def test_no_key_does_two_things_on_one_screen() -> None:
    for where in Where:
        held = BindingsMap(bindings(where)).key_to_bindings
        assert {key: len(found) for key, found in held.items() if len(found) > 1} == {}


def test_every_action_has_somebody_who_does_it() -> None:
    screens = {
        Where.DESK: DeskScreen,
        Where.ZOOM: ZoomScreen,
        Where.CLIP: ClipScreen,
        Where.COMPARE: CompareScreen,
        Where.CASES: CasesScreen,
        Where.APPROVALS: ApprovalsScreen,
        Where.AUDIT: AuditScreen,
        Where.HEALTH: HealthScreen,
        Where.INTERVIEW: InterviewScreen,
        Where.CONSENT: ConsentScreen,
        Where.PHOTOS: PhotosScreen,
        Where.SCOPE: ScopeScreen,
    }
    for action in ACTIONS:
        for where in action.where & set(screens):
            assert hasattr(screens[where], f"do_{action.handler}") or hasattr(Desk, f"do_{action.handler}")


def test_ids_are_unique() -> None:
    assert len(BY_ID) == len(ACTIONS)


@pytest.mark.parametrize(
    ("letter", "jamo"),
    [
        ("a", "ㅁ"),
        ("x", "ㅌ"),
        ("u", "ㅕ"),
        ("z", "ㅋ"),
        ("q", "ㅂ"),
        ("j", "ㅓ"),
        ("k", "ㅏ"),
        ("n", "ㅜ"),
        ("p", "ㅔ"),
    ],
)
def test_a_keyboard_in_hangul_mode_works_too(letter: str, jamo: str) -> None:
    assert hangul(letter) == jamo
    by_key = BindingsMap(bindings(Where.DESK)).key_to_bindings
    assert by_key[jamo][0].action == by_key[letter][0].action


def test_every_letter_has_its_place_on_a_two_set_keyboard_and_shift_where_that_sends_another() -> None:
    letters = "abcdefghijklmnopqrstuvwxyz"
    assert len({hangul(letter) for letter in letters}) == 26
    assert [hangul(letter) for letter in "QWERTOP"] == list("ㅃㅉㄸㄲㅆㅒㅖ")
    assert [hangul(letter) for letter in "JKGUM"] == [""] * 5, "these send what they send without shift"


def an_action(action_id: str, *keys: str) -> Action:
    return Action(id=action_id, keys=keys, handler="x", label=action_id, description=action_id)


def test_letters_of_vi_stand_beside_arrows_unless_they_have_work_of_their_own() -> None:
    left, right = an_action("earlier", "left"), an_action("later", "right")
    assert with_letters((left, right), {}) == {"earlier": ("left", "h"), "later": ("right", "l")}
    note = an_action("note", "h")
    assert with_letters((left, right, note), {})["earlier"] == ("left",)
    assert with_letters((left, right), {"later": ("h",)})["earlier"] == ("left",)
    assert with_letters((left, right), {}, on(Where.DESK))["earlier"] == ("left",), "where letters are text"


def test_no_action_needs_a_modifier_and_only_quit_has_one_besides() -> None:
    for action in ACTIONS:
        assert not action.keys[0].startswith(("ctrl+", "alt+"))
        assert action.id == "quit" or not any(key.startswith("ctrl+") for key in action.keys)


def test_what_confirms_permits_or_leaves_the_house_is_dangerous() -> None:
    dangerous = {"same", "approve", "revoke", "justified", "export_line_list", "export_timeline"}
    assert {action.id for action in ACTIONS if action.dangerous} == dangerous


def test_the_foot_brackets_what_is_not_possible_and_always_offers_help_and_quit() -> None:
    state = with_detail(with_trace(DeskState(person=ME), "T-A"), a_detail())
    chosen = actions(Where.DESK)
    for width in (60, 80, 120):
        line = foot(chosen, disabled(state, chosen), width)
        assert line.cell_len <= width
        assert "(a same)" in line.plain
        assert line.plain.endswith("? help  q quit")


def test_reasons_in_the_because_screen_are_the_digits() -> None:
    keys = {b.key for b in BecauseScreen.BINDINGS if isinstance(b, Binding)}
    assert {"1", "2", "3", "4", "5", "6"} <= keys
    assert "space" not in keys
