"""A desk is drawn where it can be read, or not at all."""

import pytest

from engine.domain.errors import InputError
from tui.commands.drawable import check_terminal


@pytest.mark.parametrize(
    ("terminal", "encoding", "said"),
    [
        ("dumb", "utf-8", "TERM: the desk cannot be drawn on a terminal 'dumb'; set TERM=xterm-256color"),
        ("", "UTF-8", "TERM: the desk cannot be drawn on a terminal ''"),
        ("xterm", "ANSI_X3.4-1968", "LANG: the desk cannot be drawn in 'ANSI_X3.4-1968'; set LANG=C.UTF-8"),
        ("tmux-256color", "euc_kr", "LANG: the desk cannot be drawn in 'euc_kr'"),
    ],
)
def test_a_terminal_on_which_the_desk_would_be_a_mess_is_told_so(
    terminal: str, encoding: str, said: str
) -> None:
    with pytest.raises(InputError) as refused:
        check_terminal({"TERM": terminal}, encoding)
    assert str(refused.value).startswith(said) and "--headless" in str(refused.value)


@pytest.mark.parametrize("encoding", ["utf-8", "UTF-8", "utf8", "UTF_8"])
def test_a_terminal_that_places_text_and_takes_utf_8_is_good_enough(encoding: str) -> None:
    check_terminal({"TERM": "linux"}, encoding)
