"""The inbox of who permits: what waits for a second person, what is in force, what has ended."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial

from engine.api.forms import OrderView
from engine.api.schema import AuthorisationView
from tui.casework.finding import has
from tui.feed import LinkState
from tui.fresh import Fresh
from tui.keyboard.action import Where
from tui.keys import bindings
from tui.language.catalogue import tr
from tui.language.words import left, moment
from tui.panes.approvals import (
    ASKED,
    EMERGENCY,
    ENDED_EMERGENCY,
    STANDS,
    ApprovalsPane,
    Paper,
    paper_lines,
    papers_of,
    scope_words,
)
from tui.panes.details import nothing
from tui.screens.asking import Confirm
from tui.screens.listing import ListScreen
from tui.station import Station

AUTHORISER = "authoriser"
READERS = ("investigator", "supervisor", AUTHORISER, "auditor")
REVOKERS = ("investigator", "supervisor", AUTHORISER)
AGES_S = 30.0

Work = Callable[[], Awaitable[AuthorisationView]]
Papers = tuple[tuple[AuthorisationView, ...], tuple[OrderView, ...]]


class ApprovalsScreen(ListScreen):
    where = Where.APPROVALS
    BINDINGS = bindings(where)
    heading = "authorisations and orders"
    beside = "the paper at hand"
    filter_hint = "in case, order, state or who asked"

    def __init__(self, station: Station) -> None:
        self.pane = ApprovalsPane()
        super().__init__(station, self.pane)
        self.papers: Fresh[Papers] = Fresh(self._ask)
        self._listed: tuple[object, ...] = ()
        self._rows: tuple[Paper, ...] = ()

    async def _ask(self) -> Papers:
        engine = self.station.engine
        return await engine.authorisations(), await engine.orders()

    @property
    def permit(self) -> AuthorisationView | None:
        """The authorisation at hand; None for an order or nothing."""
        row = self.pane.current
        return None if row is None else row.permit

    def outdate(self) -> None:
        self.papers.outdate()

    # --- painting ---------------------------------------------------------------------------------

    def forget_painted(self) -> None:
        super().forget_painted()
        self._listed = ()

    def paint(self) -> None:
        self._follow()
        super().paint()

    def _follow(self) -> None:
        now_s, feed = self.station.clock(), self.station.feed
        sign = (feed.papers, int(now_s // AGES_S))
        there = feed.link.state is LinkState.CONNECTED and self.station.may(*READERS)
        if there and self.papers.due(now_s, sign):
            self.station.go(partial(self.papers.fetch, now_s, sign), "papers")

    def show_rows(self) -> None:
        now = self.station.now
        told = (self.papers.version, self.station.feed.version, self.wanted)
        if told == self._listed or now is None:
            return
        self._listed = told
        permits, orders = self.papers.value or ((), ())
        whole = papers_of(permits, orders, now.replace(microsecond=0))
        kept = tuple(row for row in whole if has(self.wanted, *_searched(row)))
        self.pane.say_nothing(self._why_empty(bool(whole)))
        if kept != self._rows or not kept:
            self._rows = kept
            self.pane.show(kept)
            self.show_foot()
        waiting = sum(row.waits for row in whole)
        self.say_title(len(kept), len(whole), tr("{n} wait", n=waiting) if waiting else tr("none waits"))

    def _why_empty(self, any_rows: bool) -> str:
        if any_rows:
            return tr("nothing here has these letters: esc shows all")
        if not self.station.may(*READERS):
            return tr("for investigators, supervisors, authorisers and auditors; not for your role")
        if self.papers.problem:
            return self.papers.problem
        return tr("asking the engine…") if self.papers.value is None else tr("nobody has asked for anything")

    def show_details(self) -> None:
        row = self.pane.current
        if row is None:
            self.details.show("", nothing)
        else:
            self.details.show(row.key, paper_lines(row, self.station.zone))

    # --- what can be done -------------------------------------------------------------------------

    def also_why_not(self, action_id: str) -> str:
        row = self.pane.current
        if action_id not in NEEDS:
            return ""
        if row is None or row.permit is None:
            return tr("no authorisation is at hand") if row is None else tr("an order: see tracedesk order")
        roles, marks, otherwise = NEEDS[action_id]
        if row.mark not in marks:
            return tr(otherwise)
        if not self.station.may(*roles):
            return tr("not for your role: {roles} may", roles=", ".join(map(tr, roles)))
        if action_id in ("approve", "justified", "not_justified") and self._is_own(row.permit):
            return tr("your own request: somebody else has to")
        return ""

    def _is_own(self, permit: AuthorisationView) -> bool:
        hello = self.station.hello
        return permit.four_eyes and hello is not None and permit.requested_by == hello.person

    def do_approve(self) -> None:
        permit, engine = self.permit, self.station.engine
        if permit is not None:
            work = partial(engine.approve_authorisation, permit.authorisation_id, version=permit.version)
            self._sure(tr("Permit this for case {case}?", case=permit.case_id), permit, work)

    def do_refuse(self) -> None:
        permit, engine = self.permit, self.station.engine
        if permit is not None:
            work = partial(engine.refuse_authorisation, permit.authorisation_id, version=permit.version)
            self._sure(tr("Refuse this for case {case}?", case=permit.case_id), permit, work)

    def do_review(self, justified: str) -> None:
        permit, engine, yes = self.permit, self.station.engine, justified == "yes"
        if permit is not None:
            work = partial(
                engine.review_emergency, permit.authorisation_id, justified=yes, version=permit.version
            )
            title = (
                tr("The emergency of case {case} was justified?")
                if yes
                else tr("The emergency of case {case} was not justified? It ends, and what runs under it.")
            )
            self._sure(title.format(case=permit.case_id), permit, work)

    def do_revoke(self) -> None:
        permit, engine = self.permit, self.station.engine
        if permit is not None:
            title = tr("Revoke it? What runs under it stops within two seconds.")
            work = partial(engine.revoke_authorisation, permit.authorisation_id)
            self._sure(title, permit, work, word=permit.case_id)

    def _sure(self, title: str, permit: AuthorisationView, work: Work, word: str = "") -> None:
        def said(sure: bool | None) -> None:
            if sure:
                self.ask_engine(work, self._done)

        self.app.push_screen(Confirm(title, self._summary(permit), word=word), said)

    def _summary(self, permit: AuthorisationView) -> list[str]:
        zone = self.station.zone
        what = tr("records and faces") if permit.face_search else tr("records only")
        lines = [tr("asked by {who}: {what}", who=permit.requested_by, what=what)]
        lines.append(f"{scope_words(permit)}; {', '.join(tr(source) for source in permit.sources)}")
        if permit.start is not None and permit.end is not None:
            lines.append(
                tr("{start} to {end}", start=moment(permit.start, zone), end=moment(permit.end, zone))
            )
        now: datetime | None = self.station.now
        if now is not None:
            lines.append(tr("time left: {time}", time=left(permit.expires_at, now)))
        if permit.reason:
            lines.append(permit.reason)
        return lines

    def _done(self, permit: AuthorisationView) -> None:
        said = tr("case {case}: {state}", case=permit.case_id, state=tr(str(permit.state)))
        self.station.say(said, "good")


WAITING = (ASKED,)
UNREVIEWED = (EMERGENCY, ENDED_EMERGENCY)
NEEDS = {  # by action: roles, states in which it makes sense, and what is said in the others
    "approve": ((AUTHORISER,), WAITING, "this does not wait for an approval"),
    "refuse": ((AUTHORISER,), WAITING, "this does not wait for an approval"),
    "justified": ((AUTHORISER,), UNREVIEWED, "this is no emergency that waits for its review"),
    "not_justified": ((AUTHORISER,), UNREVIEWED, "this is no emergency that waits for its review"),
    "revoke": (REVOKERS, (STANDS, EMERGENCY, ASKED), "this is not in force"),
}


def _searched(paper: Paper) -> tuple[str, ...]:
    state = tr(paper.mark.word)
    if paper.permit is not None:
        return paper.permit.case_id, paper.permit.requested_by, paper.permit.authorisation_id, state
    order = paper.order
    return (state,) if order is None else (order.number, order.disease, order.proposed_by, state)
