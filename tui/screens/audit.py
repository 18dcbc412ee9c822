"""The audit as it grows, for those who may read it; its head and a check of all of it."""

from functools import partial

from textual.app import ComposeResult

from engine.api.audit_schema import AuditVerdict
from engine.api.client import EngineAway, EngineSaysNo
from engine.api.site_schema import AuditHead
from tui.casework.tail import KEPT_LINES, Tail
from tui.feed import LinkState
from tui.fresh import Fresh
from tui.keyboard.action import Where
from tui.keys import bindings
from tui.language.catalogue import tr
from tui.panes.auditlog import AuditPane, audit_lines, head_line, verdict_line
from tui.panes.bar import Bar
from tui.screens.listing import ListScreen
from tui.station import Station

AUDITOR, CUSTODIAN = "auditor", "custodian"
POLL_S = 1.0
MOST_PAGES = 25  # of a thousand lines each, at a time


class AuditScreen(ListScreen):
    where = Where.AUDIT
    BINDINGS = bindings(where)
    heading = "audit"
    beside = "the line at hand"
    filter_hint = "in person, what, outcome or about"

    def __init__(self, station: Station) -> None:
        self.pane = AuditPane()
        super().__init__(station, self.pane)
        self.under = Bar(id="under-list")
        self.tail = Tail()
        self.head: Fresh[AuditHead] = Fresh(self._ask, least_s=POLL_S, most_s=POLL_S)
        self.following = True
        self.verdict: AuditVerdict | None = None
        self._checking = ""

    def below_list(self) -> ComposeResult:
        yield self.under

    async def _ask(self) -> AuditHead:
        """The head, and for who may read them the lines since the last one known, a page at a time."""
        engine = self.station.engine
        head = await engine.audit_head()
        if self.station.may(AUDITOR):
            self.tail.begin_after(head.size - KEPT_LINES)
            for _ in range(MOST_PAGES):
                if self.tail.last >= head.size or not self.tail.take(await engine.audit(self.tail.last)):
                    break
        return head

    # --- painting ---------------------------------------------------------------------------------

    def paint(self) -> None:
        now_s = self.station.clock()
        there = self.station.feed.link.state is LinkState.CONNECTED
        if there and self.head.due(now_s):
            self.station.go(partial(self.head.fetch, now_s), "audit")
        super().paint()

    def refiltered(self) -> None:
        self.tail.filter(self.wanted)

    def show_rows(self) -> None:
        self.pane.zone = self.station.zone
        self.pane.say_nothing(self._why_empty())
        lines = self.tail.lines
        self.pane.show(lines)
        if self.following and lines:
            self.pane.point_at(self.pane.key(lines[-1]))
        self.under.say(head_line(self.head.value, self.station.now, self.under.content_size.width))
        self.say_title(len(lines), self.tail.of, self._standing())

    def _standing(self) -> str:
        if self.following:
            return tr("follows")
        row = self.pane.current
        newer = 0 if row is None else self.tail.last - row.seq
        return tr("paused, {n} newer: ! or G follows", n=f"{newer:,}")

    def _why_empty(self) -> str:
        if self.tail.of:
            return tr("no line has these letters: esc shows all")
        if not self.station.may(AUDITOR):
            own = self.station.hello.roles if self.station.hello is not None else ()
            return tr("An auditor reads the audit here; your role is {roles}.", roles=", ".join(map(tr, own)))
        return self.head.problem or tr("asking the engine…")

    def show_details(self) -> None:
        station = self.station
        said = audit_lines(self.pane.current, self.verdict, self._checking, station.now, station.zone)
        self.details.show("audit", said)

    def pointed(self) -> None:
        """On the newest line one follows again; anywhere else one reads in peace."""
        lines = self.tail.lines
        self.following = bool(lines) and self.pane.cursor == self.pane.key(lines[-1])
        self.show_rows()
        super().pointed()

    # --- what can be done -------------------------------------------------------------------------

    def also_why_not(self, action_id: str) -> str:
        if action_id == "verify":
            if not self.station.may(AUDITOR, CUSTODIAN):
                return tr("not for your role: {roles} may", roles=f"{tr(AUDITOR)}, {tr(CUSTODIAN)}")
            return tr("a check is going on") if self._checking else ""
        return "" if self.tail.of or action_id != "follow" else tr("there is no line")

    def do_follow(self) -> None:
        self.following = not self.following
        self.paint()

    def do_verify(self) -> None:
        self._checking = tr("the engine checks the whole log…")
        self.paint()
        self.station.go(self._verify, "verify")

    async def _verify(self) -> None:
        try:
            self.verdict = await self.station.engine.audit_verify()
        except EngineAway:
            self.station.say(tr("the engine did not reply: nothing was checked"), "alarm")
        except EngineSaysNo as refusal:
            self.station.say(str(refusal), "alarm")
        else:
            said = verdict_line(self.verdict)
            self.station.say(said.plain, "good" if self.verdict.first_bad is None else "alarm")
        finally:
            self._checking = ""
            if self.is_current:
                self.paint()
