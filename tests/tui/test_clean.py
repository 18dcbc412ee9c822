"""What the sanitiser lets through, and what it does not."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len, get_character_cell_size

from engine.api.case_schema import Kept
from engine.api.client import EngineSaysNo
from engine.api.lines import EventLine, SnapshotLine
from engine.api.site_schema import CityMap, Street
from engine.domain.trace import TraceState
from tests.screens.fake_contacts import named
from tests.screens.fake_engine import NOW, FakeEngine, a_detail, a_trace
from tui.clean import MAX_CHARACTERS, MAX_MARKS, NEVER_SHOWN, CleanEngine, clean_text, cleaned


@pytest.mark.parametrize(
    "hostile",
    [
        "\x1b]52;c;aGk=\x07",
        "\x9b31m",
        "a\u202eb",
        "\u2066x\u2069",
        "\u2028",
        "\ud800",
        "\ue000",
        "\x00",
        "\u200b",
    ],
)
def test_what_commands_a_terminal_or_turns_text_round_is_replaced(hostile: str) -> None:
    shown = clean_text(hostile)
    assert "\ufffd" in shown
    assert not any(unicodedata.category(c) in NEVER_SHOWN for c in shown)


@pytest.mark.parametrize("name", ["김민수", "Nguyễn", "नर\u094dक", "می\u200cخواهم", "Łódź 7-ма"])
def test_names_of_the_world_stay_as_they_are(name: str) -> None:
    assert clean_text(name) == name


def test_a_joiner_beside_no_letter_is_replaced() -> None:
    assert clean_text("a\u200d") == "a\ufffd"
    assert clean_text("\u200db") == "\ufffdb"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("नर\u094d\u200dक", "नर\u094dक"),
        ("❤\ufe0f", "❤"),
        ("👍🏽", "👍\ufffd"),
        ("🇰🇷", "\ufffd\ufffd"),
        ("👨\u200d👩", "👨\ufffd👩"),
        ("x\u3164y\u115f", "x\ufffdy\ufffd"),
        ("\u1112\u1169\u11bc", "홍"),
    ],
)
def test_what_changes_the_width_of_its_neighbours_is_left_out_or_seen(written: str, shown: str) -> None:
    assert clean_text(written) == shown
    assert cell_len(shown) == sum(map(get_character_cell_size, shown))


def test_a_long_text_is_cut_and_says_so() -> None:
    assert clean_text("a" * 100_000) == "a" * (MAX_CHARACTERS - 1) + "…"
    assert clean_text("a" * MAX_CHARACTERS) == "a" * MAX_CHARACTERS


def test_marks_do_not_pile_up() -> None:
    assert clean_text("z" + "\u0301" * 50) == "\u017a" + "\u0301" * MAX_MARKS


@given(st.text(max_size=400))
def test_whatever_comes_in_nothing_forbidden_comes_out(text: str) -> None:
    shown = clean_text(text)
    assert len(shown) <= MAX_CHARACTERS
    assert all(c == "\u200c" or unicodedata.category(c) not in NEVER_SHOWN for c in shown)


def test_every_string_of_a_reply_is_cleaned_and_all_else_is_kept() -> None:
    dirty = a_detail("A\x1b[2J")
    shown = cleaned(dirty)
    assert shown.trace.case_id == "A\ufffd[2J"
    assert shown.candidates[0].case_id == "A\ufffd[2J"
    assert shown.trace.state is TraceState.AWAITING_REVIEW
    assert shown.trace.queued == dirty.trace.queued
    assert cleaned(a_detail("A")) == a_detail("A")


def test_keys_of_dictionaries_are_cleaned_and_bytes_are_not_touched() -> None:
    assert cleaned({"a\x07": ("b\x1b", b"\x1b")}) == {"a\ufffd": ("b\ufffd", b"\x1b")}


async def test_refusals_are_cleaned_too() -> None:
    behind = FakeEngine()
    behind.refusal = EngineSaysNo(409, "G10", "no \x1b[31m[@click=app.quit]")
    with pytest.raises(EngineSaysNo, match="no \ufffd"):
        await CleanEngine(behind).undo("C-A-1", version=1)


async def test_every_line_of_the_stream_is_cleaned() -> None:
    behind = FakeEngine({"T-A": a_detail("A\x9b")})
    behind.happened.append(EventLine(seq=1, at=NOW, kind="case", object_id="o\x1b", state="s"))
    lines = CleanEngine(behind).events(0)
    event, snapshot = await anext(lines), await anext(lines)
    assert isinstance(event, EventLine)
    assert event.object_id == "o\ufffd"
    assert isinstance(snapshot, SnapshotLine)
    assert snapshot.traces[0].case_id == "A\ufffd"


def test_a_clean_reply_is_not_built_again() -> None:
    trace = a_trace("A")
    assert cleaned(trace) is trace


@given(st.lists(st.text(max_size=250), max_size=6), st.integers(0, 5))
def test_a_large_reply_is_cleaned_like_a_small_one(texts: list[str], place: int) -> None:
    many = [a_trace(f"2026-{number:03d} 김서윤") for number in range(60)]
    for number, text in enumerate(texts):
        many[(place + 7 * number) % 60] = a_trace("A", message=text)
    shown = cleaned(tuple(many))
    assert [trace.message for trace in shown] == [clean_text(trace.message) for trace in many]


def test_a_large_clean_reply_is_handed_on_as_it_is() -> None:
    many = tuple(a_trace(f"2026-{number:03d} 김서윤") for number in range(60))
    assert cleaned(many) is many


def test_a_kept_text_keeps_its_lines_and_its_length_and_nothing_that_commands_a_terminal() -> None:
    text = "\n".join(f"line {number}\x1b[2J" for number in range(100))
    kept = cleaned(Kept(kind="draft", text=text, by="lee\x07"))
    assert kept.text.count("\n") == 99
    assert "line 99" in kept.text
    assert "\x1b" not in kept.text and "\x07" not in kept.by


async def test_what_is_cleaned_beside_the_screen_is_cleaned_all_the_same() -> None:
    """The large answers: a trace with its candidates, the line list, the map."""
    behind = FakeEngine({"T-A": a_detail("A\x9b")})
    behind.has_contacts((named(1, name="Lee\x1b]0;x\x07"),))
    behind.city = CityMap(streets=(Street(name="ro\x1b[2J", line=()),), cameras=())
    clean = CleanEngine(behind)
    assert (await clean.trace("T-A")).trace.case_id == "A\ufffd"
    (line,) = await clean.contacts("A")
    assert line.name == "Lee\ufffd]0;x\ufffd"
    assert (await clean.city_map()).streets[0].name == "ro\ufffd[2J"
