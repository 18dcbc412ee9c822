"""The triage card: subject beside candidate, then what there is to go on, in words."""

from datetime import tzinfo

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from engine.api.schema import CandidateView, Picture, TraceView, ViewReply
from engine.domain.trace import TraceState
from tui.panes.bar import Bar
from tui.panes.lines import LinesPane, wrapped
from tui.panes.picture import PictureBox
from tui.state import DeskState, first_face, is_own
from tui.theme import TONES
from tui.words import ANSWERS, REASONS, STATES, UNDECIDED, about, clock_time, day, span

BULLET = "· "


class WordsPane(LinesPane):
    """Paragraphs folded to the width; what follows a bullet stays in line with it."""

    def __init__(self) -> None:
        super().__init__(id="card-words")
        self._paragraphs: list[Text] = []

    def show(self, paragraphs: list[Text]) -> None:
        self._paragraphs = paragraphs
        self.repaint()

    def lines(self, width: int, height: int) -> list[Text]:
        return [
            line
            for paragraph in self._paragraphs
            for line in wrapped(paragraph, width, indent=2 if paragraph.plain.startswith(BULLET) else 0)
        ]


class Card(Vertical, can_focus=False):
    """Pictures come only with an audited view; without one the boxes stay empty."""

    ALLOW_SELECT = False

    def __init__(self) -> None:
        super().__init__(id="card")
        self._head = Bar(id="card-head")
        self._subject = PictureBox(id="card-subject")
        self._candidate = PictureBox(id="card-candidate")
        self._under_subject = Bar(id="under-subject")
        self._under_candidate = Bar(id="under-candidate")
        self._words = WordsPane()
        self._answer = Bar(id="card-answer")

    def compose(self) -> ComposeResult:
        yield self._head
        with Horizontal(id="card-pictures"):
            with Vertical():
                yield self._subject
                yield self._under_subject
            with Vertical():
                yield self._candidate
                yield self._under_candidate
        yield self._words
        yield self._answer

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
        self._head.say(_head(state))
        self._words.show(_empty(state) if candidate is None else _words(candidate, zone))
        self._answer.say(Text() if candidate is None else _answer(state, candidate))
        missing = "" if candidate is None else waiting
        subject = view.subject[0] if view is not None and view.subject else None
        face = first_face(view)
        self._subject.show(subject, missing)
        self._candidate.show(face, missing)
        self._under_subject.say(_caption("PATIENT", "reference", subject is not None))
        self._under_candidate.say(_caption("CANDIDATE", _face_note(face, zone), face is not None))

    def scroll_words(self, step: int) -> None:
        self._words.scroll_relative(y=step, animate=False)


def _caption(who: str, note: str, there: bool) -> Text:
    return Text.assemble((who, TONES["strong"]), (f"  {note}" if there and note else "", TONES["muted"]))


def _face_note(face: Picture | None, zone: tzinfo) -> str:
    if face is None:
        return ""
    return clock_time(face.at, zone) if face.at is not None else "time not available"


def _head(state: DeskState) -> Text:
    if state.detail is None or state.candidate is None:
        return Text()
    case = Text(state.detail.trace.case_id, style=TONES["strong"])
    case.truncate(20, overflow="ellipsis")
    where = f"   candidate {state.place + 1} of {len(state.candidates)}"
    todo = f"   {state.undecided} to do" if state.undecided else "   all answered"
    return Text.assemble("case ", case, where, (todo, TONES["notice" if state.undecided else "good"]))


def _empty(state: DeskState) -> list[Text]:
    if not state.trace_id:
        return [Text("No trace is chosen. J and K move between traces.", style=TONES["muted"])]
    if state.detail is None:
        return [Text("asking the engine…", style=TONES["muted"])]
    return _nothing_found(state.detail.trace)


def _nothing_found(trace: TraceView) -> list[Text]:
    case = Text.assemble("case ", (trace.case_id, TONES["strong"]), f"  {STATES[trace.state].word}")
    if not trace.state.machine_done:
        return [case, Text(), Text("No candidates yet: the trace is at work.")]
    if trace.state is TraceState.RECORDS_ONLY:
        return [case, Text(), Text("Records only: no face was searched for.")]
    return [
        case,
        Text(),
        Text("No candidates."),
        Text(f"{trace.windows_done} of {trace.windows_total} camera windows were read."),
        Text(f"{trace.cannot_assess} faces could not be assessed."),
        Text(),
        Text("That nobody was found does not mean that the patient was not there.", style=TONES["notice"]),
    ]


def _words(candidate: CandidateView, zone: tzinfo) -> list[Text]:
    camera = candidate.camera_name or candidate.camera_id
    where = Text.assemble((camera, TONES["strong"]), "  ", candidate.place or "place not available")
    when = f"{day(candidate.start, zone)}  {span(candidate.start, candidate.end, zone)}  "
    lines = [where, Text(when + about(candidate.sigma_s), style=TONES["muted"])]
    if candidate.infeasible:
        lines.append(Text.assemble(("‼ impossible journey: ", TONES["alarm"]), candidate.infeasible))
    evidence = [sentence for sentence in candidate.evidence if sentence != candidate.infeasible]
    evidence = evidence or ["evidence not available"]
    return [*lines, *(Text.assemble((BULLET, TONES["muted"]), sentence) for sentence in evidence)]


def _answer(state: DeskState, candidate: CandidateView) -> Text:
    """What was answered, and the model's opinion only where this very person has answered."""
    if candidate.answer is None:
        return Text.assemble(
            (f"{UNDECIDED.glyph} {UNDECIDED.word}\n", TONES["strong"]),
            ("the model speaks after you", TONES["muted"]),
        )
    if not is_own(state, candidate):
        return Text("answered by another person,\nshown after your own answer", style=TONES["muted"])
    mark = ANSWERS[candidate.answer]
    because = f" ({REASONS[candidate.because]})" if candidate.because is not None else ""
    return Text.assemble(
        ("you:   ", TONES["muted"]),
        (f"{mark.glyph} {mark.word}{because}\n", TONES[mark.tone]),
        ("model: ", TONES["muted"]),
        candidate.support or "not available",
    )
