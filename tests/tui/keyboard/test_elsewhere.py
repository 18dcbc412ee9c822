"""The palette finds what other modes can do, and leads there without doing it."""

from tui.keyboard.action import Where
from tui.keyboard.elsewhere import elsewhere

MODES = (Where.DESK, Where.CASES, Where.APPROVALS)


def test_an_action_of_another_mode_is_found_and_leads_there_without_being_done() -> None:
    went: list[str] = []
    found = {one.title: one for one in elsewhere(Where.DESK, MODES, went.append)}
    interview = found["cases: interview"]
    assert interview.help.startswith("goes there; then i: ")
    interview.callback()
    found["approvals: approve"].callback()
    assert went == [Where.CASES.value, Where.APPROVALS.value]


def test_without_letters_the_palette_lists_this_screens_own_alone() -> None:
    assert not any(one.discover for one in elsewhere(Where.DESK, MODES, print))


def test_what_can_be_done_here_is_not_offered_a_second_time() -> None:
    titles = {one.title for one in elsewhere(Where.APPROVALS, MODES, print)}
    assert "cases: filter" not in titles, "the same key does it here"
    assert not any(title.startswith("approvals: ") for title in titles)
