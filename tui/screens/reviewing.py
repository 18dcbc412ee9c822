"""What the desk does with candidates beside answering: ranges, notes, second reviewers, a closer look."""

from functools import partial

from engine.api.review_schema import MOST_NOTE_CHARACTERS
from tui.casework.frozen import frozen, thawed, took_in
from tui.casework.margin import Margin
from tui.casework.ranges import begun, ended
from tui.language.catalogue import tr
from tui.screens.asking import AskLong, Confirm
from tui.screens.clip import ClipScreen
from tui.screens.compare import CompareScreen
from tui.screens.deciding import DecidingScreen
from tui.screens.history import HistoryScreen
from tui.state import Answered
from tui.station import Station


class ReviewingScreen(DecidingScreen):
    """The desk's keys that have a candidate or its trace as their object."""

    def __init__(self, station: Station) -> None:
        super().__init__(station)
        self.margin = Margin(station.engine, station.triage, station.say)

    def do_range(self) -> None:
        triage = self.station.triage
        triage.become(ended(triage.state) if triage.state.range_from else begun(triage.state))

    def do_go_back(self) -> None:
        self.station.triage.become(ended(self.station.triage.state))

    def do_history(self) -> None:
        def chosen(answered: Answered | None) -> None:
            if answered is not None:
                self.station.go(partial(self.station.triage.take_back, answered), "answer")

        self.app.push_screen(HistoryScreen(self.station.triage.state.answered, self.station.zone), chosen)

    def do_note(self) -> None:
        candidate = self.station.triage.state.candidate
        if candidate is None:
            return

        def typed(text: str) -> None:
            if text != candidate.note:
                self.margin.drafts[candidate.candidate_id] = text
            else:
                self.margin.drafts.pop(candidate.candidate_id, None)

        def written(text: str | None) -> None:
            if text is not None:
                self.station.go(partial(self.margin.note, candidate, text), "answer")

        title = tr("note about candidate {place}", place=self.station.triage.state.place + 1)
        hint = tr("empty: no note")
        draft = self.margin.draft(candidate)
        ask = AskLong(title, draft, hint=hint, limit=MOST_NOTE_CHARACTERS, typed=typed)
        self.app.push_screen(ask, written)

    def do_want_second(self) -> None:
        candidate = self.station.triage.state.candidate
        if candidate is not None:
            self.station.go(partial(self.margin.want_second, candidate), "answer")

    def do_be_second(self) -> None:
        trace_id = self.station.triage.state.trace_id

        def sure(yes: bool | None) -> None:
            if yes:
                self.station.go(partial(self.margin.be_second, trace_id), "answer")

        words = (
            tr("First answers stay hidden from you until you have answered every candidate."),
            tr("You can no longer be the first reviewer of this trace."),
        )
        self.app.push_screen(Confirm(tr("become the second reviewer of this trace?"), words), sure)

    def do_see_answers(self) -> None:
        trace_id = self.station.triage.state.trace_id

        def sure(yes: bool | None) -> None:
            if yes:
                self.station.go(partial(self.margin.see_answers, trace_id), "answer")

        words = (tr("You can no longer be the second reviewer of this trace."),)
        self.app.push_screen(Confirm(tr("see what others answered?"), words), sure)

    def do_clip(self) -> None:
        self.app.push_screen(ClipScreen(self.station))

    def do_compare(self) -> None:
        self.app.push_screen(CompareScreen(self.station))

    def do_conflicts(self) -> None:
        self.app.push_screen(CompareScreen(self.station, contradictions=True))

    def do_freeze(self) -> None:
        triage, rows = self.station.triage, self.station.feed.traces
        frozen_now = triage.state.frozen is not None
        triage.become(thawed(triage.state) if frozen_now else frozen(triage.state, rows))
        self.forget_painted()
        self.paint()

    def do_take_in(self) -> None:
        triage = self.station.triage
        triage.become(took_in(triage.state, self.station.feed.traces))
        self.forget_painted()
        self.paint()
