"""What the board says of a case: what waits, what is due first, how the search stands. No widget here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.api.case_schema import BoardCase
from engine.api.forms import SourceRequestView
from engine.api.schema import AuthorisationView, TraceView
from engine.domain.authorisation import AuthorisationState
from engine.domain.source_request import SourceRequestState
from engine.domain.trace import TraceState
from tui.language.catalogue import tr
from tui.language.words import STATES, Mark, since

LATE_H = 24.0  # a source that has not answered for a day is worth a call

IN_FORCE = (AuthorisationState.APPROVED, AuthorisationState.EMERGENCY)
GROUNDS = {"separate_consent": "consent", "law": "law", "withdrawn": "withdrawn", "": "none"}
TRACES_BEGUN = {TraceState.QUEUED: "queued", TraceState.RUNNING: "running"}


class Order:
    """In which order cases may be listed; the names are shown."""

    DUE, ID, OWNER = "due first", "id", "owner"
    ALL = (DUE, ID, OWNER)


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardRow:
    """A case with its newest trace, at a moment: what is worked out once for list and details."""

    case: BoardCase
    trace: TraceView | None
    now: datetime
    waits: Mark
    due_at: datetime | None


def board_row(case: BoardCase, trace: TraceView | None, now: datetime) -> BoardRow:
    """``trace``: the newest that is known of it, which may be newer than the board's own."""
    shown = trace if trace is not None else case.trace
    return BoardRow(case=case, trace=shown, now=now, waits=waits_for(case, shown, now), due_at=due(case, now))


def in_force(authorisation: AuthorisationView, now: datetime) -> bool:
    return authorisation.state in IN_FORCE and authorisation.expires_at > now


def is_asked(authorisation: AuthorisationView, now: datetime) -> bool:
    """True while somebody else's approval is waited for."""
    return authorisation.state is AuthorisationState.REQUESTED and authorisation.expires_at > now


def is_late(ask: SourceRequestView, now: datetime) -> bool:
    return ask.state is SourceRequestState.ASKED and now - ask.asked_at > timedelta(hours=LATE_H)


def waits_for(case: BoardCase, trace: TraceView | None, now: datetime) -> Mark:
    """The one thing to see to first: what is overdue, then what stands in the way of the search, then
    the answers, then what may take its time."""
    asked = [ask for ask in case.sources if ask.state is SourceRequestState.ASKED]
    papers = case.authorisations
    if case.notice == "overdue":
        return Mark("!", "notice", "alarm")
    if not case.records:
        return Mark("□", "records", "notice")
    if any(is_asked(paper, now) for paper in papers):
        return Mark("◇", "approval", "notice")
    if trace is not None and trace.undecided:
        return Mark("◆", "answers", "notice")
    if trace is not None and not trace.state.machine_done:
        return Mark("▶", "search", "accent")
    if any(is_late(ask, now) for ask in asked):
        return Mark("!", "source", "alarm")
    if case.unseconded:
        return Mark("□", "photo", "notice")
    if case.ground in ("", "withdrawn") and trace is None:
        return Mark("□", "ground", "notice")
    if trace is None and any(in_force(paper, now) for paper in papers):
        return Mark("▷", "start", "notice")
    if trace is None:
        return Mark("□", "permission", "notice")
    if asked:
        return Mark("○", "source", "plain")
    if case.notice == "due":
        return Mark("○", "notice", "plain")
    return Mark("✓", "nothing", "good")


def due(case: BoardCase, now: datetime) -> datetime | None:
    """When the first thing of a case falls due: its notice, an emergency's review, footage, or the end of
    what is in force."""
    moments = [item.gone_at for item in case.footage[:1]]
    if case.notice in ("due", "overdue") and case.notice_due is not None:
        moments.append(case.notice_due)
    for paper in case.authorisations:
        if in_force(paper, now):
            moments.append(paper.expires_at)
            moments += [paper.review_due] if paper.review_due is not None else []
    return min(moments, default=None)


def ordered(rows: Sequence[BoardRow], order: str) -> tuple[BoardRow, ...]:
    if order == Order.DUE:
        far = datetime.max.replace(tzinfo=rows[0].now.tzinfo) if rows else None
        return tuple(sorted(rows, key=lambda row: (row.due_at or far, row.case.case_id)))
    if order == Order.OWNER:
        return tuple(sorted(rows, key=lambda row: (row.case.owner, row.case.case_id)))
    return tuple(sorted(rows, key=lambda row: row.case.case_id))


def search_words(row: BoardRow) -> list[str]:
    """How records and faces are being searched: two statements, so that a search of records alone that
    runs while the approval for faces is waited for is seen to run."""
    return [_records_words(row), _face_words(row)]


def faces_allowed(row: BoardRow) -> AuthorisationView | None:
    """The authorisation under which faces may be searched now, the one that lasts longest."""
    live = [a for a in row.case.authorisations if in_force(a, row.now) and a.face_search]
    return max(live, key=lambda paper: paper.expires_at, default=None)


def _records_words(row: BoardRow) -> str:
    trace = row.trace
    what = tr("records and faces") if faces_allowed(row) is not None else tr("records only")
    if trace is None:
        return tr("{what}: not started", what=what)
    if trace.state is TraceState.RECORDS_ONLY:
        return tr("records only: {state}", state=tr("finished"))
    if trace.state in TRACES_BEGUN:
        return tr("{what}: {state}", what=what, state=tr(TRACES_BEGUN[trace.state]))
    return tr("trace: {state}", state=tr(STATES[trace.state].word))


def _face_words(row: BoardRow) -> str:
    case, now = row.case, row.now
    if case.ground == "withdrawn":
        return tr("face search: off, the consent was withdrawn")
    if faces_allowed(row) is not None:
        return tr("face search: allowed")
    asked = [a for a in case.authorisations if is_asked(a, now) and a.face_search]
    if asked:
        first = min(paper.requested_at or now for paper in asked)
        return tr("face search: waits for approval since {time}", time=since(first, now))
    if not case.ground:
        return tr("face search: off, no ground is recorded")
    if any(a.state in IN_FORCE and a.face_search for a in case.authorisations):
        return tr("face search: off, the authorisation has expired")
    ended = {AuthorisationState.REVOKED: tr("revoked"), AuthorisationState.REFUSED: tr("refused")}
    last = next((ended[a.state] for a in case.authorisations if a.face_search and a.state in ended), "")
    if last:
        return tr("face search: off, the authorisation was {how}", how=last)
    return tr("face search: off, nobody has asked for an authorisation")
