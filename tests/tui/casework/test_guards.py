"""What decides nothing: a held key, a pasted text, a press before anybody can have looked."""

from tests.tui.test_state import opened
from tui.casework.guards import followed_at_once, in_burst, pressed, too_soon, with_key
from tui.state import painted


def test_an_answer_right_after_the_paint_is_too_quick() -> None:
    state = painted(opened(), "C-A-1", 10.0)
    assert too_soon(state, "same", 10.69, after_look=True)
    assert not too_soon(state, "same", 10.71, after_look=True)
    assert not too_soon(state, "undo", 10.1, after_look=False)


def test_a_held_key_stays_one_press_however_long_it_is_held() -> None:
    state = pressed(opened(), "not_same", 10.0)
    for tick in range(1, 50):
        now_s = 10.0 + 0.03 * tick
        assert too_soon(state, "not_same", now_s, after_look=True)
        state = pressed(state, "not_same", now_s)
    assert not too_soon(state, "not_same", now_s + 0.41, after_look=True)
    assert not too_soon(state, "cannot_tell", now_s, after_look=True)


def test_a_key_held_in_bursts_is_one_press_too() -> None:
    """A slow line brings repeats in lumps: none of them is further from the one before than the guard."""
    state = pressed(opened(), "same", 10.0)
    for now_s in (10.3, 10.301, 10.302, 10.69, 10.691, 11.0):
        assert too_soon(state, "same", now_s, after_look=True)
        state = pressed(state, "same", now_s)


def test_keys_that_come_all_at_once_decide_nothing() -> None:
    state = with_key(with_key(opened(), 10.0), 10.01)
    assert in_burst(state)
    assert "all at once" in too_soon(state, "not_same", 10.01, after_look=True)
    later = with_key(state, 10.2)
    assert not in_burst(later) and not too_soon(later, "not_same", 10.2, after_look=True)


def test_keys_of_the_very_same_moment_are_a_burst() -> None:
    assert in_burst(with_key(with_key(opened(), 10.0), 10.0))


def test_the_first_key_of_a_pasted_text_is_known_by_those_that_follow() -> None:
    before = with_key(opened(), 10.0)
    assert followed_at_once(before, with_key(before, 10.02))
    assert not followed_at_once(before, before)
    assert not followed_at_once(before, with_key(before, 10.3)), "a key of its own"
    assert not followed_at_once(before, with_key(with_key(before, 10.3), 10.31)), "another burst"
