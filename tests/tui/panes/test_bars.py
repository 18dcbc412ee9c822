"""The line at the top: what is never left out, and what gives way on a small screen."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest

from engine.domain.authorisation import AuthorisationState
from tests.screens.fake_engine import HELLO, NOW, a_trace
from tui.feed import Link, LinkState
from tui.panes.bars import caption, header, in_tone
from tui.terminal.theme import TONES

SEOUL = ZoneInfo("Asia/Seoul")
CONNECTED = Link(LinkState.CONNECTED)
AWAY = Link(LinkState.AWAY, 4.0, "nobody answers")
KIM = msgspec.structs.replace(HELLO, person="kim", roles=("investigator",), demo_models=True)


def said(width: int, link: Link = CONNECTED, **given: object) -> str:
    """The header of a rehearsal with toy models and an open trace."""
    trace = given.pop("trace", a_trace("A"))
    return header(KIM, link, trace, NOW, SEOUL, width, **given).plain  # type: ignore[arg-type]


@pytest.mark.parametrize("width", [60, 80, 120])
def test_an_emergency_that_nobody_has_reviewed_stands_first_on_every_screen(width: int) -> None:
    for first in (header(None, CONNECTED, None, NOW, SEOUL, width, 2).plain, said(width, emergencies=2)):
        assert first.strip().startswith(("2 EMERGENCY unreviewed", "EMERGENCY 2"))


def test_where_there_is_none_nothing_is_said() -> None:
    assert "EMERGENCY" not in said(120)


@pytest.mark.parametrize("width", [60, 80, 100, 120, 200])
@pytest.mark.parametrize("mode", ["desk: candidate", "cases", "approvals"])
def test_rehearsal_and_demo_models_stand_there_in_full_at_every_width(width: int, mode: str) -> None:
    line = said(width, mode=mode)
    assert len(line) == width
    assert "REHEARSAL   demo models" in line
    assert mode.split(":")[0] in line and (" case A " in line or width == 60)
    assert "●" in line and "12:20" in line


def test_a_wide_screen_says_who_one_is_as_what_and_why_faces_may_be_searched() -> None:
    line = said(160, mode="cases")
    assert "kim, investigator" in line and "ground: consent" in line and "● connected" in line


@pytest.mark.parametrize(
    ("ground", "words"), [("", "no ground for faces"), ("withdrawn", "consent withdrawn")]
)
def test_a_missing_ground_is_said(ground: str, words: str) -> None:
    assert words in said(160, trace=a_trace("A", ground=ground))


def test_the_link_gives_up_its_word_before_demo_models_do() -> None:
    line = said(80, mode="approvals", trace=a_trace("A", ground="law"))
    assert "● connected" not in line and "●" in line and "demo models" in line


@pytest.mark.parametrize("width", [60, 80])
def test_an_engine_that_is_away_is_said_in_words_at_every_width(width: int) -> None:
    assert "× engine away" in said(width, AWAY, mode="approvals")


@pytest.mark.parametrize("width", [60, 80, 120])
def test_an_authorisation_that_is_over_or_soon_will_be_is_said_at_every_width(width: int) -> None:
    over = a_trace("A", expires_at=NOW - timedelta(minutes=1))
    soon = a_trace("A", expires_at=NOW + timedelta(minutes=9))
    assert "expired" in said(width, trace=over)
    assert "9 min" in said(width, trace=soon)


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize(
    ("state", "word"), [(AuthorisationState.REVOKED, "revoked"), (AuthorisationState.REFUSED, "refused")]
)
def test_an_authorisation_that_somebody_ended_has_no_time_left(
    width: int, state: AuthorisationState, word: str
) -> None:
    for mode in ("desk: candidate", "approvals"):
        emergencies = 2 if width > 60 else 0
        trace = a_trace("A", authorisation=state)
        line = header(KIM, CONNECTED, trace, NOW, SEOUL, width, emergencies, mode=mode)
        assert " left" not in line.plain and "authorised" not in line.plain
        (alarm,) = (span for span in line.spans if word in line.plain[span.start : span.end])
        assert alarm.style == TONES["alarm"]


@pytest.mark.parametrize("width", [60, 80, 120, 160])
def test_an_order_that_somebody_ended_is_said_in_place_of_the_time_left(width: int) -> None:
    line = said(width, trace=a_trace("A", order_ended=True), mode="desk: candidate")
    assert "order ended" in line and " left" not in line and "authorised" not in line
    assert ("order ended by hand" in line) is (width >= 120)
    over = a_trace("A", order_ended=True, expires_at=NOW - timedelta(minutes=1))
    assert "expired" in said(width, trace=over) and "order ended" not in said(width, trace=over)


def test_where_there_is_room_it_is_said_of_what() -> None:
    assert "authorisation revoked" in said(160, trace=a_trace("A", authorisation=AuthorisationState.REVOKED))


def test_many_roles_are_said_in_two_words() -> None:
    everybody = msgspec.structs.replace(KIM, roles=("a", "b", "c", "d", "e", "f"))
    assert "kim, every role" in header(everybody, CONNECTED, None, NOW, SEOUL, 120).plain


@pytest.mark.parametrize(
    ("width", "words"),
    [(60, "no second"), (80, "no second"), (120, "no second person"), (200, "no second person")],
)
def test_a_missing_second_person_is_said_in_the_same_words_at_every_width(width: int, words: str) -> None:
    assert f"{words}  " in said(width, mode="approvals")


def test_above_a_close_look_a_missing_second_person_is_said_in_full_where_there_is_room() -> None:
    for width, words in ((120, "no second person  face"), (40, "no second  face")):
        face = in_tone("notice", "face 61 px: too small to confirm")
        line = caption(HELLO, a_trace("A"), [face], width)
        assert words in line.plain and line.cell_len <= width
