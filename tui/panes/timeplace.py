"""Pane 3: the timeline and the map of one trace, which follow the same moment."""

from datetime import UTC, tzinfo

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical

from engine.api.schema import CandidateView, TraceDetail
from tui.casework.moment import (
    Course,
    Moment,
    at_candidate,
    beginning,
    candidate_of,
    course,
    day_stepped,
    kept,
    stepped,
)
from tui.language.catalogue import tr
from tui.panes.citymap import Scene
from tui.panes.mappane import MapPane
from tui.panes.plan import Plan
from tui.panes.timeline import TimelinePane

TIMELINE, MAP = "timeline", "map"
NUMBER = 3


class TimePlace(Vertical):
    """One of the two is in front: it is the one that is seen where there is room for one only, and that the
    arrows up and down move. The moment follows the candidate on the card until the person moves it."""

    def __init__(self) -> None:
        super().__init__(id="timeplace")
        self.timeline = TimelinePane()
        self.map = MapPane()
        self.front = TIMELINE
        self.moment = Moment()
        self._course: Course | None = None
        self._plan: Plan | None = None
        self._why = ""
        self._wants_both = False
        self._painted: tuple[object, ...] = (None,) * 6  # what the panes were last painted from

    def compose(self) -> ComposeResult:
        yield self.timeline
        yield self.map

    def on_mount(self) -> None:
        self.timeline.border_title = Text(f"{NUMBER} {tr(TIMELINE)}")
        self.map.border_title = Text(f"{NUMBER} {tr(MAP)}")
        self._arrange()

    @property
    def title(self) -> str:
        """What is in front."""
        return self.front

    @property
    def shows_map(self) -> bool:
        return self._wants_both or self.front == MAP

    def show(self, detail: TraceDetail | None, candidate: CandidateView | None, zone: tzinfo = UTC) -> None:
        """Newer facts or another candidate; the moment goes along."""
        before, self._course = self._course, self._newer(detail, candidate, zone)
        if self._course is not before:
            self.moment = _followed(before, self._course, self.moment)
        self._paint()

    def _newer(
        self, detail: TraceDetail | None, candidate: CandidateView | None, zone: tzinfo
    ) -> Course | None:
        known = self._course
        if detail is None:
            return None
        same = known is not None and known.detail is detail and known.zone == zone
        if known is not None and same and known.candidate == candidate:
            return known
        return course(detail, zone, candidate)

    def show_city(self, plan: Plan | None, why: str = "") -> None:
        """The city, or one line about why it is not there."""
        self._plan, self._why = plan, why
        self._paint()

    def forget_painted(self) -> None:
        """Everything is painted again next time."""
        self._painted = (None,) * 6
        self.timeline.forget()

    def toggle(self) -> None:
        self.front = TIMELINE if self.front == MAP else MAP
        self._arrange()
        self._paint()

    def both(self, wanted: bool) -> None:
        """One above the other where there is room for both."""
        if wanted != self._wants_both:
            self._wants_both = wanted
            self._arrange()
            self._paint()

    def step(self, step: int) -> str:
        """To the event before or after; the id of the candidate that it shows, "" where it shows none."""
        return self._go_to(None if self._course is None else stepped(self._course, self.moment, step))

    def step_day(self, step: int) -> str:
        """To the day before or after on which there is anything; as ``step``."""
        return self._go_to(None if self._course is None else day_stepped(self._course, self.moment, step))

    def _go_to(self, moment: Moment | None) -> str:
        if moment is None or self._course is None:
            return ""
        self.moment = moment
        self._paint()
        return candidate_of(self._course, moment.event)

    def arrow(self, step: int) -> None:
        """Down (1) or up (-1): the list scrolls, the map moves."""
        if self.front == MAP:
            self.map.pan(0, -step)
        else:
            self.timeline.scroll_list(step)

    def _arrange(self) -> None:
        for name, pane in ((TIMELINE, self.timeline), (MAP, self.map)):
            pane.set_class(name == self.front, "front")
            pane.display = self._wants_both or name == self.front

    def _paint(self) -> None:
        known, moment = self._course, self.moment
        shown = (known, moment, self._plan, self._why, self.front, self._wants_both)
        if all(a is b for a, b in zip(shown, self._painted, strict=True)):
            return
        self._painted = shown
        if self._wants_both or self.front == TIMELINE:
            self.timeline.show(known, moment)
        if self.shows_map:
            self.map.show(None if known is None else Scene(known, moment, self._plan), self._why)


def _followed(before: Course | None, after: Course | None, moment: Moment) -> Moment:
    """Where the time cursor stands once the facts or the candidate on the card are other ones."""
    if after is None:
        return Moment()
    if before is None or before.detail.trace.trace_id != after.detail.trace.trace_id:
        return beginning(after) if after.candidate is None else at_candidate(after, after.candidate)
    was = "" if before.candidate is None else before.candidate.candidate_id
    if after.candidate is None or after.candidate.candidate_id == was:
        return kept(after, moment)
    if moment.event in after.events and candidate_of(after, moment.event) == after.candidate.candidate_id:
        return moment  # the person came from the timeline
    return at_candidate(after, after.candidate)
