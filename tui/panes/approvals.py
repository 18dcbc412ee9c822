"""Authorisations and orders as rows, those that wait first, and the one at hand in words."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from rich.text import Text

from engine.api.forms import OrderView
from engine.api.schema import AuthorisationView
from engine.domain.authorisation import AuthorisationState
from engine.domain.order import OrderState
from tui.casework.board import in_force, is_asked
from tui.language.catalogue import tr
from tui.language.words import Mark, left, moment, since
from tui.panes.details import Said
from tui.panes.lines import padded, wrapped
from tui.panes.table import Column, Table
from tui.terminal.theme import TONES

LABEL = 14
SOON = timedelta(hours=2)
CAMERAS_NAMED = 30
PURPOSES = {"infection_control": "infection control"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """An authorisation or an order, at a moment."""

    permit: AuthorisationView | None = None
    order: OrderView | None = None
    now: datetime
    mark: Mark

    @property
    def key(self) -> str:
        if self.permit is not None:
            return f"permit {self.permit.authorisation_id}"
        return f"order {self.order.order_id}" if self.order is not None else ""

    @property
    def waits(self) -> bool:
        """True where a second person has to answer."""
        return self.mark in (ASKED, EMERGENCY)


ASKED = Mark("◇", "waits", "notice")
EMERGENCY = Mark("▲", "emergency", "alarm")
ENDED_EMERGENCY = Mark("△", "unreviewed", "alarm")
STANDS = Mark("✓", "in force", "good")
EXPIRED = Mark("×", "expired", "muted")
REFUSED = Mark("×", "refused", "plain")
REVOKED = Mark("×", "revoked", "plain")
FIRST = (EMERGENCY, ENDED_EMERGENCY, ASKED, STANDS)  # everything else is over, and stands below


def mark_of(permit: AuthorisationView, now: datetime) -> Mark:
    if permit.state is AuthorisationState.EMERGENCY and permit.review_due is not None:
        return EMERGENCY if in_force(permit, now) else ENDED_EMERGENCY
    if permit.state is AuthorisationState.REVOKED and permit.review_due is not None:
        return ENDED_EMERGENCY  # ended, but somebody still has to look at it
    if is_asked(permit, now):
        return ASKED
    if in_force(permit, now):
        return STANDS
    ended = {AuthorisationState.REFUSED: REFUSED, AuthorisationState.REVOKED: REVOKED}
    return ended.get(permit.state, EXPIRED)


def papers_of(
    permits: Iterable[AuthorisationView], orders: Iterable[OrderView], now: datetime
) -> tuple[Paper, ...]:
    """Authorisations, those that wait first and the longest waiting of them at the top; then orders."""
    asked = [Paper(permit=permit, now=now, mark=mark_of(permit, now)) for permit in permits]
    long_ago = datetime.min.replace(tzinfo=now.tzinfo)

    def place(paper: Paper) -> tuple[int, datetime | timedelta, str]:
        rank = FIRST.index(paper.mark) if paper.mark in FIRST else len(FIRST)
        begun = (paper.permit.requested_at if paper.permit is not None else None) or long_ago
        return rank, begun if rank < len(FIRST) else now - begun, paper.key

    standing = [Paper(order=order, now=now, mark=_order_mark(order)) for order in orders]
    standing.sort(
        key=lambda paper: (FIRST.index(paper.mark) if paper.mark in FIRST else len(FIRST), paper.key)
    )
    return (*sorted(asked, key=place), *standing)


def _order_mark(order: OrderView) -> Mark:
    if order.stands:
        return STANDS
    return ASKED if order.state is OrderState.PROPOSED else EXPIRED


class ApprovalsPane(Table[Paper]):
    def __init__(self) -> None:
        super().__init__(COLUMNS)

    def key(self, row: Paper) -> str:
        return row.key


def _state(paper: Paper) -> Text:
    return Text(f"{paper.mark.glyph} {tr(paper.mark.word)}", style=TONES[paper.mark.tone])


def _what(paper: Paper) -> Text:
    if paper.permit is not None:
        return Text(paper.permit.case_id, style=TONES["strong"])
    order = paper.order
    return Text(tr("order {number}", number=order.number) if order is not None else "")


def _who(paper: Paper) -> Text:
    if paper.permit is not None:
        return Text(paper.permit.requested_by)
    return Text(paper.order.proposed_by if paper.order is not None else "")


def _asked(paper: Paper) -> Text:
    permit = paper.permit
    if permit is None or permit.requested_at is None:
        return Text("-", style=TONES["muted"])
    return Text(tr("{time} ago", time=since(permit.requested_at, paper.now)))


def _scope(paper: Paper) -> Text:
    permit = paper.permit
    if permit is None:
        return Text(tr(paper.order.disease) if paper.order is not None else "")
    faces = tr("faces") if permit.face_search else tr("records only")
    return Text(f"{faces}, {scope_words(permit)}")


def scope_words(permit: AuthorisationView) -> str:
    """``3 cameras x 40 h``: how much may be opened at most."""
    n, hours = permit.cameras, f"{permit.max_camera_hours:g}"
    return tr(
        "{n} camera, {hours} h at most" if n == 1 else "{n} cameras, {hours} h at most", n=n, hours=hours
    )


def _until(paper: Paper) -> Text:
    until = paper.permit.expires_at if paper.permit is not None else None
    if until is None and paper.order is not None:
        until = paper.order.end
    if until is None:
        return Text()
    rest = left(until, paper.now)
    soon = paper.now < until < paper.now + SOON
    return Text(rest, style=TONES["notice" if soon else "plain"])


COLUMNS: tuple[Column[Paper], ...] = (
    Column(title="state", cells=13, say=_state),
    Column(title="case or order", cells=16, say=_what),
    Column(title="asked by", cells=13, say=_who),
    Column(title="when", cells=11, least=92, say=_asked),
    Column(title="time left", cells=12, say=_until),
    Column(title="what for", cells=40, least=72, say=_scope),
)


# --- the one at hand ----------------------------------------------------------------------------


def paper_lines(paper: Paper, zone: tzinfo) -> Said:
    def lines(width: int) -> list[Text]:
        said: list[Text] = []
        for label, text in _parts(paper, zone):
            said += wrapped(
                Text.assemble((padded(tr(label), LABEL), TONES["muted"])) + text, width, indent=LABEL
            )
        return said

    return lines


def _parts(paper: Paper, zone: tzinfo) -> list[tuple[str, Text]]:
    if paper.permit is not None:
        return _permit_parts(paper, paper.permit, zone)
    return _order_parts(paper, paper.order, zone) if paper.order is not None else []


def _permit_parts(paper: Paper, permit: AuthorisationView, zone: tzinfo) -> list[tuple[str, Text]]:
    now = paper.now
    name = Text.assemble((permit.case_id, TONES["strong"]), f"  ({permit.authorisation_id})")
    parts = [("case", name), ("state", _state(paper) + Text(_ended(paper, permit, zone)))]
    if permit.reason:
        parts.append(("emergency", Text(permit.reason, style=TONES["alarm"])))
    if permit.review_due is not None:
        rest = left(permit.review_due, now)
        due = (
            tr("nobody has reviewed it, and its day is over")
            if permit.review_due <= now
            else tr("has to be reviewed within {time}, or it ends", time=rest)
        )
        parts.append(("review", Text(due, style=TONES["alarm"])))
    asked = permit.requested_by
    if permit.requested_at is not None:
        when = moment(permit.requested_at, zone, now)
        asked += ", " + tr("{time} ago ({when})", time=since(permit.requested_at, now), when=when)
    parts.append(("asked by", Text(asked)))
    if permit.approved_by:
        parts.append(("permitted by", Text(permit.approved_by)))
    if not permit.four_eyes:
        parts.append(("", Text(tr("a rehearsal: no second person is needed"), style=TONES["notice"])))
    parts.append(("purpose", Text(tr(PURPOSES.get(permit.purpose, permit.purpose)))))
    parts.append(("what for", Text(tr("records and faces") if permit.face_search else tr("records only"))))
    parts.append(("sources", Text(", ".join(_source(permit, source) for source in permit.sources) or "-")))
    parts.append(("scope", Text(scope_words(permit))))
    if permit.start is not None and permit.end is not None:
        window = tr("{start} to {end}", start=moment(permit.start, zone), end=moment(permit.end, zone))
        parts.append(("window", Text(window)))
    if permit.camera_ids:
        parts.append(("cameras", Text(_cameras(permit))))
    expires = moment(permit.expires_at, zone, now)
    rest = left(permit.expires_at, now)
    over = permit.expires_at <= now
    words = tr("expired {when}", when=expires) if over else tr("in {time}, {when}", time=rest, when=expires)
    parts.append(("expires", Text(words, style=TONES["muted" if over else "plain"])))
    parts.append(("order", Text(permit.order_ref or "-")))
    return parts


def _ended(paper: Paper, permit: AuthorisationView, zone: tzinfo) -> str:
    if not permit.ended_by:
        return ""
    said = "  " + tr("by {who}", who=permit.ended_by)
    return said if permit.ended_at is None else f"{said}, {moment(permit.ended_at, zone, paper.now)}"


def _source(permit: AuthorisationView, source: str) -> str:
    reference = permit.references.get(source, "")
    return f"{tr(source)} ({reference})" if reference else tr(source)


def _cameras(permit: AuthorisationView) -> str:
    named = ", ".join(permit.camera_ids[:CAMERAS_NAMED])
    more = permit.cameras - min(len(permit.camera_ids), CAMERAS_NAMED)
    return named if more <= 0 else named + " " + tr("and {n} more", n=more)


def _order_parts(paper: Paper, order: OrderView, zone: tzinfo) -> list[tuple[str, Text]]:
    span = tr("{start} to {end}", start=moment(order.start, zone), end=moment(order.end, zone))
    approved = order.approved_by or tr("nobody yet: tracedesk order approve")
    return [
        ("order", Text.assemble((order.number, TONES["strong"]), f"  {order.authority}")),
        ("state", _state(paper)),
        ("disease", Text(tr(order.disease))),
        ("holds", Text(span)),
        ("time left", _until(paper)),
        ("proposed by", Text(order.proposed_by)),
        ("permitted by", Text(approved)),
        ("extends", Text(order.extends or "-")),
    ]
