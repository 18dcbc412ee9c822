"""The cases as rows, and the case at hand in words."""

from collections.abc import Callable
from datetime import timedelta, tzinfo

from rich.text import Text

from engine.api.forms import SourceRequestView
from engine.api.schema import AuthorisationView, TraceView
from engine.domain.authorisation import AuthorisationState
from engine.domain.source_request import SourceRequestState
from engine.domain.trace import TraceState
from tui.casework.board import GROUNDS, BoardRow, faces_allowed, in_force, is_asked, is_late, search_words
from tui.language.catalogue import tr
from tui.language.words import STATES, left, moment, roughly, since, span
from tui.panes.lines import padded, wrapped
from tui.panes.table import Column, Table
from tui.terminal.theme import TONES

LABEL = 15  # cells before what is said of each part of a case
FOOTAGE_SHOWN = 5
GROUND_WORDS = {
    "separate_consent": "separate consent to a search of faces",
    "law": "a law that permits a search of faces",
    "withdrawn": "the consent was withdrawn: no face is searched, and what was found by face is erased",
    "": "none is recorded: records are searched, no face is",
}
SOON = timedelta(hours=24)


class BoardPane(Table[BoardRow]):
    def __init__(self) -> None:
        super().__init__(COLUMNS)

    def key(self, row: BoardRow) -> str:
        return row.case.case_id


def _waits(row: BoardRow) -> Text:
    return Text(f"{row.waits.glyph} {tr(row.waits.word)}", style=TONES[row.waits.tone])


def _ground(row: BoardRow) -> Text:
    tone = "plain" if row.case.ground in ("separate_consent", "law") else "notice"
    return Text(tr(GROUNDS.get(row.case.ground, row.case.ground)), style=TONES[tone])


def _notice(row: BoardRow) -> Text:
    case = row.case
    if case.notice == "overdue":
        late = "" if case.notice_due is None else f" {_rough(row.now - case.notice_due)}"
        return Text(f"! {tr('late')}{late}", style=TONES["alarm"])
    if case.notice == "due":
        rest = "" if case.notice_due is None else f" {_rough(case.notice_due - row.now)}"
        return Text(f"{tr('due')}{rest}")
    return Text(tr(case.notice) if case.notice else "-", style=TONES["muted"])


def _footage(row: BoardRow) -> Text:
    if not row.case.footage:
        return Text("-", style=TONES["muted"])
    rest = row.case.footage[0].gone_at - row.now
    return Text(tr("{time} left", time=_rough(rest)), style=TONES["notice" if rest < SOON else "plain"])


def _trace(row: BoardRow) -> Text:
    trace = row.trace
    if trace is None:
        return Text(tr("none"), style=TONES["muted"])
    mark = STATES[trace.state]
    words = Text.assemble((f"{mark.glyph} {tr(mark.word)}", TONES[mark.tone]))
    if trace.state is TraceState.RUNNING:
        words.append(f" {trace.windows_done}/{trace.windows_total}")
    if trace.undecided:
        words.append("  " + tr("{n} to do", n=trace.undecided), TONES["notice"])
    return words


def _rough(rest: timedelta) -> str:
    return roughly(rest.total_seconds())


COLUMNS: tuple[Column[BoardRow], ...] = (
    Column(title="case", cells=14, say=lambda row: Text(row.case.case_id, style=TONES["strong"])),
    Column(title="state", cells=7, least=104, say=lambda row: Text(tr(row.case.state))),
    Column(title="owner", cells=13, least=104, say=lambda row: Text(row.case.owner)),
    Column(title="waits for", cells=12, say=_waits),
    Column(title="ground", cells=9, least=90, say=_ground),
    Column(title="notice", cells=13, say=_notice),
    Column(title="footage", cells=12, least=72, say=_footage),
    Column(title="newest trace", cells=28, say=_trace),
)


# --- the case at hand ---------------------------------------------------------------------------


def case_lines(
    row: BoardRow, zone: tzinfo, person: str, roles: tuple[str, ...]
) -> Callable[[int], list[Text]]:
    """The case in words, for ``person`` with these roles; lines for a width."""

    def lines(width: int) -> list[Text]:
        said: list[Text] = []
        for label, texts in _parts(row, zone, person, roles):
            for place, text in enumerate(texts):
                head = padded(tr(label) if place == 0 else "", LABEL)
                whole = Text.assemble((head, TONES["muted"])) + text
                said += wrapped(whole, width, indent=LABEL)
        return said

    return lines


def _parts(row: BoardRow, zone: tzinfo, person: str, roles: tuple[str, ...]) -> list[tuple[str, list[Text]]]:
    case = row.case
    name = Text.assemble((case.case_id, TONES["strong"]), f"  {tr(case.disease)}, {tr(case.state)}")
    name.append(
        tr("; opened by {owner}; on it: {members}", owner=case.owner, members=", ".join(case.members))
    )
    parts = [
        ("case", [name]),
        ("waits for", [_waits(row)]),
        ("search", _search(row)),
        ("approval", [_approval(paper, row, person, roles) for paper in case.authorisations]),
        ("sources", [_source(ask, row) for ask in case.sources]),
        ("ground", [Text(tr(GROUND_WORDS.get(case.ground, case.ground)))]),
        ("papers", [Text(_papers(row))]),
        ("footage", _footage_lines(row, zone)),
        ("notice", [_notice_line(row, zone)]),
        ("handover", _handover(row, zone)),
    ]
    nothing = Text(tr("none"), style=TONES["muted"])
    return [(label, texts or [nothing]) for label, texts in parts]


def _search(row: BoardRow) -> list[Text]:
    """The records beside the faces: what runs is seen to run while the other is waited for."""
    records, faces = search_words(row)
    live = faces_allowed(row)
    allowed = "" if live is None else ", " + left(live.expires_at, row.now)
    trace = row.trace
    lines = [Text.assemble((records, TONES["strong"]), _progress(trace)), Text(faces + allowed)]
    if trace is not None and trace.message:
        lines.append(Text(trace.message, style=TONES["notice"]))
    return lines


def _progress(trace: TraceView | None) -> str:
    if trace is None or trace.windows_total <= 0:
        return ""
    done = tr("{done} of {total} windows", done=trace.windows_done, total=trace.windows_total)
    undecided = tr(", {n} to answer", n=trace.undecided) if trace.undecided else ""
    return f"  ({done}{undecided})"


def _approval(paper: AuthorisationView, row: BoardRow, person: str, roles: tuple[str, ...]) -> Text:
    what = tr("records and faces") if paper.face_search else tr("records only")
    state, tone = paper_state(paper, row)
    text = Text.assemble((state, TONES[tone]), f"  {what}")
    text.append(tr(", asked by {who}", who=paper.requested_by))
    if paper.requested_at is not None:
        text.append(" " + tr("{time} ago", time=since(paper.requested_at, row.now)))
    if is_asked(paper, row.now):
        text.append("; " + waits_with(paper, person, roles), TONES["notice"])
    elif in_force(paper, row.now):
        permitted = tr(", permitted by {who}", who=paper.approved_by) if paper.approved_by else ""
        text.append(f"{permitted}; " + tr("{time} left", time=left(paper.expires_at, row.now)))
    elif paper.ended_by:
        text.append(tr("; ended by {who}", who=paper.ended_by))
    return text


def paper_state(paper: AuthorisationView, row: BoardRow) -> tuple[str, str]:
    """State of an authorisation with its shape, and its tone."""
    if paper.state is AuthorisationState.EMERGENCY and in_force(paper, row.now):
        return f"▲ {tr('emergency, unreviewed')}", "alarm"
    if in_force(paper, row.now):
        return f"✓ {tr('in force')}", "good"
    if is_asked(paper, row.now):
        return f"◇ {tr('asked')}", "notice"
    if paper.state in (AuthorisationState.REFUSED, AuthorisationState.REVOKED):
        return f"× {tr(str(paper.state))}", "plain"
    return f"× {tr('expired')}", "muted"


def waits_with(paper: AuthorisationView, person: str, roles: tuple[str, ...]) -> str:
    """With whom an approval waits, as this person should read it."""
    if "authoriser" not in roles:
        return tr("waits for somebody else's approval: an authoriser")
    if paper.four_eyes and paper.requested_by == person:
        return tr("waits for somebody else's approval: another authoriser than you")
    return tr("waits for an authoriser, who may be you: approvals (F4)")


def _source(ask: SourceRequestView, row: BoardRow) -> Text:
    who = tr("{source} from {authority}", source=tr(ask.source), authority=tr(ask.authority))
    number = f", {ask.reference}" if ask.reference else ""
    if ask.state is SourceRequestState.ASKED:
        late = is_late(ask, row.now)
        mark, tone = (f"! {tr('late')}", "alarm") if late else (f"○ {tr('asked')}", "plain")
        waited = tr("waits {time}, asked by {who}", time=since(ask.asked_at, row.now), who=ask.asked_by)
    else:
        got = ask.state is SourceRequestState.ANSWERED
        mark, tone = (f"✓ {tr('received')}", "good") if got else (f"× {tr('refused')}", "notice")
        waited = ""
        if ask.answered_at is not None:
            took = since(ask.asked_at, ask.answered_at)
            waited = tr("{time} ago, after {took}", time=since(ask.answered_at, row.now), took=took)
    return Text.assemble((padded(mark, 11), TONES[tone]), f" {who}{number}; {waited}")


def _papers(row: BoardRow) -> str:
    case = row.case
    said = tr("records: {n}, photographs: {m}", n=case.records, m=case.stills)
    if case.unseconded:
        said += tr("; nobody else has looked at {n} of them yet", n=case.unseconded)
    return said


def _footage_lines(row: BoardRow, zone: tzinfo) -> list[Text]:
    lines = []
    for item in row.case.footage[:FOOTAGE_SHOWN]:
        soon = item.gone_at - row.now < SOON
        gone = tr("deleted in {time}", time=left(item.gone_at, row.now))
        when = f"{moment(item.start, zone, row.now)[:-6]} {span(item.start, item.end, zone)}".strip()
        mark = "!" if soon else "○"
        lines.append(
            Text.assemble(
                (f"{mark} {gone}", TONES["notice" if soon else "plain"]), f"  {item.camera_id}  {when}"
            )
        )
    if (more := len(row.case.footage) - FOOTAGE_SHOWN) > 0:
        lines.append(Text(tr("and {n} more later", n=more), style=TONES["muted"]))
    return lines


def _notice_line(row: BoardRow, zone: tzinfo) -> Text:
    case = row.case
    if case.notice_due is None or case.notice not in ("due", "overdue"):
        words = {"sent": tr("the patient was told"), "": tr("nothing is owed to the patient yet")}
        return Text(words.get(case.notice, tr(case.notice)))
    when = moment(case.notice_due, zone, row.now)
    if case.notice == "overdue":
        late = tr("! overdue since {time}, was due {when}", time=since(case.notice_due, row.now), when=when)
        return Text(late, style=TONES["alarm"])
    return Text(tr("due in {time}, {when}", time=left(case.notice_due, row.now), when=when))


def _handover(row: BoardRow, zone: tzinfo) -> list[Text]:
    kept = row.case.handover
    if kept is None or not (kept.text or kept.withheld):
        return []
    said = tr("{who}, {time} ago", who=kept.by, time=since(kept.at, row.now) if kept.at is not None else "?")
    if kept.withheld:
        unread = tr("not shown, since it may tell answers: h reads it")
        return [Text.assemble((unread, TONES["muted"]), (f"  ({said})", TONES["muted"]))]
    return [Text.assemble(kept.text, (f"  ({said})", TONES["muted"]))]
