"""The patient's timeline: an axis of one day, and below it in words what is at the time cursor."""

from collections.abc import Callable, Sequence
from datetime import tzinfo

from rich.text import Text

from engine.api.schema import CandidateView, Conflict, GapView, VisitView
from engine.domain.decision import Answer
from tui.casework.moment import Course, Event, Moment, bounds, day_of, on_day
from tui.language.catalogue import tr
from tui.language.words import about, clock_time, day, span
from tui.panes.axis import BASES, CONFLICT, HEADS, UNKNOWN_BASIS, WAITING, axis, legend, place_of
from tui.panes.lines import LinesPane, wrapped
from tui.terminal.theme import TONES

Part = Callable[[int], list[Text]]
"""Lines of one part of the list, at most so many cells wide."""

LEAST_LIST = 6  # lines below the axis
LEAST_AXIS = 14  # lines that the axis may take on a small screen; on a larger one three fifths
CONTEXT_FROM = 9  # lines from which the event before the one at the cursor is shown too
THROUGH = {"record": "record", "sighting": "seen", "both": "record and seen"}


class TimelinePane(LinesPane):
    """Shows a course and a moment of it; ``scroll`` moves the list, which a new moment takes back."""

    def __init__(self) -> None:
        super().__init__(id="timeline")
        self._course: Course | None = None
        self._moment = Moment()
        self._parts: Sequence[Part] = ()
        self._made: dict[tuple[int, int], list[Text]] = {}  # lines by place in the list and width
        self._scrolled = 0

    def forget(self) -> None:
        """All of it is made anew next time, in other colours or words."""
        self._course = None

    def show(self, course: Course | None, moment: Moment) -> None:
        if course is not self._course:
            self._course, self._made = course, {}
            self._parts = () if course is None else parts(course)
        if moment != self._moment:
            self._moment, self._scrolled = moment, 0
        self.repaint()

    def scroll_list(self, step: int) -> None:
        """The list so many lines on; the axis stays."""
        self._scrolled += step
        self.repaint()

    def lines(self, width: int, height: int) -> list[Text]:
        course = self._course
        if course is None or not self._parts:
            return [Text(tr("nothing known yet"), style=TONES["muted"])]
        drawn = above_list(course, self._moment, width, height)
        room = max(1, height - len(drawn))
        at = place_in_list(course, self._moment)
        start = at - 1 if at > 0 and room >= CONTEXT_FROM else max(at, 0)
        listed, self._scrolled = self._listed(start, at, width, room)
        return [*drawn, *listed]

    def _listed(self, start: int, at: int, width: int, room: int) -> tuple[list[Text], int]:
        """The list from part ``start``, scrolled as far as there is anything to see."""
        offset, lines = self._scrolled, list[Text]()
        while offset < 0 and start > 0:
            start -= 1
            offset += len(self._part(start, at, width))
        skipped = max(0, offset)
        for place in range(start, len(self._parts)):
            lines += self._part(place, at, width)
            if len(lines) >= skipped + room:
                break
        last = max(0, len(lines) - 1)
        skip = min(skipped, last)
        return lines[skip : skip + room], self._scrolled - offset + skip

    def _part(self, place: int, at: int, width: int) -> list[Text]:
        made = self._made.get((place, width))
        if made is None:
            made = self._made[place, width] = self._parts[place](width - 1)
        if place != at:
            return [Text(" ") + line for line in made]
        return [Text.assemble(("▌", TONES["accent"])) + line for line in made]


def above_list(course: Course, moment: Moment, width: int, height: int) -> list[Text]:
    """Axis and legend, leaving some lines for the list; nothing where that leaves no place for a row."""
    shown = day_of(moment, course.zone)
    if shown is None:
        return []
    known = legend(on_day(course.events, *bounds(shown, course.zone)), width)
    room = min(height - LEAST_LIST, max(height * 3 // 5, LEAST_AXIS)) - 1
    if room - len(known) < HEADS + LEAST_LIST:
        known = []
    drawn = axis(course, moment, width, max(room - len(known), HEADS + 3))
    rule = Text("─" * width, style=TONES["muted"])
    return [*drawn, *known, rule]


def parts(course: Course) -> Sequence[Part]:
    """Events in order of time, then what contradicts itself, then what was left out."""
    listed: list[Part] = []
    today = ""
    for event in course.events:
        heading = day(event.start, course.zone)
        listed.append(_event_part(event, course.zone, "" if heading == today else heading))
        today = heading
    listed += [_conflict_part(course, conflict) for conflict in _known(course)]
    if course.detail.trace.left_out:
        listed.append(_left_out_part(course.detail.trace.left_out))
    return listed


def place_in_list(course: Course, moment: Moment) -> int:
    """Where the event at the cursor stands, else the last one begun by then, -1 before all of them."""
    if moment.event in course.events:
        return course.events.index(moment.event)
    if moment.at is None:
        return -1
    return sum(event.start <= moment.at for event in course.events) - 1


def _event_part(event: Event, zone: tzinfo, heading: str) -> Part:
    def made(width: int) -> list[Text]:
        lines = [Text(heading, style=TONES["strong"])] if heading else []
        for text in _said(event, zone):
            lines += wrapped(text, width, indent=2)
        return lines

    return made


def _said(event: Event, zone: tzinfo) -> list[Text]:
    if isinstance(event, VisitView):
        return _visit(event, zone)
    return _gap(event, zone) if isinstance(event, GapView) else _candidate(event, zone)


def _visit(visit: VisitView, zone: tzinfo) -> list[Text]:
    mark = BASES.get(visit.basis, UNKNOWN_BASIS)
    spread = about(visit.sigma_s)
    when = span(visit.start, visit.end, zone)
    if visit.moment:
        when = tr("some time within {span}", span=when)
    lines = [
        Text.assemble(
            (f"{mark.glyph} ", TONES[mark.tone]), (when, TONES["strong"]), (f"  {spread}", TONES["muted"])
        ),
        Text.assemble(("│ ", TONES["muted"]), place_of(visit)),
    ]
    word = tr(THROUGH.get(visit.basis, UNKNOWN_BASIS.word))
    through = ", ".join((*map(tr, visit.sources), *visit.cameras))
    basis = f"{word}: {through}" if through else word
    if visit.radius_m is not None:
        basis += f" ± {visit.radius_m:.0f} m"
    lines.append(Text.assemble(("│ ", TONES["muted"]), (basis, TONES["muted"])))
    if visit.conflict:
        lines.append(
            Text.assemble((f"{CONFLICT.glyph} {tr('conflict')}: ", TONES[CONFLICT.tone]), visit.conflict)
        )
    return lines


def _gap(gap: GapView, zone: tzinfo) -> list[Text]:
    when = span(gap.start, gap.end, zone)
    lines = [Text.assemble(("┊ ", TONES["muted"]), (f"{when}  {tr('not covered')}", TONES["muted"]))]
    if gap.reason and gap.reason != "not covered":
        lines.append(Text.assemble(("┊ ", TONES["muted"]), (gap.reason, TONES["muted"])))
    return lines


def _candidate(candidate: CandidateView, zone: tzinfo) -> list[Text]:
    """The candidate at hand, of which nobody knows yet that it is the patient."""
    when = span(candidate.start, candidate.end, zone)
    where = ", ".join(part for part in (candidate.place, candidate.camera_name) if part)
    return [
        Text.assemble(
            (f"{WAITING.glyph} ", TONES[WAITING.tone]),
            (when, TONES["strong"]),
            (f"  {about(candidate.sigma_s)}", TONES["muted"]),
        ),
        Text.assemble(("┊ ", TONES["muted"]), (tr("now on the card"), TONES["notice"])),
        Text.assemble(("┊ ", TONES["muted"]), where or candidate.camera_id),
    ]


def _known(course: Course) -> list[Conflict]:
    """Contradictions between answers that this reader may know of: a second reviewer is blind to others."""
    same = {c.candidate_id for c in course.detail.candidates if c.answer is Answer.SAME}
    return [c for c in course.detail.conflicts if {c.first_id, c.second_id} <= same]


def _conflict_part(course: Course, conflict: Conflict) -> Part:
    shown = {candidate.candidate_id: candidate for candidate in course.detail.candidates}

    def name(candidate_id: str) -> str:
        candidate = shown.get(candidate_id)
        if candidate is None:
            return candidate_id
        return f"{candidate.camera_name} {clock_time(candidate.start, course.zone)}"

    both = tr(
        "{one} and {other} cannot both be the patient",
        one=name(conflict.first_id),
        other=name(conflict.second_id),
    )

    def made(width: int) -> list[Text]:
        head = Text.assemble((f"{CONFLICT.glyph} ", TONES[CONFLICT.tone]), both)
        return [
            *wrapped(head, width, indent=2),
            *wrapped(Text(f"  {conflict.because}", style=TONES["muted"]), width, indent=2),
        ]

    return made


def _left_out_part(reasons: Sequence[str]) -> Part:
    def made(width: int) -> list[Text]:
        lines = [Text(), Text(tr("left out"), style=TONES["strong"])]
        for reason in reasons:
            lines += wrapped(Text.assemble(("- ", TONES["notice"]), reason), width, indent=2)
        return lines

    return made
