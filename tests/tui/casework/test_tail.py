"""The newest lines of the audit: no more than are kept, none twice, and the filter goes along."""

from engine.api.schema import AuditEntry
from tests.screens.fake_engine import NOW
from tui.casework.finding import has
from tui.casework.tail import Tail


def lines(first: int, last: int, person: str = "kim") -> list[AuditEntry]:
    return [
        AuditEntry(seq=seq, at=NOW, person=person, action="view", object=f"C-{seq}", outcome="done", hash="")
        for seq in range(first, last + 1)
    ]


def numbers(tail: Tail) -> list[int]:
    return [line.seq for line in tail.lines]


def test_the_oldest_lines_are_let_go() -> None:
    tail = Tail(kept=5)
    tail.take(lines(1, 3))
    tail.take(lines(4, 8))
    assert numbers(tail) == [4, 5, 6, 7, 8] and tail.of == 5 and tail.last == 8


def test_a_line_that_is_known_is_not_taken_twice() -> None:
    tail = Tail()
    assert tail.take(lines(1, 3))
    assert not tail.take(lines(2, 3))
    assert tail.take(lines(3, 4))
    assert numbers(tail) == [1, 2, 3, 4]


def test_more_lines_at_once_than_are_kept_leave_the_newest() -> None:
    tail = Tail(kept=2)
    tail.take(lines(1, 9))
    assert numbers(tail) == [8, 9]


def test_the_filter_holds_for_lines_that_come_later_and_can_be_taken_away() -> None:
    tail = Tail(kept=6)
    tail.take(lines(1, 2, "kim") + lines(3, 4, "lee"))
    tail.filter("lee")
    tail.take(lines(5, 5, "kim") + lines(6, 8, "lee"))
    assert numbers(tail) == [3, 4, 6, 7, 8] and tail.of == 6
    tail.filter("")
    assert numbers(tail) == [3, 4, 5, 6, 7, 8]


def test_a_log_is_begun_where_one_wants() -> None:
    tail = Tail()
    tail.begin_after(7)
    tail.take(lines(5, 9))
    assert numbers(tail) == [8, 9]
    tail.begin_after(3)
    assert tail.last == 9


def test_every_word_of_a_filter_has_to_stand_somewhere_whatever_its_case() -> None:
    assert has("KIM done", "kim", "done")
    assert not has("kim gone", "kim", "done")
    assert has("", "anything")
    assert not has("mdo", "kim", "done")  # not across two fields
