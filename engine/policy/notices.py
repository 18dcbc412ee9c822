"""The notice to the patient (G16): Infectious Disease Control and Prevention Act of Korea, art. 76-2(7)."""

from datetime import datetime, timedelta

import msgspec

from engine.domain.errors import InputError, Refused
from engine.domain.notice import Notice

DUE_WITHIN = timedelta(days=14)  # the Act says "without delay"; three months late was a scandal (2019)
ROUNDING = timedelta(minutes=15)  # a time is read from some clock on a wall, to the quarter of an hour


def said_of(notice: Notice, now: datetime) -> str:
    """How it stands, in the word that people read: ``due``, ``overdue`` or ``sent``."""
    if not notice.owed:
        return "sent"
    return "overdue" if now > notice.due_at else "due"


def told_anew(notice: Notice, facts: tuple[str, ...], now: datetime) -> Notice:
    """The notice after something more was collected or passed on: what was not told yet is owed."""
    new = tuple(sorted({*notice.to_tell, *facts} - _told(notice)))
    if new == notice.to_tell:
        return notice
    due_at = notice.due_at if notice.owed else now + DUE_WITHIN
    return msgspec.structs.replace(
        notice, to_tell=new, newest_at=now, due_at=due_at, version=notice.version + 1
    )


def sent(
    notice: Notice,
    *,
    sent_at: datetime,
    means: str,
    document_sha256: str,
    collected: tuple[str, ...],
    passed_on: tuple[str, ...],
    now: datetime,
) -> Notice:
    """The notice as sent. Raises InputError where it leaves out something that has to be told, or tells
    what has not come yet: that would have to be told when it comes, and nobody would know."""
    if sent_at > now:
        raise InputError("lies in the future", place="sent_at", mend="record a notice after it was sent")
    newest_at = notice.newest_at or notice.due_at - DUE_WITHIN
    if sent_at < newest_at - ROUNDING:
        raise InputError(
            f"lies before what it has to tell, which came at {newest_at:%Y-%m-%d %H:%M}Z",
            place="sent_at",
            mend="send the patient another notice, and record that",
        )
    said = _facts(collected, passed_on)
    missing = sorted(set(notice.to_tell) - said)
    if missing:
        raise InputError(
            f"leaves out {missing[0]}",
            place="collected",
            mend="tell all that was collected or passed on",
        )
    early = sorted(said - {*notice.to_tell} - _told(notice))
    if early:
        raise InputError(
            f"tells {early[0]}, of which nothing is known here",
            place="passed_on" if early[0].startswith("passed:") else "collected",
            mend="bring it in first, or write it as the notice of the case shows it",
        )
    return msgspec.structs.replace(
        notice,
        sent_at=sent_at,
        means=means,
        document_sha256=document_sha256,
        collected=tuple(dict.fromkeys((*notice.collected, *collected))),
        passed_on=tuple(dict.fromkeys((*notice.passed_on, *passed_on))),
        to_tell=(),
        version=notice.version + 1,
    )


def _facts(collected: tuple[str, ...], passed_on: tuple[str, ...]) -> set[str]:
    return {f"collected:{c}" for c in collected} | {f"passed:{p}" for p in passed_on}


def _told(notice: Notice) -> set[str]:
    return _facts(notice.collected, notice.passed_on) if notice.sent_at else set()


def require_sent(notice: Notice | None) -> None:
    """Raises Refused (G16) while the patient has something to be told."""
    if notice is None or not notice.owed:
        return
    what = ", ".join(notice.to_tell[:3]) or "that data was collected"
    raise Refused(
        f"the notice to the patient is not sent yet ({what})",
        rule="G16",
        mend="send it, and record it with the case",
    )
