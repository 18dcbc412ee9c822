"""The triage card: subject beside candidate, then what there is to go on, in words."""

from datetime import tzinfo

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Static

from engine.api.schema import CandidateView, Picture, TraceDetail, ViewReply
from engine.domain.trace import TraceState
from tui.panes.picture import PictureBox
from tui.state import DeskState, Viewed, first_face, is_own
from tui.theme import TONES
from tui.words import ANSWERS, REASONS, STATES, UNDECIDED, about, clock_time, day, span, support_in_words


class Card(Vertical, can_focus=False):
    """Pictures come only with an audited view; without one the boxes stay empty."""

    ALLOW_SELECT = False

    def __init__(self) -> None:
        super().__init__(id="card")
        self._head = Static(id="card-head", markup=False)
        self._subject = PictureBox(id="card-subject")
        self._candidate = PictureBox(id="card-candidate")
        self._under_subject = Static(classes="caption", markup=False)
        self._under_candidate = Static(classes="caption", markup=False)
        self._words = Static(id="card-words", markup=False)
        self._scroll = VerticalScroll(self._words, id="card-scroll", can_focus=False)

    def compose(self) -> ComposeResult:
        yield self._head
        with Horizontal(id="card-pictures"):
            with Vertical():
                yield self._subject
                yield self._under_subject
            with Vertical():
                yield self._candidate
                yield self._under_candidate
        yield self._scroll

    @property
    def shows_pictures(self) -> bool:
        """True where a picture put here would be seen at all."""
        return self.is_on_screen and min(self._candidate.content_size) > 0

    def face_height_px(self, picture: Picture | None) -> float:
        """How high the candidate's face stands, or would stand, on this card; pixels of the screen."""
        return self._candidate.face_height_px(picture)

    def show(self, state: DeskState, view: ViewReply | None, zone: tzinfo, waiting: str) -> None:
        """``view`` holds the pictures of the current candidate, None while there are none;
        ``waiting`` says why in a word or two."""
        candidate = state.candidate
        self._head.update(_head(state))
        self._words.update(_empty(state) if candidate is None else _words(state, candidate, zone))
        missing = "" if candidate is None else waiting
        subject = view.subject[0] if view is not None and view.subject else None
        face = first_face(view)
        self._subject.show(subject, missing)
        self._candidate.show(face, missing)
        seen = state.viewed.get(state.candidate_id)
        self._under_subject.update(_caption("PATIENT", "reference", subject is not None))
        self._under_candidate.update(_caption("CANDIDATE", _face_note(face, seen, zone), face is not None))

    def scroll_words(self, step: int) -> None:
        self._scroll.scroll_relative(y=step, animate=False)


def _caption(who: str, note: str, there: bool) -> Text:
    return Text.assemble((who, TONES["strong"]), (f"  {note}" if there and note else "", TONES["muted"]))


def _face_note(face: Picture | None, seen: Viewed | None, zone: tzinfo) -> str:
    if face is None:
        return ""
    time = clock_time(face.at, zone) if face.at is not None else "time not available"
    return time if seen is None else f"{time}  seen {seen.face_height_px:.0f} px high"


def _head(state: DeskState) -> Text:
    if state.detail is None or state.candidate is None:
        return Text()
    case = Text(state.detail.trace.case_id, style=TONES["strong"])
    case.truncate(20, overflow="ellipsis")
    where = f"   candidate {state.place + 1} of {len(state.candidates)}"
    todo = f"   {state.undecided} to do" if state.undecided else "   all answered"
    return Text.assemble("case ", case, where, (todo, TONES["notice" if state.undecided else "good"]))


def _empty(state: DeskState) -> Text:
    if not state.trace_id:
        return Text("No trace is chosen. J and K move between traces.", style=TONES["muted"])
    if state.detail is None:
        return Text("asking the engine…", style=TONES["muted"])
    return _nothing_found(state.detail)


def _nothing_found(detail: TraceDetail) -> Text:
    trace = detail.trace
    case = Text(trace.case_id, style=TONES["strong"])
    if not trace.state.machine_done:
        return Text.assemble("case ", case, "\n\nNo candidates yet: the trace is still at work.")
    why = "No candidates." if trace.state is not TraceState.RECORDS_ONLY else "Records only: no face search."
    windows = f"\n\n{trace.windows_done} of {trace.windows_total} camera windows were read, "
    windows += f"{trace.cannot_assess} faces could not be assessed."
    caution = "\n\nThat nobody was found does not mean that the patient was not there."
    state = STATES[trace.state].word
    return Text.assemble("case ", case, f"  {state}\n\n{why}", windows, (caution, TONES["muted"]))


def _words(state: DeskState, candidate: CandidateView, zone: tzinfo) -> Text:
    where = " · ".join(
        part for part in (candidate.camera_name or candidate.camera_id, candidate.place) if part
    )
    when = f"{day(candidate.start, zone)}  {span(candidate.start, candidate.end, zone)}  "
    lines = [
        Text(where or "place not available", style=TONES["strong"]),
        Text(when + about(candidate.sigma_s), style=TONES["muted"]),
    ]
    if candidate.infeasible:
        lines.append(Text.assemble(("‼ impossible journey: ", TONES["alarm"]), candidate.infeasible))
    evidence = candidate.evidence or ("evidence not available",)
    lines += [Text.assemble(("· ", TONES["muted"]), sentence) for sentence in evidence]
    if candidate.neighbours:
        others = "1 other person" if candidate.neighbours == 1 else f"{candidate.neighbours} other people"
        lines.append(Text.assemble(("· ", TONES["muted"]), f"{others} near, mosaicked"))
    return Text("\n").join([*lines, Text(), *_answer(state, candidate)])


def _answer(state: DeskState, candidate: CandidateView) -> list[Text]:
    """What was answered, and the model's opinion only where this very person has answered."""
    if candidate.answer is None:
        note = "  the model's opinion comes after your answer"
        return [
            Text.assemble((f"{UNDECIDED.glyph} {UNDECIDED.word}", TONES["strong"]), (note, TONES["muted"]))
        ]
    if not is_own(state, candidate):
        return [Text("answered by another person; what they said is shown after your own answer")]
    mark = ANSWERS[candidate.answer]
    because = f" ({REASONS[candidate.because]})" if candidate.because is not None else ""
    model = candidate.support or support_in_words(candidate.llr)
    return [
        Text.assemble(
            ("your answer: ", TONES["muted"]), (f"{mark.glyph} {mark.word}{because}", TONES[mark.tone])
        ),
        Text.assemble(("the model:   ", TONES["muted"]), model),
    ]
