"""What a console wrote stands where a terminal would show it."""

from tui.commands.bench_screen import TerminalScreen


def shown(*pieces: bytes) -> list[str]:
    screen = TerminalScreen(12, 3)
    for piece in pieces:
        screen.take(piece)
    return [line.rstrip() for line in screen.text.splitlines()]


def test_text_stands_where_the_cursor_went() -> None:
    assert shown(b"\x1b[2;3Habc\x1b[1;1Hx") == ["x", "  abc", ""]


def test_sequences_leave_no_trace() -> None:
    assert shown(b"\x1b[?2026h\x1b[1;1H\x1b[38;2;1;2;3mred\x1b[0m\x1b]52;c;YWJj\x07\x1b[?2026l!")[0] == "red!"


def test_a_piece_may_end_in_the_middle_of_a_character_or_a_sequence() -> None:
    whole = "\x1b[1;1H김서윤\x1b[2;1H\x1b]0;title\x1b\\b".encode()
    for cut in range(len(whole)):
        assert shown(whole[:cut], whole[cut:]) == ["김서윤", "b", ""]


def test_what_was_wiped_is_gone() -> None:
    assert shown(b"\x1b[1;1Habc\x1b[2J\x1b[2;1Hd") == ["", "d", ""]
