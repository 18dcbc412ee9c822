"""The board: every case that this person works on, what each waits for, and the case at hand."""

from datetime import datetime
from functools import partial

from engine.api.case_schema import BoardCase, Kept
from engine.api.client import EngineAway, EngineSaysNo
from engine.api.forms import SourceAnswer, SourceAsk, SourceRequestView
from engine.api.schema import TraceStart, TraceView
from engine.domain.record import Source
from engine.domain.source_request import FOOTAGE, SourceRequestState
from engine.domain.trace import TraceState
from tui.casework.board import BoardRow, Order, board_row, in_force, ordered
from tui.casework.finding import has
from tui.clean import MAX_KEPT_CHARACTERS, REPLACEMENT
from tui.keyboard.action import Where
from tui.keys import bindings
from tui.language.catalogue import tr
from tui.language.words import STATES
from tui.panes.board import BoardPane, case_lines
from tui.panes.details import nothing
from tui.screens.asking import AskLong, AskText, Confirm
from tui.screens.intake import OpensForms
from tui.screens.listing import ListScreen
from tui.screens.opening import OpenTrace
from tui.station import Station

HANDOVER = "handover"
SOURCES = (*(str(source) for source in Source), FOOTAGE)
ENDED = (TraceState.CANCELLED, TraceState.FAILED, TraceState.STOPPED_AUTHORISATION)


class CasesScreen(OpensForms, ListScreen):
    where = Where.CASES
    BINDINGS = bindings(where)
    heading = "cases"
    beside = "the case at hand"
    filter_hint = "in id, owner, state or what it waits for"

    def __init__(self, station: Station) -> None:
        self.board = BoardPane()
        super().__init__(station, self.board)
        self._order = Order.DUE
        self._listed: tuple[object, ...] = ()  # what the rows were last made from
        self._rows: tuple[BoardRow, ...] = ()

    def current_row(self) -> BoardRow | None:
        return self.board.current

    def current_case(self) -> BoardCase | None:
        """The case at hand, as the board last told of it."""
        row = self.current_row()
        return None if row is None else row.case

    @property
    def trace_at_hand(self) -> TraceView | None:
        """Of the case at hand, so that the top line and the details tell of the same."""
        case = self.current_case()
        return None if case is None else self._newest(case)

    def outdate(self) -> None:
        """Ask for the board again at once: something on it was changed from here."""
        self.station.board.outdate()

    # --- painting ---------------------------------------------------------------------------------

    def forget_painted(self) -> None:
        super().forget_painted()
        self._listed = ()

    def show_rows(self) -> None:
        board, feed, now = self.station.board, self.station.feed, self.station.now
        told = (board.version, feed.version, self.wanted, self._order)
        if told == self._listed or now is None:
            return
        self._listed = told
        cases = board.value or ()
        moment = _ten_seconds(now)
        rows = [board_row(case, self._newest(case), moment) for case in cases]
        kept = ordered([row for row in rows if has(self.wanted, *_searched(row))], self._order)
        self.board.say_nothing(self._why_empty(bool(rows)))
        if kept != self._rows or not kept:
            self._rows = kept
            self.board.show(kept)
            self.show_foot()
        self.say_title(len(kept), len(rows), tr(self._order))

    def show_details(self) -> None:
        row, hello = self.current_row(), self.station.hello
        if row is None or hello is None:
            self.details.show("", nothing)
        else:
            said = case_lines(row, self.station.zone, hello.person, hello.roles)
            self.details.show(row.case.case_id, said)

    def _newest(self, case: BoardCase) -> TraceView | None:
        """The trace of a case as the feed tells of it, which is never older than the board."""
        return None if case.trace is None else self.station.feed.latest.get(case.trace.trace_id)

    def _why_empty(self, any_rows: bool) -> str:
        board = self.station.board
        if any_rows:
            return tr("no case has these letters: esc shows all")
        if board.problem:
            return board.problem
        return tr("asking the engine…") if board.value is None else tr("no case yet that you work on")

    # --- what can be done -------------------------------------------------------------------------

    def also_why_not(self, action_id: str) -> str:
        row = self.current_row()
        if action_id not in NEED_A_CASE:
            return self.why_no_form(action_id)
        if row is None:
            return self.why_no_case()
        if action_id == "open_case_trace" and row.trace is None:
            return tr("this case has no trace yet")
        if action_id == "handover" and _is_cut(row.case.handover):
            return tr(
                "the note has signs that no screen shows: tracedesk case handover {case}",
                case=row.case.case_id,
            )
        if action_id == "start_trace":
            return _why_no_run(row)
        if action_id in ("source_received", "source_refused") and longest_waiting(row.case) is None:
            return tr("nothing that was asked for is waited for")
        return ""

    def do_open_case_trace(self) -> None:
        row = self.current_row()
        if row is not None and row.trace is not None:
            self.post_message(OpenTrace(row.trace.trace_id))

    def do_sort_cases(self) -> None:
        self._order = Order.ALL[(Order.ALL.index(self._order) + 1) % len(Order.ALL)]
        self.paint()

    def do_handover(self) -> None:
        case = self.current_case()
        if case is None:
            return
        before = case.handover or Kept(kind=HANDOVER)
        if before.withheld:
            title = tr("read the note of {who}?", who=before.by)
            words = (tr("It may tell what was answered: who reads it is no second reviewer of this case."),)
            self.app.push_screen(Confirm(title, words), partial(self._read_handover, case.case_id))
            return
        key, drafts = (HANDOVER, case.case_id), self.station.drafts
        title = tr("{case}: note for whoever goes on with it; empty takes it away", case=case.case_id)

        def typed(text: str) -> None:
            if text != before.text:
                drafts[key] = text
            else:
                drafts.pop(key, None)

        def written(text: str | None) -> None:
            if text is not None and text != before.text:
                work = partial(self._write_handover, case.case_id, before, text)
                self.station.go(work, "answer")

        draft = drafts.get(key, before.text)
        self.app.push_screen(AskLong(title, draft, limit=MAX_KEPT_CHARACTERS, typed=typed), written)

    async def _write_handover(self, case_id: str, before: Kept, text: str) -> None:
        """A colleague who wrote meanwhile is not written over; what was typed stands there again."""
        engine, say = self.station.engine, self.station.say
        try:
            kept = await engine.keep(case_id, HANDOVER, text, version=before.version)
        except EngineAway:
            say(tr("the engine is away; what you typed is still here"), "alarm")
            return
        except EngineSaysNo as refused:
            self.outdate()
            say(tr("{why}: what you typed is still here", why=str(refused)), "alarm")
            return
        self.station.drafts.pop((HANDOVER, case_id), None)
        self.outdate()
        self._kept(kept)

    def _read_handover(self, case_id: str, sure: bool | None) -> None:
        if sure:
            self.ask_engine(partial(self.station.engine.kept, case_id, HANDOVER), self._shown)

    def _shown(self, kept: Kept) -> None:
        self.station.say(tr("the note of {who} stands with the case now", who=kept.by), "good")

    def _kept(self, kept: Kept) -> None:
        self.station.say(tr("the note is kept") if kept.text else tr("the note is taken away"), "good")

    def do_start_trace(self) -> None:
        row, engine = self.current_row(), self.station.engine
        if row is None:
            return
        if row.trace is not None and row.trace.state not in ENDED:
            self.ask_engine(partial(engine.look_again, row.trace.trace_id), self._begun)
            return
        live = [paper for paper in row.case.authorisations if in_force(paper, row.now)]
        if live:
            best = max(live, key=lambda paper: (paper.face_search, paper.expires_at))
            start = TraceStart(case_id=row.case.case_id, authorisation_id=best.authorisation_id)
            self.ask_engine(partial(engine.start_trace, start), self._begun)

    def _begun(self, trace: TraceView) -> None:
        self.station.say(
            tr("{case}: the trace is {state}", case=trace.case_id, state=tr(STATES[trace.state].word)), "good"
        )

    # --- sources ----------------------------------------------------------------------------------

    def do_ask_source(self) -> None:
        """Source, authority, reference, one after the other; escape anywhere asks for nothing."""
        case = self.current_case()
        if case is None:
            return
        case_id, choices = case.case_id, ", ".join(map(tr, SOURCES))

        def named(source: str | None) -> None:
            if source is None:
                return
            wanted = source.casefold()
            known = next((name for name in SOURCES if wanted in (name, tr(name).casefold())), None)
            if known is None:
                words = tr("no such source: {source}; it is one of: {all}", source=source, all=choices)
                self.station.say(words, "notice")
                return
            ask = AskText(
                tr("{case}: which authority was asked for {source}", case=case_id, source=tr(known))
            )
            self.app.push_screen(ask, partial(addressed, known))

        def addressed(source: str, authority: str | None) -> None:
            if authority:
                ask = AskText(tr("its number of the request, empty where there is none yet"))
                self.app.push_screen(ask, partial(numbered, source, authority))
            elif authority is not None:
                self.station.say(tr("no authority was named: nothing is noted"), "notice")

        def numbered(source: str, authority: str, reference: str | None) -> None:
            if reference is not None:
                wanted = SourceAsk(source=source, authority=authority, reference=reference)
                self.ask_engine(partial(self.station.engine.ask_source, case_id, wanted), self._asked_for)

        title = tr("{case}: what was asked for", case=case_id)
        self.app.push_screen(AskText(title, hint=choices), named)

    def _asked_for(self, ask: SourceRequestView) -> None:
        said = tr(
            "noted: {source} was asked of {authority}", source=tr(ask.source), authority=tr(ask.authority)
        )
        self.station.say(said, "good")

    def do_source_answered(self, got: str) -> None:
        """About the source that has waited longest."""
        case = self.current_case()
        ask = None if case is None else longest_waiting(case)
        if ask is None:
            return
        received = got == "yes"
        what = tr("{source} from {authority}", source=tr(ask.source), authority=tr(ask.authority))
        if received:
            title = tr("{what} was received: the number of the answer", what=what)
            self.app.push_screen(AskText(title, ask.reference), partial(self._received, ask))
        else:
            words = (tr("The request stays listed as refused; another one can be asked."),)
            self.app.push_screen(
                Confirm(tr("{what} was refused", what=what), words), partial(self._refused, ask)
            )

    def _received(self, ask: SourceRequestView, reference: str | None) -> None:
        if reference is not None:
            self._answer(ask, SourceAnswer(answered=True, reference=reference))

    def _refused(self, ask: SourceRequestView, sure: bool | None) -> None:
        if sure:
            self._answer(ask, SourceAnswer(answered=False))

    def _answer(self, ask: SourceRequestView, answer: SourceAnswer) -> None:
        engine = self.station.engine
        work = partial(engine.answer_source, ask.case_id, ask.request_id, answer, version=ask.version)
        self.ask_engine(work, self._answered)

    def _answered(self, ask: SourceRequestView) -> None:
        got = ask.state is SourceRequestState.ANSWERED
        self.station.say(tr("noted: received") if got else tr("noted: refused"), "good")


NEED_A_CASE = frozenset(
    {"open_case_trace", "start_trace", "handover", "ask_source", "source_received", "source_refused"}
)


def longest_waiting(case: BoardCase) -> SourceRequestView | None:
    """The request that has waited longest for its answer."""
    asked = [ask for ask in case.sources if ask.state is SourceRequestState.ASKED]
    return min(asked, key=lambda ask: ask.asked_at, default=None)


def _is_cut(kept: Kept | None) -> bool:
    """A note of which not every letter is here would lose some when it is written again."""
    return kept is not None and REPLACEMENT in kept.text


def _why_no_run(row: BoardRow) -> str:
    trace = row.trace
    if trace is not None and not trace.state.machine_done:
        return tr("the trace is running")
    if not any(in_force(paper, row.now) for paper in row.case.authorisations):
        return tr("no authorisation is in force: ask for one, or wait for its approval")
    return ""


def _searched(row: BoardRow) -> tuple[str, ...]:
    case = row.case
    return case.case_id, case.owner, tr(case.state), tr(row.waits.word), *case.members


def _ten_seconds(now: datetime) -> datetime:
    """No time on the board is finer, so that rows are painted again no more often."""
    return now.replace(second=now.second - now.second % 10, microsecond=0)
