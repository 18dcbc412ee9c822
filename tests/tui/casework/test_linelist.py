"""Filter, order and marks of the line list."""

import time

import msgspec
import pytest

from engine.api.contact_schema import Risk
from tests.screens.fake_contacts import a_scene, line_list, named, unnamed
from tui.casework import linelist
from tui.casework.linelist import LineList, Order, matcher, with_filter, with_lines, with_order


def names(state: LineList) -> list[str]:
    return [line.name for line in state.shown]


def three() -> LineList:
    lines = (
        named(1, name="김서윤", phone="010-1", note="works nights", minutes=3.0, risk=Risk.LOW),
        named(2, name="Amara Okafor", phone="010-2", minutes=20.0, risk=Risk.HIGH),
        unnamed(3),
    )
    return with_lines(LineList(), "A", lines)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ["김서윤", "Amara Okafor", "U-003"]),
        ("okafor", ["Amara Okafor"]),
        ("서윤", ["김서윤"]),
        ("NIGHTS", ["김서윤"]),
        ("~amrokf", ["Amara Okafor"]),
        ("amrokf", []),
        ("!okafor", ["김서윤", "U-003"]),
        ("!~amrokf", ["김서윤", "U-003"]),
        ("!", ["김서윤", "Amara Okafor", "U-003"]),
        ("~", ["김서윤", "Amara Okafor", "U-003"]),
        ("[/x]", []),
    ],
)
def test_a_filter_finds_parts_letters_in_order_or_what_has_them_not(text: str, found: list[str]) -> None:
    assert names(with_filter(three(), text)) == found


def test_a_fuzzy_filter_stays_within_one_thing() -> None:
    assert not matcher("~ab")("a\nb")


def test_rows_are_sorted_by_what_the_person_asked_for() -> None:
    state = three()
    assert names(with_order(state, Order.MINUTES))[0] == "Amara Okafor"
    assert names(with_order(state, Order.RISK)) == ["Amara Okafor", "김서윤", "U-003"]
    assert names(with_order(state, Order.NAME)) == ["Amara Okafor", "김서윤", "U-003"]
    assert names(with_order(with_order(state, Order.NAME), Order.AS_SENT)) == names(state)


def test_the_orders_go_round() -> None:
    order = Order.AS_SENT
    for _ in Order:
        order = linelist.next_order(order)
    assert order is Order.AS_SENT


def test_filter_and_order_stay_when_newer_rows_come_and_the_mark_does_in_the_same_case() -> None:
    state = linelist.marked(with_order(with_filter(three(), "!U-003"), Order.MINUTES), "P-A-1")
    again = with_lines(state, "A", [row.line for row in state.rows])
    assert names(again) == ["Amara Okafor", "김서윤"]
    assert again.keep is not None and again.keep.name == "김서윤"
    assert with_lines(state, "B", [row.line for row in state.rows]).keep is None


def test_only_rows_that_stand_on_a_record_can_be_changed_or_put_together() -> None:
    assert linelist.why_no_name(named(1)) == ""
    assert "only through a record" in linelist.why_no_name(unnamed(1))
    assert linelist.why_no_name(None)


def test_ten_thousand_rows_are_filtered_and_sorted_between_two_key_presses() -> None:
    state = with_lines(LineList(), "A", line_list(10_000))
    began = time.process_time()
    state = with_order(with_filter(state, "~kim"), Order.MINUTES)
    state = with_order(with_filter(state, "cam2"), Order.NAME)
    assert time.process_time() - began < 0.5, "ten times what it takes"
    assert 0 < len(state.shown) < 10_000


def test_the_words_of_every_scene_are_found() -> None:
    line = named(1, scenes=(a_scene(5, camera="cam012", camera_name="market hall", place="Old town"),))
    state = with_lines(LineList(), "A", [line])
    for words in ("market", "cam012", "old town", "u-005"):
        assert with_filter(state, words).shown == (line,), words


def test_a_camera_without_a_name_is_called_by_its_id() -> None:
    assert linelist.camera_of(a_scene(5, camera="cam012", camera_name="")) == "cam012"
    assert linelist.camera_of(a_scene(5, camera="cam012", camera_name="market hall")) == "market hall"


def test_of_a_list_that_comes_again_a_row_that_says_the_same_stays_the_very_same() -> None:
    before = three()
    again = three().rows
    changed = msgspec.structs.replace(again[1].line, note="called", version=2)
    after = with_lines(before, "A", [again[0].line, changed, again[2].line])
    assert [one is other for one, other in zip(before.rows, after.rows, strict=True)] == [True, False, True]
    assert after.by_id[changed.contact_id] is changed
    assert names(with_filter(after, "called")) == ["Amara Okafor"]
    assert after.shown[0] is before.rows[0].line
