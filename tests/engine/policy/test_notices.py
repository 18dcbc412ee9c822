from datetime import timedelta

import msgspec
import pytest

from engine.domain.errors import InputError, Refused
from engine.domain.notice import Notice
from engine.policy.notices import DUE_WITHIN, require_sent, sent, told_anew
from tests.engine.fakes import DIGEST, NOW

OWED = Notice(case_id="case-1", due_at=NOW + DUE_WITHIN)


def told(notice: Notice, collected: tuple[str, ...], passed_on: tuple[str, ...] = ()) -> Notice:
    return sent(
        notice,
        sent_at=NOW,
        means="post",
        document_sha256=DIGEST,
        collected=collected,
        passed_on=passed_on,
        now=NOW,
    )


def test_a_notice_is_owed_until_it_says_everything() -> None:
    notice = told_anew(OWED, ("collected:card", "collected:photo"), NOW)
    assert notice.owed
    with pytest.raises(InputError, match="leaves out collected:photo"):
        told(notice, ("card",))
    assert not told(notice, ("card", "photo")).owed


def test_more_of_what_was_told_owes_nothing_new() -> None:
    notice = told(told_anew(OWED, ("collected:card",), NOW), ("card",))
    assert told_anew(notice, ("collected:card",), NOW) == notice


def test_something_new_after_the_notice_is_due_in_its_own_time() -> None:
    notice = told(told_anew(OWED, ("collected:card",), NOW), ("card",))
    later = NOW + timedelta(days=30)
    again = told_anew(notice, ("passed:timeline to the next city",), later)
    assert (again.owed, again.due_at) == (True, later + DUE_WITHIN)
    with pytest.raises(Refused, match="timeline to the next city") as no:
        require_sent(again)
    assert no.value.rule == "G16"


def test_something_new_before_the_first_notice_does_not_put_it_off() -> None:
    later = told_anew(OWED, ("collected:card",), NOW + timedelta(days=10))
    assert later.due_at == OWED.due_at


def test_a_notice_that_will_be_sent_tomorrow_was_not_sent() -> None:
    with pytest.raises(InputError, match="future"):
        sent(
            OWED,
            sent_at=NOW + timedelta(days=1),
            means="post",
            document_sha256=DIGEST,
            collected=(),
            passed_on=(),
            now=NOW,
        )


def test_a_notice_from_before_its_newest_fact_was_noted_goes_by_its_first() -> None:
    """As stores of earlier releases hold them."""
    old = msgspec.structs.replace(OWED, newest_at=None)
    assert not told(old, ()).owed
    with pytest.raises(InputError, match="before what it has to tell"):
        told(msgspec.structs.replace(old, due_at=NOW + DUE_WITHIN + timedelta(days=1)), ())


def test_a_case_without_a_notice_owes_none() -> None:
    require_sent(None)
    require_sent(msgspec.structs.replace(told(OWED, ()), version=9))
