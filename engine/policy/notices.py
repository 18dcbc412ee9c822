"""The notice to the patient (G16): Infectious Disease Control and Prevention Act of Korea, art. 76-2(7)."""

from datetime import datetime, timedelta

import msgspec

from engine.domain.errors import InputError, Refused
from engine.domain.notice import Notice

DUE_WITHIN = timedelta(days=14)  # the Act says "without delay"; three months late was a scandal (2019)


def told_anew(notice: Notice, facts: tuple[str, ...], now: datetime) -> Notice:
    """The notice after something more was collected or passed on: what was not told yet is owed."""
    told = {f"collected:{c}" for c in notice.collected} | {f"passed:{p}" for p in notice.passed_on}
    new = tuple(sorted({*notice.to_tell, *facts} - (told if notice.sent_at else set())))
    if new == notice.to_tell:
        return notice
    due_at = notice.due_at if notice.owed else now + DUE_WITHIN
    return msgspec.structs.replace(notice, to_tell=new, due_at=due_at, version=notice.version + 1)


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
    """The notice as sent. Raises InputError where it leaves out something that has to be told."""
    if sent_at > now:
        raise InputError("lies in the future", place="sent_at", mend="record a notice after it was sent")
    said = {f"collected:{c}" for c in collected} | {f"passed:{p}" for p in passed_on}
    missing = sorted(set(notice.to_tell) - said)
    if missing:
        raise InputError(
            f"leaves out {missing[0]}",
            place="collected",
            mend="tell all that was collected or passed on",
        )
    return msgspec.structs.replace(
        notice,
        sent_at=sent_at,
        means=means,
        document_sha256=document_sha256,
        collected=collected,
        passed_on=passed_on,
        to_tell=(),
        version=notice.version + 1,
    )


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
