"""The environment cannot make the desk open a port, write a file or press keys."""

from tui.terminal.environment import NEVER, quiet


def test_what_would_give_the_screen_away_is_taken_out_and_named() -> None:
    environ = {"TEXTUAL": "devtools,debug", "TEXTUAL_LOG": "/tmp/x", "TERM": "xterm", "TEXTUAL_DRIVER": ""}
    assert quiet(slow_link=False, environ=environ) == ("TEXTUAL", "TEXTUAL_LOG")
    assert environ == {"TERM": "xterm", "TEXTUAL_ANIMATIONS": "none", "ESCDELAY": "25"}


def test_a_slow_line_gets_fewer_frames_and_no_smooth_scrolling() -> None:
    environ = {"TEXTUAL_FPS": "60"}
    assert quiet(slow_link=True, environ=environ) == ()
    assert environ == {"TEXTUAL_ANIMATIONS": "none", "TEXTUAL_FPS": "10", "TEXTUAL_SMOOTH_SCROLL": "0"}


def test_every_switch_of_textual_that_writes_opens_or_presses_is_known() -> None:
    assert {"TEXTUAL", "TEXTUAL_DEBUG", "TEXTUAL_LOG", "TEXTUAL_SCREENSHOT", "TEXTUAL_PRESS"} <= set(NEVER)


def test_escape_is_quick_unless_the_line_is_slow_or_the_person_says_otherwise() -> None:
    fast: dict[str, str] = {}
    slow: dict[str, str] = {}
    own = {"ESCDELAY": "250"}
    quiet(slow_link=False, environ=fast)
    quiet(slow_link=True, environ=slow)
    quiet(slow_link=False, environ=own)
    assert fast["ESCDELAY"] == "25" and "ESCDELAY" not in slow and own["ESCDELAY"] == "250"
